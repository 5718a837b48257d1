"""Marked values: PHI that nobody could mistake for anything else, and the search for it in any output."""

import traceback
from datetime import date

from vantrexia_core.kernel import Email, NamePart, PersonName, Phi
from vantrexia_core.patients import (
    Address,
    AddressLine,
    City,
    DateOfBirth,
    ExternalId,
    Gender,
    Mrn,
    NewPatient,
    Phone,
    Reason,
    Ssn,
    State,
    Supplement,
    Zip,
)

FIRST, LAST = "Zzfirstmark", "Qqlastmark"
BORN = date(1937, 11, 23)
MRN, EXTERNAL_ID = "MARK-MRN-83117", "MARK-EXT-55309"
PHONE, EMAIL, SSN = "555-0199-8844", "zzmailmark@example.net", "899-47-3311"
LINE1, LINE2, CITY, STATE, ZIP = "Zzlineonemark 1", "Zzlinetwomark 2", "Zzcitymark", "Zq", "61789-4455"
REASON = "Zzreasonmark: moved away"
SUPPLEMENT = '{"contact":[{"name":{"family":"Zzsupplementmark"}}]}'

MARKS = (
    FIRST,
    LAST,
    MRN,
    EXTERNAL_ID,
    PHONE,
    EMAIL,
    SSN,
    SSN.replace("-", ""),
    LINE1,
    LINE2,
    CITY,
    f"'{STATE}'",
    ZIP,
    REASON,
    "Zzsupplementmark",
    BORN.isoformat(),
    repr(BORN),
)
"""Every form in which a marked value could show itself."""


def a_marked_new_patient() -> NewPatient:
    """Somebody with a mark in every field."""
    return NewPatient(
        name=PersonName(NamePart(FIRST), NamePart(LAST)),
        date_of_birth=DateOfBirth(BORN),
        gender=Phi(Gender.OTHER),
        mrn=Mrn(MRN),
        phone=Phone(PHONE),
        email=Email(EMAIL),
        address=Address(AddressLine(LINE1), AddressLine(LINE2), City(CITY), State(STATE), Zip(ZIP)),
        ssn=Ssn(SSN),
        external_id=ExternalId(EXTERNAL_ID),
        supplement=Supplement(SUPPLEMENT),
    )


def a_marked_reason() -> Reason:
    """A reason with a mark in it."""
    return Reason(REASON)


def marks_in(text: str) -> list[str]:
    """The marks that occur in ``text``, whatever their case; folded forms of names count too."""
    lowered = text.casefold()
    return [mark for mark in MARKS if mark.casefold() in lowered]


def core_frames(error: BaseException) -> str:
    """What an error tracker collects of an error: its texts, and of each frame of the core all locals."""
    trace: traceback.TracebackException | None = traceback.TracebackException.from_exception(
        error, capture_locals=True
    )
    shown: list[str] = []
    while trace is not None:
        trace.stack[:] = [frame for frame in trace.stack if "vantrexia_core" in frame.filename]
        shown.extend((*trace.stack.format(), *trace.format_exception_only()))
        trace = trace.__cause__ or trace.__context__
    return "".join(shown)
