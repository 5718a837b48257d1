"""The rows behind the directory, in memory: what is committed, with the numbers of its changes."""

from collections.abc import Callable, Iterable
from typing import Final
from uuid import UUID

import attrs

from vantrexia_adapters.memory.state import Memory
from vantrexia_core.kernel import PracticeId
from vantrexia_core.patients import DirectoryEntry, DirectoryHead

_EPOCH: Final = UUID(int=0)
_SNAPSHOTS_KEPT: Final = 2


@attrs.define(eq=False, repr=False)
class MemoryDirectoryStore:
    """Implements the core's ``DirectoryStore``. Reads the committed state, whatever unit of work is open."""

    _committed: Callable[[], Memory]
    _snapshots: dict[PracticeId, list[tuple[int, bytes]]] = attrs.field(factory=dict, init=False)

    def head(self, practice_id: PracticeId) -> DirectoryHead:
        """See `DirectoryStore`. A memory is never restored from a backup, so there is one epoch."""
        return DirectoryHead(_EPOCH, self._committed().shelf(practice_id).seq)

    def entries(self, practice_id: PracticeId, *, after: int) -> Iterable[tuple[int, DirectoryEntry]]:
        """See `DirectoryStore`."""
        filed = self._committed().shelf(practice_id).patients.values()
        return [(one.seq, one.entry) for one in filed if one.seq > after]

    def load_snapshot(self, practice_id: PracticeId, epoch: UUID) -> bytes | None:
        """See `DirectoryStore`."""
        kept = self._snapshots.get(practice_id)
        return kept[-1][1] if kept and epoch == _EPOCH else None

    def drop_snapshots(self, practice_id: PracticeId) -> None:
        """See `DirectoryStore`."""
        self._snapshots.pop(practice_id, None)

    def keep_snapshot(self, practice_id: PracticeId, epoch: UUID, as_of: int, snapshot: bytes) -> None:
        """See `DirectoryStore`. Sealing has no meaning here: the records themselves lie beside it."""
        kept = self._snapshots.get(practice_id, [])
        is_behind = epoch == _EPOCH and as_of <= self.head(practice_id).seq
        if is_behind and (not kept or as_of > kept[-1][0]):
            self._snapshots[practice_id] = [*kept, (as_of, snapshot)][-_SNAPSHOTS_KEPT:]
