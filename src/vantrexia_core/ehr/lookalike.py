"""Whether somebody from the EHR is here already, under no external id: same name, birth date and gender.

The narrowest rule there is: every value equal to the letter, one such record and no second. Everything less
certain is left to people, because a false link shows one person's chart to another's carers.

For a few ids the directory is asked for each name. For a long list that costs more than reading once who is
here without an external id, and then only what changes: `Lookout` does that while they are few enough.
"""

from typing import Final

import attrs

from vantrexia_core.ehr.ports import EhrDesk
from vantrexia_core.kernel import PAGE_SIZE_MAX, PageRequest, PatientId, PersonName, Phi, PracticeId
from vantrexia_core.patients import DateOfBirth, Gender, Listing, NewPatient, Patient, Status

READ_AT_ONCE_MAX: Final = 5_000
"""How many records without an external id are held in memory during one import."""
WORTH_READING: Final = 20
"""How many ids at once make it worth to read them all."""
_PAGES_MAX: Final = 10
"""A name that more than a thousand have: no list of them is worth looking through for one id."""

_Key = tuple[str, str, str, str]


def is_alike(patient: Patient, new: NewPatient) -> bool:
    """Whether the record is of the same person by name, birth date and gender, and has no external id."""
    return (
        patient.external_id is None
        and patient.merged_into is None
        and patient.status is not Status.DELETED
        and patient.name == new.name
        and patient.date_of_birth == new.date_of_birth
        and patient.gender == new.gender
    )


@attrs.define(repr=False)
class Lookout:
    """Looks for those who are alike, during one import. What it finds is asked again under a lock."""

    _desk: EhrDesk
    _practice_id: PracticeId
    _seq: int = 0
    _are_too_many: bool = False
    _keys: dict[PatientId, _Key] = attrs.field(factory=dict)
    _ids: dict[_Key, set[PatientId]] = attrs.field(factory=dict)

    def refresh(self, ids_at_once: int) -> None:
        """Read who is here without an external id, or what has changed since; nothing for a few ids."""
        if self._are_too_many or (ids_at_once < WORTH_READING and not self._seq):
            return
        with self._desk.begin(self._practice_id) as work:
            # Before the records: what changes meanwhile is read again the next time. From their own numbers
            # on, everybody who came after the last of them would be read, this import's patients above all.
            newest = self._seq or work.patients.change_number()
            seen = work.patients.unlinked_since(self._seq, limit=READ_AT_ONCE_MAX + 1)
        if len(seen) > READ_AT_ONCE_MAX:
            self._are_too_many, self._keys, self._ids = True, {}, {}
            return
        self._seq = max([newest, *(one.seq for one in seen)]) if self._seq else newest
        for one in seen:
            former = self._keys.pop(one.patient_id, None)
            if former is not None:
                self._ids[former].discard(one.patient_id)
            if one.identity is not None:
                key = self._keys[one.patient_id] = _key(*one.identity)
                self._ids.setdefault(key, set()).add(one.patient_id)

    def find(self, new: NewPatient) -> PatientId | None:
        """The only record here that is alike, active or archived. None if there is none, or more than one.

        Raises:
            UnavailableError: the directory or the records cannot be read now.
        """
        if self._seq and not self._are_too_many:
            alike = self._ids.get(_key(new.name, new.date_of_birth, new.gender), set())
        else:
            alike = {
                patient.id
                for status in (Status.ACTIVE, Status.ARCHIVED)
                for patient in self._named_alike(new, status)
                if is_alike(patient, new)
            }
        return next(iter(alike)) if len(alike) == 1 else None

    def _named_alike(self, new: NewPatient, status: Status) -> list[Patient]:
        search = Phi(f"{new.name.first.reveal()} {new.name.last.reveal()}".replace("^", " "))
        named: list[Patient] = []
        for number in range(1, _PAGES_MAX + 1):
            page = PageRequest(number, PAGE_SIZE_MAX)
            listing = Listing(search=search, status=status, page=page)
            found = self._desk.directory.find(self._practice_id, listing)
            if found.numbers:
                with self._desk.begin(self._practice_id) as work:
                    named.extend(work.patients.unlinked(found.numbers))
            if page.offset + page.size >= found.count:
                return named
        return []


def _key(name: PersonName, date_of_birth: DateOfBirth, gender: Phi[Gender]) -> _Key:
    born = date_of_birth.reveal().isoformat()
    return name.first.reveal(), name.last.reveal(), born, gender.reveal().value
