"""What a listing means: filter, order, count and pages, by the definition that faster ones must equal."""

from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_patient_id
from tests.marks import FIRST, LAST, MRN, marks_in
from tests.strategies.patients import Row, directory_rows, listings, numbered, searches
from tests.strategies.texts import nasty_texts
from vantrexia_core.kernel import PageRequest, PatientId, Phi
from vantrexia_core.patients import Listing, Ordering, Status, find
from vantrexia_core.patients.listing import SearchWord, search_words
from vantrexia_core.protection import APOSTROPHES, fold

EVERYTHING = PageRequest(1, 100)
REVERSED = {
    Ordering.LAST_NAME: Ordering.LAST_NAME_DESCENDING,
    Ordering.CREATED_AT: Ordering.CREATED_AT_DESCENDING,
}


def _all(rows: list[Row], listing: Listing) -> tuple[PatientId, ...]:
    count, numbers = find(numbered(rows), attrs.evolve(listing, page=EVERYTHING))
    assert count == len(numbers)
    return tuple(rows[number - 1].id for number in numbers)


def _finds(search: str, *, last: str = "", first: str = "", mrn: str = "") -> bool:
    row = Row(a_patient_id(), Status.ACTIVE, NOW, last, first, mrn)
    return _all([row], Listing(search=Phi(search))) == (row.id,)


def _is_meant(row: Row, listing: Listing) -> bool:
    """The contract's words, on unfolded names, for searches without ``^``."""
    parted = str.maketrans(dict.fromkeys(APOSTROPHES, " "))
    fields = [
        fold(form) for text in (row.last, row.first, row.mrn) for form in (text, text.translate(parted))
    ]
    search = listing.search.reveal().split() if listing.search is not None else []
    return row.status is listing.status and all(
        fold(word) and any(fold(word) in field for field in fields) for word in search
    )


rows_and_listing = directory_rows().flatmap(lambda rows: st.tuples(st.just(rows), listings(rows)))
rows_and_searches = directory_rows().flatmap(
    lambda rows: st.tuples(st.just(rows), searches(rows), searches(rows))
)


@given(rows_and_listing)
def test_a_listing_shows_exactly_who_is_meant(case: tuple[list[Row], Listing]) -> None:
    """Status, the one record of a patient's account, and every word somewhere in names or MRN."""
    rows, listing = case
    if listing.search is not None and any(word.startswith("^") for word in listing.search.reveal().split()):
        listing = attrs.evolve(listing, search=Phi(listing.search.reveal().replace("^", " ")))
    assert set(_all(rows, listing)) == {row.id for row in rows if _is_meant(row, listing)}


@given(rows_and_listing)
def test_the_count_is_exact_on_every_page(case: tuple[list[Row], Listing]) -> None:
    """Each row counts or does not, whoever else is there."""
    rows, listing = case
    entries = numbered(rows)
    count, numbers = find(entries, listing)
    alone = [entry.number for entry in entries if find([entry], listing)[0] == 1]
    assert count == len(alone)
    assert set(numbers) <= set(alone)


