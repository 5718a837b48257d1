"""Keeping a secret file: created once, replaced whole or not at all, read by its owner only.

POSIX semantics (``link``, ``rename``, ``flock``, ``fsync`` of a directory) on a local disk. A crash at any
moment leaves either the old file or the new one.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Final

import attrs

from vantrexia_adapters.crypto.ring_format import FILE_BYTES_MAX, KeyRingDamagedError, KeyRingError
from vantrexia_adapters.full_disk import told_if_full

_FILE_MODE: Final = 0o600
_DIRECTORY_MODE: Final = 0o700
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class KeyRingMissingError(KeyRingError):
    """There is no file where the key ring should be."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no key ring at {path}. If a database exists, put its own key ring back from your "
            "backup: a new one opens nothing that is stored, so never create one for an existing database. "
            "Only a fresh installation, with an empty database, begins with a new key ring."
        )


class KeyRingExistsError(KeyRingError):
    """A key ring is there already, and a fresh one never replaces it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"There is a key ring at {path} already. It was left untouched.")


class KeyRingUnsafeError(KeyRingError):
    """Others than the owner can read the file, or could put another in its place."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"The key ring at {path} is not safe: {why}.")
        self.why: Final = why


@attrs.frozen
class Reading:
    """A file's bytes and what tells that it was replaced since."""

    raw: bytes = attrs.field(repr=False)
    stamp: tuple[int, ...]


@attrs.frozen
class RingFile:
    """The file at ``path``, beside it its lock (``….lock``) and, while writing, its successor (``….new``)."""

    path: Path

    def read(self) -> Reading:
        """The whole file.

        Raises:
            KeyRingMissingError: there is none.
            KeyRingUnsafeError: it is a link, not ours, open to others, or lies where others may replace it.
            KeyRingDamagedError: it is too large to be a key ring.
        """
        self._check_directory()
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            raise KeyRingMissingError(self.path) from None
        except OSError as error:
            # ELOOP for a symbolic link; EACCES for a file that is somebody else's.
            raise KeyRingUnsafeError(self.path, f"it cannot be opened ({error.strerror})") from None
        try:
            status = os.fstat(descriptor)
            self._check_safe(status)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                raw = file.read(FILE_BYTES_MAX + 1)
        finally:
            os.close(descriptor)
        if len(raw) > FILE_BYTES_MAX:
            message = f"The file at {self.path} is too large to be a key ring."
            raise KeyRingDamagedError(message)
        return Reading(raw, _stamp(status))

    def stamp(self) -> tuple[int, ...] | None:
        """What changes whenever the file is replaced; None while there is none."""
        try:
            return _stamp(self.path.lstat())
        except OSError:
            return None

    def create(self, raw: bytes) -> None:
        """Write a first file. Of any number of simultaneous callers exactly one succeeds.

        Raises:
            KeyRingExistsError: there is a file already, or another process was faster.
            KeyRingUnsafeError: others may replace files in this directory.
            DiskFullError: there is no room for it.
        """
        self.path.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        self._check_directory()
        with self.locked():
            fresh = self._write_beside(raw)
            try:
                # A link is the one atomic step that refuses to replace what is there; a rename would.
                self.path.hardlink_to(fresh)
            except FileExistsError:
                raise KeyRingExistsError(self.path) from None
            finally:
                fresh.unlink()
            self._sync_directory()

    def replace(self, raw: bytes) -> None:
        """Put new content in the file's place. Call it under `locked`."""
        self._write_beside(raw).rename(self.path)
        self._sync_directory()

    def keep_copy(self) -> Path:
        """Keep what is there now beside it, under a name of its own. Call it under `locked`."""
        numbers = count(1)
        while (kept := self._beside(f".{next(numbers)}.old")).exists():
            pass
        # A second name for the same bytes: `replace` then takes the first name away from them.
        kept.hardlink_to(self.path)
        self._sync_directory()
        return kept

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Wait until no other process or thread is changing the file, and keep them out meanwhile."""
        lock = self._beside(".lock")
        with told_if_full(self.path.parent):
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _FILE_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write_beside(self, raw: bytes) -> Path:
        fresh = self._beside(".new")
        with suppress(FileNotFoundError):
            # What a killed writer left behind; nobody else writes here while we hold the lock.
            fresh.unlink()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        with (
            told_if_full(self.path.parent),
            os.fdopen(os.open(fresh, flags, _FILE_MODE), "wb") as file,
        ):
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        return fresh

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    def _sync_directory(self) -> None:
        descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _check_directory(self) -> None:
        try:
            status = self.path.parent.stat()
        except FileNotFoundError:
            raise KeyRingMissingError(self.path) from None
        if status.st_mode & _OTHERS_WRITE:
            directory = self.path.parent
            why = f"others may put another in its place (correct it with: chmod go-w {directory})"
            raise KeyRingUnsafeError(self.path, why)

    def _check_safe(self, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise KeyRingUnsafeError(self.path, "it is not a regular file")
        if status.st_uid != os.geteuid():
            raise KeyRingUnsafeError(
                self.path, "it belongs to another user than the one who runs this service"
            )
        if status.st_mode & _OTHERS:
            why = (
                f"others than its owner can read it (correct it with: chmod 600 {self.path}; "
                "and consider its keys known to everybody who could)"
            )
            raise KeyRingUnsafeError(self.path, why)


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)
