"""Backups: everything that a deployment has, of one moment, in one sealed file; and the way back."""

from vantrexia_adapters.backups.needed_keys import KeysDestroyedError
from vantrexia_adapters.backups.reading import (
    Contents,
    IncompleteBackupError,
    Progress,
    bytes_of,
    read_backup,
)
from vantrexia_adapters.backups.restoring import (
    KeysMissingError,
    NoPracticesError,
    OtherKeyRingError,
    OtherwiseRestoredError,
    Restored,
    RestorePlace,
    UnsoundBackupError,
    restore_backup,
)
from vantrexia_adapters.backups.writing import BackupSources, write_backup

__all__ = [
    "BackupSources",
    "Contents",
    "IncompleteBackupError",
    "KeysDestroyedError",
    "KeysMissingError",
    "NoPracticesError",
    "OtherKeyRingError",
    "OtherwiseRestoredError",
    "Progress",
    "RestorePlace",
    "Restored",
    "UnsoundBackupError",
    "bytes_of",
    "read_backup",
    "restore_backup",
    "write_backup",
]
