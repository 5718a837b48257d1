"""The trail on the wire: the filters of a question, an entry as JSON, entries as CSV."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Final, TypeVar
from uuid import UUID

import attrs

from vantrexia_core.audit import RESOURCE_OF, Action, Inquiry, Resource, TrailLine, entry_hash
from vantrexia_core.kernel import (
    MACHINE_NUMBERS_FROM,
    InvalidError,
    InvalidValueError,
    PageRequest,
    PatientId,
    Purpose,
    UserId,
)
from vantrexia_core.patients import Period
from vantrexia_web.wire.listing import parse_page, parse_query
from vantrexia_web.wire.request import Request

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

CSV: Final = "text/csv; charset=utf-8; header=present"
ADDRESS_CHARACTERS_MAX: Final = 64

_CHUNK_CHARACTERS: Final = 64 * 1024
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001 - the wide forms are meant
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection); some fold the wide forms."""


@attrs.frozen
class TrailQuery:
    """What is asked, which page of it, and as of which entry."""

    inquiry: Inquiry
    page: PageRequest
    as_of: int | None


def parse_trail_query(request: Request) -> TrailQuery:
    """The question of a page of the trail.

    Raises:
        InvalidError: a filter is not acceptable.
        NotFoundError: ``page`` is not the number of a page.
    """
    return TrailQuery(parse_inquiry(request), parse_page(request), parse_as_of(request))


def parse_inquiry(request: Request) -> Inquiry:
    """The filters of a question to the trail. Parameters that the API does not know are ignored.

    Raises:
        InvalidError: with a complaint for every filter that is not acceptable.
    """
    filters = _Filters(parse_query(request))
    resource = filters.parsed("resource_type", lambda text: _one_of(Resource, text))
    subject = filters.parsed("resource_id", lambda text: _resource_id(text, resource))
    inquiry = Inquiry(
        actor_id=filters.parsed("user_id", _user_id),
        action=filters.parsed("action", lambda text: _one_of(Action, text)),
        resource=resource if subject is None else _resource_of(subject),
        patient_id=filters.parsed("patient_id", _patient_id),
        subject_id=PatientId(subject) if isinstance(subject, UUID) else None,
        account_id=UserId(subject) if isinstance(subject, int) else None,
        address=filters.parsed("ip_address", _address),
        purpose=filters.parsed("purpose", lambda text: _one_of(Purpose, text)),
        since=filters.parsed("date_from", _since),
        before=filters.parsed("date_to", _before),
    )
    filters.check()
    return inquiry


def parse_period(request: Request) -> Period:
    """The period of an accounting.

    Raises:
        InvalidError: a date is not acceptable.
    """
    filters = _Filters(parse_query(request))
    period = Period(filters.parsed("date_from", _since), filters.parsed("date_to", _before))
    filters.check()
    return period


def parse_as_of(request: Request) -> int | None:
    """The number of the newest entry that counts, as the links of a page carry it.

    Raises:
        InvalidError: it is no number.
    """
    filters = _Filters(parse_query(request))
    as_of = filters.parsed("as_of", _number)
    filters.check()
    return as_of


