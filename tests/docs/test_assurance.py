"""Every promise names tests that are there, or says what is missing."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import has_test

ROOT = Path(__file__).parents[2]
PROMISES = tomllib.loads((ROOT / "docs" / "assurance.toml").read_text(encoding="utf-8"))["promise"]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise["id"])
def test_a_promise_names_tests_that_are_there(promise: dict[str, list[str]]) -> None:
    """A proof that was renamed or removed is no proof."""
    for test in promise["tests"]:
        file, _, name = test.partition("::")
        kind, _, method = name.rpartition("::")
        assert has_test(ROOT / "tests" / file, f"{kind}::test_{method}" if kind else f"test_{method}")
    assert bool(promise["tests"]) != bool(promise.get("open")), "name tests, or say what is missing"


def test_no_promise_is_made_twice() -> None:
    """Each has an id of its own."""
    ids = [promise["id"] for promise in PROMISES]
    assert len(set(ids)) == len(ids) > 80


def test_results_were_recorded_for_every_proof() -> None:
    """After a change of the table: nox -s assurance."""
    recorded = json.loads((ROOT / "docs" / "assurance-results.json").read_text(encoding="utf-8"))
    assert set(recorded["results"]) == {test for promise in PROMISES for test in promise["tests"]}
    assert set(recorded["results"].values()) <= {"passed", "passed, in part skipped"}
