"""Bulk Data on the wire (HL7 FHIR Bulk Data Access 2.0.0): the kick-off's parameters, and the manifest."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import attrs

from vantrexia_adapters.fhir import NDJSON_NAMES, Json
from vantrexia_core.kernel import NON_FIELD, InvalidError, InvalidValueError, PatientId
from vantrexia_core.patients import PATIENTS_ASKED_MAX, Export, ExportWish
from vantrexia_web.wire.fhir import parse_parameters, parse_resource
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.strict_json import parse_json

ELEMENTS_MAX: Final = 50

_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_ELEMENT: Final = re.compile(r"(?:Patient\.)?([a-z][A-Za-z]{0,63})")
_REFERENCE: Final = re.compile(r"Patient/([0-9a-fA-F-]{36})")
_PLAIN_VALUES: Final = ("valueString", "valueInstant", "valueCode", "valueUri", "valueDateTime")
_NOT_ASYNC: Final = "An export is asynchronous: send 'Prefer: respond-async'."
_ONLY_PATIENTS: Final = "There are Patients here and nothing else: leave _type away, or say Patient."


@attrs.frozen
class _Given:
    """One parameter of a kick-off: its name, and what it says."""

    name: str
    value: str
    is_reference: bool = False


def parse_kick_off(request: Request) -> ExportWish:
    """What is to be exported.

    Parameters that we do not know are refused, unless ``Prefer: handling=lenient`` lets them be ignored.

    Raises:
        InvalidError: ``Prefer: respond-async`` is missing, or a parameter is not acceptable.
        MediaTypeError: the body is no Parameters resource.
    """
    wishes = {
        wish.strip().lower().replace('"', "")
        for field in request.headers_named("Prefer")
        for wish in re.split("[,;]", field)
    }
    if "respond-async" not in wishes:
        raise InvalidError.on(NON_FIELD, _NOT_ASYNC)
    kick_off = _KickOff(is_lenient="handling=lenient" in wishes)
    given = _from_body(request) if request.method == "POST" else _from_query(request)
    for one in given:
        kick_off.take(one)
    return kick_off.wish(request)


class _KickOff:
    """What was said so far, and the complaints about it."""

    def __init__(self, *, is_lenient: bool) -> None:
        self._is_lenient = is_lenient
        self._complaints: dict[str, tuple[str, ...]] = {}
        self._understood: list[tuple[str, str]] = []
        self._since: datetime | None = None
        self._elements: dict[str, None] = {}
        self._patients: dict[PatientId, None] = {}

    def take(self, given: _Given) -> None:
        """Read one parameter."""
        known = {
            "_type": self._take_type,
            "_since": self._take_since,
            "_outputFormat": self._take_format,
            "_elements": self._take_elements,
        }
        try:
            if given.name == "patient" and given.is_reference:
                self._take_patient(given.value)
            elif given.name in known:
                known[given.name](given.value)
                self._understood.append((given.name, given.value))
            elif given.name != "_format" and not self._is_lenient:
                complaint = "This parameter is not supported. To have it ignored: Prefer: handling=lenient."
                raise InvalidValueError(complaint)  # noqa: TRY301 - one complaint a parameter
        except InvalidValueError as invalid:
            # A parameter that we do not know is not repeated: who knows what its name is.
            name = given.name if given.name in {*known, "patient"} else NON_FIELD
            self._complaints[name] = (str(invalid),)

    def wish(self, request: Request) -> ExportWish:
        """What is asked for.

        Raises:
            InvalidError: with all complaints.
        """
        if self._complaints:
            raise InvalidError(self._complaints)
        # Of the address no more than was understood: what else stands there may tell of somebody.
        query = f"?{urlencode(self._understood)}" if request.method == "GET" and self._understood else ""
        words = f"{request.path}{query}"
        return ExportWish(self._since, tuple(self._patients), tuple(self._elements), words)

    def _take_type(self, text: str) -> None:
        types = set(text.split(","))
        if "Patient" not in types or (types != {"Patient"} and not self._is_lenient):
            raise InvalidValueError(_ONLY_PATIENTS)

    def _take_since(self, text: str) -> None:
        # A plus sign in a query is a blank to whoever does not write it %2B.
        text = text.replace(" ", "+")
        if _INSTANT.fullmatch(text) is not None:
            try:
                self._since = datetime.fromisoformat(text).astimezone(UTC)
            except (ValueError, OverflowError):
                pass
            else:
                return
        message = "Use an instant with its offset, such as 2026-02-06T14:30:00Z."
        raise InvalidValueError(message)

    def _take_format(self, text: str) -> None:
        if text.replace(" ", "+").partition(";")[0] not in NDJSON_NAMES:
            message = f"Use one of: {', '.join(NDJSON_NAMES)}."
            raise InvalidValueError(message)

    def _take_elements(self, text: str) -> None:
        for word in text.split(","):
            element = _ELEMENT.fullmatch(word)
            if element is None or len(self._elements) >= ELEMENTS_MAX:
                message = f"Use up to {ELEMENTS_MAX} names of a Patient's elements, separated by commas."
                raise InvalidValueError(message)
            self._elements[element[1]] = None

    def _take_patient(self, text: str) -> None:
        reference = _REFERENCE.fullmatch(text)
        try:
            id_ = None if reference is None else PatientId(UUID(reference[1]))
        except ValueError:
            id_ = None
        if id_ is None or len(self._patients) >= PATIENTS_ASKED_MAX:
            message = f"Use up to {PATIENTS_ASKED_MAX} references such as Patient/id."
            raise InvalidValueError(message)
        self._patients[id_] = None


def manifest(export: Export, *, public_url: str, status_url: str) -> Json:
    """What an export consists of, and where it is fetched."""
    at = export.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "transactionTime": at,
        "request": f"{public_url}{export.wish.request}",
        "requiresAccessToken": True,
        "output": [
            {"type": "Patient", "url": f"{status_url}/patients/{place}.ndjson", "count": part.count}
            for place, part in enumerate(export.shown)
        ],
        "deleted": [
            {"type": "Bundle", "url": f"{status_url}/deleted/{place}.ndjson"}
            for place, _ in enumerate(export.gone)
        ],
        "error": [],
    }


def accepts_gzip(request: Request) -> bool:
    """Whether the client takes gzip (RFC 9110, 12.5.3)."""
    for field in request.headers_named("Accept-Encoding"):
        for coding in field.split(","):
            name, *parameters = (part.strip().lower() for part in coding.split(";"))
            refused = {"q=0", "q=0.0", "q=0.00", "q=0.000"}
            if name in {"gzip", "x-gzip"} and refused.isdisjoint(parameters):
                return True
    return False


def _from_query(request: Request) -> Iterator[_Given]:
    return (_Given(name, value) for name, value in parse_parameters(request))


def _from_body(request: Request) -> Sequence[_Given]:
    content: Any = parse_json(parse_resource(request)) if request.has_body else {"resourceType": "Parameters"}
    parameters = content.get("parameter", []) if isinstance(content, dict) else None
    if parameters is None or content.get("resourceType") != "Parameters" or not isinstance(parameters, list):
        complaint = "Send a Parameters resource."
        raise InvalidError.on(NON_FIELD, complaint)
    return [_given(parameter) for parameter in parameters]


def _given(parameter: object) -> _Given:
    if isinstance(parameter, dict) and isinstance(name := parameter.get("name"), str):
        reference = parameter.get("valueReference")
        if isinstance(reference, dict) and isinstance(text := reference.get("reference"), str):
            return _Given(name, text, is_reference=True)
        for kind in _PLAIN_VALUES:
            if isinstance(text := parameter.get(kind), str):
                return _Given(name, text)
        if not parameter.keys() - {"name"} or any(kind.startswith("value") for kind in parameter):
            return _Given(name, "")
    complaint = "Each parameter has a name and a value."
    raise InvalidError.on(NON_FIELD, complaint)
