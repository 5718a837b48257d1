"""FHIR's search for Patients (https://hl7.org/fhir/R4/search.html) as a search of the core.

`PARAMETERS` is the table of what there is: searches are read by it and the CapabilityStatement is written
from it, so the one promises what the other keeps.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import attrs

from vantrexia_adapters.fhir.outcome import Issue
from vantrexia_adapters.fhir.systems import EXTERNAL_ID_SYSTEM, MRN_SYSTEM
from vantrexia_core.kernel import PAGE_SIZE_MAX, InvalidError, InvalidValueError, PageRequest, PatientId, Phi
from vantrexia_core.patients import (
    SEARCH_VALUES_MAX,
    BornCondition,
    ChangedCondition,
    Condition,
    ContactCondition,
    Days,
    ExternalId,
    Gender,
    GenderCondition,
    IdCondition,
    IdentifierCondition,
    Moments,
    Mrn,
    NameCondition,
    NameField,
    Ordering,
    PatientSearch,
    Status,
    TextMatch,
)

COUNT_DEFAULT: Final = 20
COUNT_MAX: Final = PAGE_SIZE_MAX
VALUE_CHARACTERS_MAX: Final = 200

PROVENANCE: Final = "Provenance:target"
"""The one thing that can be brought along: who made what is shown (US Core asks for it)."""

GENDER_SYSTEM: Final = "http://hl7.org/fhir/administrative-gender"
TRUTH_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/special-values"
_TELECOM_SYSTEM: Final = "http://hl7.org/fhir/contact-point-system"

_UNESCAPED_COMMA: Final = re.compile(r"(?<!\\)((?:\\\\)*),")
_ESCAPED: Final = re.compile(r"\\([\\,$|])")
_PREFIXED: Final = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?([0-9].*)", re.DOTALL)
_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_MOMENT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]{1,6})?(Z|[+ -][0-9]{2}:[0-9]{2})?"
)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DAY: Final = timedelta(days=1)
COMPARATORS: Final = ("eq", "ne", "gt", "ge", "lt", "le", "sa", "eb")

Read = Callable[[str, Sequence[str]], Condition | frozenset[Status]]
"""From a modifier ('' for none) and the values, one of which must hold, to what must hold of a patient."""


@attrs.frozen
class SearchParameter:
    """One parameter: FHIR's name, its type, its definition, what can be said of it, and how it is read."""

    name: str
    type: str
    definition: str
    documentation: str
    read: Callable[..., Any]
    modifiers: tuple[str, ...] = ()
    comparators: tuple[str, ...] = ()


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
        if plain == "identifier" and _names_another_numbering(value):
            # It finds nobody. Who asks strictly, or in order to create, acts on that; others are told.
            if self._is_strict:
                self._complain(name, _NUMBERINGS)
            else:
                text = f"Not everything was searched for. {_NUMBERINGS}"
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
_NUMBERINGS: Final = (
    f"Identifiers are found by the systems {MRN_SYSTEM} and {EXTERNAL_ID_SYSTEM} alone; others are kept and "
    "not searched."
)
_NAME: Final = re.compile(r"_?[A-Za-z][A-Za-z-]{0,30}")
_NOT_FOR_US: Final = frozenset({"_format", "_pretty"})
"""These are about the answer's form, which is somebody else's business."""

_FIRST_PAGE: Final = PageRequest()


def _names_another_numbering(value: str) -> bool:
    systems = {part.partition("|")[0] for part in value.split(",") if "|" in part}
    return not systems <= {"", MRN_SYSTEM, EXTERNAL_ID_SYSTEM}


def values_of(text: str) -> tuple[str, ...]:
    """The values between the commas; a comma, a bar, a dollar or a backslash behind a backslash is itself."""
    if len(text) > SEARCH_VALUES_MAX * VALUE_CHARACTERS_MAX:
        message = "This is too long."
        raise InvalidValueError(message)
    parts = _UNESCAPED_COMMA.sub(r"\1" + "\0", text).split("\0")
    if len(parts) > SEARCH_VALUES_MAX or any(len(part) > VALUE_CHARACTERS_MAX for part in parts):
        message = f"Send at most {SEARCH_VALUES_MAX} values of at most {VALUE_CHARACTERS_MAX} characters."
        raise InvalidValueError(message)
    return tuple(dict.fromkeys(filter(None, parts)))


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def token(text: str) -> tuple[str | None, str]:
    """System and code; without a bar the system is None, before a bar with nothing it is empty."""
    parts = re.split(r"(?<!\\)\|", text, maxsplit=1)
    if len(parts) == 1:
        return None, _plain(text)
    if not parts[1]:
        message = "There must be a value after the bar."
        raise InvalidValueError(message)
    return _plain(parts[0]), _plain(parts[1])


