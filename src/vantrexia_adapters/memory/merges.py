"""Merges of records, in memory."""

from collections.abc import Sequence

from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.patients import MemoryPatients
from vantrexia_adapters.memory.state import Shelf
from vantrexia_core.kernel import MergeId, NotFoundError, PatientId
from vantrexia_core.patients import Joining, Merge


class MemoryMerges:
    """One practice's merges in one unit of work."""

    def __init__(self, shelf: Shelf, patients: MemoryPatients) -> None:
        self.merges: Draft[MergeId, Merge] = Draft(shelf.merges)
        self._patients = patients

    def add(self, merge: Merge) -> None:
        """See `MergeStore`."""
        self.merges.put(merge.id, merge)

    def get(self, merge_id: MergeId) -> Merge:
        """See `MergeStore`."""
        merge = self.merges.get(merge_id)
        if merge is None:
            raise NotFoundError
        return merge

    def of(self, patient_id: PatientId) -> Sequence[Merge]:
        """See `MergeStore`."""
        found = [one for _, one in self.merges.items() if patient_id in {one.survivor.id, one.loser.id}]
        return sorted(found, key=lambda one: (one.at, one.id), reverse=True)

    def joined(self, survivors: Sequence[PatientId]) -> Sequence[Joining]:
        """See `MergeStore`."""
        found = sorted((one for _, one in self.merges.items()), key=lambda one: (one.at, one.id))
        return [
            Joining(one.survivor.id, one.survivor.version, one.moved, self._undone_at_version(one))
            for one in found
            if one.survivor.id in survivors
        ]

    def save(self, merge: Merge) -> None:
        """See `MergeStore`."""
        if self.get(merge.id).is_undone:
            raise NotFoundError
        self.merges.put(merge.id, merge)

    def _undone_at_version(self, merge: Merge) -> int | None:
        """The version that the undoing made; the merge made the next one, so it is one after that."""
        if merge.undoing is None:
            return None
        present, *former = self._patients.all_versions(merge.survivor.id)
        return min(
            (
                one.version
                for one in former
                if one.version > merge.survivor.version + 1 and one.updated_at == merge.undoing.at
            ),
            default=present.version,
        )
