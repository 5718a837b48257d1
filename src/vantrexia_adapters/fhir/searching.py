"""FHIR's search for Patients (https://hl7.org/fhir/R4/search.html) as a search of the core.

`PARAMETERS` (in `search_parameters`) is the table of what there is: searches are read by it and the
CapabilityStatement is written from it, so the one promises what the other keeps.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

import attrs

from vantrexia_adapters.fhir.outcome import Issue
from vantrexia_adapters.fhir.search_parameters import (
    NUMBERINGS,
    PARAMETERS,
    Read,
    SearchParameter,
    names_another_numbering,
)
from vantrexia_adapters.fhir.search_values import values_of
from vantrexia_core.kernel import PAGE_SIZE_MAX, InvalidError, InvalidValueError, PageRequest
from vantrexia_core.patients import (
    Condition,
    Ordering,
    PatientSearch,
    Status,
)

COUNT_DEFAULT: Final = 20
COUNT_MAX: Final = PAGE_SIZE_MAX
PROVENANCE: Final = "Provenance:target"
"""The one thing that can be brought along: who made what is shown (US Core asks for it)."""


@attrs.frozen(repr=False)
class Asked:
    """A search as it was understood. ``understood`` are the parameters that count, for the link to itself."""

    search: PatientSearch
    understood: tuple[tuple[str, str], ...]
    count: int = COUNT_DEFAULT
    has_total: bool = True
    brings_provenance: bool = False
    elements: frozenset[str] | None = None
    """The elements that are wanted, where not all are."""
    ignored: tuple[Issue, ...] = ()
    """What was left out, for the client to be told."""


def read_search(pairs: Sequence[tuple[str, str]], *, is_strict: bool = False, page: int = 1) -> Asked:
    """What a client asks for. Parameters that there are not are left out and told of; strictly, refused.

    Raises:
        InvalidSearchError: a value, a modifier or a prefix is not to be understood; each is named.
    """
    reading = _Reading(is_strict=is_strict)
    for name, value in pairs:
        reading.take(name, value)
    return reading.asked(page)


class InvalidSearchError(InvalidError):
    """A search is not to be understood; ``field_errors`` names the parameters."""

    sentence = "The search is not valid. See the issues."


def known_or_sane(name: str, known: Iterable[str]) -> str | None:
    """The name of a parameter, to be repeated in an answer; None where it may be anything.

    A name is the client's text as well. What looks like FHIR's names and is no longer than they are holds no
    number, no date, no address and no blank. It may still be somebody's name (``jane-doe``), put there by
    mistake: so it goes back to whoever sent it, for whom a misspelt parameter would be hard to find
    otherwise, and into no log and no trail.
    """
    plain = name.partition(":")[0]
    return plain if plain in known or _NAME.fullmatch(plain) else None


def no_such(name: str, known: Collection[str]) -> str:
    """That there is no such parameter, and which one may be meant."""
    alike = get_close_matches(name.partition(":")[0].lower(), [one.lower() for one in known], n=1)
    meant = next((f" Perhaps {one} is meant." for one in known if one.lower() in alike), "")
    return f"There is no such parameter here.{meant} See /fhir/metadata."


def ignored_issue(name: str | None, complaint: str) -> Issue:
    """A warning about what was left out of a search."""
    which = "A parameter" if name is None else f"The parameter {name}"
    text = f"{which} was ignored. {complaint} With 'Prefer: handling=strict' this would be refused."
    return Issue("not-supported", text, severity="warning")


class _NotHereError(InvalidValueError):
    """Something that FHIR has and this server has not."""


class _Reading:
    """The parameters taken so far, and the complaints about them."""

    def __init__(self, *, is_strict: bool) -> None:
        self._is_strict = is_strict
        self._complaints: dict[str, tuple[str, ...]] = {}
        self._where: list[Condition] = []
        self._statuses: frozenset[Status] | None = None
        self._understood: list[tuple[str, str]] = []
        self._ignored: list[Issue] = []
        self._count: int | None = COUNT_DEFAULT
        self._ordering = Ordering.LAST_NAME
        self._has_total = True
        self._is_summary = False
        self._brings_provenance = False
        self._elements: frozenset[str] | None = None
        self._taken: set[tuple[str, frozenset[str]]] = set()

    def take(self, name: str, value: str) -> None:
        """Take one parameter."""
        plain, _, modifier = name.partition(":")
        if name in _NOT_FOR_US:
            return
        try:
            if plain not in PARAMETERS and name not in _RESULT:
                raise _NotHereError(no_such(name, _KNOWN))
            if not value.strip(","):
                message = "It has no value."
                raise _NotHereError(message)
            if plain in PARAMETERS:
                self._take_condition(PARAMETERS[plain], modifier, value)
            else:
                _RESULT[name](self, value)
        except InvalidValueError as refused:
            # What is right and not to be had is left out of the link to itself, unless the client is strict.
            if self._is_strict or not isinstance(refused, _NotHereError):
                self._complain(name, str(refused))
            else:
                self._ignored.append(ignored_issue(known_or_sane(name, _KNOWN), str(refused)))
            return
        self._understood.append((name, value))
        if plain == "identifier" and names_another_numbering(value):
            # It finds nobody. Who asks strictly, or in order to create, acts on that; others are told.
            if self._is_strict:
                self._complain(name, NUMBERINGS)
            else:
                text = f"Not everything was searched for. {NUMBERINGS}"
                self._ignored.append(Issue("not-supported", text, severity="warning"))

    def asked(self, page: int) -> Asked:
        """The search.

        Raises:
            InvalidSearchError: there were complaints.
        """
        if self._complaints:
            raise InvalidSearchError(self._complaints)
        size = None if self._is_summary else self._count
        search = PatientSearch(tuple(self._where), ordering=self._ordering)
        if self._statuses is not None:
            search = attrs.evolve(search, statuses=self._statuses)
        wanted = None if not size else attrs.evolve(_FIRST_PAGE, number=page, size=size)
        return Asked(
            attrs.evolve(search, page=wanted),
            tuple(self._understood),
            size or 0,
            self._has_total,
            self._brings_provenance,
            self._elements,
            tuple(self._ignored),
        )

    def _complain(self, name: str, complaint: str) -> None:
        key = known_or_sane(name, _KNOWN) or "parameter"
        self._complaints[key] = (*self._complaints.get(key, ()), complaint)

    def _take_condition(self, parameter: SearchParameter, modifier: str, text: str) -> None:
        if modifier and modifier not in parameter.modifiers:
            known = ", ".join(f":{one}" for one in parameter.modifiers) or "none"
            message = f"This modifier is not supported here. Modifiers of this parameter: {known}."
            raise InvalidValueError(message)
        values = values_of(text)
        asked = (f"{parameter.name}:{modifier}", frozenset(values))
        if not values or asked in self._taken:
            return
        self._taken.add(asked)
        reader: Read = parameter.read
        read = reader(modifier, values)
        if isinstance(read, frozenset):
            self._statuses = read if self._statuses is None else self._statuses & read
        else:
            self._where.append(read)

    def take_count(self, value: str) -> None:
        if re.fullmatch(r"[0-9]{1,9}", value) is None:
            message = "Use a whole number."
            raise InvalidValueError(message)
        self._count = min(int(value), COUNT_MAX)

    def take_sort(self, value: str) -> None:
        orderings = {
            "family": Ordering.LAST_NAME,
            "family,given": Ordering.LAST_NAME,
            "name": Ordering.LAST_NAME,
            "-family": Ordering.LAST_NAME_DESCENDING,
            "-family,-given": Ordering.LAST_NAME_DESCENDING,
            "-name": Ordering.LAST_NAME_DESCENDING,
        }
        if value not in orderings:
            message = "Sort by family or -family."
            raise _NotHereError(message)
        self._ordering = orderings[value]

    def take_total(self, value: str) -> None:
        if value not in {"none", "estimate", "accurate"}:
            message = "Use none, estimate or accurate."
            raise InvalidValueError(message)
        self._has_total = value != "none"

    def take_summary(self, value: str) -> None:
        if value not in {"count", "false"}:
            message = "Use count or false. For fewer elements there is _elements."
            raise _NotHereError(message)
        self._is_summary = value == "count"

    def take_reverse_include(self, value: str) -> None:
        if value != PROVENANCE:
            message = f"Only {PROVENANCE} can be brought along."
            raise _NotHereError(message)
        self._brings_provenance = True

    def take_elements(self, value: str) -> None:
        names = frozenset(name.strip() for name in value.split(","))
        if any(re.fullmatch(r"[A-Za-z]{1,64}", name) is None for name in names):
            message = "Use names of elements, with commas between them."
            raise InvalidValueError(message)
        self._elements = names


_RESULT: Final[Mapping[str, Callable[[_Reading, str], None]]] = MappingProxyType(
    {
        "_count": _Reading.take_count,
        "_sort": _Reading.take_sort,
        "_total": _Reading.take_total,
        "_summary": _Reading.take_summary,
        "_revinclude": _Reading.take_reverse_include,
        "_elements": _Reading.take_elements,
    }
)
_NAME: Final = re.compile(r"_?[A-Za-z][A-Za-z-]{0,30}")
_NOT_FOR_US: Final = frozenset({"_format", "_pretty"})
"""These are about the answer's form, which is somebody else's business."""
_FIRST_PAGE: Final = PageRequest()
_KNOWN: Final = (*PARAMETERS, *_RESULT)
