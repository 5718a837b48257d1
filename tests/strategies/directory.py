"""People of a practice's directory: names that often agree, ids that begin alike, times that coincide."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from hypothesis import strategies as st

from tests.builders import NOW
from tests.strategies.patients import Row, mrns
from tests.strategies.texts import written_names
from vantrexia_core.kernel import PatientId
from vantrexia_core.patients import BORN_MIN, DirectoryEntry, Gender, Status

ALIKE = (
    "Smith", "SMITH", "Smíth", "Smithers", "O'Brien", "O’Brien", "Obrien", "O Brien", "D´Angelo-O'Neil",
    "Garcia-Lopez", "Garcia Lopez", "Ng", "A", "李", "Núñez", "de la Cruz", "'", "-",
)  # fmt: skip
"""Names that fold alike, differ in their apostrophes alone, begin alike, or fold to nothing."""

MINUTES = st.one_of(st.integers(0, 3), st.integers(-10_000, 10_000))
"""When somebody was created, before or after `NOW`: mostly at the same few moments."""


BORN = st.one_of(st.integers(0, 5).map(lambda day: date(1970, 1, 1 + day)), st.dates(BORN_MIN, NOW.date()))
"""Days of birth: mostly the same few."""

CHANGED = st.integers(-20, 20).map(lambda tenths: NOW + timedelta(seconds=tenths / 10))
"""When somebody was last changed, also within one second."""


def names() -> st.SearchStrategy[str]:
    """First or last names."""
    return st.one_of(st.sampled_from(ALIKE), st.sampled_from(ALIKE), written_names())


def patient_ids() -> st.SearchStrategy[PatientId]:
    """Ids that differ in their last bytes only, and some that do not."""
    alike = st.integers(0, 300).map(lambda low: UUID(int=(0xB0 << 120) | (4 << 76) | (0b10 << 62) | low))
    return st.one_of(alike, alike, st.uuids(version=4)).map(PatientId)


def rows(ids: st.SearchStrategy[PatientId] | None = None) -> st.SearchStrategy[Row]:
    """One person, as a directory is told about it."""
    return st.builds(
        lambda id_, status, minutes, last, first, mrn, born, gender, since: Row(
            id_, status, NOW + timedelta(minutes=minutes), last, first, mrn.reveal(), born, gender, since
        ),
        patient_ids() if ids is None else ids,
        st.sampled_from(Status),
        MINUTES,
        names(),
        names(),
        mrns(),
        BORN,
        st.sampled_from(Gender),
        CHANGED,
    )


@st.composite
def practices(draw: st.DrawFn, *, size_max: int = 20) -> dict[int, Row]:
    """People by number: unique ids, numbers with gaps, in no order of anything."""
    people = draw(st.lists(rows(), max_size=size_max, unique_by=lambda row: row.id))
    numbers = draw(st.lists(st.integers(1, 500), min_size=len(people), max_size=len(people), unique=True))
    return dict(zip(numbers, people, strict=True))


def entries_of(practice: dict[int, Row]) -> Sequence[DirectoryEntry]:
    """What the directory is told."""
    return [row.entry(number) for number, row in practice.items()]
