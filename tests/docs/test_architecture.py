"""The page that explains the house speaks of rooms and stops that there are."""

import importlib
import re
from operator import attrgetter

import pytest

from tests.architecture.source import contexts
from tests.docs.pages import DOCS, prose

PAGE = prose(DOCS / "explanation" / "architecture.md")
STOPS = re.findall(r"^\d+\. `(vantrexia_[\w/]+)\.py`: `([\w.]+)`", PAGE, re.MULTILINE)


def test_the_walks_have_stops() -> None:
    """Each numbered line names a file and what is called in it."""
    assert len(STOPS) == len(re.findall(r"^\d+\. ", PAGE, re.MULTILINE))
    assert STOPS


@pytest.mark.parametrize(("file", "called"), STOPS)
def test_a_stop_of_a_walk_is_there(file: str, called: str) -> None:
    """What a walk says is called is defined in the file it names."""
    stop = attrgetter(called)(importlib.import_module(file.replace("/", ".")))
    assert stop.__module__ == file.replace("/", ".")


@pytest.mark.parametrize("context", contexts())
def test_the_river_explains_every_context(context: str) -> None:
    """One row each says what it is for and what it does not know."""
    assert re.search(
        rf"^\| `{context}` \| .+ \| .+ \|$", prose(DOCS / "explanation" / "the-river.md"), re.MULTILINE
    )
