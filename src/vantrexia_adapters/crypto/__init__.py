"""Keys, ciphers, keyed digests and password hashing, over the ``cryptography`` package."""

from vantrexia_adapters.crypto.aes_gcm import AesGcmFieldCipher
from vantrexia_adapters.crypto.blind_index import HmacBlindIndex
from vantrexia_adapters.crypto.checkpoint_keys import Ed25519SigningKey, RingCheckpointKeys, is_signed
from vantrexia_adapters.crypto.chunk_cipher import AesGcmSnapshotCipher
from vantrexia_adapters.crypto.key_ring import (
    DEPLOYMENT_PURPOSES,
    PRACTICE_PURPOSES,
    KeyCheck,
    KeyRing,
    Purpose,
    RootKey,
    Scope,
    UnknownKeyError,
    WrongKeyRingError,
)
from vantrexia_adapters.crypto.key_wrapping import FileKeyWrapper
from vantrexia_adapters.crypto.passwords import Argon2Cost, Argon2Passwords, ring_pepper
from vantrexia_adapters.crypto.ring_file import (
    KeyRingExistsError,
    KeyRingMissingError,
    KeyRingUnsafeError,
    RingFile,
)
from vantrexia_adapters.crypto.ring_format import (
    DEPLOYMENT,
    KeyName,
    KeyRingDamagedError,
    KeyRingError,
    RingEntry,
)
from vantrexia_adapters.crypto.row_seal import HmacRowSeal
from vantrexia_adapters.crypto.signing_keys import RingSigningKeys

__all__ = [
    "DEPLOYMENT",
    "DEPLOYMENT_PURPOSES",
    "PRACTICE_PURPOSES",
    "AesGcmFieldCipher",
    "AesGcmSnapshotCipher",
    "Argon2Cost",
    "Argon2Passwords",
    "Ed25519SigningKey",
    "FileKeyWrapper",
    "HmacBlindIndex",
    "HmacRowSeal",
    "KeyCheck",
    "KeyName",
    "KeyRing",
    "KeyRingDamagedError",
    "KeyRingError",
    "KeyRingExistsError",
    "KeyRingMissingError",
    "KeyRingUnsafeError",
    "Purpose",
    "RingCheckpointKeys",
    "RingEntry",
    "RingFile",
    "RingSigningKeys",
    "RootKey",
    "Scope",
    "UnknownKeyError",
    "WrongKeyRingError",
    "is_signed",
    "ring_pepper",
]
