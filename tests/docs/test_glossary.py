"""The glossary speaks of words that the code really uses."""

import re

import pytest

from tests.docs.pages import DOCS, ROOT, prose

PAGE = DOCS / "reference" / "glossary.md"
ROWS = re.findall(r"^\| ([a-zA-Z][^|]*) \| ([^|]+) \| `([^`|]+)` \| ([^|]+) \|$", prose(PAGE), re.MULTILINE)
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))


@pytest.mark.parametrize(("word", "name"), [(word, name) for word, _, name, _ in ROWS])
def test_the_name_in_the_code_exists(word: str, name: str) -> None:
    """Class, function, attribute or file: the third column is found in the source."""
    if name.endswith(".py") or name.startswith("vantrexia_"):
        assert any((ROOT / "src").rglob(name)), word
        return
    assert all(re.search(rf"\b{re.escape(part)}\b", SOURCE) for part in name.split(".")), word


def test_every_row_is_complete() -> None:
    """No row escapes the checks above by its form, and no word stands twice."""
    rows = [line for line in prose(PAGE).splitlines() if line.startswith("| ")]
    assert len(ROWS) == len(rows) - 1
    words = [word for word, *_ in ROWS]
    assert len(set(words)) == len(words)
