"""Restores and the trail: what it says of them, and when one gives up entries that were signed for.

A backup holds the trail as it was. Whoever restores it gives up all entries that came after, and whoever
holds a newer checkpoint sees that they are gone. That must be told apart from tampering, and must not happen
unnoticed (45 CFR 164.312(c)(2)). So a restore compares the backup with every checkpoint that is known outside
of it, and refuses to give any of them up unless somebody says why, in a word of a list. The first entry of
the restored trail then names the size and root that were given up; the next checkpoint signs it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import attrs

from vantrexia_core.audit.canonical import UnreadableEntryError, decode_entry
from vantrexia_core.audit.checkpoint import Checkpoint
from vantrexia_core.audit.entry import Action, AuditEntry, Outcome
from vantrexia_core.audit.facts import BackupRestored, TrailRolledBack
from vantrexia_core.audit.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    Frontier,
    ProofError,
    check_consistency,
    consistency_proof,
    leaf_hash,
)
from vantrexia_core.audit.ports import TrailSource
from vantrexia_core.audit.recording import Attempt
from vantrexia_core.audit.tiles import TILE_WIDTH, DamagedTileError, TiledTree, TileReader
from vantrexia_core.kernel import Actor, ConflictError, Permission, PracticeId, RequestId

_AT_ONCE: Final = 16 * TILE_WIDTH
_TOLD: Final = tuple(
    f'{{"action":"{action.value}"'.encode() for action in (Action.TRAIL_ROLLBACK, Action.BACKUP_RESTORE)
)


class RollbackReason(StrEnum):
    """Why entries are given up: the ``code`` of the entry that says so. Append, never rename."""

    DATA_LOST = "data_lost"
    """The newer database is gone: a disk, a machine, a building."""
    DATA_DAMAGED = "data_damaged"
    """It is there and cannot be used: a fault of a program or of a disk."""
    ATTACK = "attack"
    """Somebody altered or encrypted it."""
    MISTAKE = "mistake"
    """Somebody of ours did what must be undone as a whole."""
    REHEARSAL = "rehearsal"
    """The restore is an exercise, and nobody works with its result."""


class RollbackRefusedError(ConflictError):
    """A restore would give up entries that a checkpoint was signed for, and nobody has said that it may."""

    code = "rollback_refused"
    sentence = "The backup is older than a signed checkpoint."

    def __init__(self, lost: Checkpoint, kept: int) -> None:
        super().__init__(
            f"The backup ends with entry {kept} of the audit trail, and a checkpoint was signed for "
            f"{lost.size}: what entries {kept + 1} to {lost.size} tell of would be undone. Look for a newer "
            f"backup. If there is none, say why they are given up: --accept-rollback "
            f"{'|'.join(RollbackReason)}"
        )


class ForeignCheckpointError(ConflictError):
    """A checkpoint that is known here is not of the backup's trail."""

    code = "foreign_checkpoint"
    sentence = (
        "A checkpoint that is known here is not of the trail that the backup holds: it is another "
        "deployment's, the backup is of a branch that a rollback or a rehearsal made, or one of the two was "
        "forged. Nothing was changed. If you know which, point VANTREXIA_CHECKPOINTS at an empty folder, and "
        "give the newest checkpoint that you trust: --checkpoint"
    )


@attrs.frozen
class GivenUp:
    """What the trail says of a rollback: entry ``seq`` replaced what a checkpoint was signed for."""

    seq: int
    size: int
    root: bytes
    reason: str

    @property
    def kept(self) -> int:
        """How many entries are the same in both."""
        return self.seq - 1

    @property
    def sentence(self) -> str:
        """For people."""
        return (
            f"Entry {self.seq} tells of a rollback ({self.reason}): a backup of {self.kept} entries was "
            f"restored, and those from {self.seq} to {self.size} of that time were given up."
        )

    def explains(self, checkpoint: Checkpoint) -> bool:
        """Whether the checkpoint speaks of entries that were given up here.

        Of the largest state that was given up the root is known; of those before it, that they were smaller.
        """
        if checkpoint.size == self.size:
            return checkpoint.root == self.root
        return self.kept < checkpoint.size < self.size


