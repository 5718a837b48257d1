"""What a search by fields means, condition by condition, and that a packed directory narrows down exactly."""

from datetime import UTC, date, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_new_patient, a_patient
from tests.marks import FIRST, LAST, marks_in
from tests.strategies.directory import ALIKE, entries_of, practices
from tests.strategies.patients import Row, patients
from vantrexia_core.kernel import PageRequest, Phi
from vantrexia_core.patients import (
    BornCondition,
    ChangedCondition,
    Condition,
    ContactCondition,
    Days,
    Directory,
    DirectoryEntry,
    ExternalId,
    Gender,
    GenderCondition,
    IdCondition,
    IdentifierCondition,
    Moments,
    Mrn,
    NameCondition,
    NameField,
    Ordering,
    PatientSearch,
    Status,
    TextMatch,
    narrow,
)


def _named(field: NameField, match: TextMatch, *texts: str) -> NameCondition:
    return NameCondition(field, match, Phi(texts))


@pytest.mark.parametrize(
    ("field", "match", "text", "holds"),
    [
        (NameField.LAST, TextMatch.BEGINS, "nun", True),
        (NameField.LAST, TextMatch.BEGINS, "ÑUÑEZ", True),
        (NameField.LAST, TextMatch.BEGINS, "vela", False),
        (NameField.LAST, TextMatch.HAS, "VELA", True),
        (NameField.LAST, TextMatch.IS, "Núñez Vela", True),
        (NameField.LAST, TextMatch.IS, "Nunez Vela", False),
        (NameField.LAST, TextMatch.BEGINS, "Zoë", False),
        (NameField.FIRST, TextMatch.BEGINS, "zoe", True),
        (NameField.FIRST, TextMatch.HAS, "oe", True),
        (NameField.FIRST, TextMatch.IS, "Zoë", True),
        (NameField.ANY, TextMatch.BEGINS, "zo", True),
        (NameField.ANY, TextMatch.BEGINS, "nu", True),
        (NameField.ANY, TextMatch.BEGINS, "Zoe Nun", True),
        (NameField.ANY, TextMatch.BEGINS, "Zo Nun", False),
        (NameField.ANY, TextMatch.HAS, "oe nu", True),
        (NameField.ANY, TextMatch.IS, "Zoë Núñez Vela", True),
        (NameField.ANY, TextMatch.IS, "Zoë Núñez", False),
        (NameField.ANY, TextMatch.HAS, "%", False),
    ],
)
def test_a_name_is_compared_as_asked(field: NameField, match: TextMatch, text: str, *, holds: bool) -> None:
    """Folded at the start or anywhere inside, or as it is written; both names together with a blank."""
    patient = a_patient(a_new_patient(first="Zoë", last="Núñez Vela"))
    assert _named(field, match, "Nobody", text).holds(patient) is holds


@pytest.mark.parametrize(
    ("days", "holds"),
    [
        ((Days(date(1961, 4, 9), date(1961, 4, 9)),), True),
        ((Days(last=date(1961, 4, 8)),), False),
        ((Days(date(1961, 4, 10)),), False),
        ((Days(last=date(1961, 4, 8)), Days(date(1961, 4, 9))), True),
        ((), False),
    ],
)
def test_a_birth_lies_in_a_range(days: tuple[Days, ...], *, holds: bool) -> None:
    """Both ends belong to it; of several ranges one is enough."""
    assert BornCondition(Phi(days)).holds(a_patient()) is holds


@pytest.mark.parametrize(
    ("moments", "holds"),
    [
        (Moments(), True),
        (Moments(since=NOW), True),
        (Moments(since=NOW + timedelta(seconds=0.5)), False),
        (Moments(before=NOW), False),
        (Moments(before=NOW + timedelta(seconds=0.3)), True),
    ],
)
def test_a_change_counts_by_its_second(moments: Moments, *, holds: bool) -> None:
    """A change half a second past is shown, and compared, as of the full second."""
    patient = a_patient(updated_at=NOW + timedelta(seconds=0.5))
    assert ChangedCondition((moments,)).holds(patient) is holds


def test_numbers_and_contacts_are_compared_with_the_record() -> None:
    """Numbers as they are written, phones by their digits, addresses without case."""
    patient = a_patient()
    assert IdentifierCondition((Mrn("MRN-00042"),)).holds(patient)
    assert not IdentifierCondition((Mrn("mrn-00042"),)).holds(patient)
    assert IdentifierCondition((), (ExternalId("ECW-77001"),)).holds(patient)
    assert IdCondition(frozenset({patient.id})).holds(patient)
    assert not IdCondition(frozenset()).holds(patient)
    assert ContactCondition(Phi(("(555) 0142",)), Phi(())).holds(patient)
    assert ContactCondition(Phi(()), Phi(("M.Quintero@EXAMPLE.org",))).holds(patient)
    assert not ContactCondition(Phi(("0142",)), Phi(("quintero@example.org",))).holds(patient)
    assert GenderCondition(Phi(frozenset({Gender.FEMALE}))).holds(patient)


@pytest.mark.parametrize("kept", ["+1-217-394-0142", "(217) 394-0142", "1 217 394 0142", "2173940142"])
@pytest.mark.parametrize("asked", ["217-394-0142", "+12173940142", "1.217.394.0142"])
def test_a_number_is_found_with_and_without_its_country_code(kept: str, asked: str) -> None:
    """However it was typed, here or there; a foreign number is itself."""
    patient = a_patient(a_new_patient(phone=kept))
    assert ContactCondition(Phi((asked,)), Phi(())).holds(patient)
    assert not ContactCondition(Phi((f"+44{asked}",)), Phi(())).holds(patient)


