"""From parsed JSON to the core's values, with every bad field found in one pass.

cattrs collects the exceptions of all fields. They quote what was sent, so none of them leaves this module:
what leaves is an `InvalidError` with field names and sentences, raised outside their handlers so that no
traceback chains back to them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import partial, reduce
from operator import eq, or_
from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin
from uuid import UUID

import attrs
from cattrs import ClassValidationError, Converter, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn

from vantrexia_core.kernel import (
    NON_FIELD,
    BrokenPromiseError,
    InvalidError,
    InvalidValueError,
    Kept,
    Phi,
    Role,
)
from vantrexia_core.patients import DateOfBirth, Decision, Gender, Heir, Party

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
Hook = Callable[[Any, Any], Any]

REQUIRED: Final = "This field is required."
NOT_NULL: Final = "This field may not be null."
NOT_A_BOOLEAN: Final = "Use true or false."
NOT_TEXT: Final = "Not a valid string."
NOT_A_LIST: Final = "Not a valid list."
EMPTY_LIST: Final = "This list may not be empty."
NOT_AN_OBJECT: Final = "Not a valid object."
UNKNOWN: Final = "This field is not known. Check its spelling."
UNKNOWN_NAMED_MAX: Final = 20
ITEMS_NAMED_MAX: Final = 20
UNKNOWN_UNNAMED: Final = "A field is not known. Check the spelling of the fields' names."

_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_NAMEABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
"""Only a key that looks like a field's name is repeated in an answer: others may be PHI or unprintable."""


class _InvalidItemsError(InvalidValueError):
    """Items of a list are not right: a complaint for each."""

    def __init__(self, complaints: Sequence[str]) -> None:
        super().__init__(" ".join(complaints))
        self.complaints: Final = tuple(complaints)


def body_as(type_: type[T], content: object) -> T:
    """``content`` as one of the wire's types.

    Raises:
        InvalidError: with a complaint for every field that is not right.
    """
    refused: ClassValidationError | InvalidValueError
    try:
        return _CONVERTER.structure(content, type_)
    except (ClassValidationError, InvalidValueError) as invalid:
        refused = invalid
    by_field: dict[str, tuple[str, ...]] = {}
    for field, complaint in _complaints(refused, ""):
        if complaint not in by_field.get(field, ()):
            by_field[field] = (*by_field.get(field, ()), complaint)
    raise InvalidError(by_field)


def _complaints(refused: Exception, field: str) -> Iterator[tuple[str, str]]:
    """Field and sentence for everything that is wrong in ``field``, or in the whole body."""
    if isinstance(refused, ClassValidationError):
        prefix = f"{field}." if field else ""
        about_fields, about_the_whole = refused.group_exceptions()
        for error, note in about_fields:
            yield from _complaints(error, prefix + note.name)
        for error in about_the_whole:
            yield from _complaints(error, prefix)
    elif isinstance(refused, _InvalidItemsError):
        yield from ((field, complaint) for complaint in refused.complaints)
    elif isinstance(refused, InvalidValueError):
        yield field or NON_FIELD, str(refused)
    elif isinstance(refused, KeyError):
        yield field, REQUIRED
    elif isinstance(refused, ForbiddenExtraKeysError):
        # Enough to find a misspelling by; thousands of unknown keys are not worth an answer each.
        for key in sorted(refused.extra_fields)[:UNKNOWN_NAMED_MAX]:
            is_nameable = _NAMEABLE.fullmatch(key) is not None
            yield (field + key, UNKNOWN) if is_nameable else (NON_FIELD, UNKNOWN_UNNAMED)
    else:
        # No complaint about the input but a fault of ours; its own message may quote the input.
        message = f"structuring {field} failed with {type(refused).__name__}"
        raise BrokenPromiseError(message)


def _from_text(make: Callable[[str], T]) -> Hook:
    """A hook that takes text and nothing else: a number is not a name, and nothing is converted silently."""

    def structure(value: object, _: object) -> T:
        if value is None:
            raise InvalidValueError(NOT_NULL)
        if not isinstance(value, str):
            raise InvalidValueError(NOT_TEXT)
        return make(value)

    return structure


