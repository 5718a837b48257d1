"""Restoring a backup into an empty database: all of it or nothing, and nothing unnoticed.

The whole file is read and checked before anything is touched. Then, in this order: a mark that a restore is
under way, the key ring, everything in one transaction, the checkpoints, the mark away. A process that is
killed leaves an empty database or a full one, and the mark, with which no service starts; the same command
goes on from there. The mark alone is not believed: whoever goes on may have named another database meanwhile.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import attrs
import sqlalchemy as sa

from vantrexia_adapters.backups.content import encode_rows
from vantrexia_adapters.backups.needed_keys import NeededKeys
from vantrexia_adapters.backups.placing import put_in_place
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
from vantrexia_adapters.full_disk import told_if_full
from vantrexia_adapters.sql import (
    Filling,
    NotEmptyError,
    NotTheSameError,
    SqlTrailSource,
    TableOutline,
    check_fillable,
    filling,
    is_empty,
    schema_state,
)
from vantrexia_adapters.sql.migrations import REVISIONS
from vantrexia_core.audit import (
    EMPTY_ROOT,
    Checkpoint,
    ForeignCheckpointError,
    Inspection,
    Inspector,
    MalformedCheckpointError,
    Notary,
    Refilled,
    RollbackReason,
    RollbackRefusedError,
    SignedCheckpoint,
    UntrustedCheckpointError,
    VerifierKey,
    check_earlier,
    check_refilled,
    checked_rollback,
    refilled,
    restore_entries,
)
from vantrexia_core.identity import operator
from vantrexia_core.kernel import Clock, IdSource, Origin, PracticeId

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


class NoPracticesError(BackupFileError):
    """There is nobody in the backup whom a restore could be recorded for."""

    sentence = (
        "The backup holds no practice, so nobody has anything to restore from it. Nothing was changed. "
        "Take another backup."
    )


class OtherwiseRestoredError(BackupFileError):
    """A restore that was cut off has filled the database, and not as this one would."""

    sentence = (
        "The database was filled from this backup already, by a restore that was cut off and that gave up "
        "other entries than this one would, or for another reason. Run that one again, or empty the database "
        "and run this one again. Nothing was changed."
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
    """How a restore ended: what was in the backup, what was given up, and what the trail is like now.

    With ``are_keys_restored`` the key ring is the backup's own: keys that were destroyed since are in it.
    ``off_boarded`` are practices in it whose keys were destroyed here: nobody can read what they stored.
    """

    contents: Contents
    lost: Checkpoint | None
    inspection: Inspection
    are_keys_restored: bool
    off_boarded: Sequence[PracticeId]


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
        DiskFullError: there is no room for it.
    """
    # A whole key ring: what a restore that was killed at its checks has left.
    _forget_tried(place.ring_path)
    mark = _Mark.read(place.marker)
    is_filled = not is_empty(place.engine)
    if is_filled and (mark is None or mark.salt != salt_of(path, key)):
        raise NotEmptyError
    here = _notes_of(place.checkpoints)
    notes = [*here, *kept, *([] if mark is None or mark.lost is None else [mark.lost])]
    sizes = [_unopened(note).size for note in notes]
    needed = NeededKeys()
    with progress("Checking the backup", bytes_of(path)) as step:
        contents = read_backup(path, key, stops=sizes, take=needed.add, progress=step)
    if not contents.practices:
        raise NoPracticesError
    before = _left_by_this(place.engine, contents, progress) if is_filled else None
    if before is None:
        check_fillable(place.engine, contents.manifest.outline)
    with _Keys(place, contents, clock) as keys:
        off_boarded = needed.check(keys.ring, contents)
        verifiers = keys.checkpoint_keys.verifiers()
        if (fault := contents.fault(verifiers)) is not None:
            message = f"{UnsoundBackupError.sentence} {fault} Nothing was changed."
            raise UnsoundBackupError(message)
        known = [_opened(note, verifiers) for note in notes]
        if here:
            check_earlier(contents.trail, _largest(known[: len(here)]), place.checkpoints.tile)
        lost = _given_up(contents, before, known, reason)
        evidence = next((note for note, one in zip(notes, known, strict=True) if one == lost), None)
        _Mark(contents.salt, evidence).write(place.marker)
        keys.put_in_place()
    if before is None:
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
    inspection = _go_on(place, contents, before, keys.checkpoint_keys, clock, progress)
    place.marker.unlink()
    are_keys_restored = keys.are_restored or (before is not None and keys.are_as_backed_up)
    return Restored(contents, lost, inspection, are_keys_restored, off_boarded)


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
            path = self._tried = _tried(path)
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
        self.ring: Final = ring
        self.checkpoint_keys: Final = RingCheckpointKeys(ring)

    @property
    def are_restored(self) -> bool:
        """Whether there was no key ring here, so that the backup's own is put in its place."""
        return self._tried is not None

    @property
    def are_as_backed_up(self) -> bool:
        """Whether the key ring that is here is the backup's own, to the byte."""
        return RingFile(self._place.ring_path).read().raw == self._contents.files.get(KEY_RING)

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
            _forget_tried(self._place.ring_path)


