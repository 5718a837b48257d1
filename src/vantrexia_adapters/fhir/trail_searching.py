"""FHIR's search for AuditEvents as a question to the trail; `TRAIL_PARAMETERS` is what there is."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import attrs

from vantrexia_adapters.fhir.audit_event import ACTION_SYSTEM, USER_SYSTEM
from vantrexia_adapters.fhir.outcome import Issue
from vantrexia_adapters.fhir.search_parameters import SearchParameter
from vantrexia_adapters.fhir.search_values import prefixed, stretch, token, values_of
from vantrexia_adapters.fhir.searching import (
    COUNT_DEFAULT,
    COUNT_MAX,
    InvalidSearchError,
    ignored_issue,
    known_or_sane,
    no_such,
)
from vantrexia_core.audit import Action, Inquiry
from vantrexia_core.kernel import InvalidValueError, PageRequest, PatientId, UserId

_SPECIFICATION: Final = "http://hl7.org/fhir/SearchParameter"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,14}")
_UUID: Final = re.compile(r"(?:Patient/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_ADDRESS: Final = re.compile(r"[\x21-\x7e]{1,64}")
_COMPARATORS: Final = ("eq", "gt", "ge", "lt", "le", "sa", "eb")

Change = Callable[[Inquiry, str], Inquiry]


@attrs.frozen(repr=False)
class TrailAsked:
    """A question to the trail, which page of it, and as of which entry. The others are as in `Asked`."""

    inquiry: Inquiry
    page: PageRequest
    as_of: int | None
    understood: tuple[tuple[str, str], ...]
    ignored: tuple[Issue, ...] = ()


def read_trail_search(pairs: Sequence[tuple[str, str]], *, is_strict: bool = False) -> TrailAsked:
    """What is asked of the trail. Parameters that there are not are left out and told of; strictly, refused.

    Raises:
        InvalidSearchError: a value or a modifier is not to be understood; each is named.
    """
    inquiry, complaints = Inquiry(), dict[str, tuple[str, ...]]()
    understood, numbers = [], {"_count": COUNT_DEFAULT, "page": 1, "as_of": -1}
    known, ignored = (*TRAIL_PARAMETERS, "_count"), list[Issue]()
    for name, value in pairs:
        plain = name.partition(":")[0]
        try:
            if not value or name in {"_format", "_pretty"}:
                continue
            if name in numbers:
                numbers[name] = _number(value)
            elif plain in TRAIL_PARAMETERS:
                inquiry = _changed(inquiry, name, value)
            elif is_strict:
                complaints[known_or_sane(name, known) or "parameter"] = (no_such(name, known),)
            else:
                ignored.append(ignored_issue(known_or_sane(name, known), no_such(name, known)))
                continue
        except InvalidValueError as refused:
            complaints[plain] = (*complaints.get(plain, ()), str(refused))
        if name not in {"page", "as_of"}:
            understood.append((name, value))
    if complaints:
        raise InvalidSearchError(complaints)
    page = PageRequest(numbers["page"], min(numbers["_count"], COUNT_MAX))
    as_of = None if numbers["as_of"] < 0 else numbers["as_of"]
    return TrailAsked(inquiry, page, as_of, tuple(understood), tuple(ignored))


def _changed(inquiry: Inquiry, name: str, value: str) -> Inquiry:
    plain, _, modifier = name.partition(":")
    parameter = TRAIL_PARAMETERS[plain]
    # An agent is a reference, and accounts are no resources here: they are known by their identifiers.
    if (modifier or plain == "agent") and modifier not in parameter.modifiers:
        known = ", ".join(f":{one}" for one in parameter.modifiers) or "none"
        message = f"This modifier is not supported here. Modifiers of this parameter: {known}."
        raise InvalidValueError(message)
    values = values_of(value)
    if len(values) != 1:
        message = "Ask for one value at a time."
        raise InvalidValueError(message)
    change: Change = parameter.read
    return change(inquiry, values[0])


def _number(text: str) -> int:
    if _NUMBER.fullmatch(text) is None or len(text) > len("100000000"):
        message = "Use a whole number above zero."
        raise InvalidValueError(message)
    return int(text)


def _date(inquiry: Inquiry, text: str) -> Inquiry:
    prefix, moment = prefixed(text)
    begin, end = stretch(moment)
    match prefix:
        case "eq":
            return _between(inquiry, begin, end)
        case "ge":
            return _between(inquiry, begin, None)
        case "gt" | "sa":
            return _between(inquiry, end, None)
        case "lt" | "eb":
            return _between(inquiry, None, begin)
        case "le":
            return _between(inquiry, None, end)
        case _:
            message = f"Use one of {', '.join(_COMPARATORS)}."
            raise InvalidValueError(message)


def _between(inquiry: Inquiry, since: datetime | None, before: datetime | None) -> Inquiry:
    """Narrowed further: of several dates all must hold."""
    begins = [one for one in (inquiry.since, since) if one is not None]
    ends = [one for one in (inquiry.before, before) if one is not None]
    return attrs.evolve(inquiry, since=max(begins, default=None), before=min(ends, default=None))


def _patient_of(text: str) -> PatientId:
    match = _UUID.fullmatch(text)
    if match is None:
        message = "Use the id of a Patient, or Patient/ and its id."
        raise InvalidValueError(message)
    return PatientId(UUID(match[1]))


def _patient(inquiry: Inquiry, text: str) -> Inquiry:
    return attrs.evolve(inquiry, patient_id=_patient_of(text))


def _entity(inquiry: Inquiry, text: str) -> Inquiry:
    return attrs.evolve(inquiry, subject_id=_patient_of(text))


def _agent(inquiry: Inquiry, text: str) -> Inquiry:
    system, number = token(text)
    if system not in {None, USER_SYSTEM} or _NUMBER.fullmatch(number) is None:
        message = f"Use {USER_SYSTEM}| and the number of an account."
        raise InvalidValueError(message)
    return attrs.evolve(inquiry, actor_id=UserId(int(number)))


def _subtype(inquiry: Inquiry, text: str) -> Inquiry:
    system, code = token(text)
    for action in Action:
        if system in {None, ACTION_SYSTEM} and action.value == code:
            return attrs.evolve(inquiry, action=action)
    message = f"Use {ACTION_SYSTEM}| and one of our actions."
    raise InvalidValueError(message)


def _address(inquiry: Inquiry, text: str) -> Inquiry:
    if _ADDRESS.fullmatch(text) is None:
        message = "Use an address as the trail shows it."
        raise InvalidValueError(message)
    return attrs.evolve(inquiry, address=text)


def _parameter(
    name: str, kind: str, documentation: str, read: Change, *modifiers: str, comparators: tuple[str, ...] = ()
) -> SearchParameter:
    definition = f"{_SPECIFICATION}/AuditEvent-{name}"
    return SearchParameter(name, kind, definition, documentation, read, modifiers, comparators)


_ALL: Final[tuple[Any, ...]] = (
    _parameter("date", "date", "When it happened.", _date, comparators=_COMPARATORS),
    _parameter("patient", "reference", "What was done to a patient, and whatever showed them.", _patient),
    _parameter("entity", "reference", "What was done to a patient.", _entity),
    _parameter("agent", "reference", "Who acted: agent:identifier, with an account.", _agent, "identifier"),
    _parameter("subtype", "token", f"What was attempted ({ACTION_SYSTEM}).", _subtype),
    _parameter("address", "string", "Where the call came from, exactly.", _address),
)
TRAIL_PARAMETERS: Final[Mapping[str, SearchParameter]] = MappingProxyType({one.name: one for one in _ALL})
"""What AuditEvents can be searched by."""
