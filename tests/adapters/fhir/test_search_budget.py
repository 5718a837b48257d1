"""What one search may ask for at most, over all its parameters: the core's rule, as FHIR's words reach it."""

import pytest

from vantrexia_adapters.fhir import read_search
from vantrexia_core.patients import (
    SEARCH_NAME_WORDS_MAX,
    SEARCH_RANGES_MAX,
    SEARCH_VALUES_MAX,
    TooCostlyError,
)

DAYS = [f"19{year}-01-01" for year in range(50, 50 + SEARCH_RANGES_MAX + 1)]
CODES = [f"E-{number}" for number in range(SEARCH_VALUES_MAX + 1)]
WORDS = [f"w{number}" for number in range(SEARCH_NAME_WORDS_MAX + 1)]


@pytest.mark.parametrize(
    "pairs",
    [
        [("birthdate", f"gt{day}") for day in DAYS],
        [("birthdate", ",".join(DAYS))],
        [("_lastUpdated", day) for day in DAYS],
        [("birthdate", ",".join(DAYS[:6])), ("_lastUpdated", ",".join(DAYS[6:]))],
        [("identifier", ",".join(CODES[:60])), ("identifier", ",".join(CODES[60:]))],
        [("phone", one) for one in CODES],
        [("name", " ".join(WORDS))],
        [("given", ",".join(WORDS))],
        [("family:contains", " ".join(WORDS[:9])), ("name:contains", "\u00a0".join(WORDS[9:]))],
    ],
)
def test_a_search_that_asks_for_too_much_is_refused(pairs: list[tuple[str, str]]) -> None:
    """However it is spread over parameters."""
    search = read_search(pairs).search
    with pytest.raises(TooCostlyError):
        search.check_cost()


@pytest.mark.parametrize(
    "pairs",
    [
        [("birthdate", ",".join(DAYS[:-1]))],
        [("birthdate", ",".join(f"ne{day}" for day in DAYS[: SEARCH_RANGES_MAX // 2]))],
        [("telecom", ",".join(CODES[:-1]))],
        [("identifier", ",".join(CODES[:-1]))],
        [("name", " ".join(WORDS[:-1]))],
        [("birthdate", "1950")] * 90,
        [("birthdate", ",".join(["1950", "1951"] * 50)), ("birthdate", "1951,1950")],
        [("_count", "5")] * 120,
    ],
)
def test_what_stands_there_twice_counts_once(pairs: list[tuple[str, str]]) -> None:
    """And as much as is allowed is read: into one condition at most here."""
    search = read_search(pairs, is_strict=True).search
    search.check_cost()
    assert len(search.where) <= 1
