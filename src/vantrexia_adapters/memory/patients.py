"""The patient store in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.state import Filed, Former, Shelf
from vantrexia_core.kernel import (
    BrokenPromiseError,
    NotFoundError,
    Page,
    PageRequest,
    PatientId,
    PersonName,
    Phi,
    PracticeId,
    StaleVersionError,
)
from vantrexia_core.patients import (
    Asked,
    DateOfBirth,
    ExternalId,
    ExternalIdTakenError,
    Gender,
    Holder,
    Mrn,
    MrnTakenError,
    Patient,
    Sighting,
    Status,
    StatusChange,
)

_ID_TWICE: Final = "a patient id was given out twice"


@attrs.frozen
class _Stood:
    """A record as it stood at a moment, and the one that stood for it then: itself, if it was not merged."""

    patient: Patient
    survivor: Patient

    @property
    def is_gone(self) -> bool:
        return Status.DELETED in {self.patient.status, self.survivor.status}

    @property
    def gone_at(self) -> datetime:
        return (self.patient if self.patient.status is Status.DELETED else self.survivor).updated_at

    @property
    def changed_at(self) -> datetime:
        return max(self.patient.updated_at, self.survivor.updated_at)


class MemoryPatients:
    """One practice's records in one unit of work."""

    def __init__(self, practice_id: PracticeId, shelf: Shelf) -> None:
        self._practice_id = practice_id
        # One number for all changes of a unit of work: they become visible together.
        self._seq = shelf.seq + 1
        self.patients: Draft[PatientId, Filed] = Draft(shelf.patients)
        self.moves: Draft[PatientId, tuple[StatusChange, ...]] = Draft(shelf.moves)
        self.former: Draft[PatientId, tuple[Former, ...]] = Draft(shelf.former)
        self.by_number: Draft[int, PatientId] = Draft(shelf.by_number)
        self.by_mrn: Draft[str, PatientId] = Draft(shelf.by_mrn)
        self.by_external_id: Draft[str, PatientId] = Draft(shelf.by_external_id)
        self._n = len(shelf.by_number)
        self.seq = shelf.seq
        self.mrn_number = shelf.mrn_number

    def next_mrn_number(self, *, skip: int = 0) -> int:
        """See `PatientStore`."""
        self.mrn_number += 1 + skip
        return self.mrn_number

    def be_alone(self) -> None:
        """See `PatientStore`. There is one unit of work at a time."""

    def holders(self, external_ids: Sequence[ExternalId]) -> Sequence[Holder | None]:
        """See `PatientStore`."""
        ids = [self.by_external_id.get(external_id.reveal()) for external_id in external_ids]
        return list(map(self._holder, ids))

    def mrn_holders(self, mrns: Sequence[Mrn]) -> Sequence[Holder | None]:
        """See `PatientStore`."""
        ids = [self.by_mrn.get(mrn.reveal()) for mrn in mrns]
        return list(map(self._holder, ids))

    def has_unlinked(self) -> bool:
        """See `PatientStore`."""
        everybody = (filed.patient for _, filed in self.patients.items())
        return any(_identity(one) is not None for one in everybody)

    def change_number(self) -> int:
        """See `PatientStore`."""
        return self._seq - 1

    def unlinked_since(self, seq: int, *, limit: int) -> Sequence[Sighting]:
        """See `PatientStore`."""
        changed = sorted((filed for _, filed in self.patients.items() if filed.seq > seq), key=_change_number)
        seen = [Sighting(filed.patient.id, filed.seq, _identity(filed.patient)) for filed in changed]
        return [one for one in seen if seq or one.identity is not None][:limit]

    def unlinked(self, numbers: Sequence[int]) -> Sequence[Patient]:
        """See `PatientStore`."""
        ids = [self.by_number.get(number) for number in numbers]
        found = [self.get(id_) for id_ in ids if id_ is not None]
        return [one for one in found if one.external_id is None and one.merged_into is None]

    def add(self, patient: Patient) -> None:
        """See `PatientStore`."""
        self._check_new(patient)
        self._file(patient)

    def add_many(self, patients: Sequence[Patient]) -> None:
        """See `PatientStore`."""
        mrns = {patient.mrn.reveal() for patient in patients}
        external_ids = [one.external_id.reveal() for one in patients if one.external_id is not None]
        if len(mrns) != len(patients):
            raise MrnTakenError
        if len(set(external_ids)) != len(external_ids):
            raise ExternalIdTakenError
        for patient in patients:
            self._check_new(patient)
        if len({patient.id for patient in patients}) != len(patients):
            raise BrokenPromiseError(_ID_TWICE)
        for patient in patients:
            self._file(patient)

    def get(self, patient_id: PatientId) -> Patient:
        """See `PatientStore`."""
        filed = self.patients.get(patient_id)
        if filed is None:
            raise NotFoundError
        return filed.patient

    def get_to_change(self, patient_id: PatientId) -> Patient:
        """See `PatientStore`. There is one unit of work at a time, so nobody else can change anything."""
        return self.get(patient_id)

    def save(self, patient: Patient) -> None:
        """See `PatientStore`."""
        before = self._started_from(patient)
        self._check_free(patient)
        self.by_mrn.remove(before.patient.mrn.reveal())
        if before.patient.external_id is not None:
            self.by_external_id.remove(before.patient.external_id.reveal())
        self._replace(before, patient)

    def move(self, patient: Patient, change: StatusChange) -> None:
        """See `PatientStore`."""
        self._replace(self._started_from(patient), patient)
        self.moves.put(patient.id, (*(self.moves.get(patient.id) or ()), change))

    def redirect(self, patient: Patient) -> None:
        """See `PatientStore`."""
        self._replace(self._started_from(patient), patient)

    def led_to(self, patient_id: PatientId) -> Sequence[PatientId]:
        """See `PatientStore`."""
        return sorted(id_ for id_, filed in self.patients.items() if filed.patient.merged_into == patient_id)

    def fetch(self, numbers: Sequence[int], *, as_of: int) -> Sequence[Patient] | None:
        """See `PatientStore`."""
        ids = [self.by_number.get(number) for number in numbers]
        page = [None if id_ is None else self.patients.get(id_) for id_ in ids]
        found = [filed for filed in page if filed is not None]
        if len(found) != len(page):
            raise NotFoundError
        if any(filed.seq > as_of for filed in found):
            return None
        return [filed.patient for filed in found]

    def of_numbers(self, numbers: Sequence[int]) -> Sequence[Patient]:
        """See `PatientStore`."""
        ids = [self.by_number.get(number) for number in numbers]
        return [self.get(id_) for id_ in ids if id_ is not None]

    def changed_since(self, seq: int, *, limit: int, but: PatientId | None = None) -> Sequence[Patient]:
        """See `PatientStore`."""
        since = (filed for id_, filed in self.patients.items() if filed.seq > seq and id_ != but)
        changed = sorted(since, key=_change_number)
        return [filed.patient for filed in changed][:limit]

    def last_changes(self, ids: Sequence[PatientId]) -> Mapping[PatientId, StatusChange]:
        """See `PatientStore`."""
        return {id_: moves[-1] for id_ in ids if (moves := self.moves.get(id_))}

    def history(self, patient_id: PatientId) -> Sequence[StatusChange]:
        """See `PatientStore`."""
        return self.moves.get(patient_id) or ()

    def versions(self, patient_id: PatientId, page: PageRequest) -> Page[Patient]:
        """See `PatientStore`."""
        every = self.all_versions(patient_id)
        page.check_within(len(every))
        return Page(len(every), every[page.offset : page.offset + page.size], page)

    def version_of(self, patient_id: PatientId, version: int) -> Patient:
        """See `PatientStore`."""
        for patient in self.all_versions(patient_id):
            if patient.version == version:
                return patient
        raise NotFoundError

    def _holder(self, id_: PatientId | None) -> Holder | None:
        if id_ is None:
            return None
        record = self.get(id_)
        if record.merged_into is None:
            return Holder(id_, record.status)
        return Holder(record.merged_into, self.get(record.merged_into).status, id_)

    def newest_number(self) -> int:
        """See `PatientStore`."""
        return self._n

    def tally(self, asked: Asked) -> tuple[int, int]:
        """See `PatientStore`."""
        found = self._asked(asked)
        gone = sum(one.is_gone for _, one in found)
        return len(found) - gone, gone

    def standing(self, asked: Asked, *, limit: int) -> Sequence[tuple[int, Patient]]:
        """See `PatientStore`."""
        there = [(number, one.patient) for number, one in self._asked(asked) if not one.is_gone]
        return there[:limit]

    def departed(self, asked: Asked, *, limit: int) -> Sequence[tuple[int, tuple[PatientId, datetime]]]:
        """See `PatientStore`."""
        gone = [(number, one) for number, one in self._asked(asked) if one.is_gone]
        return [(number, (one.patient.id, one.gone_at)) for number, one in gone[:limit]]

    def _asked(self, asked: Asked) -> list[tuple[int, _Stood]]:
        found = []
        for number in asked.numbers:
            patient = self._as_of(self.by_number.get(number), asked.as_of)
            if patient is None or (asked.patient_ids and patient.id not in asked.patient_ids):
                continue
            stood = _Stood(patient, self._as_of(patient.merged_into, asked.as_of) or patient)
            if asked.changed_after is None or stood.changed_at > asked.changed_after:
                found.append((number, stood))
        return found

    def _as_of(self, id_: PatientId | None, as_of: int) -> Patient | None:
        filed = None if id_ is None else self.patients.get(id_)
        if id_ is None or filed is None:
            return None
        if filed.seq <= as_of:
            return filed.patient
        for one in self.former.get(id_) or ():
            if one.filed.seq <= as_of < one.replaced_seq:
                return one.filed.patient
        return None

    def all_versions(self, patient_id: PatientId) -> tuple[Patient, ...]:
        """Every version of a record, newest first."""
        former = self.former.get(patient_id) or ()
        return (self.get(patient_id), *(one.filed.patient for one in reversed(former)))

    def _replace(self, before: Filed, after: Patient) -> None:
        self._file(after)
        self.former.put(after.id, (*(self.former.get(after.id) or ()), Former(before, self._seq)))

    def _check_ours(self, patient: Patient) -> None:
        if patient.practice_id != self._practice_id:
            message = "a unit of work stores records of its own practice only"
            raise BrokenPromiseError(message)

    def _check_new(self, patient: Patient) -> None:
        self._check_ours(patient)
        self._check_free(patient)
        if self.patients.get(patient.id) is not None:
            raise BrokenPromiseError(_ID_TWICE)

    def _started_from(self, patient: Patient) -> Filed:
        self._check_ours(patient)
        filed = self.patients.get(patient.id)
        if filed is None or filed.patient.version != patient.version - 1:
            raise StaleVersionError
        return filed

    def _check_free(self, patient: Patient) -> None:
        if self.by_mrn.get(patient.mrn.reveal()) not in {None, patient.id}:
            raise MrnTakenError
        if patient.external_id is None:
            return
        if self.by_external_id.get(patient.external_id.reveal()) not in {None, patient.id}:
            raise ExternalIdTakenError

    def _file(self, patient: Patient) -> None:
        self.seq = self._seq
        filed = self.patients.get(patient.id)
        if filed is None:
            self._n += 1
        number = self._n if filed is None else filed.entry.number
        self.patients.put(patient.id, Filed.of(patient, self._seq, number))
        self.by_number.put(number, patient.id)
        self.by_mrn.put(patient.mrn.reveal(), patient.id)
        if patient.external_id is not None:
            self.by_external_id.put(patient.external_id.reveal(), patient.id)


def _change_number(filed: Filed) -> int:
    return filed.seq


def _identity(patient: Patient) -> tuple[PersonName, DateOfBirth, Phi[Gender]] | None:
    is_elsewhere = patient.external_id is not None or patient.merged_into is not None
    if is_elsewhere or patient.status is Status.DELETED:
        return None
    return patient.name, patient.date_of_birth, patient.gender
