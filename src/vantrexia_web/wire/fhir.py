"""FHIR over HTTP (https://hl7.org/fhir/R4/http.html): formats, preferences, conditions, bodies."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final
from urllib.parse import parse_qsl

import attrs

from vantrexia_core.kernel import (
    NON_FIELD,
    PAGE_SIZE_DEFAULT,
    PAGE_SIZE_MAX,
    InvalidError,
    PageRequest,
    VantrexiaError,
)
from vantrexia_web.outcomes import FHIR_JSON, PLAIN_JSON
from vantrexia_web.problems import NotAcceptableError, UnreadableBodyError
from vantrexia_web.wire.conditions import versions_named
from vantrexia_web.wire.request import Request

PARAMETERS_MAX: Final = 100

_UTF_8: Final = r'charset\s*=\s*"?utf-8"?'
_R4: Final = r'fhirversion\s*=\s*"?4\.0"?'
_PARAMETERS: Final = rf"(?:\s*;\s*(?:{_UTF_8}|{_R4}))*\s*"
_FHIR_BODY: Final = re.compile(rf"application/(?:fhir\+json|json\+fhir|json){_PARAMETERS}", re.IGNORECASE)
_PATCH_BODY: Final = re.compile(rf"application/json-patch\+json{_PARAMETERS}", re.IGNORECASE)
_FORM_BODY: Final = re.compile(rf"application/x-www-form-urlencoded(?:\s*;\s*{_UTF_8})*\s*", re.IGNORECASE)
_BODY_WANTED: Final = "Send the resource as 'Content-Type: application/fhir+json', in UTF-8, not compressed."
_PATCH_WANTED: Final = "Send the patch as 'Content-Type: application/json-patch+json' (RFC 6902)."
_FORM_WANTED: Final = "Send the search as 'Content-Type: application/x-www-form-urlencoded'."

_FORMATS: Final = {
    "json": FHIR_JSON,
    "application/fhir+json": FHIR_JSON,
    "application/json+fhir": FHIR_JSON,
    "application/json": PLAIN_JSON,
    "text/json": PLAIN_JSON,
}
"""Names of formats that there are, and what the answer is then called."""

_NOT_A_CONDITION: Final = frozenset({"_format", "_pretty", "on_duplicate"})

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
_QUALITY: Final = re.compile(r"[01](?:\.[0-9]{0,3})?")
_VERSION_TAG: Final = re.compile(r'(?:W/)?"([1-9][0-9]{0,17})"')


@attrs.frozen
class Preferences:
    """What a client prefers (RFC 7240): what is sent back after a change, and what becomes of the unknown."""

    returns: str = "representation"
    is_strict: bool = False


def parse_format(request: Request) -> str:
    """The media type of the answer: ``_format`` decides, then ``Accept``.

    Raises:
        NotAcceptableError: the client takes none that there is; XML and Turtle are not.
    """
    asked = [value for name, value in parse_parameters(request) if name == "_format"]
    if asked:
        # A plus sign in a query is a blank to whoever does not write it %2B.
        name, _, rest = asked[-1].replace(" ", "+").lower().partition(";")
        form = _FORMATS.get(name)
        if form is None or not _is_r4(rest):
            raise NotAcceptableError
        return form
    return _accepted(request)


def format_of_error(request: Request) -> str:
    """The media type of an error: as asked for if that can be understood, else FHIR's own."""
    try:
        return parse_format(request)
    except VantrexiaError:
        return FHIR_JSON


def parse_parameters(request: Request) -> Sequence[tuple[str, str]]:
    """The query's parameters in their order.

    Raises:
        InvalidError: there are too many, or they are not percent-encoded UTF-8.
    """
    return _pairs(request.query)


def parse_form(request: Request) -> Sequence[tuple[str, str]]:
    """The parameters of a ``_search`` by POST: those of the query, then those of the body.

    Raises:
        InvalidError: there are too many, or they are not percent-encoded UTF-8.
        MediaTypeError: the body is no form.
    """
    body = request.body_as(_FORM_BODY, _FORM_WANTED) if request.has_body else b""
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        text = None
    if text is None:
        complaint = "Percent-encode everything that is not ASCII."
        raise UnreadableBodyError(complaint)
    return [*_pairs(request.query), *_pairs(text)]


def parse_history_page(request: Request) -> PageRequest:
    """Which page of a history: ``_count`` versions of it, at most 100.

    Raises:
        NotFoundError: ``page`` is not the number of a page.
        InvalidError: ``_count`` is no number above zero.
    """
    query = dict(parse_parameters(request))
    number, count = query.get("page", "1"), query.get("_count", str(PAGE_SIZE_DEFAULT))
    if _NUMBER.fullmatch(number) is None or _NUMBER.fullmatch(count) is None:
        complaint = "Use whole numbers above zero for _count and page."
        raise InvalidError.on(NON_FIELD, complaint)
    return PageRequest(int(number), min(int(count), PAGE_SIZE_MAX))