def _one_of(members: Iterable[E]) -> Callable[[str], E]:
    """What makes a member of its value, and names the choices to whoever sent something else."""
    by_value = {member.value: member for member in members}
    complaint = f"Choose one of: {', '.join(by_value)}."

    def make(value: str) -> E:
        member = by_value.get(value)
        if member is None:
            raise InvalidValueError(complaint)
        return member

    return make


def _uuid(value: str) -> UUID:
    if _UUID.fullmatch(value) is None:
        message = "Not a valid UUID."
        raise InvalidValueError(message)
    return UUID(value)


_gender: Final = _one_of(Gender)

_MADE_OF_TEXT: Final[Mapping[object, Callable[[str], object]]] = {
    Phi[Gender]: lambda value: Phi(_gender(value)),
    Role: _one_of(Role),
    # Nobody decides that a pair is open.
    Decision: _one_of(decision for decision in Decision if decision is not Decision.OPEN),
    Party: _one_of(Party),
    Heir: _one_of(Heir),
    UUID: _uuid,
}
"""What makes values of text, beside the subclasses of `Phi`, which make themselves."""


def _truth(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidValueError(NOT_NULL if value is None else NOT_A_BOOLEAN)
    return value


def _is_phi(type_: object) -> bool:
    return isinstance(type_, type) and issubclass(type_, Phi)


def _phi_hook(type_: Any) -> Hook:  # noqa: ANN401 - cattrs passes whatever a field is annotated with
    return _from_text(DateOfBirth.parse if type_ is DateOfBirth else type_)


def _may_be_kept(type_: object) -> bool:
    return get_origin(type_) in {Union, UnionType} and Kept in get_args(type_)


def _hook_without_kept(type_: Any) -> Hook:  # noqa: ANN401 - as above
    """``T | Kept`` arrives as a T: a field that keeps its value is one that was not sent."""
    sent = reduce(or_, (member for member in get_args(type_) if member != Kept))
    hook = _CONVERTER.get_structure_hook(sent)
    return lambda value, _: hook(value, sent)


def _is_list(type_: object) -> bool:
    return get_origin(type_) is tuple


def _list_hook(type_: Any) -> Hook:  # noqa: ANN401 - as above
    """A list of values; those that are not right are named by their numbers, counted from 1."""
    item_type, _ = get_args(type_)
    item = _CONVERTER.get_structure_hook(item_type)

    def structure(value: object, _: object) -> tuple[Any, ...]:
        if value is None:
            raise InvalidValueError(NOT_NULL)
        if not isinstance(value, list):
            raise InvalidValueError(NOT_A_LIST)
        if not value:
            raise InvalidValueError(EMPTY_LIST)
        items, complaints = [], list[str]()
        for number, one in enumerate(value, start=1):
            try:
                items.append(item(one, item_type))
            except InvalidValueError as invalid:
                complaints.append(f"Item {number}: {invalid}")
            if len(complaints) >= ITEMS_NAMED_MAX:
                break
        # Outside the handler, so that nothing chains back to what was sent.
        if complaints:
            raise _InvalidItemsError(complaints)
        return tuple(items)

    return structure


def _object_hook(type_: Any) -> Hook:  # noqa: ANN401 - as above
    fields = make_dict_structure_fn(
        type_, _CONVERTER, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True
    )

    def structure(value: object, _: object) -> Any:  # noqa: ANN401 - an instance of type_
        if value is None:
            raise InvalidValueError(NOT_NULL)
        if not isinstance(value, dict):
            raise InvalidValueError(NOT_AN_OBJECT)
        return fields(value, type_)

    return structure


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    # The last registered is asked first.
    converter.register_structure_hook_factory(attrs.has, _object_hook)
    converter.register_structure_hook_factory(_may_be_kept, _hook_without_kept)
    converter.register_structure_hook_factory(_is_list, _list_hook)
    converter.register_structure_hook_factory(_is_phi, _phi_hook)
    for type_, make in _MADE_OF_TEXT.items():
        converter.register_structure_hook_func(partial(eq, type_), _from_text(make))
    # By its class: a predicate is asked only after the hook that would take anything for a boolean.
    converter.register_structure_hook(bool, _truth)
    return converter


_CONVERTER: Final = _converter()
