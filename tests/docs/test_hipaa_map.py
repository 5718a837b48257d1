"""Each row of the HIPAA map names a file that is there and a test that runs."""

import re

import pytest

from tests.docs.pages import DOCS, ROOT, has_test, prose

PAGE = DOCS / "explanation" / "hipaa-map.md"
ROWS = re.findall(r"^\| (164\.\S+) \|(.+)\|$", prose(PAGE), re.MULTILINE)
FILES = re.findall(r"`(vantrexia_\w+/[\w/]+\.py)`", prose(PAGE))
TESTS = re.findall(r"`(tests/[\w/]+\.py)::((?:Test\w+::)?test_\w+)`", prose(PAGE))


@pytest.mark.parametrize(("clause", "row"), ROWS)
def test_a_clause_names_file_and_test(clause: str, row: str) -> None:
    """What obeys it and what proves it: at least one file and one test for each clause."""
    assert re.search(r"`vantrexia_\w+/[\w/]+\.py`", row), clause
    assert re.search(r"`tests/[\w/]+\.py::(Test\w+::)?test_\w+`", row), clause


@pytest.mark.parametrize("file", sorted(set(FILES)))
def test_the_file_is_there(file: str) -> None:
    """The file that obeys the clause is part of the package."""
    assert (ROOT / "src" / file).is_file()


@pytest.mark.parametrize(("file", "name"), sorted(set(TESTS)))
def test_the_test_is_there(file: str, name: str) -> None:
    """The test that proves it is defined under that name, where it is collected."""
    assert has_test(ROOT / file, name)


def test_every_row_is_checked() -> None:
    """No row escapes the checks above by its form."""
    rows = [line for line in prose(PAGE).splitlines() if line.startswith("| ")]
    assert len(ROWS) == len(rows) - 2  # the head of each of the two tables


def test_the_map_names_all_technical_safeguards() -> None:
    """Access control, audit controls, integrity, authentication and transmission: none is left out."""
    named = prose(PAGE)
    assert [
        clause for clause in ("(a)(1)", "(b)", "(c)(1)", "(d)", "(e)(1)") if f"164.312{clause}" not in named
    ] == []