def parse_resource(request: Request) -> bytes:
    """The bytes of the resource that was sent.

    Raises:
        BodyTooLargeError: it is longer than the limit.
        MediaTypeError: it is not declared as FHIR in JSON.
    """
    return request.body_as(_FHIR_BODY, _BODY_WANTED)


def parse_patch(request: Request) -> bytes:
    """The bytes of the JSON Patch that was sent.

    Raises:
        BodyTooLargeError: it is longer than the limit.
        MediaTypeError: it is not declared as a JSON Patch.
    """
    return request.body_as(_PATCH_BODY, _PATCH_WANTED)


def parse_preferences(request: Request) -> Preferences:
    """What is preferred. What is not understood is ignored, as RFC 7240 wants it."""
    wishes = {
        name.strip().lower(): value.strip().strip('"').lower()
        for field in request.headers_named("Prefer")
        for name, _, value in (wish.partition("=") for wish in re.split("[,;]", field))
    }
    returns = wishes.get("return", "")
    known = {"minimal", "representation", "operationoutcome"}
    return Preferences(
        returns if returns in known else "representation", is_strict=wishes.get("handling") == "strict"
    )


def parse_if_match(request: Request) -> frozenset[int] | None:
    """The versions one of which the record must have; None when any will do. FHIR's tags are weak."""
    return versions_named(request, "If-Match", _VERSION_TAG)


def is_unchanged(request: Request, version: int, updated_at: datetime) -> bool:
    """Whether the client has what it asks for already (RFC 9110, 13.2.2: tags come before dates)."""
    if request.headers_named("If-None-Match"):
        known = versions_named(request, "If-None-Match", _VERSION_TAG)
        return known is None or version in known
    for field in request.headers_named("If-Modified-Since"):
        try:
            since = parsedate_to_datetime(field)
        except ValueError:
            return False
        return updated_at.replace(microsecond=0) <= (since if since.tzinfo else since.replace(tzinfo=UTC))
    return False


def parse_if_none_exist(request: Request) -> Sequence[tuple[str, str]] | None:
    """The search of a conditional create; None if it is none.

    FHIR has it in a header; clients of other servers write it into the URL, where nothing else stands but
    `_NOT_A_CONDITION`.

    Raises:
        InvalidError: it is empty or no query.
    """
    fields = request.headers_named("If-None-Exist")
    in_url = [pair for pair in parse_parameters(request) if pair[0] not in _NOT_A_CONDITION]
    if not fields:
        return in_url or None
    found = _pairs(fields[0].rpartition("?")[2])
    if len(fields) > 1 or not found or in_url:
        complaint = "If-None-Exist: send one search, such as identifier=system|value."
        raise InvalidError.on(NON_FIELD, complaint)
    return found


def version_tag(version: int) -> str:
    """The weak entity tag of a version, as FHIR writes it."""
    return f'W/"{version}"'


def http_date(at: datetime) -> str:
    """A moment as HTTP writes it (RFC 9110, 5.6.7)."""
    return format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)


def _accepted(request: Request) -> str:
    fields = request.headers_named("Accept")
    if not any(fields):
        return FHIR_JSON
    weights: dict[str, float] = {}
    for media_range in ",".join(fields).split(","):
        name, *parameters = (part.strip().lower() for part in media_range.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        others = ";".join(text for text in parameters if not text.startswith("q="))
        if name and _is_r4(others) and _QUALITY.fullmatch(quality):
            weights[name] = max(weights.get(name, 0.0), float(quality))
    named = {form: weights[name] for name, form in _FORMATS.items() if weights.get(name)}
    if named:
        # Of two that are wanted alike, FHIR's own.
        return max((FHIR_JSON, PLAIN_JSON), key=lambda form: named.get(form, 0.0))
    refused = any(weights.get(name) == 0.0 for name in _FORMATS)
    if not refused and any(weights.get(name) for name in ("*/*", "application/*")):
        return FHIR_JSON
    raise NotAcceptableError


def _is_r4(parameters: str) -> bool:
    """Whether the parameters of a media type ask for no other version of FHIR."""
    versions = [text.partition("=") for text in parameters.split(";") if "fhirversion" in text]
    return all(value.strip().strip('"') in {"4.0", "4.0.1"} for _, _, value in versions)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=PARAMETERS_MAX)
    except ValueError:
        complaint = f"Send at most {PARAMETERS_MAX} parameters, percent-encoded in UTF-8."
    # Raised outside the handler: the parser's own exception quotes what was sent.
    raise InvalidError.on(NON_FIELD, complaint)
