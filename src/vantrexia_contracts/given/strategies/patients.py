"""Patients' values, records, revisions, listings."""

import string
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import attrs
from hypothesis import strategies as st

from vantrexia_contracts.given.builders import NOW, a_patient
from vantrexia_contracts.given.strategies.kernel import emails, name_parts, page_requests, person_names
from vantrexia_contracts.given.strategies.texts import nasty_texts, written_names
from vantrexia_core.kernel import PatientId, PersonName, Phi
from vantrexia_core.patients import (
    BORN_MIN,
    KEEP,
    NAME_NOT_KNOWN,
    SEARCH_CHARACTERS_MAX,
    Address,
    AddressLine,
    City,
    DateOfBirth,
    DirectoryEntry,
    ExternalId,
    Gender,
    Kept,
    Listing,
    Mrn,
    NewPatient,
    Ordering,
    Patient,
    Phone,
    Reason,
    Revision,
    Ssn,
    State,
    Status,
    Supplement,
    Zip,
)

KEPT: st.SearchStrategy[Kept] = st.just(KEEP)
_VISIBLE = string.ascii_letters + string.digits + "-_/. #"


def _identifiers() -> st.SearchStrategy[str]:
    numbered = st.integers(1, 99_999).map("MRN-{:05d}".format)
    free = st.tuples(
        st.sampled_from(string.ascii_letters + string.digits), st.text(_VISIBLE, max_size=20)
    ).map("".join)
    return st.one_of(numbered, free, st.sampled_from(("李-1", "№ 7", "MRN-00001", "mrn-00001", "0", "Ä1")))


def mrns() -> st.SearchStrategy[Mrn]:
    """Record numbers: ours, and what other systems call one."""
    return _identifiers().map(Mrn)


def external_ids() -> st.SearchStrategy[ExternalId]:
    """Ids of an EMR."""
    return _identifiers().map(ExternalId)


def dates_of_birth() -> st.SearchStrategy[DateOfBirth]:
    """Everything that is not refused on the day of `NOW`, edges and leap days among them."""
    edges = st.sampled_from((BORN_MIN, date(2000, 2, 29), date(1999, 12, 31), NOW.date()))
    return st.one_of(edges, st.dates(BORN_MIN, NOW.date())).map(DateOfBirth)


def genders() -> st.SearchStrategy[Phi[Gender]]:
    """Genders, wrapped."""
    return st.sampled_from(Gender).map(Phi)


def phones() -> st.SearchStrategy[Phone]:
    """Phone numbers as people write them down."""
    written = st.sampled_from(("+15550142", "(217) 555-0142", "555-0142", "+1 217 555 0142", "217 555 01 42"))
    spelled = st.text("0123456789 ()-+", min_size=5, max_size=18).map(lambda text: f"5{text}5")
    return st.one_of(written, spelled).map(Phone)


def ssns() -> st.SearchStrategy[Ssn]:
    """Numbers of the form that the SSA issues."""
    area = st.integers(1, 899).filter(lambda number: number != 666).map("{:03d}".format)
    group, serial = st.integers(1, 99).map("{:02d}".format), st.integers(1, 9999).map("{:04d}".format)
    return st.tuples(st.sampled_from(("", "-")), area, group, serial).map(
        lambda parts: Ssn(parts[0].join(parts[1:]))
    )


def addresses() -> st.SearchStrategy[Address]:
    """Addresses, whole, partial and empty."""
    lines = written_names().map(AddressLine)
    return st.builds(
        Address,
        line1=st.none() | lines,
        line2=st.none() | lines,
        city=st.none() | written_names().map(City),
        state=st.none() | st.text(string.ascii_letters, min_size=2, max_size=2).map(State),
        zip=st.none() | st.from_regex(r"[0-9]{5}(-[0-9]{4})?", fullmatch=True).map(Zip),
    )


def reasons() -> st.SearchStrategy[Reason]:
    """Why a record is archived or restored."""
    return written_names().map(lambda text: Reason(f"Because of {text}"))


def supplements() -> st.SearchStrategy[Supplement]:
    """Short ones; what is in them is the FHIR adapter's business."""
    return st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).map(Supplement)


def partly_known_names() -> st.SearchStrategy[PersonName]:
    """Of people with one name, and of those who have none."""
    part = st.just(NAME_NOT_KNOWN)
    return st.builds(PersonName, part, name_parts() | part) | st.builds(PersonName, name_parts(), part)


