"""Taking a backup while the service goes on: one moment of everything, in one sealed file.

The file gets its name when it is whole, was read again, and is on the disk. What a killed process leaves
behind is called ``….part``, and the next backup of that name takes its place.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import attrs
import sqlalchemy as sa

from vantrexia_adapters.backups.content import End, FrameKind, Manifest, encode_file, encode_rows, frame
from vantrexia_adapters.backups.placing import put_in_place
from vantrexia_adapters.backups.reading import (
    CHECKPOINT,
    CHECKPOINT_KEYS,
    DAYS,
    ECW_KEYS,
    KEY_RING,
    Contents,
    IncompleteBackupError,
    Progress,
    Sum,
    bytes_of,
    read_backup,
    unseen,
)
from vantrexia_adapters.backups.trail import TRAIL_TABLE, TrailRoll
from vantrexia_adapters.checkpoints import FolderCheckpoints
from vantrexia_adapters.crypto import BackupFileError, BackupKey, RingFile, SealedWriter
from vantrexia_adapters.sql import Moment, Outline, outline
from vantrexia_core.audit import CheckpointKeys

_FILE_MODE: Final = 0o600


@attrs.frozen
class BackupSources:
    """What a deployment consists of, and where it lies."""

    engine: sa.Engine
    ring_path: Path
    ecw_keys_path: Path
    checkpoints: FolderCheckpoints
    checkpoint_keys: CheckpointKeys


def write_backup(
    path: Path,
    key: BackupKey,
    sources: BackupSources,
    *,
    at: datetime,
    software: str,
    is_with_keys: bool = True,
    copied: Outline | None = None,
    progress: Progress = unseen,
) -> Contents:
    """Write a backup, read it again, and say what it holds.

    Without keys it holds neither the key ring nor those at eClinicalWorks: it is of use to whoever has
    the key ring on another way.

    Raises:
        BackupFileError: there is a file of that name, it cannot be written, or does not read as written.
        KeyRingError: the key ring cannot be read.
        UnavailableError: the database or the checkpoints cannot be read.
    """
    origin, database = sources.checkpoint_keys.origin, sources.engine.dialect.name
    manifest = Manifest(at, software, origin, database, copied or outline())
    with _partial(path) as (partial, file):
        written = _write(file, key, sources, manifest, is_with_keys=is_with_keys, progress=progress)
        with progress("Reading it again", bytes_of(partial)) as step:
            contents = read_backup(partial, key, progress=step)
        if contents.end != written:
            raise IncompleteBackupError
        put_in_place(partial, path)
    return contents


def _write(
    file: BinaryIO,
    key: BackupKey,
    sources: BackupSources,
    manifest: Manifest,
    *,
    is_with_keys: bool,
    progress: Progress,
) -> End:
    # Before the moment that is copied: then the trail of that moment reaches every one of them.
    notes = dict(_notes(sources.checkpoints))
    sealed = SealedWriter(file, key)
    with Moment(sources.engine) as moment:
        # After it has begun: a key is in the ring before anything is sealed under it.
        files = notes | _keys(sources, is_with_keys=is_with_keys)
        sealed.write(frame(FrameKind.MANIFEST, manifest.encode()))
        for name, content in files.items():
            sealed.write(frame(FrameKind.FILE, encode_file(name, content)))
        tables = manifest.outline.tables
        sums = {table.name: Sum() for table in tables}
        roll = TrailRoll([])
        with progress("Copying rows", sum(moment.count(table) for table in tables)) as step:
            for number, table in enumerate(tables):
                if table.name == TRAIL_TABLE:
                    roll = TrailRoll([name for name, _ in table.columns])
                for rows in moment.rows(table):
                    try:
                        payload = encode_rows(number, table, rows)
                        if table.name == TRAIL_TABLE:
                            roll.add(rows)
                    except (ValueError, TypeError, AttributeError, OverflowError):
                        message = (
                            f"The table {table.name} holds a value that does not belong there, and cannot be "
                            "copied. Look at it: vantrexia audit verify"
                        )
                        raise BackupFileError(message) from None
                    sealed.write(frame(FrameKind.ROWS, payload))
                    sums[table.name].add(len(rows), payload)
                    step(len(rows))
    end = End({name: one.result for name, one in sums.items()}, roll.frontier.size, roll.frontier.root)
    sealed.write(frame(FrameKind.END, end.encode()))
    sealed.finish()
    file.flush()
    os.fsync(file.fileno())
    return end


def _notes(checkpoints: FolderCheckpoints) -> Iterator[tuple[str, bytes]]:
    newest = checkpoints.newest()
    if newest is not None:
        yield CHECKPOINT, newest
    for day, note in checkpoints.days():
        yield DAYS + day, note


def _keys(sources: BackupSources, *, is_with_keys: bool) -> dict[str, bytes]:
    public = "".join(f"{one.text}\n" for one in sources.checkpoint_keys.verifiers())
    files = {CHECKPOINT_KEYS: public.encode()}
    if is_with_keys:
        files[KEY_RING] = RingFile(sources.ring_path).read().raw
        with suppress(FileNotFoundError):
            files[ECW_KEYS] = sources.ecw_keys_path.read_bytes()
    return files


@contextmanager
def _partial(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """The file while it is written. Nobody else writes it, and it is gone if this ends badly."""
    partial = path.with_name(path.name + ".part")
    try:
        if path.exists():
            message = f"There is a file at {path} already. Name another one."
            raise BackupFileError(message)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(partial, flags, _FILE_MODE), "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                message = f"Another backup is being written to {path} at this moment."
                raise BackupFileError(message) from None
            _check_alone(partial, path, file)
            file.truncate()
            # An open file keeps the mode it was made with, whoever made it.
            os.fchmod(file.fileno(), _FILE_MODE)
            try:
                yield partial, file
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
    except OSError as refused:
        message = f"The backup cannot be written to {path}: {refused.strerror}."
        raise BackupFileError(message) from None


def _check_alone(partial: Path, path: Path, file: BinaryIO) -> None:
    """Make sure that the file we have locked is the one of that name, and of no other name."""
    ours = os.fstat(file.fileno())
    try:
        is_there = os.path.samestat(ours, partial.lstat())
    except FileNotFoundError:
        is_there = False
    if not is_there:
        # Whoever wrote it has come to the end while we waited: it is theirs, under its own name.
        message = f"Another backup was written to {path} at this moment. Name another one."
        raise BackupFileError(message)
    if ours.st_nlink != 1 or not stat.S_ISREG(ours.st_mode):
        message = f"The file {partial} has another name too, or is no file. Look at it, and remove it."
        raise BackupFileError(message)
    if path.exists():
        partial.unlink()
        message = f"There is a file at {path} already. Name another one."
        raise BackupFileError(message)
