"""Whether somebody from the EHR is here already, under no external id: same name, birth date and gender.

The narrowest rule there is: every value equal to the letter, one such record and no second. Everything less
certain is left to people, because a false link shows one person's chart to another's carers.
"""

from typing import Final

from vantrexia_core.ehr.ports import EhrDesk
from vantrexia_core.kernel import PAGE_SIZE_MAX, PageRequest, Phi, PracticeId
from vantrexia_core.patients import Listing, NewPatient, Patient, Status

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

    It may have changed when it is acted upon: ask `is_alike` again with the record locked.

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
    named: list[Patient] = []
    for number in range(1, _PAGES_MAX + 1):
        page = PageRequest(number, PAGE_SIZE_MAX)
        found = desk.directory.find(practice_id, Listing(search=search, status=status, page=page))
        if found.numbers:
            with desk.begin(practice_id) as work:
                named.extend(work.patients.unlinked(found.numbers))
        if page.offset + page.size >= found.count:
            return named
    return []
