"""Every link of the documentation leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, GUIDED, PAGES, ROOT, anchors, name_of, prose

_LINK = re.compile(r"\[[^\]]+\]\((?P<target>[^)\s]+)\)")


def _links(page: Path) -> Iterator[str]:
    return (match["target"] for match in _LINK.finditer(prose(page)))


@pytest.mark.parametrize("page", GUIDED, ids=name_of)
def test_relative_links_resolve(page: Path) -> None:
    """A link within the repository names a file that exists, and a heading that exists in it."""
    broken = []
    for link in _links(page):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_stay_in_the_repository(page: Path) -> None:
    """A relative link does not climb out of the checkout, where only its author's machine has the target."""
    targets = [
        (page.parent / link.partition("#")[0]).resolve()
        for link in _links(page)
        if not link.startswith("http")
    ]
    assert [target for target in targets if not target.is_relative_to(ROOT)] == []


def test_every_page_can_be_reached() -> None:
    """From the index one comes to every page by links alone."""
    reached, waiting = set[Path](), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_relative_to(DOCS):
            continue
        reached.add(page)
        waiting.extend(
            (page.parent / link.partition("#")[0]).resolve()
            for link in _links(page)
            if not link.startswith("http")
        )
    assert set(PAGES) - reached == set()
