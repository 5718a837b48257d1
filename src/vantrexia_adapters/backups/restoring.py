"""Restoring a backup into an empty database: all of it or nothing, and nothing unnoticed.

The whole file is read and checked before anything is touched. Then, in this order: a mark that a restore is
under way, the key ring, everything in one transaction, the checkpoints, the mark away. A process that is
killed leaves an empty database or a full one, and the mark, with which no service starts; the same command
goes on from there.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import attrs
import sqlalchemy as sa

from vantrexia_adapters.backups.content import encode_rows
from vantrexia_adapters.backups.reading import (
    CHECKPOINT,
    ECW_KEYS,
    KEY_RING,
    Contents,
    Progress,
    Rows,
    Sum,
    bytes_of,
    read_backup,
    salt_of,
    unseen,
)
from vantrexia_adapters.checkpoints import FolderCheckpoints
from vantrexia_adapters.crypto import (
    BackupFileError,
    BackupKey,
    KeyRing,
    KeyRingExistsError,
    RingCheckpointKeys,
    RingFile,
    Wrappers,
    WrongKeyRingError,
    is_signed,
)
from vantrexia_adapters.sql import (
    Filling,
    NotEmptyError,
    NotTheSameError,
    SqlTrailSource,
    TableOutline,
    check_fillable,
    filling,
    is_empty,
)
from vantrexia_core.audit import (
    Checkpoint,
    ForeignCheckpointError,
    Inspection,
    Inspector,
    MalformedCheckpointError,
    Notary,
    RollbackReason,
    SignedCheckpoint,
    UntrustedCheckpointError,
    VerifierKey,
    check_earlier,
    checked_rollback,
    restore_entries,
)
from vantrexia_core.identity import operator
from vantrexia_core.kernel import Clock, IdSource, Origin

_MODE: Final = 0o600


class UnsoundBackupError(BackupFileError):
    """The trail in the backup is not the one that was signed."""

    sentence = "The audit trail in the backup is not the one that was signed."


class KeysMissingError(BackupFileError):
    """The backup was taken without keys, and there is no key ring here."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The backup was taken without keys, and there is no key ring at {path}. Put the deployment's "
            "key ring there first: without it nothing of the backup can be read."
        )


class OtherKeyRingError(BackupFileError):
    """The key ring that is here does not open what the backup holds."""

    def __init__(self, path: Path, *, has_own: bool) -> None:
        super().__init__(
            f"The key ring at {path} is not that of the backup, or an older copy of it. "
            + (
                "Move it away: the backup's own is then put in its place."
                if has_own
                else "Put the newest copy of the deployment's key ring there."
            )
            + " Nothing was changed."
        )


@attrs.frozen
class RestorePlace:
    """Where a backup goes. ``marker`` is a file that is there while a restore is not finished."""

    engine: sa.Engine
    ring_path: Path
    ecw_keys_path: Path
    checkpoints: FolderCheckpoints
    marker: Path
    wrappers: Wrappers


@attrs.frozen
class Restored:
    """How a restore ended: what was in the backup, what was given up, and what the trail is like now."""

    contents: Contents
    lost: Checkpoint | None
    inspection: Inspection


def restore_backup(
    path: Path,
    key: BackupKey,
    place: RestorePlace,
    *,
    clock: Clock,
    ids: IdSource,
    origin: Origin,
    kept: Sequence[bytes] = (),
    reason: RollbackReason | None = None,
    progress: Progress = unseen,
) -> Restored:
    """Fill an empty deployment from a backup.

    ``kept`` are checkpoints that lie elsewhere: with an auditor, on another machine. If one of them, or of
    those in the folder of checkpoints, is newer than the backup, ``reason`` has to say why what came after
    the backup is given up; it then stands in the trail.

    A key ring that is here already stays, if it opens the backup: what was destroyed in it stays destroyed.

    Raises:
        BackupFileError: the backup, or the key ring, cannot be used.
        RollbackRefusedError: entries would be given up, and no reason is given.
        ForeignCheckpointError: a checkpoint that is known here is not of this trail.
        SchemaError: the database is not empty, or the backup is of a newer version.
        KeyRingError: the backup's key ring does not open, for want of its key service for instance.
        UnavailableError: the database cannot be reached.
    """
    is_left = _is_left(path, key, place)
    if not is_left and not is_empty(place.engine):
        raise NotEmptyError
    newest = place.checkpoints.newest()
    notes = [note for note in (newest, *kept) if note is not None]
    sizes = [_unopened(note).size for note in notes]
    with progress("Checking the backup", bytes_of(path)) as step:
        contents = read_backup(path, key, stops=sizes, progress=step)
    if not is_left:
        check_fillable(place.engine, contents.manifest.outline)
    with _Keys(place, contents, clock) as keys:
        verifiers = keys.checkpoint_keys.verifiers()
        if (fault := contents.fault(verifiers)) is not None:
            message = f"{UnsoundBackupError.sentence} {fault} Nothing was changed."
            raise UnsoundBackupError(message)
        known = [] if is_left else [_opened(note, verifiers) for note in notes]
        if known and newest is not None:
            check_earlier(contents.trail, known[0], place.checkpoints.tile)
        lost = checked_rollback(contents.trail, contents.roots, known, contents.rollbacks, reason)
        _mark(place.marker, contents)
        keys.put_in_place()
    if not is_left:
        actor = operator(contents.practices[0], origin)
        told = restore_entries(actor, contents.practices, contents.trail, lost, reason, at=clock.now())
        rows = sum(one.rows for one in contents.end.tables.values())
        with filling(place.engine, contents.manifest.outline) as target:
            with progress("Restoring", bytes_of(path)) as step:
                _fill(path, key, contents, target, step)
            with progress("Comparing rows", rows) as step:
                _compare(contents, target, step)
            target.settle(
                entries=contents.trail.size,
                # As many numbers may have been given since as there were entries, and are in use out there.
                numbers_skipped=0 if lost is None else lost.size - contents.trail.size,
                epochs={practice_id: ids.new_id() for practice_id in contents.practices},
            )
            target.record(told)
    inspection = _go_on(place, contents, keys.checkpoint_keys, clock, progress)
    place.marker.unlink()
    return Restored(contents, lost, inspection)


