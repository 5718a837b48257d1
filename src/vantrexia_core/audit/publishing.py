"""Publishing checkpoints: the trail's new leaves go into the tree, and its state is signed.

Entries are sequenced when they are committed; here they are integrated into the tree and published. A
checkpoint is signed only after it was shown to be consistent with the one before: a key that signs two states
that exclude each other proves nothing any more.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Final

import attrs

from vantrexia_core.audit.checkpoint import (
    Checkpoint,
    MalformedCheckpointError,
    NoteSignature,
    SignatureCheck,
    SignedCheckpoint,
    UntrustedCheckpointError,
    VerifierKey,
)
from vantrexia_core.audit.merkle import EMPTY_ROOT, Frontier, ProofError, check_consistency, consistency_proof
from vantrexia_core.audit.ports import CheckpointKeys, CheckpointStore, SigningKey, TrailSource
from vantrexia_core.audit.tiles import (
    TILE_WIDTH,
    DamagedTileError,
    Tile,
    TiledTree,
    partial_tiles,
)
from vantrexia_core.kernel import VantrexiaError

_LEAVES_AT_ONCE: Final = 64 * TILE_WIDTH


class TrailDivergedError(VantrexiaError):
    """The trail is not the one that was signed, grown. Nothing is signed until an operator has looked."""

    sentence = (
        "The audit trail does not continue the one that the newest checkpoint speaks of: entries were "
        "altered or removed, or an older copy of the database was restored. Run: vantrexia audit verify"
    )


@attrs.frozen
class Notary:
    """Signs a trail's states. ``source`` is where entries lie, ``store`` where checkpoints are kept."""

    source: TrailSource
    store: CheckpointStore
    keys: CheckpointKeys
    check: SignatureCheck

    def newest(self) -> Checkpoint | None:
        """The newest checkpoint, its signature checked; None before the first.

        Raises:
            UntrustedCheckpointError: none of the trail's keys has signed it, or it is damaged.
            UnavailableError: it cannot be read.
        """
        note = self.store.newest()
        if note is None:
            return None
        try:
            return SignedCheckpoint.decode(note).opened(self.keys.verifiers(), self.check)
        except MalformedCheckpointError:
            raise UntrustedCheckpointError from None

    def publish(self, now: datetime, *, is_patient: bool = False) -> Checkpoint | None:
        """Sign the trail as it is now, and return the newest checkpoint there is afterwards.

        Without new entries there is nothing to sign. When somebody else is publishing, a caller that is not
        patient leaves it to them. A newest checkpoint that is gone is made up for from those of the days.

        Raises:
            TrailDivergedError: the trail is not the one that was signed, grown.
            UntrustedCheckpointError: the newest checkpoint is not ours, or it is damaged.
            UnavailableError: trail or checkpoints cannot be read or written.
        """
        before = self.newest()
        if before is not None and self.source.size() == before.size and not is_patient:
            return before
        with self.store.lease(is_patient=is_patient) as is_ours:
            if not is_ours:
                return before
            # Somebody may have published while this caller waited.
            newest = self.newest()
            before = self._latest() or Checkpoint(self.keys.origin, 0, EMPTY_ROOT)
            tree = self._integrated(before)
            after = Checkpoint(self.keys.origin, tree.size, tree.mth(0, tree.size))
            if before.size and after.size == before.size and before == newest:
                return before
            _check_grown(before, after, tree)
            self.store.publish(sign(after, self.keys.active()).encode(), on=now.date())
            for tile in set(partial_tiles(before.size)) - set(partial_tiles(after.size)):
                self.store.drop(tile)
            return after

    def _latest(self) -> Checkpoint | None:
        """The checkpoint that the trail has to go on from: the newest, or a day's that covers more.

        The newest is one file. It may be gone, or an older one may lie in its place; whoever went on from
        there would sign that what came after it never was. Without it, all days are asked; with it, the last.
        What is damaged among the days says no more than what was removed, and is told by whoever verifies.

        Raises:
            UntrustedCheckpointError: there are checkpoints, and none is ours, or the newest is not.
            UnavailableError: they cannot be read.
        """
        newest, notes = self.newest(), self.store.history()
        days = (day for day in map(self._ours, notes) if day is not None)
        if newest is not None:
            # At equal sizes the newest itself, which comes first.
            return max([newest, *islice(days, 1)], key=lambda one: one.size)
        largest = max(days, key=lambda one: one.size, default=None)
        if largest is None and any(True for _ in self.store.history()):
            raise UntrustedCheckpointError
        return largest

    def _ours(self, note: bytes) -> Checkpoint | None:
        try:
            return SignedCheckpoint.decode(note).opened(self.keys.verifiers(), self.check)
        except (MalformedCheckpointError, UntrustedCheckpointError):
            return None

    def _integrated(self, before: Checkpoint) -> TiledTree:
        """The tree with the tiles of all entries there are now."""
        if not _is_whole(TiledTree(before.size, self.store.tile), before):
            self._rebuild(before)
        tree = TiledTree(before.size, self.store.tile)
        # The last entry that is covered comes first: if it is another now, all that follows is another's.
        last = before.size - 1 if before.size else 0
        leaves = self._leaves(after=last)
        if before.size:
            (known,) = tree.leaves(last, before.size)
            if next(leaves, None) != known:
                raise TrailDivergedError
        begun = before.size - before.size % TILE_WIDTH
        partial = list(tree.leaves(begun, before.size))
        return self._put(before.size, begun, chain(partial, leaves))

    def _put(self, old_size: int, start: int, leaves: Iterator[bytes]) -> TiledTree:
        """Keep the tiles of a tree that grows, from the leaf ``start`` on, which begins a tile."""
        size = start
        while block := list(islice(leaves, _LEAVES_AT_ONCE)):
            for at in range(0, len(block), TILE_WIDTH):
                hashes = block[at : at + TILE_WIDTH]
                self.store.put(Tile(0, (size + at) // TILE_WIDTH, len(hashes)), b"".join(hashes))
            size += len(block)
        tree = TiledTree(size, self.store.tile)
        for tile, content in tree.new_tiles(old_size):
            self.store.put(tile, content)
        return tree

    def _rebuild(self, before: Checkpoint) -> None:
        """Make damaged tiles anew, after a crash or a careless hand: the signed root vouches for them."""
        leaves = list(islice(self._leaves(after=0), before.size))
        if len(leaves) != before.size or Frontier().grown(leaves).root != before.root:
            raise TrailDivergedError
        self._put(0, 0, iter(leaves))

    def _leaves(self, *, after: int) -> Iterator[bytes]:
        for expected, (seq, leaf) in enumerate(self.source.leaves(after=after), after + 1):
            if seq != expected:
                raise TrailDivergedError
            yield leaf


def sign(checkpoint: Checkpoint, key: SigningKey) -> SignedCheckpoint:
    """The checkpoint, signed under its own origin as name."""
    verifier = VerifierKey(checkpoint.origin, key.public_key)
    signature = NoteSignature(verifier.name, verifier.key_id, key.sign(checkpoint.text.encode()))
    return SignedCheckpoint(checkpoint, (signature,))


def _is_whole(tree: TiledTree, checkpoint: Checkpoint) -> bool:
    """Whether the tiles are those of the checkpoint, as far as growing the tree rests on them."""
    try:
        return tree.mth(0, tree.size) == checkpoint.root
    except DamagedTileError:
        return False


def _check_grown(before: Checkpoint, after: Checkpoint, tree: TiledTree) -> None:
    proof = consistency_proof(before.size, after.size, tree.mth) if 0 < before.size < after.size else ()
    try:
        check_consistency(before.size, before.root, after.size, after.root, proof)
    except ProofError:
        raise TrailDivergedError from None