def _name(field: NameField) -> Read:
    matches = {"": TextMatch.BEGINS, "exact": TextMatch.IS, "contains": TextMatch.HAS}
    return lambda modifier, values: NameCondition(field, matches[modifier], Phi(tuple(map(_plain, values))))


def _ids(_: str, values: Sequence[str]) -> Condition:
    # What is no id of ours is nobody's: it finds nothing, and is no mistake.
    return IdCondition(frozenset(PatientId(UUID(one)) for one in values if _UUID.fullmatch(one)))


def _identifiers(_: str, values: Sequence[str]) -> Condition:
    mrns, external_ids = [], []
    for system, value in map(token, values):
        try:
            if system in {None, MRN_SYSTEM}:
                mrns.append(Mrn(value))
            if system in {None, EXTERNAL_ID_SYSTEM}:
                external_ids.append(ExternalId(value))
        except InvalidValueError:
            # Nobody has such a number.
            continue
    return IdentifierCondition(tuple(mrns), tuple(external_ids))


def _genders(modifier: str, values: Sequence[str]) -> Condition:
    codes = {code.lower() for system, code in map(token, values) if system in {None, "", GENDER_SYSTEM}}
    named = frozenset(gender for gender in Gender if gender.value in codes)
    return GenderCondition(Phi(frozenset(Gender) - named if modifier == "not" else named))


def _statuses(modifier: str, values: Sequence[str]) -> frozenset[Status]:
    codes = {code.lower() for system, code in map(token, values) if system in {None, "", TRUTH_SYSTEM}}
    if not codes <= {"true", "false"}:
        message = "Use true or false."
        raise InvalidValueError(message)
    if modifier == "not":
        codes = {"true", "false"} - codes
    chosen = {"true": Status.ACTIVE, "false": Status.ARCHIVED}
    return frozenset(chosen[code] for code in codes)


def _contacts(*systems: str) -> Read:
    def read(_: str, values: Sequence[str]) -> Condition:
        phones, emails = [], []
        for system, value in map(token, values):
            wanted = None if system is None else system.removeprefix(f"{_TELECOM_SYSTEM}#").lower()
            if "phone" in systems and wanted in {None, "", "phone"} and any(map(str.isdigit, value)):
                phones.append(value)
            if "email" in systems and wanted in {None, "", "email"}:
                emails.append(value)
        return ContactCondition(Phi(tuple(phones)), Phi(tuple(emails)))

    return read


def _born(_: str, values: Sequence[str]) -> Condition:
    found = [days for value in values for days in _days(*prefixed(value))]
    return BornCondition(Phi(tuple(found)))


def _days(prefix: str, text: str) -> Iterator[Days]:
    match = _DATE.fullmatch(text)
    if match is None:
        message = "Use a date: YYYY, YYYY-MM or YYYY-MM-DD."
        raise InvalidValueError(message)
    first, last = _range(match)
    match prefix:
        case "eq":
            yield Days(first, last)
        case "ge":
            yield Days(first=first)
        case "le":
            yield Days(last=last)
        case "lt" | "eb":
            yield from _before(first)
        case "gt" | "sa":
            yield from _after(last)
        case _:
            yield from _before(first)
            yield from _after(last)


def _before(day: date) -> Iterator[Days]:
    if day > date.min:
        yield Days(last=day - _DAY)


def _after(day: date) -> Iterator[Days]:
    if day < date.max:
        yield Days(first=day + _DAY)


