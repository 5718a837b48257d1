"""Each context has a front door that says what it offers, sorted, and offers all that its ports need."""

import importlib

import pytest

from tests.architecture.source import contexts


def _sorted_as_ruff_does(names: list[str]) -> list[str]:
    def rank(name: str) -> tuple[int, str]:
        return (0 if name.isupper() else 1 if name[0].isupper() else 2), name

    return sorted(names, key=rank)


@pytest.mark.parametrize("context", contexts())
def test_the_offer_is_sorted_and_without_repetition(context: str) -> None:
    """Constants, classes, functions; each group by name."""
    offer = importlib.import_module(f"vantrexia_core.{context}").__all__
    assert offer == _sorted_as_ruff_does(list(set(offer)))


@pytest.mark.parametrize("context", contexts())
def test_the_offer_is_what_the_door_imports(context: str) -> None:
    """Nothing is imported for nothing, nothing is offered that is not there."""
    door = importlib.import_module(f"vantrexia_core.{context}")
    imported = {
        name
        for name, value in vars(door).items()
        if not name.startswith("_") and type(value).__name__ != "module"
    }
    assert imported == set(door.__all__)


@pytest.mark.parametrize("context", contexts())
def test_the_door_says_what_the_context_is_for(context: str) -> None:
    """One paragraph, before anything else."""
    assert importlib.import_module(f"vantrexia_core.{context}").__doc__
