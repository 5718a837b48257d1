"""The record of decisions keeps its form."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, headings, name_of

DECISIONS = tuple(sorted((DOCS / "adr").glob("*.md")))
SECTIONS = ["Context", "Options", "Decision", "Consequences", "What would change our mind"]


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_a_decision_has_the_sections(page: Path) -> None:
    """Context, options, decision, consequences, and what would change our mind: in this order, none empty."""
    assert [text for level, text in headings(page) if level == 2] == SECTIONS
    parts = re.split(r"^## .+$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert all(part.strip() for part in parts)


@pytest.mark.parametrize("page", DECISIONS[1:], ids=name_of)
def test_a_decision_says_its_status_and_date(page: Path) -> None:
    """Under the title: whether it holds, and since when."""
    line = page.read_text(encoding="utf-8").splitlines()[2]
    assert re.fullmatch(
        r"Status: (proposed|accepted|replaced by [0-9]{4})[^.]*\. Date: 20\d\d-\d\d-\d\d\.", line
    )


@pytest.mark.parametrize("page", DECISIONS[1:], ids=name_of)
def test_the_number_is_in_name_and_title(page: Path) -> None:
    """File and title carry the same four digits."""
    assert headings(page)[0][1].startswith(page.name[:4] + ". ")


def test_numbers_are_used_once() -> None:
    """No two decisions share a number."""
    numbers = [page.name[:4] for page in DECISIONS]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_a_decision_fits_a_page(page: Path) -> None:
    """About a page: a decision that needs more is more than one decision."""
    assert len(page.read_text(encoding="utf-8").split()) <= 650
