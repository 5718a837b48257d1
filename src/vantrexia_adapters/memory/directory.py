"""The rows behind directory and candidates, in memory: what is committed, with the numbers of its changes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

import attrs

from vantrexia_adapters.memory.state import Filed, Memory
from vantrexia_core.kernel import PatientId, PracticeId
from vantrexia_core.patients import DirectoryEntry, DirectoryHead, Known, Person, Unlisted

_EPOCH: Final = UUID(int=0)
_SNAPSHOTS_KEPT: Final = 2


@attrs.define(eq=False, repr=False)
class MemoryIndexStore:
    """Implements the core's ``IndexStore``. Reads the committed state, whatever unit of work is open."""

    _committed: Callable[[], Memory]
    _snapshots: dict[PracticeId, list[tuple[int, bytes]]] = attrs.field(factory=dict, init=False)

    def head(self, practice_id: PracticeId) -> DirectoryHead:
        """See `IndexStore`. A memory is never restored from a backup, so there is one epoch."""
        return DirectoryHead(_EPOCH, self._committed().shelf(practice_id).seq)

    def load_snapshot(self, practice_id: PracticeId, epoch: UUID) -> bytes | None:
        """See `IndexStore`."""
        kept = self._snapshots.get(practice_id)
        return kept[-1][1] if kept and epoch == _EPOCH else None

    def drop_snapshots(self, practice_id: PracticeId) -> None:
        """See `IndexStore`."""
        self._snapshots.pop(practice_id, None)

    def keep_snapshot(self, practice_id: PracticeId, epoch: UUID, as_of: int, snapshot: bytes) -> None:
        """See `IndexStore`. Sealing has no meaning here: the records themselves lie beside it."""
        kept = self._snapshots.get(practice_id, [])
        is_behind = epoch == _EPOCH and as_of <= self.head(practice_id).seq
        if is_behind and (not kept or as_of > kept[-1][0]):
            self._snapshots[practice_id] = [*kept, (as_of, snapshot)][-_SNAPSHOTS_KEPT:]


class MemoryDirectoryStore(MemoryIndexStore):
    """Implements the core's ``DirectoryStore``."""

    def entries(
        self, practice_id: PracticeId, *, after: int
    ) -> Iterable[tuple[int, DirectoryEntry | Unlisted]]:
        """See `DirectoryStore`."""
        filed = self._committed().shelf(practice_id).patients.values()
        led: dict[PatientId, list[str]] = {}
        for one in filed:
            if one.patient.merged_into is not None:
                led.setdefault(one.patient.merged_into, []).append(one.patient.mrn.reveal())
        return [(one.seq, _entry(one, led.get(one.patient.id, ()))) for one in filed if one.seq > after]


class MemoryCandidateStore(MemoryIndexStore):
    """Implements the core's ``CandidateStore``."""

    def people(self, practice_id: PracticeId, *, after: int) -> Iterable[Known]:
        """See `CandidateStore`."""
        shelf = self._committed().shelf(practice_id)
        for one in shelf.patients.values():
            if one.seq > after:
                yield Known(one.seq, one.entry.number, Person.of(one.patient))
        for versions in shelf.former.values():
            for former in versions:
                if former.replaced_seq > after:
                    person = Person.of(former.filed.patient)
                    yield Known(former.replaced_seq, former.filed.entry.number, person, is_former=True)


def _entry(filed: Filed, mrns: Sequence[str]) -> DirectoryEntry | Unlisted:
    if filed.patient.merged_into is not None:
        return Unlisted(filed.entry.number)
    return DirectoryEntry.of_patient(filed.entry.number, filed.patient, mrns=mrns) if mrns else filed.entry
