"""Verifying the trail: against itself, and against the newest checkpoint from outside.

What lies in the store is hashed again and must make the tree whose root was signed. That finds every change:
of an entry, of their order or number, of the whole trail for an older one. The tiles that are kept with the
checkpoints then tell which entry is the first that is not what it was.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from itertools import chain
from typing import Final

import attrs

from vantrexia_core.audit.canonical import UnreadableEntryError, decode_entry
from vantrexia_core.audit.checkpoint import (
    Checkpoint,
    MalformedCheckpointError,
    SignatureCheck,
    SignedCheckpoint,
    UntrustedCheckpointError,
    VerifierKey,
)
from vantrexia_core.audit.merkle import EMPTY_ROOT, Frontier, leaf_hash
from vantrexia_core.audit.ports import CheckpointStore, TrailSource
from vantrexia_core.audit.rollback import GivenUp, Tellings
from vantrexia_core.audit.tiles import TILE_WIDTH, DamagedTileError, TiledTree

_AT_ONCE: Final = 16 * TILE_WIDTH


class FaultKind(Enum):
    """What is wrong with a trail. The value is what people read."""

    ALTERED = "is not what it was when it was written"
    MISSING = "is missing"
    OUT_OF_ORDER = "has a number that another entry has already"
    UNREADABLE = "is not an entry of a format that this version knows"
    DIVERGED = "The entries are not those that the checkpoint was signed for"
    UNTRUSTED = "The checkpoint is not signed by a key of this trail, or is damaged"
    NO_CHECKPOINT = "There is no checkpoint to compare the trail with"
    ROLLED_BACK = "says that a backup was restored and gave up what the checkpoint was signed for"
    PUT_BACK = (
        "says that an older backup was restored, and not that it gave up what the checkpoint was signed for"
    )


@attrs.frozen
class Fault:
    """The first thing wrong. ``seq`` is the number of the entry, where one can be named."""

    kind: FaultKind
    seq: int | None = None

    @property
    def sentence(self) -> str:
        """For people."""
        if self.seq is None:
            return f"{self.kind.value}."
        return f"Entry {self.seq} {self.kind.value}."


@attrs.frozen
class Inspection:
    """What a verification found: the trail's size, how much of it was read, what vouches for it.

    ``checkpoint`` is the newest, or that of a day, if there is one that covers more. ``unprotected`` entries
    came after it: they could be compared with their own hashes only. ``rollbacks`` are those that the entries
    record: they were declared and signed, and so are no fault.
    """

    size: int
    checked: int
    checkpoint: Checkpoint | None
    fault: Fault | None
    rollbacks: Sequence[GivenUp] = ()

    @property
    def unprotected(self) -> int:
        """Entries that no checkpoint covers yet."""
        return max(0, self.size - (self.checkpoint.size if self.checkpoint else 0))


@attrs.frozen
class Inspector:
    """Verifies a trail with public keys alone."""

    source: TrailSource
    store: CheckpointStore
    keys: Sequence[VerifierKey]
    check: SignatureCheck

    def inspect(
        self,
        *,
        newest: int | None = None,
        kept: Sequence[bytes] = (),
        progress: Callable[[int], None] = lambda _: None,
    ) -> Inspection:
        """Verify the whole trail, or the ``newest`` entries below the checkpoint and all behind it.

        The older ones are then taken from the tiles, and the signed root vouches for both together.
        ``kept`` are checkpoints that somebody else has kept; with any, the whole trail is read.
        ``progress`` is told how many more entries were read, again and again.

        Raises:
            UnavailableError: trail or checkpoints cannot be read.
        """
        # The checkpoint first: the trail that is read afterwards can only be longer.
        note = self.store.newest()
        checkpoint, states, fault = self._checkpoints(note)
        others, untrusted = self._opened(kept)
        fault = fault or untrusted
        if fault is not None:
            return Inspection(self.source.size(), 0, None, fault)
        after, frontier = self._start(checkpoint, None if others else newest)
        size = self.source.size()
        walk = _Walk(frontier, states, checkpoint, {one.size for one in others})
        for count in walk.through(self.source, after):
            progress(count)
        fault = walk.fault
        if fault is None and walk.seq < max(size, walk.covered):
            fault = Fault(FaultKind.MISSING, walk.seq + 1)
        if fault is None and walk.has_diverged:
            fault = Fault(FaultKind.DIVERGED)
        if checkpoint is not None and fault is not None:
            fault = self._named(checkpoint, fault, after)
            if fault.seq is None and after:
                # Perhaps it is the tiles that were damaged: from the beginning, none is needed.
                return self.inspect(progress=progress)
            fault = walk.explained(checkpoint, fault)
        if fault is None:
            fault = next((found for one in others if (found := walk.compared(one)) is not None), None)
        if note is None and fault is None and walk.seq and not others:
            fault = Fault(FaultKind.NO_CHECKPOINT)
        return Inspection(max(size, walk.seq), walk.seq - after, checkpoint, fault, walk.rollbacks)

    def _checkpoints(self, newest: bytes | None) -> tuple[Checkpoint | None, dict[int, bytes], Fault | None]:
        """The largest checkpoint, and the roots by size of the newest and of those of all days.

        The newest is the largest, unless it was taken away or an older one was put in its place: the last one
        of its day still tells how long the trail was.
        """
        largest: Checkpoint | None = None
        states: dict[int, bytes] = {}
        try:
            for note in chain([] if newest is None else [newest], self.store.history()):
                checkpoint = SignedCheckpoint.decode(note).opened(self.keys, self.check)
                if largest is None or checkpoint.size > largest.size:
                    largest = checkpoint
                if states.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
                    return largest, states, Fault(FaultKind.DIVERGED)
        except (MalformedCheckpointError, UntrustedCheckpointError):
            return None, {}, Fault(FaultKind.UNTRUSTED)
        return largest, states, None

    def _opened(self, notes: Sequence[bytes]) -> tuple[list[Checkpoint], Fault | None]:
        """Checkpoints from elsewhere, if all are signed."""
        try:
            return [SignedCheckpoint.decode(note).opened(self.keys, self.check) for note in notes], None
        except (MalformedCheckpointError, UntrustedCheckpointError):
            return [], Fault(FaultKind.UNTRUSTED)

    def _start(self, checkpoint: Checkpoint | None, newest: int | None) -> tuple[int, Frontier]:
        if checkpoint is None or newest is None or newest >= checkpoint.size:
            return 0, Frontier()
        after = checkpoint.size - newest
        try:
            return after, TiledTree(checkpoint.size, self.store.tile).frontier(after)
        except DamagedTileError:
            # Without tiles there is nothing to start from but the beginning.
            return 0, Frontier()

    def _named(self, checkpoint: Checkpoint, fault: Fault, after: int) -> Fault:
        """The first entry that is not what was signed, if it comes before the fault that was found."""
        try:
            tree = TiledTree(checkpoint.size, self.store.tile)
            known = tree.leaves(0, checkpoint.size)
            if Frontier().grown(known).root != checkpoint.root:
                return fault
        except DamagedTileError:
            return fault
        end = checkpoint.size if fault.seq is None else min(checkpoint.size, fault.seq - 1)
        stored = self.source.entries(after=after)
        for seq, (leaf, entry) in enumerate(zip(tree.leaves(after, end), stored, strict=False), after + 1):
            if entry.seq != seq or entry.canonical is None or leaf_hash(entry.canonical) != leaf:
                return Fault(FaultKind.ALTERED, seq)
        return fault


@attrs.define
class _Walk:
    """One way through the entries, and the first fault on it."""

    _frontier: Frontier
    _states: dict[int, bytes]
    _checkpoint: Checkpoint | None
    _wanted: set[int]
    fault: Fault | None = attrs.field(default=None, init=False)
    seq: int = attrs.field(default=0, init=False)
    has_diverged: bool = attrs.field(default=False, init=False)
    _told: Tellings = attrs.field(factory=Tellings, init=False)
    _roots: dict[int, bytes] = attrs.field(factory=dict, init=False)

    @property
    def rollbacks(self) -> Sequence[GivenUp]:
        """Those that the entries tell of."""
        return self._told.rollbacks

    @property
    def covered(self) -> int:
        """How many entries the checkpoint covers."""
        return self._checkpoint.size if self._checkpoint else 0

    def through(self, source: TrailSource, after: int) -> Iterator[int]:
        """Read everything, or up to where the numbers end to make sense. Yields how many were read."""
        self.seq = after
        covered, batch = self.covered, []
        stops = sorted(size for size in self._states.keys() | self._wanted if size > after)
        for stored in source.entries(after=after):
            expected = self.seq + 1
            if stored.seq != expected:
                is_gap = stored.seq > expected
                kind = FaultKind.MISSING if is_gap else FaultKind.OUT_OF_ORDER
                self._found(kind, expected if is_gap else stored.seq)
                break
            self.seq = expected
            leaf = None if stored.canonical is None else leaf_hash(stored.canonical)
            if leaf is None or leaf != stored.leaf:
                self._found(FaultKind.ALTERED, expected)
            elif expected > covered and not _is_readable(stored.canonical):
                self._found(FaultKind.UNREADABLE, expected)
            self._told.add(expected, stored.canonical or b"")
            batch.append(leaf or stored.leaf)
            if expected == (stops[0] if stops else None) or len(batch) == _AT_ONCE:
                self._grow(batch)
                yield len(batch)
                batch = []
                if stops and stops[0] == expected:
                    stops.pop(0)
        yield len(batch)

    def explained(self, checkpoint: Checkpoint, fault: Fault) -> Fault:
        """The fault, or that it is a rollback: the first entry that is another says that it is one."""
        for rollback in self.rollbacks:
            if fault.seq == rollback.seq and rollback.explains(checkpoint):
                return Fault(FaultKind.ROLLED_BACK, rollback.seq)
        return fault

    def compared(self, kept: Checkpoint) -> Fault | None:
        """What is wrong with the trail for whoever has kept this checkpoint."""
        if kept.size <= self.seq and self._roots.get(kept.size, EMPTY_ROOT) == kept.root:
            return None
        for rollback in self.rollbacks:
            if rollback.explains(kept):
                return Fault(FaultKind.ROLLED_BACK, rollback.seq)
        for restore in self._told.restores:
            if restore.size < kept.size:
                return Fault(FaultKind.PUT_BACK, restore.seq)
        return Fault(FaultKind.MISSING, self.seq + 1) if kept.size > self.seq else Fault(FaultKind.DIVERGED)

    def _grow(self, batch: list[bytes]) -> None:
        if self._frontier.size >= max(self.covered, *self._wanted, 0):
            return
        self._frontier = self._frontier.grown(batch)
        size = self._frontier.size
        if size in self._wanted:
            self._roots[size] = self._frontier.root
        signed = self._states.get(size)
        self.has_diverged |= signed is not None and signed != self._frontier.root

    def _found(self, kind: FaultKind, seq: int) -> None:
        if self.fault is None:
            self.fault = Fault(kind, seq)


def _is_readable(canonical: bytes | None) -> bool:
    try:
        decode_entry(canonical or b"")
    except UnreadableEntryError:
        return False
    return True
