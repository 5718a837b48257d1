"""The deployment's checkpoint keys: Ed25519 (RFC 8032), to sign the state of the trail and nothing else."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vantrexia_adapters.crypto.key_ring import KeyRing
from vantrexia_adapters.crypto.ring_format import DEPLOYMENT
from vantrexia_core.audit import VerifierKey
from vantrexia_core.protection import Purpose

_INFO: Final = b"checkpoint/ed25519"
_ORIGIN: Final = "vantrexia.com/audit/"


class Ed25519SigningKey:
    """Implements the core's ``SigningKey``. Signatures are deterministic: no randomness can go wrong."""

    __slots__ = ("_key", "public_key")

    public_key: bytes
    """32 bytes, for whoever verifies. Never set it."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """See `SigningKey`."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return "Ed25519SigningKey()"


def is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Implements the core's ``SignatureCheck``."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class RingCheckpointKeys:
    """Keys derived from the ring's checkpoint roots. The newest signs, all verify."""

    __slots__ = ("_ring",)

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    @property
    def origin(self) -> str:
        """The name of this deployment's trail. It stays when the key is rotated: the first key made it."""
        return _ORIGIN + sha256(self._key(1).public_key).hexdigest()[:16]

    def active(self) -> Ed25519SigningKey:
        """The key that signs now.

        Raises:
            KeyRingError: the ring's file is gone, unsafe or damaged.
        """
        return self._key(self._ring.active(DEPLOYMENT, Purpose.CHECKPOINT))

    def verifiers(self) -> Sequence[VerifierKey]:
        """The public halves, oldest first."""
        versions = self._ring.versions(DEPLOYMENT, Purpose.CHECKPOINT)
        return [VerifierKey(self.origin, self._key(version).public_key) for version in versions]

    def _key(self, version: int) -> Ed25519SigningKey:
        return Ed25519SigningKey(self._ring.root(DEPLOYMENT, Purpose.CHECKPOINT, version).derive(_INFO))

    def __repr__(self) -> str:
        return f"RingCheckpointKeys({self._ring!r})"
