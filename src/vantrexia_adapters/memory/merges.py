"""Merges of records, in memory."""

from collections.abc import Sequence

from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.state import Shelf
from vantrexia_core.kernel import MergeId, NotFoundError, PatientId
from vantrexia_core.patients import Merge


class MemoryMerges:
    """One practice's merges in one unit of work."""

    def __init__(self, shelf: Shelf) -> None:
        self.merges: Draft[MergeId, Merge] = Draft(shelf.merges)

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

    def save(self, merge: Merge) -> None:
        """See `MergeStore`."""
        if self.get(merge.id).is_undone:
            raise NotFoundError
        self.merges.put(merge.id, merge)
