"""The values of search parameters: lists, tokens, dates with a prefix (https://hl7.org/fhir/R4/search.html)."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from vantrexia_core.kernel import InvalidValueError
from vantrexia_core.patients import (
    SEARCH_VALUES_MAX,
    Days,
    Moments,
)

VALUE_CHARACTERS_MAX: Final = 200
_UNESCAPED_COMMA: Final = re.compile(r"(?<!\\)((?:\\\\)*),")
_BOUNDARY: Final = "\0"
_ESCAPED: Final = re.compile(r"\\([\\,$|])")
_PREFIXED: Final = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?([0-9].*)", re.DOTALL)
_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_MOMENT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]{1,6})?(Z|[+ -][0-9]{2}:[0-9]{2})?"
)
_DAY: Final = timedelta(days=1)
COMPARATORS: Final = ("eq", "ne", "gt", "ge", "lt", "le", "sa", "eb")


def values_of(text: str) -> tuple[str, ...]:
    """The values between the commas; a comma, a bar, a dollar or a backslash behind a backslash is itself."""
    if len(text) > SEARCH_VALUES_MAX * VALUE_CHARACTERS_MAX:
        message = "This is too long."
        raise InvalidValueError(message)
    if _BOUNDARY in text:
        message = "U+0000 is in no value."
        raise InvalidValueError(message)
    parts = _UNESCAPED_COMMA.sub(r"\1" + _BOUNDARY, text).split(_BOUNDARY)
    if len(parts) > SEARCH_VALUES_MAX or any(len(part) > VALUE_CHARACTERS_MAX for part in parts):
        message = f"Send at most {SEARCH_VALUES_MAX} values of at most {VALUE_CHARACTERS_MAX} characters."
        raise InvalidValueError(message)
    return tuple(dict.fromkeys(filter(None, parts)))


def unescaped(text: str) -> str:
    """A value without the backslashes that escape its commas, bars and dollars."""
    return _ESCAPED.sub(r"\1", text)


def token(text: str) -> tuple[str | None, str]:
    """System and code; without a bar the system is None, before a bar with nothing it is empty."""
    parts = re.split(r"(?<!\\)\|", text, maxsplit=1)
    if len(parts) == 1:
        return None, unescaped(text)
    if not parts[1]:
        message = "There must be a value after the bar."
        raise InvalidValueError(message)
    return unescaped(parts[0]), unescaped(parts[1])


def days_meant(prefix: str, text: str) -> Iterator[Days]:
    """The days that a date with a prefix admits."""
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


def moments_meant(prefix: str, text: str) -> Iterator[Moments]:
    """The moments that a date, or a time, with a prefix admits."""
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
