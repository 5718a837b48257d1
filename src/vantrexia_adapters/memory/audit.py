"""The trail in memory."""

from collections.abc import Iterator, Sequence

from vantrexia_core.audit import AuditEntry, SequencedEntry, StoredEntry, encode_entry, leaf_hash


class MemoryTrail:
    """The committed entries, and those of one unit of work after them."""

    def __init__(self, committed: Sequence[AuditEntry]) -> None:
        self._committed = committed
        self.pending: list[AuditEntry] = []

    def append(self, entry: AuditEntry) -> None:
        """See `AuditTrail`."""
        self.pending.append(entry)

    def read(self, *, after: int = 0, limit: int = 1000) -> Sequence[SequencedEntry]:
        """See `AuditTrail`."""
        entries = [
            *self._committed[after : after + limit],
            *self.pending[max(0, after - len(self._committed)) :],
        ]
        return [SequencedEntry(seq, entry) for seq, entry in enumerate(entries[:limit], after + 1)]


class MemoryTrailSource:
    """Implements the core's ``TrailSource`` over the committed entries of a memory."""

    def __init__(self, committed: Sequence[AuditEntry]) -> None:
        self._committed = committed

    def size(self) -> int:
        """See `TrailSource`."""
        return len(self._committed)

    def leaves(self, *, after: int) -> Iterator[tuple[int, bytes]]:
        """See `TrailSource`."""
        return ((stored.seq, stored.leaf) for stored in self.entries(after=after))

    def entries(self, *, after: int) -> Iterator[StoredEntry]:
        """See `TrailSource`."""
        for seq, entry in enumerate(self._committed[after:], after + 1):
            canonical = encode_entry(entry)
            yield StoredEntry(seq, canonical, leaf_hash(canonical))
