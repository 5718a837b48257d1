"""Sealing single fields with AES-256-GCM (NIST SP 800-38D), in the core's envelope.

The nonce is 96 random bits from the operating system for every single value. It is never taken from a pool
kept in this process: a pool that ``fork`` duplicates repeats nonces, and one repeated nonce gives away GCM's
authentication key. Under one column's key, 2^32 values are the standard's limit (section 8.3) and 2^30 ours.

This is the hot path of every request that shows a patient, so keys and the constant parts of the associated
data are kept for each practice, column and key version.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vantrexia_adapters.crypto.key_ring import KeyRing, Purpose
from vantrexia_adapters.crypto.ring_format import KeyRingError
from vantrexia_core.protection import (
    HEADER_BYTES,
    NONCE_BYTES,
    Envelope,
    FieldName,
    Place,
    UnreadableError,
    column_part,
    key_part,
    pad,
    record_part,
    unpad,
)

COLUMN_KEYS_MAX: Final = 50_000
"""Derived keys kept at once, about a kilobyte each; beyond that they are derived anew."""

_PREFIX_BYTES: Final = HEADER_BYTES - NONCE_BYTES


def encrypt(gcm: AESGCM, prefix: bytes, nonce: bytes, plaintext: bytes, bound_to: bytes) -> bytes:
    """Envelope bytes: what precedes the nonce, the nonce, ciphertext and tag. A nonce is used once."""
    return prefix + nonce + gcm.encrypt(nonce, plaintext, bound_to)


def decrypt(gcm: AESGCM, wire: bytes, bound_to: bytes) -> bytes:
    """The plaintext inside an envelope of our format.

    Raises:
        UnreadableError: damaged, forged, or bound to something else.
    """
    try:
        return gcm.decrypt(wire[_PREFIX_BYTES:HEADER_BYTES], wire[HEADER_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        # ValueError: an envelope that ends within its nonce. Neither says anything worth chaining.
        raise UnreadableError from None


class _ColumnKey:
    """One column's key of one practice and version, and what never changes about the column's envelopes."""

    __slots__ = ("bound_after", "bound_before", "gcm", "prefix")

    def __init__(self, key: bytes, name: FieldName, place: Place, version: int) -> None:
        self.gcm = AESGCM(key)
        self.prefix = _prefix(version)
        self.bound_before = column_part(name, place.practice_id)
        self.bound_after = key_part(version)


class _Kept:
    """What was derived while the ring had one content; thrown away whole when the ring changes."""

    __slots__ = ("generation", "opening", "sealing")

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.opening: dict[tuple[int, str, str, bytes], _ColumnKey] = {}
        self.sealing: dict[tuple[int, str, str], _ColumnKey] = {}


class AesGcmFieldCipher:
    """Implements the core's ``FieldCipher`` with the keys of a ring. Safe to share between threads.

    A column's key is ``HKDF-Expand(practice's field root, FieldName.info)``.
    """

    __slots__ = ("_kept", "_latest", "_ring")

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._kept = _Kept(ring.generation)
        # The record at hand and its part of the associated data: its other fields come next.
        self._latest: tuple[Place | None, bytes] = (None, b"")

    def seal(self, name: FieldName, place: Place, value: bytes, *, bucket: int) -> bytes:
        """The envelope of ``value`` under the practice's newest key.

        Raises:
            ValueError: the value is longer than 65,535 bytes.
            KeyRingError: the practice has no key; `KeyRing.ensure_scope` gives it one.
        """
        return self._seal_with_nonce(os.urandom(NONCE_BYTES), name, place, value, bucket)

    def open(self, name: FieldName, place: Place, wire: bytes, *, bucket: int) -> bytes:
        """The value inside an envelope.

        Raises:
            UnreadableError: damaged, moved, forged, or its key is not in the ring.
        """
        kept = self._kept
        if kept.generation != self._ring.generation:
            kept = self._forget()
        # Format byte and key version are looked up as they stand: an unknown format finds no key.
        prefix = wire[:_PREFIX_BYTES]
        key = kept.opening.get((place.practice_id.int, name.table, name.column, prefix))
        if key is None:
            key = self._opening_key(kept, name, place, wire)
        bound_to = key.bound_before + self._record_part(place) + key.bound_after
        return unpad(decrypt(key.gcm, wire, bound_to), bucket)

    def key_version(self, place: Place) -> int:
        """The version of the key that seals now, for this practice.

        Raises:
            KeyRingError: the practice has no key.
        """
        return self._ring.active(place.practice_id, Purpose.FIELD)

    def _seal_with_nonce(
        self, nonce: bytes, name: FieldName, place: Place, value: bytes, bucket: int
    ) -> bytes:
        """`seal` with a given nonce: apart from it only so that vectors can pin the bytes."""
        kept = self._kept
        if kept.generation != self._ring.generation:
            kept = self._forget()
        key = kept.sealing.get((place.practice_id.int, name.table, name.column))
        if key is None:
            key = self._sealing_key(kept, name, place)
        bound_to = key.bound_before + self._record_part(place) + key.bound_after
        return encrypt(key.gcm, key.prefix, nonce, pad(value, bucket), bound_to)

    def _record_part(self, place: Place) -> bytes:
        # By identity, not by equality: a frozen value that is the same object has the same bytes. Reading and
        # replacing one tuple is atomic, so threads may take turns without harm.
        latest, part = self._latest
        if latest is not place:
            part = record_part(place)
            self._latest = (place, part)
        return part

    def _forget(self) -> _Kept:
        self._kept = kept = _Kept(self._ring.generation)
        return kept

    def _sealing_key(self, kept: _Kept, name: FieldName, place: Place) -> _ColumnKey:
        key = self._column_key(kept, name, place, self.key_version(place))
        kept.sealing[place.practice_id.int, name.table, name.column] = key
        return key

    def _opening_key(self, kept: _Kept, name: FieldName, place: Place, wire: bytes) -> _ColumnKey:
        version = Envelope.decode(wire).key_version
        try:
            return self._column_key(kept, name, place, version)
        except KeyRingError:
            raise UnreadableError from None

    def _column_key(self, kept: _Kept, name: FieldName, place: Place, version: int) -> _ColumnKey:
        root = self._ring.root(place.practice_id, Purpose.FIELD, version)
        key = _ColumnKey(root.derive(name.info), name, place, version)
        if len(kept.opening) >= COLUMN_KEYS_MAX:
            kept.opening.clear()
            kept.sealing.clear()
        kept.opening[place.practice_id.int, name.table, name.column, key.prefix] = key
        return key

    def __repr__(self) -> str:
        return f"AesGcmFieldCipher({self._ring!r})"


def _prefix(version: int) -> bytes:
    return Envelope(version, nonce=b"", sealed=b"").encode()