def new_patients() -> st.SearchStrategy[NewPatient]:
    """People to be registered, on the day of `NOW` or later."""
    return st.builds(
        NewPatient,
        name=person_names() | partly_known_names(),
        date_of_birth=dates_of_birth(),
        gender=genders(),
        mrn=st.none() | mrns(),
        phone=st.none() | phones(),
        email=st.none() | emails(),
        address=st.none() | addresses(),
        ssn=st.none() | ssns(),
        external_id=st.none() | external_ids(),
        supplement=st.none() | supplements(),
    )


def revisions() -> st.SearchStrategy[Revision]:
    """Any set of fields, each kept, replaced or (where allowed) emptied."""
    nothing = st.none()
    return st.builds(
        Revision,
        first_name=KEPT | name_parts(),
        last_name=KEPT | name_parts(),
        date_of_birth=KEPT | dates_of_birth(),
        gender=KEPT | genders(),
        mrn=KEPT | mrns(),
        phone=KEPT | nothing | phones(),
        email=KEPT | nothing | emails(),
        address=KEPT | nothing | addresses(),
        ssn=KEPT | nothing | ssns(),
        external_id=KEPT | nothing | external_ids(),
        supplement=KEPT | nothing | supplements(),
    )


def patients(statuses: st.SearchStrategy[Status] | None = None) -> st.SearchStrategy[Patient]:
    """Records of any status and version."""
    return st.builds(
        lambda new, status, version: a_patient(new, status=status, version=version),
        new_patients(),
        st.sampled_from(Status) if statuses is None else statuses,
        st.integers(1, 1_000),
    )


@attrs.frozen
class Row:
    """What a directory is told about one patient, before it is folded."""

    id: PatientId
    status: Status
    created_at: datetime
    last: str
    first: str
    mrn: str
    born: date = date(1961, 4, 9)
    gender: Gender = Gender.FEMALE
    updated_at: datetime = NOW

    def entry(self, number: int = 1) -> DirectoryEntry:
        """What the directory keeps of it, under the record's number."""
        return DirectoryEntry.of(
            number,
            self.id,
            self.status,
            self.created_at,
            last=self.last,
            first=self.first,
            mrn=self.mrn,
            born=self.born,
            gender=self.gender,
            updated_at=self.updated_at,
        )


def numbered(rows: Sequence[Row]) -> list[DirectoryEntry]:
    """What the directory keeps of a practice whose records were added in this order, from number 1."""
    return [row.entry(number) for number, row in enumerate(rows, start=1)]


def listings(rows: list[Row], *, size_max: int = 7) -> st.SearchStrategy[Listing]:
    """What somebody may ask to see of these rows."""
    return st.builds(
        Listing,
        status=st.sampled_from(Status),
        search=st.none() | searches(rows).map(Phi),
        ordering=st.sampled_from(Ordering),
        page=page_requests(number_max=5, size_max=size_max),
    )


def directory_rows() -> st.SearchStrategy[list[Row]]:
    """A practice: unique ids; names and times that often agree."""
    few_names = st.sampled_from(
        ("Smith", "SMITH", "Smíth", "O'Brien", "Obrien", "Garcia-Lopez", "Garcia Lopez", "李", "")
    )
    names = st.one_of(few_names, written_names())
    row = st.builds(
        lambda id_, status, minutes, last, first, mrn: Row(
            id_, status, NOW + timedelta(minutes=minutes), last, first, mrn
        ),
        st.uuids(version=4),
        st.sampled_from(Status),
        st.integers(0, 3),
        names,
        names,
        _identifiers(),
    )
    return st.lists(row, max_size=12, unique_by=lambda row: row.id)


@st.composite
def searches(draw: st.DrawFn, rows: list[Row]) -> str:
    """What somebody looks for among these rows: words, beginnings, pieces, several, or anything."""
    known = [word for row in rows for text in (row.last, row.first, row.mrn) for word in text.split()]
    if not known or draw(st.integers(0, 4)) == 0:
        return draw(nasty_texts().filter(lambda text: len(text) <= SEARCH_CHARACTERS_MAX))
    parts = []
    for word in draw(st.lists(st.sampled_from(known), min_size=1, max_size=2)):
        start = draw(st.integers(0, min(2, len(word) - 1)))
        end = draw(st.integers(start + 1, len(word)))
        parts.append(draw(st.sampled_from(("", "", "^"))) + word[start:end])
    return " ".join(parts)
