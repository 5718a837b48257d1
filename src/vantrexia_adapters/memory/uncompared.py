"""The records that are to be compared later, in memory."""

from collections.abc import Sequence
from datetime import datetime

from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.patients import MemoryPatients
from vantrexia_adapters.memory.state import Shelf
from vantrexia_core.kernel import PatientId
from vantrexia_core.patients import Noted, Status


class MemoryUncompared:
    """One practice's noted records in one unit of work."""

    def __init__(self, shelf: Shelf, patients: MemoryPatients) -> None:
        self.noted: Draft[PatientId, datetime] = Draft(shelf.uncompared)
        self._patients = patients

    def add(self, ids: Sequence[PatientId], *, at: datetime) -> None:
        """See `UncomparedStore`."""
        for id_ in ids:
            if self._patients.patients.get(id_) is not None:
                self.noted.put(id_, at)

    def add_everybody(self, *, at: datetime) -> None:
        """See `UncomparedStore`."""
        for id_, filed in self._patients.patients.items():
            if filed.patient.status is not Status.DELETED and self.noted.get(id_) is None:
                self.noted.put(id_, at)

    def first(self, limit: int) -> Sequence[Noted]:
        """See `UncomparedStore`."""
        ids = sorted(id_ for id_, _ in self.noted.items())[:limit]
        return [noted for noted in map(self.of, ids) if noted is not None]

    def of(self, patient_id: PatientId) -> Noted | None:
        """See `UncomparedStore`."""
        at, filed = self.noted.get(patient_id), self._patients.patients.get(patient_id)
        return None if at is None or filed is None else Noted(patient_id, filed.entry.number, at)

    def remove(self, noted: Sequence[Noted]) -> None:
        """See `UncomparedStore`."""
        for one in noted:
            if self.noted.get(one.patient_id) == one.at:
                self.noted.remove(one.patient_id)

    def count(self) -> int:
        """See `UncomparedStore`."""
        return sum(1 for _ in self.noted.items())
