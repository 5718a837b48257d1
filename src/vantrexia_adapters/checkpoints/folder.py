"""Checkpoints and tiles as files, laid out as C2SP tlog-tiles says, for any tool for such logs to read.

::

    checkpoint              the newest checkpoint
    days/2026-02-06         the last one of each day (UTC)
    tile/0/x001/234.p/17    hashes, full tiles and the partial ones of the newest checkpoint
    given-up/…              the same three, of a state that a restore gave up

Only checkpoints are written durably: tiles can be made anew from the trail, and the signed root tells whether
they are right. Writing replaces whole files, so that a reader never sees half of one.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from io import BufferedReader, FileIO
from itertools import chain, count
from pathlib import Path
from typing import Final

from vantrexia_adapters.full_disk import told_if_full
from vantrexia_core.audit import CHECKPOINT_BYTES_MAX, HASH_BYTES, TILE_WIDTH, DamagedTileError, Tile
from vantrexia_core.kernel import UnavailableError

_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
LEASE_WAIT_SECONDS: Final = 30.0
"""A round takes well under a second. Who gives up leaves the newest entries to the next round, whoever's."""
_LEASE_LOOK_SECONDS: Final = 0.02
_NAME: Final = re.compile(r"checkpoint|days/[0-9-]+|tile(?:/[0-9a-z]+(?:\.p)?)+")


class FolderCheckpoints:
    """Implements the core's ``CheckpointStore``. Safe to share between threads and processes.

    ``wait_seconds`` is how long a patient caller waits for the lease: a process that hangs with it must not
    keep every command, and every server that ends, waiting for ever.
    """

    __slots__ = ("_wait_seconds", "path")

    def __init__(self, path: Path, *, wait_seconds: float = LEASE_WAIT_SECONDS) -> None:
        self.path: Final = path
        self._wait_seconds: Final = wait_seconds

    def newest(self) -> bytes | None:
        """See `CheckpointStore`."""
        try:
            return _read(self.path / "checkpoint", CHECKPOINT_BYTES_MAX)
        except FileNotFoundError:
            return None
        except OSError:
            raise UnavailableError from None

    def history(self) -> Iterator[bytes]:
        """See `CheckpointStore`."""
        return (note for _, note in self._in_days())

    def days(self) -> Iterator[tuple[str, bytes]]:
        """The last checkpoint of each day, and which day that is: what `publish` has written."""
        return ((name, note) for name, note in self._in_days() if is_day(name))

    def tile(self, tile: Tile) -> bytes:
        """See `CheckpointStore`."""
        try:
            return _read(self.path / tile.path, TILE_WIDTH * HASH_BYTES)
        except OSError:
            raise DamagedTileError from None

    def put(self, tile: Tile, content: bytes) -> None:
        """See `CheckpointStore`."""
        self.write(tile.path, content)

    def drop(self, tile: Tile) -> None:
        """See `CheckpointStore`."""
        path = self.path / tile.path
        with suppress(OSError):
            path.unlink()
            path.parent.rmdir()

    def publish(self, note: bytes, *, on: date) -> None:
        """See `CheckpointStore`."""
        self.write(f"days/{on.isoformat()}", note, is_durable=True)
        self.write("checkpoint", note, is_durable=True)

    def put_aside(self, name: str) -> None:
        """Move all of it to ``given-up/name``, as evidence: the trail goes on from an older state.

        Whatever it was interrupted at, it can be repeated. What was put aside under that name before stays,
        and this goes to ``name-2``. Call it under the lease.

        Raises:
            UnavailableError: it cannot be moved.
        """
        # The newest checkpoint last: while it is here, so is what says that it has to go.
        parts = [part for part in ("tile", "days", "checkpoint") if (self.path / part).exists()]
        names = chain([name], (f"{name}-{number}" for number in count(2)))
        places = (self.path / "given-up" / name for name in names)
        aside = next(place for place in places if not any((place / part).exists() for part in parts))
        try:
            with told_if_full(self.path):
                _make(aside)
                for part in parts:
                    (self.path / part).rename(aside / part)
                _sync(aside)
                _sync(self.path)
        except OSError:
            raise UnavailableError from None

    @contextmanager
    def lease(self, *, is_patient: bool) -> Iterator[bool]:
        """See `CheckpointStore`. The system lets go of it when its process ends."""
        try:
            with told_if_full(self.path):
                _make(self.path)
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
                descriptor = os.open(self.path / "lock", flags, _FILE_MODE)
        except OSError:
            raise UnavailableError from None
        try:
            is_ours = _is_locked(descriptor, self._wait_seconds if is_patient else 0.0)
            if is_patient and not is_ours:
                raise UnavailableError
            yield is_ours
        finally:
            os.close(descriptor)

    def write(self, name: str, content: bytes, *, is_durable: bool = False) -> None:
        """Put a whole file in its place.

        Raises:
            UnavailableError: it cannot be written.
            ValueError: no file of this folder has such a name.
        """
        if _NAME.fullmatch(name) is None:
            # Names come from elsewhere too, and must not lead out of here.
            raise ValueError
        path = self.path / name
        fresh = path.with_name(path.name + ".new")
        try:
            with told_if_full(self.path):
                _make(path.parent)
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
                with os.fdopen(os.open(fresh, flags, _FILE_MODE), "wb") as file:
                    file.write(content)
                    if is_durable:
                        file.flush()
                        os.fsync(file.fileno())
                fresh.rename(path)
                if is_durable:
                    _sync(path.parent)
        except OSError:
            raise UnavailableError from None

    def _in_days(self) -> Iterator[tuple[str, bytes]]:
        """All files that lie there: a trail that was exported numbers them.

        Folders are passed over, as storage systems put some of their own everywhere.
        """
        folder = self.path / "days"
        try:
            with os.scandir(folder) as there:
                names = sorted((one.name for one in there if one.is_file()), reverse=True)
        except FileNotFoundError:
            return
        except OSError:
            raise UnavailableError from None
        for name in names:
            if not name.endswith(".new"):
                yield name, _note(folder / name)

    def __repr__(self) -> str:
        return f"FolderCheckpoints({str(self.path)!r})"


def _is_locked(descriptor: int, wait_seconds: float) -> bool:
    """Whether a lock could be had in that time."""
    until = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_LEASE_LOOK_SECONDS)
        else:
            return True


def _note(path: Path) -> bytes:
    try:
        return _read(path, CHECKPOINT_BYTES_MAX)
    except OSError:
        raise UnavailableError from None


def _read(path: Path, most: int) -> bytes:
    """What a file holds, and no more than one byte beyond ``most``: nothing of ours is longer.

    Whoever else writes to the folder could put a pipe there, which would keep us waiting for ever.
    """
    with BufferedReader(FileIO(path, opener=_unblocked)) as file:
        return file.read(most + 1) or b""


def _unblocked(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def is_day(name: str) -> bool:
    """Whether a checkpoint of a day has this name: the day, as RFC 3339 writes it."""
    with suppress(ValueError):
        return date.fromisoformat(name).isoformat() == name
    return False


def _make(folder: Path) -> None:
    """As ``mkdir -p``, which would give the folders on the way whatever mode the process has set."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
