"""Errors carry a stable code and a sentence for people, never a value."""

import pytest

from vantrexia_core.kernel import (
    NON_FIELD,
    BrokenPromiseError,
    ConflictError,
    InvalidError,
    InvalidValueError,
    NotFoundError,
    NotSignedInError,
    PermissionDeniedError,
    StaleVersionError,
    UnavailableError,
    VantrexiaError,
)


@pytest.mark.parametrize(
    ("family", "code"),
    [
        (NotFoundError, "not_found"),
        (PermissionDeniedError, "permission_denied"),
        (NotSignedInError, "not_authenticated"),
        (ConflictError, "conflict"),
        (StaleVersionError, "precondition_failed"),
        (UnavailableError, "unavailable"),
        (BrokenPromiseError, "server_error"),
        (VantrexiaError, "server_error"),
    ],
)
def test_a_family_has_the_published_code_and_a_sentence(family: type[VantrexiaError], code: str) -> None:
    """Codes are part of the API; the sentence is there without being given."""
    assert family.code == code
    assert family().detail == family.sentence
    assert str(family()) == family.sentence
    assert family.sentence.endswith((".", "'."))


def test_a_sentence_can_be_given_for_one_case() -> None:
    """A narrower sentence replaces the family's; the code stays."""
    error = NotFoundError("There is no such page.")
    assert error.detail == "There is no such page."
    assert error.code == "not_found"


def test_an_invalid_error_tells_every_field() -> None:
    """All complaints travel together, so that one answer shows them all."""
    error = InvalidError({"first_name": ("Blank.",), NON_FIELD: ("Both are missing.",)})
    assert error.code == "validation_error"
    assert error.field_errors == {"first_name": ("Blank.",), "non_field_errors": ("Both are missing.",)}
    assert error.detail == "Some fields are not valid. See field_errors."


def test_an_invalid_error_keeps_its_own_complaints() -> None:
    """A dictionary changed afterwards does not change the error."""
    complaints = {"mrn": ("Taken.",)}
    error = InvalidError(complaints)
    complaints["mrn"] = ("Something else.",)
    assert error.field_errors == {"mrn": ("Taken.",)}


def test_one_complaint_on_one_field_is_short_to_say() -> None:
    """The common case."""
    assert InvalidError.on("mrn", "Taken.").field_errors == {"mrn": ("Taken.",)}


def test_a_value_error_never_passes_for_an_answer() -> None:
    """What a value says about itself must be given a field first; it is no error of the API."""
    assert not issubclass(InvalidValueError, VantrexiaError)
