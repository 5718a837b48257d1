"""Whether somebody from the EHR is here already, under no external id: same name, birth date and gender.

The narrowest rule there is: every value equal to the letter, one such record and no second. Everything less
certain is left to people, because a false link shows one person's chart to another's carers.
"""

from typing import Final

from vantrexia_core.ehr.ports import EhrDesk
from vantrexia_core.kernel import PAGE_SIZE_MAX, PageRequest, Phi, PracticeId, UnavailableError
from vantrexia_core.patients import Listing, NewPatient, Patient, Status

_TRIES: Final = 5
_PAGES_MAX: Final = 10
"""A name that more than a thousand have: no list of them is worth looking through for one id."""


def is_alike(patient: Patient, new: NewPatient) -> bool:
    """Whether the record is of the same person by name, birth date and gender, and has no external id."""
    return (
        patient.external_id is None
        and patient.status is not Status.DELETED
        and patient.name == new.name
        and patient.date_of_birth == new.date_of_birth
        and patient.gender == new.gender
    )


def find_alike(desk: EhrDesk, practice_id: PracticeId, new: NewPatient) -> Patient | None:
    """The one record here that is alike, active or archived; None if there is none, or more than one.

    Raises:
        UnavailableError: the directory or the records cannot be read now.
    """
    alike = [
        patient
        for status in (Status.ACTIVE, Status.ARCHIVED)
        for patient in _named_alike(desk, practice_id, new, status)
        if is_alike(patient, new)
    ]
    return alike[0] if len(alike) == 1 else None


def _named_alike(desk: EhrDesk, practice_id: PracticeId, new: NewPatient, status: Status) -> list[Patient]:
    search = Phi(f"{new.name.first.reveal()} {new.name.last.reveal()}".replace("^", " "))
    found: list[Patient] = []
    for number in range(1, _PAGES_MAX + 1):
        page = PageRequest(number, PAGE_SIZE_MAX)
        count, patients = _page(desk, practice_id, Listing(search=search, status=status, page=page))
        found.extend(patients)
        if page.offset + page.size >= count:
            return found
    return []


def _page(desk: EhrDesk, practice_id: PracticeId, listing: Listing) -> tuple[int, list[Patient]]:
    for _ in range(_TRIES):
        found = desk.directory.find(practice_id, listing)
        if not found.numbers:
            return found.count, []
        with desk.begin(practice_id) as work:
            patients = work.patients.fetch(found.numbers, as_of=found.as_of)
        if patients is not None:
            return found.count, list(patients)
    raise UnavailableError