def _tried(ring_path: Path) -> Path:
    return ring_path.with_name(ring_path.name + ".restored")


def _forget_tried(ring_path: Path) -> None:
    tried = _tried(ring_path)
    for suffix in ("", ".new", ".lock"):
        tried.with_name(tried.name + suffix).unlink(missing_ok=True)


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


def _left_by_this(engine: sa.Engine, contents: Contents, progress: Progress) -> Refilled | None:
    """What a restore of this backup that was cut off has left, if that is what the database holds."""
    if schema_state(engine).current != REVISIONS[-1]:
        return None
    source = SqlTrailSource(engine)
    with progress("Comparing the trail", source.size()) as step:
        return refilled(source, contents.trail, step)


def _given_up(
    contents: Contents, before: Refilled | None, known: Sequence[Checkpoint], reason: RollbackReason | None
) -> Checkpoint | None:
    """The largest of the known checkpoints that is given up, now or by what was cut off."""
    roots, earlier = contents.roots, contents.rollbacks
    if before is None:
        return checked_rollback(contents.trail, roots, known, earlier, reason)
    try:
        return check_refilled(before, roots, known, earlier, reason)
    except RollbackRefusedError:
        if reason is None:
            raise
        raise OtherwiseRestoredError from None


def _go_on(
    place: RestorePlace,
    contents: Contents,
    before: Refilled | None,
    keys: RingCheckpointKeys,
    clock: Clock,
    progress: Progress,
) -> Inspection:
    """Let the checkpoints go on from the restored trail, sign it, and verify all of it."""
    folder, source, verifiers = place.checkpoints, SqlTrailSource(place.engine), keys.verifiers()
    roots = {0: EMPTY_ROOT, **contents.roots, **({} if before is None else before.roots)}
    with folder.lease(is_patient=True):
        here = [_opened(note, verifiers) for note in _notes_of(folder)]
        if any(roots.get(one.size) != one.root for one in here):
            largest = _largest(here)
            folder.put_aside(f"{largest.size}-{largest.root.hex()[:16]}")
        if folder.newest() is None:
            _write_notes(folder, contents.notes)
    Notary(source, folder, keys, is_signed).publish(clock.now(), is_patient=True)
    with progress("Verifying the trail", source.size()) as step:
        return Inspector(source, folder, verifiers, is_signed).inspect(progress=step)


def _notes_of(folder: FolderCheckpoints) -> list[bytes]:
    """All checkpoints of a folder, each of them once. Any of them may be the only one that was left."""
    newest = folder.newest()
    return list(dict.fromkeys([*([] if newest is None else [newest]), *folder.history()]))


def _largest(checkpoints: Sequence[Checkpoint]) -> Checkpoint:
    return max(checkpoints, key=lambda one: one.size)


def _write_notes(folder: FolderCheckpoints, notes: Mapping[str, bytes]) -> None:
    for name in sorted(notes, key=lambda name: name == CHECKPOINT):
        folder.write(name, notes[name], is_durable=True)


@attrs.frozen
class _Mark:
    """That a restore is under way: of which backup, and the checkpoint of what it gives up, if anything.

    The checkpoint stands here because the folder of checkpoints is turned over on the way. Whatever is
    restored next, it is known as long as nothing has come to its end.
    """

    salt: bytes
    lost: bytes | None

    @classmethod
    def read(cls, marker: Path) -> "_Mark | None":
        try:
            salt, _, lost = marker.read_bytes().partition(b"\n")
            return cls(bytes.fromhex(salt.decode("ascii")), lost or None)
        except FileNotFoundError:
            return None
        except ValueError:
            # Nobody's: what comes here next is held against everything else.
            return cls(b"", None)

    def write(self, marker: Path) -> None:
        fresh = marker.with_name(marker.name + ".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        with told_if_full(marker.parent):
            with os.fdopen(os.open(fresh, flags, _MODE), "wb") as file:
                file.write(self.salt.hex().encode() + b"\n" + (self.lost or b""))
                file.flush()
                os.fsync(file.fileno())
            put_in_place(fresh, marker)


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
