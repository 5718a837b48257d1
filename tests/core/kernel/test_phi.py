"""`Phi` keeps its value to itself, whatever is done to print, store or compare it."""

import copy
import io
import json
import logging
import pickle
import pprint
import sys
import traceback
from collections.abc import Callable
from datetime import date
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.marks import BORN, EMAIL, FIRST, MRN, a_marked_new_patient, marks_in
from vantrexia_core.kernel import MASK, Email, NamePart, Phi
from vantrexia_core.patients import DateOfBirth, Mrn


class Plain(Phi[Any]):
    """A value without rules of its own."""

    __slots__ = ()


WRAPPED: tuple[Phi[Any], ...] = (
    Phi(FIRST),
    Plain(BORN),
    NamePart(FIRST),
    Email(EMAIL),
    Mrn(MRN),
    DateOfBirth(BORN),
)


def _log(wrapped: object, fmt: str = "%s %r") -> str:
    stream = io.StringIO()
    logger = logging.Logger("a logger of this test alone")  # noqa: LOG001 - must not touch the shared registry
    logger.addHandler(logging.StreamHandler(stream))
    logger.error(fmt, wrapped, wrapped)
    return stream.getvalue()


def _traceback(wrapped: object, *, capture_locals: bool) -> str:
    def fail(value: object) -> None:
        local = value
        message = f"cannot use {local}"
        raise ValueError(message, local)

    try:
        fail(wrapped)
    except ValueError as error:
        return "".join(
            traceback.TracebackException.from_exception(error, capture_locals=capture_locals).format()
        )
    return ""


def _displayed(wrapped: object) -> str:
    real, sys.stdout = sys.stdout, io.StringIO()
    try:
        sys.displayhook(wrapped)
        return sys.stdout.getvalue()
    finally:
        sys.stdout = real


WAYS_OUT: dict[str, Callable[[object], str]] = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "format": format,
    "format with a specification": lambda wrapped: format(wrapped, ">40"),
    "str.format": "{0} {0!r} {0!s:>40}".format,
    "f-string": lambda wrapped: f"{wrapped} {wrapped!r} {wrapped!a}",
    "percent": lambda wrapped: "%s %r %a" % (wrapped, wrapped, wrapped),  # noqa: UP031 - logging works this way
    "in a list": lambda wrapped: str([wrapped]),
    "as a dict's value": lambda wrapped: str({"field": wrapped}),
    "in an exception": lambda wrapped: f"{ValueError(wrapped)!r} {ValueError(wrapped)}",
    "in an exception group": lambda wrapped: repr(ExceptionGroup("several", [ValueError(wrapped)])),
    "pprint": pprint.pformat,
    "logging": _log,
    "traceback": lambda wrapped: _traceback(wrapped, capture_locals=False),
    "traceback with locals": lambda wrapped: _traceback(wrapped, capture_locals=True),
    "json with str as a fallback": lambda wrapped: json.dumps(wrapped, default=str),
    "json with repr as a fallback": lambda wrapped: json.dumps(wrapped, default=repr),
    "interactive display": _displayed,
    "a frozen value's repr": lambda wrapped: repr(
        attrs.make_class("Holder", ["field"], frozen=True)(wrapped)
    ),
}


@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("wrapped", WRAPPED, ids=lambda wrapped: type(wrapped).__name__)
def test_every_way_to_print_shows_the_mask(wrapped: Phi[Any], way: str) -> None:
    """Whatever turns an object into text gets the mask, never the value."""
    shown = WAYS_OUT[way](wrapped)
    assert marks_in(shown) == []
    assert MASK in shown or MASK.encode("unicode_escape").decode() in shown


@given(st.text())
def test_the_specification_of_a_format_cannot_ask_for_the_value(specification: str) -> None:
    """Any format specification gives the mask, also one that a string would not understand."""
    assert format(NamePart(FIRST), specification) == MASK


