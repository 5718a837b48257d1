"""Errors as answers: which class gets which status, in the documented envelope, once.

The envelope is ``detail`` for people, ``code`` for machines and, on a 400, ``field_errors``. Nothing of the
request is repeated in it: what was sent may be PHI, and answers end up in clients' logs.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from vantrexia_core.audit import IdempotencyKeyReusedError
from vantrexia_core.identity import (
    AccountLockedError,
    InvalidClientError,
    InvalidScopeError,
    TokenNotValidError,
    TooManyEmergenciesError,
)
from vantrexia_core.kernel import (
    NON_FIELD,
    ConflictError,
    DiskFullError,
    InsufficientScopeError,
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
    EditedSinceError,
    LooksDifferentError,
    MergedAwayError,
    MergeDoneError,
    NewerMergeError,
    TooManyExportsError,
)
from vantrexia_core.throttling import ThrottledError
from vantrexia_web.answer import Answer, json_answer

RETRY_AFTER_SECONDS: Final = 5
EXPORT_RETRY_AFTER_SECONDS: Final = 600
"""Somebody has to finish with an export first."""
EMERGENCY_RETRY_AFTER_SECONDS: Final = 360
"""Ten an hour are one in this time."""


class UnreadableBodyError(InvalidError):
    """The body is not JSON as RFC 8259 wants it from us: UTF-8, no key twice, no NaN, not too deep."""

    code = "parse_error"
    sentence = "The body could not be read."

    def __init__(self, complaint: str) -> None:
        super().__init__({NON_FIELD: (complaint,)})
        self.args = (complaint,)


class NoSuchPathError(NotFoundError):
    """The API has no such path."""

    sentence = "There is nothing at this path. See /docs/ for the paths that exist."


class MethodNotAllowedError(VantrexiaError):
    """The path exists, the method does not (RFC 9110, 15.5.6); ``Allow`` lists those that do."""

    code = "method_not_allowed"
    sentence = "This path does not answer that method. See the Allow header."


class ClearTextError(PermissionDeniedError):
    """The request crossed a network in clear, and not from a proxy that speaks TLS for us."""

    code = "tls_required"
    sentence = "This service answers https requests only. Nothing was done."


class NotAcceptableError(VantrexiaError):
    """The caller takes no form of the answer that there is (RFC 9110, 15.5.7)."""

    code = "not_acceptable"
    sentence = "The answer is available as application/fhir+json or application/json, in FHIR 4.0."


class UnprocessableError(VantrexiaError):
    """What is asked for can be read, and cannot be done with the record as it is (RFC 9110, 15.5.21)."""

    code = "unprocessable"
    sentence = "This cannot be done with the record as it is."


class BodyTooLargeError(VantrexiaError):
    """The body is longer than any request needs."""

    code = "payload_too_large"
    sentence = "The body is too large: send at most 64 KiB."


class SlowBodyError(VantrexiaError):
    """The body did not arrive in time (RFC 9110, 15.5.9)."""

    code = "request_timeout"
    sentence = "The body did not arrive in time. Send it at once."


class MediaTypeError(VantrexiaError):
    """The body is declared as something else than JSON in UTF-8."""

    code = "unsupported_media_type"
    sentence = "Send the body as 'Content-Type: application/json', in UTF-8, not compressed."


class BadTokenRequestError(VantrexiaError):
    """A request for a machine client's token lacks something or is malformed (RFC 6749, section 5.2)."""

    code = "invalid_request"
    sentence = "The request is malformed."


class UnsupportedGrantTypeError(VantrexiaError):
    """A machine client asks for its token in a way that we do not offer (RFC 6749, section 5.2)."""

    code = "unsupported_grant_type"
    sentence = "The grant_type must be client_credentials."


STATUS_OF: Final[Mapping[type[VantrexiaError], int]] = MappingProxyType(
    {
        InvalidError: 400,
        BadTokenRequestError: 400,
        UnsupportedGrantTypeError: 400,
        InvalidScopeError: 400,
        NotSignedInError: 401,
        PermissionDeniedError: 403,
        NotFoundError: 404,
        MethodNotAllowedError: 405,
        NotAcceptableError: 406,
        ConflictError: 409,
        StaleVersionError: 412,
        SlowBodyError: 408,
        BodyTooLargeError: 413,
        MediaTypeError: 415,
        IdempotencyKeyReusedError: 422,
        UnprocessableError: 422,
        AccountLockedError: 423,
        ThrottledError: 429,
        TooManyExportsError: 429,
        TooManyEmergenciesError: 429,
        UnavailableError: 503,
    }
)
"""A class not listed takes the status of its nearest listed ancestor; with none it is our fault, a 500."""

UNEXPECTED: Final = "Something went wrong on our side. If it persists, tell support the X-Request-ID."


def status_of(kind: type[BaseException]) -> int:
    """The HTTP status of a class of errors."""
    return next((STATUS_OF[base] for base in kind.__mro__ if base in STATUS_OF), 500)


def problem(error: BaseException) -> Answer:
    """The answer for an error. An unexpected one shows neither its class nor its message."""
    status = status_of(type(error))
    if not isinstance(error, VantrexiaError) or status == 500:  # noqa: PLR2004 - the status itself
        return json_answer({"detail": UNEXPECTED, "code": VantrexiaError.code}, 500)
    content: dict[str, object] = {"detail": detail_of(error), "code": error.code}
    if isinstance(error, InvalidError):
        content["field_errors"] = error.field_errors
    if isinstance(error, AccountLockedError):
        content["locked_until"] = error.locked_until
    if isinstance(error, DuplicateSuspectedError):
        content["candidates"] = list(map(str, error.candidates))
    if isinstance(error, MergedAwayError):
        content["survivor_id"] = error.survivor_id
    if isinstance(error, NewerMergeError | MergeDoneError):
        content["merge_id"] = error.merge_id
    if isinstance(error, EditedSinceError):
        content["fields"] = list(error.fields)
    if isinstance(error, LooksDifferentError):
        content["grade"] = error.assessment.grade.value
        content["guards"] = [guard.name.lower() for guard in error.assessment.guards]
    return json_answer(content, status, headers_of(error))


def detail_of(error: VantrexiaError) -> str:
    """The sentence for the caller. It does not say which disk is full: that is for the operator's log."""
    return UnavailableError.sentence if isinstance(error, DiskFullError) else error.detail


def headers_of(error: VantrexiaError) -> dict[str, str]:
    """The headers that an error brings with it."""
    if isinstance(error, InsufficientScopeError | InvalidClientError):
        return {"WWW-Authenticate": f'Bearer error="{error.code}"'}
    if isinstance(error, NotSignedInError):
        # RFC 6750, section 3: an error code only when a token was presented.
        presented = isinstance(error, TokenNotValidError)
        return {"WWW-Authenticate": 'Bearer error="invalid_token"' if presented else "Bearer"}
    if isinstance(error, ThrottledError):
        return {"Retry-After": str(error.wait_seconds)}
    if isinstance(error, UnavailableError):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if isinstance(error, TooManyEmergenciesError):
        return {"Retry-After": str(EMERGENCY_RETRY_AFTER_SECONDS)}
    if isinstance(error, TooManyExportsError):
        return {"Retry-After": str(EXPORT_RETRY_AFTER_SECONDS)}
    return {}
