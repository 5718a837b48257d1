"""Sealing chunks of snapshots with AES-256-GCM, in the core's envelope."""

import os
from collections.abc import Callable
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vantrexia_adapters.crypto.aes_gcm import decrypt, encrypt
from vantrexia_adapters.crypto.key_ring import KeyRing
from vantrexia_adapters.crypto.ring_format import KeyRingError
from vantrexia_core.protection import NONCE_BYTES, Envelope, Purpose, UnreadableError

_INFO: Final = b"directory/snapshot"


class AesGcmSnapshotCipher:
    """Implements the core's ``SnapshotCipher``. Keys are derived anew: a chunk is a megabyte, a key 2 µs."""

    __slots__ = ("_ring",)

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def seal(self, practice_id: UUID, bound_to: Callable[[int], bytes], chunk: bytes) -> bytes:
        """See `SnapshotCipher`.

        Raises:
            KeyRingError: the practice has no key; `KeyRing.ensure_scope` gives it one.
        """
        self._ring.notice()
        version = self._ring.active(practice_id, Purpose.DIRECTORY)
        prefix = Envelope(version, nonce=b"", sealed=b"").encode()
        return encrypt(
            self._gcm(practice_id, version), prefix, os.urandom(NONCE_BYTES), chunk, bound_to(version)
        )

    def open(self, practice_id: UUID, bound_to: Callable[[int], bytes], wire: bytes) -> bytes:
        """See `SnapshotCipher`."""
        version = Envelope.decode(wire).key_version
        try:
            gcm = self._gcm(practice_id, version)
        except KeyRingError:
            raise UnreadableError from None
        return decrypt(gcm, wire, bound_to(version))

    def _gcm(self, practice_id: UUID, version: int) -> AESGCM:
        return AESGCM(self._ring.root(practice_id, Purpose.DIRECTORY, version).derive(_INFO))

    def __repr__(self) -> str:
        return f"AesGcmSnapshotCipher({self._ring!r})"