def wants_fhir(request: Request) -> bool:
    """Whether the caller asks for FHIR by name, and prefers nothing else to it (RFC 9110, 12.5.1)."""
    weights: dict[str, float] = {}
    for media_range in ",".join(request.headers_named("Accept")).split(","):
        name, *parameters = (part.strip().lower() for part in media_range.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        weights[name] = float(quality) if re.fullmatch(r"[01](?:\.[0-9]{0,3})?", quality) else 0.0
    fhir = max(weights.get("application/fhir+json", 0.0), weights.get("application/json+fhir", 0.0))
    return fhir > 0 and fhir >= weights.get("application/json", 0.0)


def trail_content(line: TrailLine) -> dict[str, object]:
    """An entry of the trail."""
    entry = line.entry
    resource = RESOURCE_OF[entry.action]
    resource_id = {
        Resource.PATIENT: entry.patient_id,
        Resource.USER: entry.user_id,
        Resource.CLIENT: entry.user_id,
        Resource.AUDIT_LOG: None,
        Resource.KEY: None,
        Resource.BACKUP: None,
    }[resource]
    return {
        "id": line.seq,
        "timestamp": entry.at,
        "user_id": entry.actor_id,
        "user_email": None if line.actor_email is None else line.actor_email.reveal(),
        "role": None if entry.role is None else entry.role.value,
        "practice_id": entry.practice_id,
        "ip_address": entry.address,
        "action": entry.action.value,
        "resource_type": resource.value,
        "resource_id": None if resource_id is None else str(resource_id),
        "patient_id": entry.patient_id,
        "outcome": entry.outcome.value,
        "code": entry.code,
        "changed_fields": list(entry.changed),
        "disclosed_patient_ids": list(entry.disclosed),
        "request_id": entry.request_id,
        "record_version": entry.version,
        "hash": entry_hash(entry).hex(),
        "purpose": None if entry.purpose is None else entry.purpose.value,
    }


CSV_COLUMNS: Final = (
    "id", "timestamp", "user_id", "user_email", "role", "practice_id", "ip_address", "action",
    "resource_type", "resource_id", "patient_id", "outcome", "code", "changed_fields",
    "disclosed_patient_ids", "request_id", "record_version", "hash", "purpose",
)  # fmt: skip
"""The names of `trail_content`, in this order. New ones are added at the end."""


def csv_chunks(lines: Iterable[TrailLine]) -> Iterator[bytes]:
    """The lines as CSV (RFC 4180) with a heading, some 64 KiB at a time."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(CSV_COLUMNS)
    for line in lines:
        content = trail_content(line)
        writer.writerow(_cell(content[name]) for name in CSV_COLUMNS)
        if text.tell() >= _CHUNK_CHARACTERS:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    taken = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return taken


def _cell(value: object) -> str:
    """A cell that a spreadsheet shows and does not calculate."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, list):
        return " ".join(map(str, value))
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


class _Filters:
    """The query's parameters, and the complaints about them."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self._query = query
        self._complaints: dict[str, tuple[str, ...]] = {}

    def parsed(self, name: str, parse: Callable[[str], T]) -> T | None:
        """A parameter, or None where it is absent, empty or refused."""
        text = self._query.get(name, "")
        if not text:
            return None
        try:
            return parse(text)
        except InvalidValueError as invalid:
            self._complaints[name] = (str(invalid),)
            return None

    def check(self) -> None:
        """Raise what there was to complain about."""
        if self._complaints:
            raise InvalidError(self._complaints)


def _one_of(kind: type[E], text: str) -> E:
    for member in kind:
        if member.value == text:
            return member
    message = f"Use one of: {', '.join(str(member.value) for member in kind)}."
    raise InvalidValueError(message)


def _number(text: str) -> int:
    if _NUMBER.fullmatch(text) is None:
        message = "Use a whole number."
        raise InvalidValueError(message)
    return int(text)


def _user_id(text: str) -> UserId:
    return UserId(_number(text))


def _patient_id(text: str) -> PatientId:
    try:
        return PatientId(UUID(text))
    except ValueError:
        message = "Use the id of a patient."
    raise InvalidValueError(message)


def _resource_id(text: str, resource: Resource | None) -> UUID | int:
    if resource in {Resource.AUDIT_LOG, Resource.KEY, Resource.BACKUP}:
        message = "The audit log, keys and backups have no ids."
        raise InvalidValueError(message)
    if resource in {Resource.USER, Resource.CLIENT} or (resource is None and _NUMBER.fullmatch(text)):
        return _number(text)
    return _patient_id(text)


def _resource_of(subject: UUID | int) -> Resource:
    if isinstance(subject, UUID):
        return Resource.PATIENT
    return Resource.USER if subject < MACHINE_NUMBERS_FROM else Resource.CLIENT


def _address(text: str) -> str:
    if len(text) > ADDRESS_CHARACTERS_MAX or not text.isascii() or not text.isprintable():
        message = "Use an address as the trail shows it."
        raise InvalidValueError(message)
    return text


def _since(text: str) -> datetime:
    day = _day(text)
    return _moment(text) if day is None else day


def _before(text: str) -> datetime:
    """The first moment that no longer counts: a day counts to its end, and a moment itself counts."""
    day = _day(text)
    try:
        return _moment(text) + timedelta(microseconds=1) if day is None else day + timedelta(days=1)
    except OverflowError:
        message = "Use an earlier date."
    raise InvalidValueError(message)


def _day(text: str) -> datetime | None:
    if _DATE.fullmatch(text) is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        message = "There is no such day."
        raise InvalidValueError(message) from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _moment(text: str) -> datetime:
    """A moment with its offset (RFC 3339); a plus sign in a query has to be written %2B."""
    if _MOMENT.fullmatch(text) is not None:
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    message = "Use YYYY-MM-DD, or a time with its offset such as 2026-02-06T14:30:00Z."
    raise InvalidValueError(message)