class _Keys:
    """The key ring with which the restored data opens: the one that is here, or the backup's own."""

    def __init__(self, place: RestorePlace, contents: Contents, clock: Clock) -> None:
        self._place = place
        self._contents = contents
        self._tried: Path | None = None
        own = contents.files.get(KEY_RING)
        path = place.ring_path
        if not path.exists():
            if own is None:
                raise KeysMissingError(path)
            # Under another name until everything else was checked.
            path = self._tried = path.with_name(path.name + ".restored")
            path.unlink(missing_ok=True)
            RingFile(path).create(own)
        try:
            ring = KeyRing.open(path, clock, wrappers=place.wrappers)
            ring.compare_checks(contents.key_checks)
        except WrongKeyRingError:
            self._forget()
            raise OtherKeyRingError(place.ring_path, has_own=own is not None) from None
        except BaseException:
            self._forget()
            raise
        self.checkpoint_keys: Final = RingCheckpointKeys(ring)

    def put_in_place(self) -> None:
        """Let it stand where the service looks for it."""
        contents, place = self._contents, self._place
        if self._tried is not None:
            try:
                RingFile(place.ring_path).create(contents.files[KEY_RING])
            except KeyRingExistsError:
                raise OtherKeyRingError(place.ring_path, has_own=True) from None
        pem = contents.files.get(ECW_KEYS)
        if pem is not None and not place.ecw_keys_path.exists():
            RingFile(place.ecw_keys_path).create(pem)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()

    def _forget(self) -> None:
        if self._tried is not None:
            for suffix in ("", ".lock"):
                self._tried.with_name(self._tried.name + suffix).unlink(missing_ok=True)


def _fill(
    path: Path, key: BackupKey, checked: Contents, target: Filling, step: Callable[[int], None]
) -> None:
    def take(table: TableOutline, rows: Rows) -> None:
        target.add(table, rows)

    again = read_backup(path, key, take=take, progress=step)
    if (again.salt, again.end) != (checked.salt, checked.end):
        message = f"The file {path} was replaced while it was read. Nothing was kept."
        raise BackupFileError(message)


def _compare(contents: Contents, target: Filling, step: Callable[[int], None]) -> None:
    for number, table in enumerate(target.outline.tables):
        found = Sum()
        for rows in target.rows(table):
            found.add(len(rows), encode_rows(number, table, rows))
            step(len(rows))
        if found.result != contents.end.tables[table.name]:
            raise NotTheSameError


def _go_on(
    place: RestorePlace,
    contents: Contents,
    keys: RingCheckpointKeys,
    clock: Clock,
    progress: Progress,
) -> Inspection:
    """Let the checkpoints go on from the restored trail, sign it, and verify all of it."""
    folder, source, verifiers = place.checkpoints, SqlTrailSource(place.engine), keys.verifiers()
    with folder.lease(is_patient=True):
        newest = folder.newest()
        if newest is not None and not _is_reached(contents, _opened(newest, verifiers)):
            folder.put_aside(f"{_unopened(newest).size}-{_unopened(newest).root.hex()[:16]}")
            newest = None
        if newest is None:
            _write_notes(folder, contents.notes)
    Notary(source, folder, keys, is_signed).publish(clock.now(), is_patient=True)
    with progress("Verifying the trail", source.size()) as step:
        return Inspector(source, folder, verifiers, is_signed).inspect(progress=step)


def _is_reached(contents: Contents, checkpoint: Checkpoint) -> bool:
    """Whether the restored trail is what the checkpoint was signed for, grown."""
    return contents.roots.get(checkpoint.size) == checkpoint.root or checkpoint.size == 0


def _write_notes(folder: FolderCheckpoints, notes: Mapping[str, bytes]) -> None:
    for name in sorted(notes, key=lambda name: name == CHECKPOINT):
        folder.write(name, notes[name], is_durable=True)


def _is_left(path: Path, key: BackupKey, place: RestorePlace) -> bool:
    """Whether this backup's rows are there already, and what comes after them was cut off."""
    try:
        marked = place.marker.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return False
    return marked == salt_of(path, key).hex() and not is_empty(place.engine)


def _mark(marker: Path, contents: Contents) -> None:
    fresh = marker.with_name(marker.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE), "wb") as file:
        file.write(contents.salt.hex().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(marker)


def _unopened(note: bytes) -> Checkpoint:
    try:
        return SignedCheckpoint.decode(note).checkpoint
    except MalformedCheckpointError:
        raise ForeignCheckpointError from None


def _opened(note: bytes, verifiers: Sequence[VerifierKey]) -> Checkpoint:
    try:
        return SignedCheckpoint.decode(note).opened(verifiers, is_signed)
    except (MalformedCheckpointError, UntrustedCheckpointError):
        raise ForeignCheckpointError from None
