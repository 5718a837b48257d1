"""Errors under ``/fhir/``: the same statuses and codes as everywhere, as OperationOutcomes.

A path of the REST API that lies under ``/fhir/`` keeps that API's envelope.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import orjson

from vantrexia_adapters.fhir import InvalidResourceError, InvalidSearchError, Issue, operation_outcome
from vantrexia_core.kernel import (
    NON_FIELD,
    ConflictError,
    InvalidError,
    NotFoundError,
    NotSignedInError,
    PermissionDeniedError,
    StaleVersionError,
    UnavailableError,
    VantrexiaError,
)
from vantrexia_core.patients import (
    DuplicateSuspectedError,
    ExternalIdTakenError,
    GoneError,
    MrnTakenError,
    TooCostlyError,
)
from vantrexia_core.throttling import ThrottledError
from vantrexia_web.answer import JSON, Answer
from vantrexia_web.problems import (
    UNEXPECTED,
    BodyTooLargeError,
    MediaTypeError,
    MethodNotAllowedError,
    NotAcceptableError,
    SlowBodyError,
    UnprocessableError,
    UnreadableBodyError,
    detail_of,
    headers_of,
    problem,
    status_of,
)

BASE: Final = "/fhir"
FHIR_JSON: Final = "application/fhir+json; charset=utf-8"
PLAIN_JSON: Final = f"{JSON}; charset=utf-8"

_OF_THE_API: Final = ("/fhir/patients/",)
"""Paths of the REST API: their errors stay in its envelope."""

STATUS_IN_FHIR: Final[Mapping[type[VantrexiaError], int]] = MappingProxyType(
    {GoneError: 410, MrnTakenError: 422, ExternalIdTakenError: 422}
)
"""Where FHIR has a word of its own. Everything else has the status that it has in the REST API."""

KIND_OF_ERROR: Final[Mapping[type[VantrexiaError], str]] = MappingProxyType(
    {
        UnreadableBodyError: "structure",
        MrnTakenError: "duplicate",
        ExternalIdTakenError: "duplicate",
        InvalidError: "invalid",
        NotSignedInError: "login",
        PermissionDeniedError: "forbidden",
        GoneError: "deleted",
        NotFoundError: "not-found",
        MethodNotAllowedError: "not-supported",
        NotAcceptableError: "not-supported",
        MediaTypeError: "not-supported",
        ConflictError: "conflict",
        DuplicateSuspectedError: "duplicate",
        StaleVersionError: "conflict",
        SlowBodyError: "timeout",
        BodyTooLargeError: "too-long",
        ThrottledError: "throttled",
        UnavailableError: "transient",
        TooCostlyError: "too-costly",
        UnprocessableError: "processing",
    }
)
"""FHIR's issue-type. A class not listed has that of its nearest listed ancestor, or is our fault."""

PLACE_OF_FIELD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "first_name": "Patient.name[0].given",
        "last_name": "Patient.name[0].family",
        "date_of_birth": "Patient.birthDate",
        "gender": "Patient.gender",
        "mrn": "Patient.identifier",
        "external_id": "Patient.identifier",
        "ssn": "Patient.identifier",
        "phone": "Patient.telecom",
        "email": "Patient.telecom",
        "address": "Patient.address",
    }
)
"""Where the fields of a record stand in a Patient, for rules that the core checks."""


def refusal(error: BaseException, path: str, *, media_type: str = FHIR_JSON) -> Answer:
    """The answer for an error at a path: an OperationOutcome under ``/fhir/``, our envelope elsewhere."""
    return outcome(error, media_type=media_type) if speaks_fhir(path) else problem(error)


def speaks_fhir(path: str) -> bool:
    """Whether a path belongs to the FHIR endpoint."""
    return (path == BASE or path.startswith(f"{BASE}/")) and not path.startswith(_OF_THE_API)


def outcome(error: BaseException, *, media_type: str = FHIR_JSON) -> Answer:
    """The answer for an error. An unexpected one shows neither its class nor its message."""
    status = fhir_status_of(type(error))
    if isinstance(error, InvalidResourceError) and error.is_about_rules:
        status = 422
    if not isinstance(error, VantrexiaError) or status == 500:  # noqa: PLR2004 - the status itself
        unexpected = Issue("exception", UNEXPECTED, VantrexiaError.code, severity="fatal")
        return outcome_answer(500, unexpected, media_type=media_type)
    issues = tuple(_issues(error))
    return outcome_answer(status, *issues, media_type=media_type, headers=headers_of(error))


def outcome_answer(
    status: int, *issues: Issue, media_type: str = FHIR_JSON, headers: Mapping[str, str] | None = None
) -> Answer:
    """An OperationOutcome as an answer."""
    return Answer(status, orjson.dumps(operation_outcome(issues)), headers or {}, media_type)


def fhir_status_of(kind: type[BaseException]) -> int:
    """The HTTP status of a class of errors under ``/fhir/``."""
    return next((STATUS_IN_FHIR[base] for base in kind.__mro__ if base in STATUS_IN_FHIR), status_of(kind))


def _issues(error: VantrexiaError) -> Iterator[Issue]:
    kind = next((KIND_OF_ERROR[base] for base in type(error).__mro__ if base in KIND_OF_ERROR), "exception")
    if isinstance(error, InvalidResourceError):
        yield from error.issues
        return
    if not isinstance(error, InvalidError):
        yield Issue(kind, detail_of(error), error.code)
        if isinstance(error, DuplicateSuspectedError):
            for id_ in error.candidates:
                reference = f"Patient/{id_}"
                yield Issue(kind, "A candidate.", error.code, severity="information", diagnostics=reference)
        return
    for field, complaints in error.field_errors.items():
        is_of_search = isinstance(error, InvalidSearchError)
        place = None if is_of_search else PLACE_OF_FIELD.get(field.partition(".")[0])
        for complaint in complaints:
            text = complaint if place is not None or field == NON_FIELD else f"{field}: {complaint}"
            yield Issue(kind, text, error.code, place)
