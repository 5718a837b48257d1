"""People who are easily mistaken for each other: few names, few dates, few homes, and every field may be missing."""

from datetime import date

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
