"""Keys, ciphers, keyed digests and password hashing, over the ``cryptography`` package."""

from vantrexia_adapters.crypto.aes_gcm import AesGcmFieldCipher
from vantrexia_adapters.crypto.aws_kms import AwsKmsKeyWrapper, open_kms
from vantrexia_adapters.crypto.backup_key import BackupKey, BackupKeyError
from vantrexia_adapters.crypto.blind_index import HmacBlindIndex
from vantrexia_adapters.crypto.checkpoint_keys import Ed25519SigningKey, RingCheckpointKeys, is_signed
from vantrexia_adapters.crypto.chunk_cipher import AesGcmSnapshotCipher
from vantrexia_adapters.crypto.key_ring import KeyCheck, KeyRing
from vantrexia_adapters.crypto.key_wrapping import FileKeyWrapper, KeyServiceError
from vantrexia_adapters.crypto.passwords import Argon2Cost, Argon2Passwords, ring_pepper
from vantrexia_adapters.crypto.ring_changes import DEPLOYMENT_PURPOSES, PRACTICE_PURPOSES, KeyInUseError
from vantrexia_adapters.crypto.ring_file import (
    KeyRingExistsError,
    KeyRingMissingError,
    KeyRingUnsafeError,
    RingFile,
)
from vantrexia_adapters.crypto.ring_format import (
    DEPLOYMENT,
    Kek,
    KeyName,
    KeyRingDamagedError,
    KeyRingError,
    KeyState,
    Provider,
    RemoteKek,
    RingEntry,
    Scope,
)
from vantrexia_adapters.crypto.ring_state import UnknownKeyError, Wrappers, WrongKeyRingError
from vantrexia_adapters.crypto.root_key import RootKey
from vantrexia_adapters.crypto.row_seal import HmacRowSeal
from vantrexia_adapters.crypto.sealed_stream import (
    BackupFileError,
    DamagedBackupError,
    NewerBackupError,
    NotABackupError,
    SealedReader,
    SealedWriter,
    WrongBackupKeyError,
)
from vantrexia_adapters.crypto.signing_keys import RingSigningKeys
from vantrexia_adapters.crypto.transit import TransitAddress, TransitKeyWrapper
from vantrexia_core.protection import Purpose

__all__ = [
    "DEPLOYMENT",
    "DEPLOYMENT_PURPOSES",
    "PRACTICE_PURPOSES",
    "AesGcmFieldCipher",
    "AesGcmSnapshotCipher",
    "Argon2Cost",
    "Argon2Passwords",
    "AwsKmsKeyWrapper",
    "BackupFileError",
    "BackupKey",
    "BackupKeyError",
    "DamagedBackupError",
    "Ed25519SigningKey",
    "FileKeyWrapper",
    "HmacBlindIndex",
    "HmacRowSeal",
    "Kek",
    "KeyCheck",
    "KeyInUseError",
    "KeyName",
    "KeyRing",
    "KeyRingDamagedError",
    "KeyRingError",
    "KeyRingExistsError",
    "KeyRingMissingError",
    "KeyRingUnsafeError",
    "KeyServiceError",
    "KeyState",
    "NewerBackupError",
    "NotABackupError",
    "Provider",
    "Purpose",
    "RemoteKek",
    "RingCheckpointKeys",
    "RingEntry",
    "RingFile",
    "RingSigningKeys",
    "RootKey",
    "Scope",
    "SealedReader",
    "SealedWriter",
    "TransitAddress",
    "TransitKeyWrapper",
    "UnknownKeyError",
    "Wrappers",
    "WrongBackupKeyError",
    "WrongKeyRingError",
    "is_signed",
    "open_kms",
    "ring_pepper",
]
