"""The backup key: 32 random bytes in a file of their own, which opens backups and nothing else.

It lies with whoever keeps the backups, and not only on the machine that they are taken of: without it no
backup opens. Taken away, it destroys every backup that it sealed (NIST SP 800-88, cryptographic erase). The
file is one line, ``vantrexia-backup-key-1:`` and 64 hexadecimal digits.
"""

import os
import re
from hmac import compare_digest
from pathlib import Path
from typing import Final

from vantrexia_adapters.crypto.primitives import KEY_BYTES, digest, hkdf, keyed_context
from vantrexia_adapters.crypto.ring_file import KeyRingExistsError, KeyRingMissingError, RingFile
from vantrexia_adapters.crypto.ring_file import KeyRingUnsafeError as _UnsafeError
from vantrexia_core.kernel import VantrexiaError

KEY_ID_BYTES: Final = 8
_PREFIX: Final = "vantrexia-backup-key-1:"
KEY_MAGIC: Final = _PREFIX.encode("ascii")
"""How the file of a backup key begins."""
_LINE: Final = re.compile(rf"{_PREFIX}([0-9a-f]{{{2 * KEY_BYTES}}})\n?")


class BackupKeyError(VantrexiaError):
    """The file of the backup key cannot be used. The text names it and says what to do, not what it holds."""

    sentence = "The backup key cannot be used."


class BackupKey:
    """A backup key in memory. It prints nothing."""

    __slots__ = ("_key", "key_id")

    key_id: bytes
    """Eight bytes that recognise it and say nothing else about it. Never set it."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            message = f"a backup key has {KEY_BYTES} bytes"
            raise ValueError(message)
        self._key = key
        self.key_id = digest(keyed_context(key), b"vantrexia-backup|id")[:KEY_ID_BYTES]

    @classmethod
    def create(cls, path: Path) -> "BackupKey":
        """A fresh key in a new file, which its owner alone may read (mode 0600).

        Raises:
            BackupKeyError: there is a file already, or its folder is not there, cannot be written or is open
                to others.
        """
        if not path.parent.is_dir():
            # Not made here: a slip of the pen, or a disk that is not mounted, would hide the key.
            message = f"The backup key cannot be written to {path}: there is no folder {path.parent}."
            raise BackupKeyError(message)
        key = os.urandom(KEY_BYTES)
        try:
            RingFile(path).create(f"{_PREFIX}{key.hex()}\n".encode("ascii"))
            # A ring is changed again and again, under this lock; a backup key never is.
            path.with_name(path.name + ".lock").unlink(missing_ok=True)
        except KeyRingExistsError:
            message = f"There is a file at {path} already. It was left untouched."
            raise BackupKeyError(message) from None
        except _UnsafeError as unsafe:
            message = f"A backup key cannot be kept at {path}: {unsafe.why}."
            raise BackupKeyError(message) from None
        except OSError as refused:
            message = f"The backup key cannot be written to {path}: {refused.strerror}."
            raise BackupKeyError(message) from None
        return cls(key)

    @classmethod
    def read(cls, path: Path) -> "BackupKey":
        """The key in a file.

        Raises:
            BackupKeyError: there is none, it is damaged, or others than its owner can read or replace it.
        """
        try:
            raw = RingFile(path).read().raw
        except KeyRingMissingError:
            message = (
                f"There is no backup key at {path}. Make one with: vantrexia keys create-backup-key {path}"
            )
            raise BackupKeyError(message) from None
        except _UnsafeError as unsafe:
            message = f"The backup key at {path} is not safe: {unsafe.why}."
            raise BackupKeyError(message) from None
        except VantrexiaError:
            raw = b""
        found = _LINE.fullmatch(raw.decode("ascii", "replace"))
        if found is None:
            message = f"The file at {path} is not a backup key, or it is damaged."
            raise BackupKeyError(message)
        return cls(bytes.fromhex(found[1]))

    def file_key(self, salt: bytes, bound_to: bytes) -> bytes:
        """The 32-byte key of one file, made for its salt and whatever else it is bound to."""
        return hkdf(self._key, b"vantrexia-backup|file|" + bound_to, salt=salt)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BackupKey) and compare_digest(self._key, other._key)

    def __hash__(self) -> int:
        return hash(self.key_id)

    def __repr__(self) -> str:
        return f"BackupKey({self.key_id.hex()})"