@pytest.mark.parametrize("wrapped", WRAPPED, ids=lambda wrapped: type(wrapped).__name__)
def test_a_holder_as_a_dictionary_still_masks(wrapped: Phi[Any]) -> None:
    """`attrs.asdict`, what structured logging often does, keeps the wrapper."""
    holder = attrs.make_class("Holder", ["field"])(wrapped)
    assert marks_in(str(attrs.asdict(holder))) == []


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("wrapped", WRAPPED, ids=lambda wrapped: type(wrapped).__name__)
def test_pickling_is_refused_without_naming_the_value(wrapped: Phi[Any], protocol: int) -> None:
    """No protocol of pickle makes a copy at rest."""
    with pytest.raises(TypeError, match="not pickled") as caught:
        pickle.dumps(wrapped, protocol=protocol)
    assert marks_in(str(caught.value)) == []


def test_json_refuses_without_naming_the_value() -> None:
    """The plain JSON encoder does not know the wrapper and says so by its type."""
    with pytest.raises(TypeError) as caught:
        json.dumps({"name": NamePart(FIRST)})
    assert marks_in(repr(caught.value)) == []


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy])
def test_a_copy_is_the_same_object(clone: Callable[[object], object]) -> None:
    """Copying makes no second place where the value lives."""
    wrapped = NamePart(FIRST)
    assert clone(wrapped) is wrapped


def test_there_is_no_dictionary_to_look_into() -> None:
    """Slots leave no ``__dict__``, so `vars` and dumpers that use it find nothing."""
    with pytest.raises(TypeError):
        vars(NamePart(FIRST))


@pytest.mark.parametrize("wrapped", WRAPPED, ids=lambda wrapped: type(wrapped).__name__)
def test_hashing_is_refused(wrapped: Phi[Any]) -> None:
    """A hash of a birth date is a birth date: no set, no dictionary key, no cache."""
    with pytest.raises(TypeError):
        hash(wrapped)


def test_a_value_made_of_phi_does_not_hash_either() -> None:
    """A frozen record with PHI inside refuses to hash because its fields do."""
    with pytest.raises(TypeError):
        hash(a_marked_new_patient())


@given(st.text(), st.text())
def test_there_is_no_order(one: str, other: str) -> None:
    """Wrapped values do not sort; what could sort them has revealed them first."""
    with pytest.raises(TypeError):
        sorted((Phi(one), Phi(other)))  # type: ignore[type-var]


@pytest.mark.parametrize("value", ["", "x", 0, 1, None, [], [0]])
def test_there_is_no_truth_value(value: object) -> None:
    """``if phone:`` cannot silently mean two things."""
    with pytest.raises(TypeError, match="no truth value"):
        bool(Phi(value))


@given(st.text() | st.integers(), st.text() | st.integers())
def test_values_of_one_class_are_equal_when_what_they_wrap_is(one: str | int, other: str | int) -> None:
    """A revision can see what changed."""
    assert (Phi(one) == Phi(other)) == (one == other)
    assert (Phi(one) != Phi(other)) == (one != other)


def test_values_of_different_classes_are_never_equal() -> None:
    """An e-mail address is not a name, even when it is spelled alike; nor is it a string."""
    text = "a@example.org"
    assert NamePart(text) != Email(text)
    assert Phi(text) != NamePart(text)
    assert NamePart(text) != text
    assert NamePart(text) != None  # noqa: E711 - the comparison is the subject


def test_equality_gives_nothing_but_a_boolean() -> None:
    """A wrapped object whose own comparison is chatty cannot leak through it."""

    class Chatty:
        def __eq__(self, other: object) -> bool:
            return FIRST  # type: ignore[return-value]

        __hash__ = None  # type: ignore[assignment]

    assert (Phi(Chatty()) == Phi(Chatty())) is True


@given(st.one_of(st.text(), st.dates(), st.integers()))
def test_reveal_is_the_way_out(value: str | date | int) -> None:
    """What was wrapped comes back by the one searchable word."""
    assert Phi(value).reveal() == value


def test_trusted_skips_the_rules_of_a_class() -> None:
    """What was accepted before is not judged again by rules that may have become stricter."""
    kept = NamePart.trusted(" accepted long ago ")
    assert kept.reveal() == " accepted long ago "
    assert type(kept) is NamePart
