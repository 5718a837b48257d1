"""Sealing single fields with AES-256-GCM (NIST SP 800-38D), in the core's envelope.

The nonce is 96 random bits from the operating system for every single value. It is never taken from a pool
kept in this process: a pool that ``fork`` duplicates repeats nonces, and one repeated nonce gives away GCM's
authentication key. Under one column's key, 2^32 values are the standard's limit (section 8.3) and 2^30 ours.

This is the hot path of every request that shows a patient, so keys and the constant parts of the associated
data are kept for each practice, column and key version.
"""

import os
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vantrexia_adapters.crypto.key_ring import KeyRing
from vantrexia_adapters.crypto.key_wrapping import answering
from vantrexia_adapters.crypto.ring_format import KeyRingError
from vantrexia_core.protection import (
    HEADER_BYTES,
    NONCE_BYTES,
    Envelope,
    FieldGroup,
    FieldName,
    Place,
    Purpose,
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
        self.prefix = Envelope(version, nonce=b"", sealed=b"").encode()
        self.bound_before = column_part(name, place.practice_id)
        self.bound_after = key_part(version)


_GroupKey: TypeAlias = tuple[Callable[[bytes, bytes, bytes], bytes], bytes, bytes, int, FieldName]
"""What opens one field of a group: decryption, both constant parts of what it is bound to, bucket, name."""


class AesGcmFieldCipher:
    """Implements the core's ``FieldCipher`` with the keys of a ring. Safe to share between threads.

    A column's key is ``HKDF-Expand(practice's field root, FieldName.info)``.
    """

    __slots__ = ("_generation", "_groups", "_latest", "_opening", "_ring", "_sealing", "_versions")

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        # Kept as long as the ring is the same.
        self._generation = ring.generation
        self._sealing: dict[tuple[int, str, str], _ColumnKey] = {}
        self._versions: dict[int, int] = {}
        self._opening: dict[tuple[int, str, str, bytes], _ColumnKey] = {}
        self._groups: dict[tuple[int, FieldGroup, bytes], tuple[_GroupKey, ...]] = {}
        self._latest: tuple[Place | None, bytes] = (None, b"")

    def seal(self, name: FieldName, place: Place, value: bytes, *, bucket: int) -> bytes:
        """The envelope of ``value`` under the practice's newest key.

        Raises:
            ValueError: the value is longer than 65,535 bytes.
            KeyRingError: the practice has no key; `KeyRing.ensure_scope` gives it one.
            PracticeDestroyedError: its keys were destroyed.
            UnavailableError: the newest key cannot be had, and the one before seals no more.
        """
        return self._seal_with_nonce(os.urandom(NONCE_BYTES), name, place, value, bucket)

    def open(self, name: FieldName, place: Place, wire: bytes, *, bucket: int) -> bytes:
        """The value inside an envelope.

        Raises:
            UnreadableError: damaged, moved, forged, or its key is not in the ring.
            PracticeDestroyedError: the practice's keys were destroyed.
            UnavailableError: its key is new, and the key service does not answer.
        """
        latest, record = self._latest
        if latest is not place:
            record = self._begin_record(place)
        # Format byte and key version are looked up as they stand: an unknown format finds no key.
        key = self._opening.get((place.practice_id.int, name.table, name.column, wire[:_PREFIX_BYTES]))
        if key is None:
            key = self._opening_key(name, place, wire)
        return unpad(decrypt(key.gcm, wire, key.bound_before + record + key.bound_after), bucket)

    def reseal(self, name: FieldName, place: Place, wire: bytes) -> bytes:
        """See `FieldCipher`. What is inside goes from one envelope to the other as it is, padding and all."""
        latest, bound_to = self._latest
        if latest is not place:
            bound_to = self._begin_record(place)
        before = self._opening.get((place.practice_id.int, name.table, name.column, wire[:_PREFIX_BYTES]))
        if before is None:
            before = self._opening_key(name, place, wire)
        now = self._sealing.get((place.practice_id.int, name.table, name.column))
        if now is None:
            now = self._sealing_key(name, place)
        if now.prefix == before.prefix:
            return wire
        padded = decrypt(before.gcm, wire, before.bound_before + bound_to + before.bound_after)
        nonce = os.urandom(NONCE_BYTES)
        return encrypt(now.gcm, now.prefix, nonce, padded, now.bound_before + bound_to + now.bound_after)

    def open_all(self, group: FieldGroup, place: Place, wires: Sequence[bytes | None]) -> list[bytes | None]:
        """See `FieldCipher`. A record's envelopes are sealed together, so one look-up finds all their keys.

        Raises:
            UnreadableError: one of them is damaged, moved, forged, or its key is not in the ring.
        """
        first = next((wire for wire in wires if wire is not None), None)
        if first is None:
            return [None] * len(wires)
        self._ring.notice()
        if self._generation != self._ring.generation:
            self._forget()
        prefix = first[:_PREFIX_BYTES]
        keys = self._groups.get((place.practice_id.int, group, prefix))
        if keys is None:
            keys = self._group_keys(group, place, first)
        record = record_part(place)
        values: list[bytes | None] = []
        add = values.append
        try:
            for (decrypting, before, after, bucket, name), wire in zip(keys, wires, strict=True):
                if wire is None:
                    add(None)
                elif wire.startswith(prefix):
                    nonce, sealed = wire[_PREFIX_BYTES:HEADER_BYTES], wire[HEADER_BYTES:]
                    add(unpad(decrypting(nonce, sealed, before + record + after), bucket))
                else:
                    add(self.open(name, place, wire, bucket=bucket))
        except (InvalidTag, ValueError):
            raise UnreadableError from None
        return values

    def key_version(self, place: Place) -> int:
        """The version of the key that seals now, for this practice.

        Raises:
            KeyRingError: the practice has no key.
        """
        self._ring.notice()
        if self._generation != self._ring.generation:
            self._forget()
        versions = self._versions
        version = versions.get(place.practice_id.int)
        if version is None:
            with answering():
                version = self._ring.active(place.practice_id, Purpose.FIELD)
            versions[place.practice_id.int] = version
        return version

    def _seal_with_nonce(
        self, nonce: bytes, name: FieldName, place: Place, value: bytes, bucket: int
    ) -> bytes:
        """`seal` with a given nonce: apart from it only so that vectors can pin the bytes."""
        if self._generation != self._ring.generation:
            self._forget()
        key = self._sealing.get((place.practice_id.int, name.table, name.column))
        if key is None:
            key = self._sealing_key(name, place)
        latest, record = self._latest
        if latest is not place:
            record = self._begin_record(place)
        return encrypt(
            key.gcm, key.prefix, nonce, pad(value, bucket), key.bound_before + record + key.bound_after
        )

    def _begin_record(self, place: Place) -> bytes:
        """A record's part of the associated data, kept while its other fields follow.

        Compared by identity: the same frozen object has the same bytes. Reading and replacing one tuple is
        atomic, so threads that take turns lose the saving and nothing else.
        """
        self._ring.notice()
        if self._generation != self._ring.generation:
            self._forget()
        record = record_part(place)
        self._latest = (place, record)
        return record

    def _forget(self) -> None:
        """The ring has changed: another key may seal, and a key may have been destroyed."""
        # In this order: a thread that still fills the old dictionary fills one that nobody reads any more.
        self._generation = self._ring.generation
        self._sealing = {}
        self._opening = {}
        self._groups = {}
        self._versions = {}

    def _sealing_key(self, name: FieldName, place: Place) -> _ColumnKey:
        sealing = self._sealing
        key = self._column_key(name, place, self.key_version(place))
        if len(sealing) >= COLUMN_KEYS_MAX:
            sealing.clear()
        sealing[place.practice_id.int, name.table, name.column] = key
        return key

    def _opening_key(self, name: FieldName, place: Place, wire: bytes) -> _ColumnKey:
        version = Envelope.decode(wire).key_version
        try:
            key = self._column_key(name, place, version)
        except KeyRingError:
            raise UnreadableError from None
        if len(self._opening) >= COLUMN_KEYS_MAX:
            self._opening.clear()
        self._opening[place.practice_id.int, name.table, name.column, key.prefix] = key
        return key

    def _group_keys(self, group: FieldGroup, place: Place, wire: bytes) -> tuple[_GroupKey, ...]:
        version = Envelope.decode(wire).key_version
        try:
            keys = [(self._column_key(name, place, version), bucket, name) for name, bucket in group.fields]
        except KeyRingError:
            raise UnreadableError from None
        if len(self._groups) >= COLUMN_KEYS_MAX // 16:
            self._groups.clear()
        found = tuple(
            (key.gcm.decrypt, key.bound_before, key.bound_after, bucket, name) for key, bucket, name in keys
        )
        self._groups[place.practice_id.int, group, wire[:_PREFIX_BYTES]] = found
        return found

    def _column_key(self, name: FieldName, place: Place, version: int) -> _ColumnKey:
        with answering():
            root = self._ring.root(place.practice_id, Purpose.FIELD, version)
        return _ColumnKey(root.derive(name.info), name, place, version)

    def __repr__(self) -> str:
        return f"AesGcmFieldCipher({self._ring!r})"