def test_a_search_does_not_print_what_is_looked_for() -> None:
    """Names, days and numbers are PHI in a question as in a record."""
    search = PatientSearch(
        (
            _named(NameField.ANY, TextMatch.IS, FIRST, LAST),
            BornCondition(Phi((Days(date(1961, 4, 9)),))),
            IdentifierCondition((Mrn(LAST),), ()),
            ContactCondition(Phi((LAST,)), Phi((FIRST,))),
        )
    )
    assert marks_in(f"{search!r} {search}") == []
    assert "1961" not in repr(search)


def _conditions(rows: list[Row]) -> st.SearchStrategy[Condition]:
    """Conditions that somebody among these rows may meet."""
    known = [text for row in rows for text in (row.last, row.first, f"{row.first} {row.last}")]
    names = st.sampled_from([*known, *ALIKE]).flatmap(
        lambda text: st.builds(
            lambda begin, length: text[begin : begin + length],
            st.integers(0, 3),
            st.integers(1, len(text) + 1),
        )
    )
    days = st.sampled_from(sorted({row.born for row in rows} | {date(1970, 1, 3), date.min, date.max}))
    ranges = st.builds(Days, days, days)
    moments = st.none() | st.integers(-25, 25).map(lambda tenths: NOW + timedelta(seconds=tenths / 10))
    return st.one_of(
        st.builds(
            lambda field, match, texts: NameCondition(field, match, Phi(tuple(texts))),
            st.sampled_from(NameField),
            st.sampled_from(TextMatch),
            st.lists(names, min_size=1, max_size=2),
        ),
        st.lists(ranges, max_size=2).map(lambda found: BornCondition(Phi(tuple(found)))),
        st.frozensets(st.sampled_from(Gender)).map(lambda genders: GenderCondition(Phi(genders))),
        st.lists(st.builds(Moments, moments, moments), max_size=2).map(
            lambda found: ChangedCondition(tuple(found))
        ),
    )


def searches(rows: list[Row]) -> st.SearchStrategy[PatientSearch]:
    """Searches of these rows by what a directory knows."""
    return st.builds(
        lambda where, statuses, ordering: PatientSearch(tuple(where), statuses, ordering),
        st.lists(_conditions(rows), max_size=3),
        st.frozensets(st.sampled_from(Status), min_size=1),
        st.sampled_from(Ordering),
    )


cases = practices(size_max=25).flatmap(
    lambda practice: st.tuples(st.just(practice), searches(list(practice.values())))
)
pages = st.tuples(st.integers(0, 4), st.integers(0, 9))


@given(cases, pages, st.data())
def test_a_directory_narrows_exactly(
    case: tuple[dict[int, Row], PatientSearch], page: tuple[int, int], data: st.DataObject
) -> None:
    """Packed, with an overlay, with statuses changed in place: always what looking at everybody gives."""
    practice, search = case
    skip, limit = page
    entries = entries_of(practice)
    packed = data.draw(st.integers(0, len(entries)), label="packed")
    directory = Directory.of(entries[:packed], as_of=1)
    directory.apply(entries[packed:], as_of=2)
    changed = (
        [
            attrs.evolve(entry, status=Status.ARCHIVED, updated_at=NOW + timedelta(seconds=2))
            for entry in data.draw(st.lists(st.sampled_from(entries), max_size=2), label="moved")
            if entries
        ]
        if entries
        else []
    )
    directory.apply(changed, as_of=3)
    after = {entry.number: entry for entry in (*entries, *changed)}
    expected = narrow(after.values(), search, skip=skip, limit=limit)
    assert directory.search(search, skip=skip, limit=limit) == expected
    assert directory.taken().packed().search(search, skip=skip, limit=limit) == expected


@given(patients(), st.data())
def test_what_a_directory_admits_holds_for_the_record(patient: object, data: st.DataObject) -> None:
    """Where a directory decides, it decides as the record does; where it only narrows, it loses nobody."""
    assert hasattr(patient, "name")
    row = Row(
        patient.id, patient.status, patient.created_at, patient.name.last.reveal(),
        patient.name.first.reveal(), patient.mrn.reveal(), patient.date_of_birth.reveal(),
        patient.gender.reveal(), patient.updated_at,
    )  # fmt: skip
    search = data.draw(searches([row]))
    admitted = search.admits(DirectoryEntry.of_patient(1, patient))
    if search.is_decided_by_entries:
        assert search.holds(patient) is admitted
    else:
        assert admitted or not search.holds(patient)


def test_a_range_of_days_of_most_patients_is_found_by_the_others() -> None:
    """More than half are born within it: the answer is the same."""
    rows = [
        Row(a_patient(id_=None).id.__class__(int=number), Status.ACTIVE, NOW, "A", "B", str(number),
            date(1950, 1, 1) + timedelta(days=number))
        for number in range(1, 60)
    ]  # fmt: skip
    entries = [row.entry(number) for number, row in enumerate(rows, 1)]
    search = PatientSearch((BornCondition(Phi((Days(date(1950, 1, 5), date(1950, 2, 20)),))),))
    assert Directory.of(entries, as_of=1).search(search, skip=0, limit=99) == narrow(
        entries, search, skip=0, limit=99
    )


def test_times_beyond_the_column_are_held_within_it() -> None:
    """Before 1970 and after 2106 a time counts as the nearest that the column holds."""
    long_ago = datetime(1960, 1, 1, tzinfo=UTC)
    old = Row(a_patient().id, Status.ACTIVE, NOW, "A", "B", "1", updated_at=long_ago)
    directory = Directory.of([old.entry(1)], as_of=1)
    whenever = PatientSearch((ChangedCondition((Moments(before=NOW),)),), page=PageRequest())
    assert directory.search(whenever, skip=0, limit=9) == (1, (1,))