@attrs.frozen
class PutBack:
    """What the trail says of a restore: entry ``seq`` says that a backup of ``size`` entries was put back."""

    seq: int
    size: int
    root: bytes


def told_by(seq: int, canonical: bytes) -> GivenUp | PutBack | None:
    """What an entry says of a restore, if it is about one. Cheap for all that are not."""
    if not canonical.startswith(_TOLD):
        return None
    try:
        entry = decode_entry(canonical)
        root = bytes.fromhex(entry.request_id or "")
    except (UnreadableEntryError, ValueError):
        return None
    if entry.outcome is not Outcome.DONE or entry.version is None or len(root) != HASH_BYTES:
        return None
    if entry.action is Action.TRAIL_ROLLBACK:
        return GivenUp(seq, entry.version, root, entry.code or "")
    return PutBack(seq, entry.version, root)


@attrs.define
class Tellings:
    """What a trail tells of restores while its entries go by, in their order."""

    rollbacks: list[GivenUp] = attrs.field(factory=list, init=False)
    restores: list[PutBack] = attrs.field(factory=list, init=False)
    _told_at: int = attrs.field(default=0, init=False)

    def add(self, seq: int, canonical: bytes) -> None:
        """The next entry. Each practice is told of a rollback: the first of these entries tells it here."""
        told = told_by(seq, canonical)
        if isinstance(told, PutBack):
            self.restores.append(told)
        elif told is not None:
            newest = self.rollbacks[-1] if self.rollbacks and self._told_at == seq - 1 else None
            if newest is None or attrs.evolve(told, seq=newest.seq) != newest:
                self.rollbacks.append(told)
            self._told_at = seq


@attrs.frozen
class Refilled:
    """A trail that a restore has filled, and nobody has written to since.

    ``roots`` are some of its own by size, all behind the backup's among them. ``given_up`` is what the
    restore says of a rollback.
    """

    trail: Checkpoint
    roots: Mapping[int, bytes]
    given_up: GivenUp | None


def checked_rollback(
    restored: Checkpoint,
    roots: Mapping[int, bytes],
    known: Sequence[Checkpoint],
    earlier: Sequence[GivenUp],
    reason: RollbackReason | None,
) -> Checkpoint | None:
    """The largest of the ``known`` checkpoints, whose signatures were checked, that a restore would give up.

    None if the backup reaches all of them. ``roots`` are those of the backup's trail at the sizes of the
    known ones; ``earlier`` are rollbacks that the backup's trail tells of itself.

    Raises:
        ForeignCheckpointError: one of them is not of this trail.
        RollbackRefusedError: entries would be given up, and no ``reason`` is given.
    """
    lost: Checkpoint | None = None
    for checkpoint in known:
        if checkpoint.origin != restored.origin:
            raise ForeignCheckpointError
        if checkpoint.size > restored.size:
            lost = checkpoint if lost is None or checkpoint.size > lost.size else lost
        elif roots.get(checkpoint.size, EMPTY_ROOT) != checkpoint.root and not any(
            rollback.explains(checkpoint) for rollback in earlier
        ):
            raise ForeignCheckpointError
    if lost is not None and reason is None:
        raise RollbackRefusedError(lost, restored.size)
    return lost


def refilled(
    source: TrailSource, restored: Checkpoint, progress: Callable[[int], None] = lambda _: None
) -> Refilled | None:
    """What a restore of the trail ``restored`` has made of a database, if that is what is there.

    The trail has to begin with it, entry by entry, and to go on with what `restore_entries` says of it, and
    with nothing else: then a restore that was cut off has been here. None if it is anything else.

    Raises:
        UnavailableError: the trail cannot be read.
    """
    frontier, told, batch = Frontier(), Tellings(), list[bytes]()
    roots: dict[int, bytes] = {}
    size = 0
    for size, stored in enumerate(source.entries(after=0), 1):
        if stored.seq != size or stored.canonical is None or leaf_hash(stored.canonical) != stored.leaf:
            return None
        if size > restored.size:
            one = told_by(size, stored.canonical)
            if one is None or (told.restores and isinstance(one, GivenUp)):
                return None
            told.add(size, stored.canonical)
        batch.append(stored.leaf)
        if size >= restored.size or len(batch) == _AT_ONCE:
            frontier = frontier.grown(batch)
            roots[size] = frontier.root
            progress(len(batch))
            batch = []
    said = {(one.size, one.root) for one in told.restores}
    if roots.get(restored.size, EMPTY_ROOT) != restored.root or len(told.rollbacks) > 1:
        return None
    if said != {(restored.size, restored.root)}:
        return None
    given_up = told.rollbacks[0] if told.rollbacks else None
    return Refilled(Checkpoint(restored.origin, size, frontier.root), roots, given_up)