@given(rows_and_listing, st.integers(1, 7))
def test_pages_partition_the_whole(case: tuple[list[Row], Listing], size: int) -> None:
    """Page after page gives every row once, in the order of the whole list, and then nothing more."""
    rows, listing = case
    entries = numbered(rows)
    whole = tuple(
        rows.index(row) + 1 for row in map({row.id: row for row in rows}.__getitem__, _all(rows, listing))
    )
    pages = [
        find(entries, attrs.evolve(listing, page=PageRequest(number, size)))[1]
        for number in range(1, len(whole) // size + 3)
    ]
    assert tuple(number for page in pages for number in page) == whole
    assert all(len(page) == size for page in pages[: len(whole) // size])


@given(rows_and_listing)
def test_the_order_of_names_is_as_people_read_them(case: tuple[list[Row], Listing]) -> None:
    """Folded last name, then folded first name, then id; exact over the whole list."""
    rows, listing = case
    shown = _all(rows, attrs.evolve(listing, ordering=Ordering.LAST_NAME))
    of_id = {row.id: row for row in rows}
    keys = [(fold(of_id[id_].last), fold(of_id[id_].first), id_) for id_ in shown]
    assert keys == sorted(keys)


@given(rows_and_listing)
def test_the_order_of_making_is_by_time_then_id(case: tuple[list[Row], Listing]) -> None:
    """Rows of one moment keep one order."""
    rows, listing = case
    shown = _all(rows, attrs.evolve(listing, ordering=Ordering.CREATED_AT))
    of_id = {row.id: row for row in rows}
    keys = [(of_id[id_].created_at, id_) for id_ in shown]
    assert keys == sorted(keys)


@pytest.mark.parametrize(("ordering", "reverse"), REVERSED.items())
@given(case=rows_and_listing)
def test_a_minus_turns_the_order_exactly_round(
    ordering: Ordering, reverse: Ordering, case: tuple[list[Row], Listing]
) -> None:
    """Ties included: the last row of one is the first of the other."""
    rows, listing = case
    forwards = _all(rows, attrs.evolve(listing, ordering=ordering))
    assert _all(rows, attrs.evolve(listing, ordering=reverse)) == forwards[::-1]


@given(rows_and_listing, st.data())
def test_the_order_of_the_store_does_not_show(case: tuple[list[Row], Listing], data: st.DataObject) -> None:
    """A total order: shuffled rows give the same page."""
    rows, listing = case
    shuffled = data.draw(st.permutations(numbered(rows)))
    assert find(shuffled, listing) == find(numbered(rows), listing)


@given(rows_and_searches)
def test_words_narrow_a_search_together(case: tuple[list[Row], str, str]) -> None:
    """Two searches typed side by side find who both find, in either order."""
    rows, one, other = case
    found = {text: set(_all(rows, Listing(search=Phi(text)))) for text in (one, other)}
    for both in (f"{one} {other}", f"{other}\t{one}"):
        assert set(_all(rows, Listing(search=Phi(both)))) == found[one] & found[other]


@given(directory_rows(), st.data())
def test_everybody_is_found_by_every_word_of_the_own_name(rows: list[Row], data: st.DataObject) -> None:
    """As written, in capitals, and with ``^``."""
    if not rows:
        return
    row = data.draw(st.sampled_from(rows))
    word = data.draw(st.sampled_from([*row.last.split(), *row.first.split(), *row.mrn.split()]))
    if fold(word) and not word.startswith("^"):
        for search in (word, word.upper(), f"^{word}"):
            assert row.id in _all(rows, Listing(status=row.status, search=Phi(search)))


@given(directory_rows(), nasty_texts())
def test_no_search_breaks_the_directory(rows: list[Row], search: str) -> None:
    """Whatever is typed, the answer is a list."""
    _all(rows, Listing(search=Phi(search)))


@pytest.mark.parametrize("blank", ["", " ", "\t\u3000"])
def test_an_empty_search_is_no_search(blank: str) -> None:
    """Blanks have no words, and no word excludes anybody."""
    assert _finds(blank, last="Smith")


@pytest.mark.parametrize(
    "character", ["%", "_", "\\", "*", "?", ".", "-", "'", "´", "^", "^%", "[", "$", "\u0000", "\ud800"]
)
def test_no_character_is_a_wildcard(character: str) -> None:
    """By itself it finds nothing; beside a word it spoils the search rather than widening it."""
    assert not _finds(
        character, last="100% _ \\ * ? . - ' ^ [ $ Smith", first=character or "x", mrn=character
    )
    assert not _finds(f"smith {character}", last="Smith", mrn="MRN-00001")


@pytest.mark.parametrize(
    ("search", "last", "is_found"),
    [
        ("obrien", "O'Brien", True),
        ("o'brien", "Obrien", True),
        ("O´BRIEN", "O’Brien", True),
        ("brien", "O'Brien", True),
        ("rie", "O'Brien", True),
        ("o brien", "O'Brien", True),
        ("^o'brien", "O'Brien", True),
        ("^obrien", "O'Brien", True),
        ("^obr", "O'Brien", True),
        ("^brien", "O'Brien", True),
        ("^brien", "O´Brien", True),
        ("^rien", "O'Brien", False),
        ("^ahumanu", "Kaʻahumanu", True),
        ("garcia-lopez", "Garcia Lopez", True),
        ("garcia lopez", "Garcia-Lopez", True),
        ("lopez garcia", "Garcia-Lopez", True),
        ("garcialopez", "Garcia-Lopez", False),
        ("^lopez", "Garcia-Lopez", True),
        ("^garcia-l", "García-López", True),
        ("^opez", "Garcia-Lopez", False),
        ("^arcia", "Garcia-Lopez", False),
        ("^der", "van der Berg", True),
        ("^berg", "van der Berg", True),
        ("^erg", "van der Berg", False),
        ("^van-der", "van der Berg", True),
        ("^smith", "Smithers", True),
        ("smith^", "Smith", True),
        ("nunez", "Núñez", True),
        ("NÚÑEZ", "nunez", True),
        ("strasse", "Straße", True),
        ("李", "李小龍", True),
        ("^小", "李小龍", False),
        ("ковалев", "Ковалёв", True),
        ("smyth", "Smith", False),
    ],
)
def test_a_search_on_last_names_finds(search: str, last: str, *, is_found: bool) -> None:
    """The documented cases; ``^`` means the start of the field or of a part of it."""
    assert _finds(search, last=last) is is_found


@pytest.mark.parametrize(
    ("search", "is_found"),
    [
        ("mary", True),
        ("quill", True),
        ("mrn-00042", True),
        ("00042", True),
        ("^00042", True),
        ("^0042", False),
        ("mary quill", True),
        ("quill mary 42", True),
        ("mary smith", False),
        ("maryquill", False),
        ("^ann ^quill ^mrn", True),
        ("quillmary", False),
    ],
)
def test_a_search_looks_at_names_and_record_number(search: str, *, is_found: bool) -> None:
    """Every word in one of the three, not necessarily the same one; no word across two of them."""
    assert _finds(search, last="Quill", first="Mary Ann", mrn="MRN-00042") is is_found


def test_a_directory_keeps_nobodys_name_in_its_repr() -> None:
    """Neither an entry nor a search word prints what it holds."""
    entry = Row(PatientId(UUID(int=1)), Status.ACTIVE, NOW, LAST, FIRST, MRN).entry()
    assert (
        marks_in(
            f"{entry!r} {entry} {search_words(Phi(f'{FIRST} ^{LAST}'))!r} "
            f"{SearchWord(LAST.encode(), at_start=True)}"
        )
        == []
    )
