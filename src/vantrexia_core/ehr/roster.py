"""The practice's electronic health record, as the import sees it: patients by id, and a search.

The EHR is read leniently, because real records are irregular, and never trusted: a value that breaks our
rules is left out and named. The import decides whether enough is left to register a patient.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from typing import Final, TypeVar

import attrs

from vantrexia_core.kernel import Email, InvalidError, InvalidValueError, NamePart, Phi, UnavailableError
from vantrexia_core.patients import (
    Address,
    AddressLine,
    City,
    DateOfBirth,
    ExternalId,
    Gender,
    Mrn,
    Phone,
    State,
    Zip,
)

T = TypeVar("T")

_GENDERS: Final = {gender.value: gender for gender in Gender}

CANDIDATES_MAX: Final = 50
"""How many patients a search in the EHR may give: a person looks through them."""


class EhrUnavailableError(UnavailableError):
    """The practice's EHR cannot be asked now, or none is set up; nothing of it was read."""

    code = "ecw_unavailable"
    sentence = "The connection to eClinicalWorks does not answer just now. Try again shortly."


NOT_SET_UP: Final = (
    "No eClinicalWorks connection is set up for this practice. An administrator sets VANTREXIA_ECW_SOURCE."
)


class Fault(Enum):
    """Why an id brought no patient. The values are codes of the trail and of stored jobs: never rename."""

    NOT_FOUND = "ecw_not_found"
    """No such patient there (404, 410, a search without a hit), or the id cannot be one of theirs."""
    AMBIGUOUS = "ecw_ambiguous"
    """The id is an identifier of several patients there."""
    REFUSED = "ecw_refused"
    """Our account there may not read this patient (403)."""
    MALFORMED = "ecw_malformed"
    """The answer is no patient as FHIR R4 describes one: cut off, of another type, too large, another's."""
    TIMED_OUT = "ecw_timed_out"
    """No answer in time."""
    BUSY = "ecw_busy"
    """The budget of calls did not reach this far in time, or they said 429."""
    FAILED = "ecw_failed"
    """Their server failed (5xx), or the connection broke, again and again."""


@attrs.frozen
class EhrPatient:
    """One patient as the EHR describes them.

    Anything may be missing; what is there obeys the rules of our values. ``external_id`` is the id that was
    asked for and the one that is stored. ``known_as`` holds every other id of the same person there (logical
    id, account number), so that a person asked for under two ids is not imported twice. ``updated_at`` is
    when the EHR last changed the record (FHIR's ``meta.lastUpdated``, UTC), if it says. ``left_out`` names
    the fields whose values broke a rule of ours.
    """

    external_id: ExternalId
    known_as: tuple[ExternalId, ...] = ()
    first_name: NamePart | None = None
    last_name: NamePart | None = None
    date_of_birth: DateOfBirth | None = None
    gender: Phi[Gender] | None = None
    mrn: Mrn | None = None
    phone: Phone | None = None
    email: Email | None = None
    address: Address | None = None
    updated_at: datetime | None = None
    left_out: tuple[str, ...] = ()

    @classmethod
    def told(
        cls,
        external_id: ExternalId,
        *,
        known_as: Sequence[str] = (),
        first_name: str | None = None,
        last_name: str | None = None,
        date_of_birth: str | None = None,
        gender: str | None = None,
        mrn: str | None = None,
        phone: str | None = None,
        email: str | None = None,
        line1: str | None = None,
        line2: str | None = None,
        city: str | None = None,
        state: str | None = None,
        zip_: str | None = None,
        updated_at: datetime | None = None,
    ) -> "EhrPatient":
        """From plain texts as the EHR sent them. None and blank both mean that a field was not sent.

        What breaks one of our rules (a phone number of three digits, a birth date of a year only, a state of
        more than two letters) is left out and named in ``left_out``, without its value. Never raises.
        """
        reading = _Reading()
        address = Address(
            line1=reading.value("address.line1", AddressLine, line1),
            line2=reading.value("address.line2", AddressLine, line2),
            city=reading.value("address.city", City, city),
            state=reading.value("address.state", State, state),
            zip=reading.value("address.zip", Zip, zip_),
        )
        others = [reading.value("external_id", ExternalId, other) for other in known_as]
        return cls(
            external_id=external_id,
            known_as=tuple(other for other in others if other is not None and other != external_id),
            first_name=reading.value("first_name", NamePart, first_name),
            last_name=reading.value("last_name", NamePart, last_name),
            date_of_birth=reading.value("date_of_birth", DateOfBirth.parse, date_of_birth),
            gender=reading.value("gender", _gender, gender),
            mrn=reading.value("mrn", Mrn, mrn),
            phone=reading.value("phone", Phone, phone),
            email=reading.value("email", Email, email),
            address=None if address == _NO_ADDRESS else address,
            updated_at=updated_at,
            left_out=tuple(dict.fromkeys(reading.left_out)),
        )


@attrs.frozen
class Missed:
    """An id for which the EHR gave no patient, and why."""

    external_id: ExternalId
    fault: Fault


@attrs.frozen
class EhrQuery:
    """Whom to look for in the EHR; what is given must all agree.

    Raises:
        InvalidError: nothing is given.
    """

    name: Phi[str] | None = None
    date_of_birth: DateOfBirth | None = None
    identifier: ExternalId | None = None

    def __attrs_post_init__(self) -> None:
        if self.name is None and self.date_of_birth is None and self.identifier is None:
            complaint = "Give a name, a birthdate or an identifier to search by."
            raise InvalidError.on("name", complaint)


class NoRoster:
    """The roster of a practice that has no EHR set up (``ECW_SOURCE=none``)."""

    def fetch(self, ids: Sequence[ExternalId], *, seconds_max: float) -> Sequence[EhrPatient | Missed]:
        """See `EhrRoster`. Raises `EhrUnavailableError`."""
        del ids, seconds_max
        raise EhrUnavailableError(NOT_SET_UP)

    def search(self, query: EhrQuery, *, seconds_max: float) -> Sequence[EhrPatient]:
        """See `EhrRoster`. Raises `EhrUnavailableError`."""
        del query, seconds_max
        raise EhrUnavailableError(NOT_SET_UP)


_NO_ADDRESS: Final = Address()


class _Reading:
    """Collects the names of fields whose values were left out."""

    def __init__(self) -> None:
        self.left_out: list[str] = []

    def value(self, field: str, make: Callable[[str], T], text: str | None) -> T | None:
        if text is None or not text.strip():
            return None
        try:
            return make(text)
        except InvalidValueError:
            self.left_out.append(field)
            return None


def _gender(text: str) -> Phi[Gender]:
    gender = _GENDERS.get(text.strip().lower())
    if gender is None:
        message = "Not one of FHIR's administrative genders."
        raise InvalidValueError(message)
    return Phi(gender)