def check_refilled(
    found: Refilled,
    roots: Mapping[int, bytes],
    known: Sequence[Checkpoint],
    earlier: Sequence[GivenUp],
    reason: RollbackReason | None,
) -> Checkpoint | None:
    """What a restore that was cut off has given up, if whoever finishes it says the same as its entry.

    The entry alone is not believed: whoever writes to the database can write one. ``roots``, ``known`` and
    ``earlier`` as for `checked_rollback`.

    Raises:
        ForeignCheckpointError: one of the known ones is not of this trail.
        RollbackRefusedError: something is given up that the entry does not name, or not for this ``reason``.
    """
    lost: Checkpoint | None = None
    given_up = found.given_up
    if given_up is not None:
        lost = Checkpoint(found.trail.origin, given_up.size, given_up.root)
        if reason is None or reason.value != given_up.reason:
            raise RollbackRefusedError(lost, given_up.kept)
        known = [one for one in known if one.origin != found.trail.origin or not given_up.explains(one)]
    checked_rollback(found.trail, {**roots, **found.roots}, known, earlier, None)
    return lost


def check_earlier(restored: Checkpoint, newer: Checkpoint, read: TileReader) -> None:
    """Refuse a backup that is no earlier state of what a newer checkpoint was signed for, but of a branch.

    A trail that was rolled back has two pasts, and so has one whose restore was rehearsed. It is told by a
    proof of consistency from the hashes that lie with the checkpoint; without them it is left open.

    Raises:
        ForeignCheckpointError: it is of a branch, or one of the two was forged.
    """
    if not 0 < restored.size < newer.size:
        return
    tree = TiledTree(newer.size, read)
    try:
        proof = consistency_proof(restored.size, newer.size, tree.mth)
        check_consistency(restored.size, restored.root, newer.size, newer.root, proof)
    except DamagedTileError:
        return
    except ProofError:
        raise ForeignCheckpointError from None


def restore_entries(
    actor: Actor,
    practices: Sequence[PracticeId],
    restored: Checkpoint,
    lost: Checkpoint | None,
    reason: RollbackReason | None,
    *,
    at: datetime,
) -> list[AuditEntry]:
    """What a restored trail goes on with: for each practice what was given up, if anything; then the restore.

    The first entry stands in the actor's own practice. Such an entry is about a state of the trail, which
    takes the place of the request that others name.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    actor.require(Permission.BACK_UP, Action.BACKUP_RESTORE)
    own = actor.practice_id
    told = [own, *(practice_id for practice_id in practices if practice_id != own)]
    entries: list[AuditEntry] = []
    if lost is not None and reason is not None:
        about, fact = _about(actor, lost), TrailRolledBack(version=lost.size)
        for practice_id in told:
            attempt = Attempt(_in(practice_id, about), Action.TRAIL_ROLLBACK, Permission.BACK_UP)
            entries.append(attempt.entry(Outcome.DONE, at, fact=fact, code=reason.value))
    for practice_id in told:
        attempt = Attempt(
            _in(practice_id, _about(actor, restored)), Action.BACKUP_RESTORE, Permission.BACK_UP
        )
        entries.append(attempt.entry(Outcome.DONE, at, fact=BackupRestored(version=restored.size)))
    return entries


def _about(actor: Actor, state: Checkpoint) -> Actor:
    origin = attrs.evolve(actor.origin, request_id=RequestId(state.root.hex()))
    return attrs.evolve(actor, origin=origin)


def _in(practice_id: PracticeId, actor: Actor) -> Actor:
    return attrs.evolve(actor, practice_id=practice_id)
