"""The trail in memory."""

from collections.abc import Sequence

from vantrexia_core.audit import AuditEntry, SequencedEntry


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