def _range(match: re.Match[str]) -> tuple[date, date]:
    """The first and the last day of a year, a month or a day."""
    year, month, day = (None if part is None else int(part) for part in match.groups())
    try:
        if year is None or month is None:
            return date(int(match[1]), 1, 1), date(int(match[1]), 12, 31)
        if day is None:
            first = date(year, month, 1)
            following = date(year + month // 12, month % 12 + 1, 1) if (year, month) < (9999, 12) else None
            return first, date.max if following is None else following - _DAY
        return date(year, month, day), date(year, month, day)
    except ValueError:
        message = "There is no such date."
    raise InvalidValueError(message)


def prefixed(text: str) -> tuple[str, str]:
    """The comparator before a date, and the date."""
    match = _PREFIXED.fullmatch(text)
    if match is None or match[1] == "ap":
        message = f"Use a date, if needed with a prefix: {', '.join(COMPARATORS)}."
        raise InvalidValueError(message)
    return match[1] or "eq", match[2]


def _changed(_: str, values: Sequence[str]) -> Condition:
    found = [moments for value in values for moments in _moments(*prefixed(value))]
    return ChangedCondition(tuple(found))


def _moments(prefix: str, text: str) -> Iterator[Moments]:
    since, before = stretch(text)
    match prefix:
        case "eq":
            yield Moments(since, before)
        case "ge":
            yield Moments(since=since)
        case "le":
            yield Moments(before=before)
        case "lt" | "eb":
            yield Moments(before=since)
        case "gt" | "sa":
            yield Moments(since=before)
        case _:
            yield Moments(before=since)
            yield Moments(since=before)


def stretch(text: str) -> tuple[datetime, datetime]:
    """From the first moment that is meant to the first that is not: as exact as it was written; UTC."""
    try:
        day = _DATE.fullmatch(text)
        if day is not None:
            first, last = _range(day)
            begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
            return begin, begin + (last - first) + _DAY
        match = _MOMENT.fullmatch(text)
        if match is not None:
            minute, second, fraction, zone = match.groups()
            # A plus sign that was not percent-encoded arrives as a blank.
            zone = "+00:00" if zone in {None, "Z"} else zone.replace(" ", "+")
            at = datetime.fromisoformat(f"{minute}{second or ':00'}{fraction or ''}{zone}").astimezone(UTC)
            if fraction is not None:
                return at, at + timedelta(microseconds=10 ** (7 - len(fraction)))
            return at, at + (timedelta(minutes=1) if second is None else timedelta(seconds=1))
    except (ValueError, OverflowError):
        pass
    message = "Use a date, or a time with its offset such as 2026-02-06T14:30:00Z."
    raise InvalidValueError(message)


_SPECIFICATION: Final = "http://hl7.org/fhir/SearchParameter"
_TEXT: Final = ("exact", "contains")

# fmt: off
_ALL: Final = (
    SearchParameter("_id", "token", f"{_SPECIFICATION}/Resource-id", "The id of the record.", _ids),
    SearchParameter(
        "identifier", "token", f"{_SPECIFICATION}/Patient-identifier",
        f"A record number ({MRN_SYSTEM}) or an id in eClinicalWorks ({EXTERNAL_ID_SYSTEM}), exactly as it is "
        "written; with its system or without. That of a merged record finds its survivor. Identifiers of "
        "other systems are kept and given back, and not searched.",
        _identifiers,
    ),
    SearchParameter(
        "name", "string", f"{_SPECIFICATION}/Patient-name",
        "The beginning of the official family name, of the first given name, or of the two with a blank "
        "between them; case and accents do not count.",
        _name(NameField.ANY), _TEXT,
    ),
    SearchParameter(
        "family", "string", f"{_SPECIFICATION}/individual-family",
        "The beginning of the official family name; case and accents do not count.",
        _name(NameField.LAST), _TEXT,
    ),
    SearchParameter(
        "given", "string", f"{_SPECIFICATION}/individual-given",
        "The beginning of the first given name; case and accents do not count.",
        _name(NameField.FIRST), _TEXT,
    ),
    SearchParameter(
        "birthdate", "date", f"{_SPECIFICATION}/individual-birthdate",
        "The day of birth: a day, a month or a year.", _born, comparators=COMPARATORS,
    ),
    SearchParameter(
        "gender", "token", f"{_SPECIFICATION}/individual-gender",
        "The administrative gender.", _genders, ("not",),
    ),
    SearchParameter(
        "telecom", "token", f"{_SPECIFICATION}/individual-telecom",
        "The record's phone number (phone|…), compared by its digits, with or without the country code 1, or "
        "its e-mail address (email|…); further ones are kept and not searched. Together with something that "
        "narrows the search.",
        _contacts("phone", "email"),
    ),
    SearchParameter(
        "phone", "token", f"{_SPECIFICATION}/individual-phone",
        "A phone number, as in telecom.", _contacts("phone"),
    ),
    SearchParameter(
        "email", "token", f"{_SPECIFICATION}/individual-email",
        "An e-mail address, as in telecom.", _contacts("email"),
    ),
    SearchParameter(
        "active", "token", f"{_SPECIFICATION}/Patient-active",
        "Whether the record is in service; without it active and archived records are found.",
        _statuses, ("not",),
    ),
    SearchParameter(
        "_lastUpdated", "date", f"{_SPECIFICATION}/Resource-lastUpdated",
        "When the record was last changed, by the second.", _changed, comparators=COMPARATORS,
    ),
)
# fmt: on

PARAMETERS: Final[Mapping[str, SearchParameter]] = MappingProxyType({one.name: one for one in _ALL})
"""What Patients can be searched by."""

_KNOWN: Final = (*PARAMETERS, *_RESULT)

COMBINATIONS: Final = (
    ("birthdate", "name"),
    ("gender", "name"),
    ("birthdate", "family"),
    ("family", "gender"),
)
"""What US Core names as searched together. Any others can be, too."""
