"""The index is the order of the site: every page has one place in it, under the kind that it is."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, headings, name_of

KINDS = {
    "Learn": "tutorials",
    "Do": "how-to",
    "Look up": "reference",
    "Understand": "explanation",
    "Decisions": "adr",
}
"""What a reader wants, and the folder of the pages that serve it (Diátaxis)."""

INDEX = DOCS / "index.md"
_SECTIONS = re.split(r"^## ", INDEX.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
_LISTED = {section.partition("\n")[0]: re.findall(r"\]\(([\w/.-]+\.md)\)", section) for section in _SECTIONS}


def test_the_index_has_a_section_for_each_kind() -> None:
    """Learn, do, look up, understand, and the record of decisions."""
    assert [text for level, text in headings(INDEX) if level == 2] == list(KINDS)


@pytest.mark.parametrize("page", [page for page in PAGES if page != INDEX], ids=name_of)
def test_a_page_is_listed_once_under_its_kind(page: Path) -> None:
    """A page that is two things at once serves nobody; one that is not listed is not on the site."""
    path = page.relative_to(DOCS)
    places = [kind for kind, pages in _LISTED.items() for listed in pages if listed == path.as_posix()]
    kind = "explanation" if path.name == "house-style.md" else path.parts[0]
    assert [KINDS[place] for place in places] == [kind]
