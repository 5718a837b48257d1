"""A long file sealed in chunks, AES-256-GCM under a key of its own: the STREAM construction.

After Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance" (CRYPTO 2015), section 7, in the parameters that age v1 made usual: chunks of 64 KiB, a
nonce that counts them, and a last byte that tells which chunk is the last. So whatever is cut, repeated,
swapped or appended does not open, and each chunk is checked before anything of it is believed::

    magic 16 | format u8 | key id 8 | salt 32 | chunk … | last chunk

The file's key is HKDF-SHA-256 of the backup key with the salt, bound to all that precedes the chunks. No
nonce can repeat: the salt is fresh for each file.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO, Final

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vantrexia_adapters.crypto.backup_key import KEY_ID_BYTES, KEY_MAGIC, BackupKey
from vantrexia_core.kernel import VantrexiaError

MAGIC: Final = b"vantrexia-backup"
FORMAT: Final = 1
SALT_BYTES: Final = 32
TAG_BYTES: Final = 16
CHUNK_BYTES: Final = 64 * 1024
"""What a chunk holds; only the last one may hold less."""

STREAM_HEADER_BYTES: Final = len(MAGIC) + 1 + KEY_ID_BYTES + SALT_BYTES
_SEALED_BYTES: Final = CHUNK_BYTES + TAG_BYTES
_COUNTER_BYTES: Final = 11


class BackupFileError(VantrexiaError):
    """A backup cannot be used. The text says why and what to do, never what is in it."""

    sentence = "The backup cannot be used."


class NotABackupError(BackupFileError):
    """The file does not begin as a backup does."""

    sentence = "This is not a backup of this software, or its beginning is damaged."


class NewerBackupError(BackupFileError):
    """A newer version has made it."""

    sentence = "The backup was made by a newer version of this software. Restore it with that version."


class WrongBackupKeyError(BackupFileError):
    """Another backup key has sealed it."""

    sentence = "The backup was sealed under another backup key. Give the one it was made with: --key-file"


class DamagedBackupError(BackupFileError):
    """It is not what was written: altered, cut off, or put together anew."""

    sentence = (
        "The backup is damaged: it was altered, cut off or put together anew. Nothing of it is used. "
        "Take another backup."
    )


@attrs.frozen
class StreamHeader:
    """How a file begins. ``salt`` is another one for each file, so it tells them apart."""

    key_id: bytes
    salt: bytes

    def encode(self) -> bytes:
        """The bytes before the first chunk."""
        return MAGIC + bytes([FORMAT]) + self.key_id + self.salt

    @classmethod
    def decode(cls, raw: bytes) -> "StreamHeader":
        """A header, read strictly.

        Raises:
            NotABackupError: it is none.
            NewerBackupError: of a format that this version does not know.
        """
        if raw.startswith(KEY_MAGIC):
            message = "This is a backup key, not a backup. Name the backup, and the key with --key-file."
            raise NotABackupError(message)
        if len(raw) != STREAM_HEADER_BYTES or not raw.startswith(MAGIC):
            raise NotABackupError
        if raw[len(MAGIC)] != FORMAT:
            raise NewerBackupError if raw[len(MAGIC)] > FORMAT else NotABackupError
        start = len(MAGIC) + 1
        return cls(raw[start : start + KEY_ID_BYTES], raw[start + KEY_ID_BYTES :])


class SealedWriter:
    """Seals what is written, chunk by chunk. Without `finish` there is no whole file."""

    __slots__ = ("_file", "_gcm", "_number", "_waiting", "header")

    def __init__(self, file: BinaryIO, key: BackupKey) -> None:
        self.header: Final = StreamHeader(key.key_id, os.urandom(SALT_BYTES))
        self._file = file
        self._gcm = _gcm(key, self.header)
        self._number = 0
        self._waiting = bytearray()
        file.write(self.header.encode())

    def write(self, content: bytes) -> None:
        """Add bytes."""
        self._waiting += content
        # One byte more: whether a chunk is the last is known when another one follows it.
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]

    def finish(self) -> None:
        """Seal the last chunk."""
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._file.write(self._gcm.encrypt(_nonce(self._number, is_last=is_last), chunk, None))
        self._number += 1


class SealedReader:
    """Opens a file that `SealedWriter` made. What `read` gives was checked; only `finish` says it was all."""

    __slots__ = ("_chunks", "_opened", "header")

    def __init__(self, file: BinaryIO, key: BackupKey) -> None:
        """Read the header.

        Raises:
            NotABackupError: it is no backup.
            NewerBackupError: of a newer format.
            WrongBackupKeyError: sealed under another key.
        """
        self.header: Final = StreamHeader.decode(file.read(STREAM_HEADER_BYTES))
        if self.header.key_id != key.key_id:
            raise WrongBackupKeyError
        self._chunks = _opened(file, _gcm(key, self.header))
        self._opened = bytearray()

    def read(self, count: int) -> bytes:
        """The next ``count`` bytes.

        Raises:
            DamagedBackupError: they are not what was written, or there are not as many.
        """
        while len(self._opened) < count:
            chunk = next(self._chunks, None)
            if chunk is None:
                raise DamagedBackupError
            self._opened += chunk
        taken = bytes(self._opened[:count])
        del self._opened[:count]
        return taken

    def finish(self) -> None:
        """Make sure that nothing is left.

        Raises:
            DamagedBackupError: something is.
        """
        # Up to the end: a last chunk without content is one, where nothing was written.
        if self._opened or any(self._chunks):
            raise DamagedBackupError


def _opened(file: BinaryIO, gcm: AESGCM) -> Iterator[bytes]:
    number, sealed = 0, file.read(_SEALED_BYTES)
    while True:
        following = file.read(_SEALED_BYTES)
        try:
            chunk = gcm.decrypt(_nonce(number, is_last=not following), sealed, None)
        except (InvalidTag, ValueError):
            raise DamagedBackupError from None
        yield chunk
        if not following:
            return
        number, sealed = number + 1, following


def _gcm(key: BackupKey, header: StreamHeader) -> AESGCM:
    return AESGCM(key.file_key(header.salt, header.encode()))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(_COUNTER_BYTES, "big") + bytes([is_last])
