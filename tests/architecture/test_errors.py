"""Every error has a code of its own, or shares one on purpose, and a sentence that says what to do."""

import importlib

import pytest

from tests.architecture.source import PACKAGES, modules
from vantrexia_core.kernel import VantrexiaError

SHARED_ON_PURPOSE = {
    "totp_invalid": "a code that is wrong at a sign-in (401) and one that is wrong at the enrolment (400)",
    "server_error": "nobody outside can act on it, and it should not tell an outsider more than that",
    "validation_error": "the field it is about stands in field_errors; that is what a caller acts on",
    "unavailable": (
        "that it was undone for certain matters to whoever may begin it again, and which disk is full to its "
        "operator; not to a caller"
    ),
    "not_found": "unknown, deleted, another practice's, no such path: the caller must not be able to tell",
}
"""Codes that several classes answer with, and why."""


def _families(root: type[VantrexiaError]) -> list[type[VantrexiaError]]:
    return [root, *(error for family in root.__subclasses__() for error in _families(family))]


def _errors() -> list[type[VantrexiaError]]:
    for package in PACKAGES:
        for module in modules(package):
            if not module.name.endswith("__main__") and ".migrations" not in module.name:
                importlib.import_module(module.name)
    ours = {error for error in _families(VantrexiaError) if error.__module__.startswith(PACKAGES)}
    return sorted(ours, key=lambda error: error.__name__)


ERRORS = _errors()


def test_there_are_errors_to_look_at() -> None:
    """The check below looks at what is really there."""
    assert {"NotFoundError", "AuditUnavailableError", "AlreadyArchivedError"} <= {
        error.__name__ for error in ERRORS
    }


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_has_a_code_of_its_own_or_shares_one_on_purpose(error: type[VantrexiaError]) -> None:
    """A program that gets a code knows what happened."""
    others = [other for other in ERRORS if other is not error and other.code == error.code]
    assert others == [] or error.code in SHARED_ON_PURPOSE
    assert "code" in vars(error) or error.code in SHARED_ON_PURPOSE, (
        "give it a code, or let it share one on purpose"
    )


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_is_named_and_explained(error: type[VantrexiaError]) -> None:
    """Its name ends in Error, its docstring says when, its sentence is one."""
    assert error.__name__.endswith("Error")
    assert error.__doc__
    assert error.sentence[0].isupper()
    assert error.code == error.code.lower().strip()
    assert error.code.replace("_", "").isalpha()
