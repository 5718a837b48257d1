"""House rules for every page."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.pages import GUIDED, PAGES, ROOT, blocks, headings, name_of, prose

_SOURCE = re.compile(
    r"`((?:src/)?(?:vantrexia_\w+|tests|docs|kernel|audit|protection|identity|patients)/[\w/.\-]+)`"
)


@pytest.mark.parametrize("page", GUIDED, ids=name_of)
def test_a_page_has_one_title(page: Path) -> None:
    """One title a document, and it is the first line."""
    titles = [text for level, text in headings(page) if level == 1]
    first = page.read_text(encoding="utf-8").partition("\n")[0]
    assert [f"# {title}" for title in titles] == [first]


@pytest.mark.parametrize("page", GUIDED, ids=name_of)
def test_headings_do_not_skip_a_level(page: Path) -> None:
    """A section lies directly in the section above it, so that an outline reads well."""
    levels = [level for level, _ in headings(page)]
    assert [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_fences_name_their_language_and_close(page: Path) -> None:
    """A fenced block says what it holds, and no fence is left open."""
    text = page.read_text(encoding="utf-8")
    unnamed = [block.line for block in blocks(page) if not block.language and "→" not in block.text]
    assert unnamed == []
    assert len(re.findall(r"^```", text, re.MULTILINE)) == 2 * len(blocks(page))


@pytest.mark.parametrize("page", GUIDED, ids=name_of)
def test_files_that_are_named_exist(page: Path) -> None:
    """A path in running text is the path of a file or folder."""
    roots = (ROOT, ROOT / "src", ROOT / "src" / "vantrexia_core")
    named = {match[1] for match in _SOURCE.finditer(prose(page))}
    assert [path for path in sorted(named) if not any((root / path).exists() for root in roots)] == []


@pytest.mark.parametrize("page", GUIDED, ids=name_of)
def test_lines_end_cleanly(page: Path) -> None:
    """No trailing blanks in prose, and a line feed at the end."""
    assert [line for line in prose(page).splitlines() if line != line.rstrip()] == []
    assert page.read_text(encoding="utf-8").endswith("\n")


def test_the_changelog_is_no_wider_than_the_other_pages() -> None:
    """120 columns: what is added line by line is read beside a terminal."""
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 120] == []
