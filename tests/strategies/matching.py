"""People who are easily mistaken: few names, dates and homes, and every field may be missing."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from hypothesis import assume
from hypothesis import strategies as st

from tests.comparing import PHONES, TEXTS, a_person
from tests.strategies.texts import nasty_texts
from vantrexia_core.patients import BORN_MIN, Gender, Person, Traits, traits_of

FIRST = ("Rosa", "Rosita", "Jon", "John", "Jonathan", "María José", "J", "Li", "Baby Boy", "Anna", "Quintero")
LAST = (
    "Quintero",
    "Quintéro-Smith",
    "Smith",
    "Smyth Jr",
    "Smith Sr",
    "De la Cruz",
    "Delacruz",
    "O'Neil",
    "Rosa",
)
DATES = (date(1961, 3, 8), date(1961, 8, 3), date(1961, 3, 9), date(1985, 3, 8), date(1900, 1, 1))
PHONES_WRITTEN = ("217-394-0142", "(217) 394-0142", "217-394-0143", "309-611-0010", "000-000-0000")
EMAILS = ("rosa.quintero@example.org", "garden@example.org", "gardn@example.org", "none@none.com")
LINES = ("12 Walnut St", "12 Walnut Street Apt 3", "12 Wallnut St", "PO Box 12", "90 Oak Ave")
SSNS = ("219-09-1234", "219-09-1243", "401-17-8993", "8993", "000-00-0000")


def _maybe(values: tuple[str, ...]) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values) | nasty_texts()


def people() -> st.SearchStrategy[Person]:
    """Anybody, of a small world."""
    return st.builds(
        a_person,
        first_name=_maybe(FIRST),
        middle_name=_maybe(("Elena", "E", "Maria")),
        last_name=_maybe(LAST),
        date_of_birth=st.none() | st.sampled_from(DATES) | st.dates(BORN_MIN),
        gender=st.none() | st.sampled_from(Gender),
        phone=_maybe(PHONES_WRITTEN),
        email=_maybe(EMAILS),
        line1=_maybe(LINES),
        line2=_maybe(("Apt 3", "#4")),
        city=_maybe(("Springfield", "Sprngfield", "Peoria")),
        zip=_maybe(("62704", "62704-1234", "61602")),
        ssn=_maybe(SSNS),
        mrn=_maybe(("MRN-00001", "MRN-00002")),
    )


def anybody() -> st.SearchStrategy[Traits]:
    """Such people, ready to be compared."""
    return people().map(lambda person: traits_of(person, TEXTS, PHONES))


SELF: Mapping[str, str | date | Gender | None] = MappingProxyType(
    {
        "first_name": "Jayden", "middle_name": None, "last_name": "Marsh", "date_of_birth": date(1961, 3, 8),
        "gender": Gender.MALE, "phone": "2173940142", "email": "jayden.marsh@example.org",
        "line1": "12 Walnut Street", "line2": None, "city": "Springfield", "zip": "62704", "ssn": "401178993",
        "mrn": None,
    }
)  # fmt: skip
OTHER: Mapping[str, str | date | Gender | None] = MappingProxyType(
    {
        "last_name": "Okafor", "phone": "3096110010", "email": "oak@example.org", "line1": "90 Oak Avenue",
        "city": "Peoria", "zip": "61602", "ssn": "547282838",
    }
)  # fmt: skip
OTHER_NAMES = ("Jaylen", "Hector", "Kayden", "Dolores", "Jay", "Marsh")
NAME = ("first_name", "last_name")
HOME = ("last_name", "phone", "email", "line1", "city", "zip")
SHARED = (NAME, ("date_of_birth",), HOME, (*NAME, "date_of_birth"), (*NAME, *HOME), ("date_of_birth", *HOME))
"""Namesakes, born on one day, relatives, namesakes born on one day, parent and child of one name, twins."""


def _is_another_date(born: date) -> bool:
    """Neither a digit away from their date nor with day and month in each other's place, nor of that year."""
    return abs(born.year - 1961) > 1 and TEXTS.edits(born.strftime("%Y%m%d"), "19610308", most=1) > 1


@st.composite
def two_people(draw: st.DrawFn) -> tuple[Traits, Traits]:
    """Two people who share a name, a birth date, a household, or two of these; mistyped, half known.

    Their birth dates differ by more than a slip of the pen, for that is what nobody can tell from one date.
    """
    other = dict(SELF) | OTHER
    other["first_name"] = draw(st.sampled_from(OTHER_NAMES))
    other["date_of_birth"] = draw(st.dates(BORN_MIN).filter(_is_another_date))
    other["gender"] = draw(st.sampled_from(Gender))
    other |= {field: SELF[field] for field in draw(st.sampled_from(SHARED))}
    one, two = draw(_written_down(SELF)), draw(_written_down(other))
    # One typing error twice makes a rare name of a common one, and nobody can tell two of a rare name apart.
    assume(not any(one[field] == two[field] != other[field] and two[field] for field in NAME))
    return tuple(traits_of(a_person(**person), TEXTS, PHONES) for person in (one, two))  # type: ignore[return-value] - two


@st.composite
def _written_down(
    draw: st.DrawFn, person: Mapping[str, str | date | Gender | None]
) -> dict[str, str | date | Gender | None]:
    written = dict(person)
    for field in draw(st.sets(st.sampled_from(sorted(written)), max_size=6)):
        written[field] = None
    for field in draw(
        st.sets(st.sampled_from(("first_name", "last_name", "phone", "line1", "ssn")), max_size=2)
    ):
        value = written[field]
        if isinstance(value, str):
            at = draw(st.integers(0, len(value) - 2))
            written[field] = value[:at] + value[at + 1] + value[at] + value[at + 2 :]
    return written
