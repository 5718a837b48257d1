"""Putting the document together, from the tables beside this file and from the code that they describe."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from vantrexia_core.audit import AuditUnavailableError, IdempotencyKeyReusedError
from vantrexia_core.identity import AccountLockedError, TokenNotValidError
from vantrexia_core.kernel import (
    GRANTS,
    InvalidError,
    NotFoundError,
    PermissionDeniedError,
    Role,
    StaleVersionError,
    VantrexiaError,
)
from vantrexia_core.patients import (
    Address,
    AlreadyArchivedError,
)
from vantrexia_core.throttling import ThrottledError
from vantrexia_web.answer import JSON
from vantrexia_web.openapi.operations import OPERATIONS, Operation
from vantrexia_web.openapi.parameters import HEADERS, PARAMETERS, STANDING
from vantrexia_web.openapi.schemas import ANSWERS, Schema, body_schema
from vantrexia_web.problems import BodyTooLargeError, MediaTypeError, SlowBodyError, problem, status_of
from vantrexia_web.routes import ROUTES, Guarded, Open
from vantrexia_web.wire.clients import OAUTH_REFUSALS
from vantrexia_web.wire.merges import FieldChoices, FieldHeirs
from vantrexia_web.wire.request import FORM

API_VERSION: Final = "1.0.0"
DEFAULT_URL: Final = "http://127.0.0.1:8000"

_DESCRIPTION: Final = (
    "Patient records for remote patient monitoring. Every personal field is encrypted at rest, and every "
    "call is written to the audit trail before its answer leaves.\n\n"
    "Sign in, then send the access token as `Authorization: Bearer …`. Errors are JSON objects with `detail` "
    "for people, `code` for programs and, on a 400, `field_errors`. Every answer carries an `X-Request-ID`."
    "\n\n"
    "The same patients are available in FHIR R4 at `/fhir/`, which describes itself at `/fhir/metadata`.\n\n"
    "Requests are limited: 1,000 an hour for each account, 100 an hour for each address without one, "
    "20 a minute for signing in, by address and by account. Every answer says how many are left; a 429 "
    "says in `Retry-After` when to ask again."
)

_TAGS: Final = {
    "Sign in": "Getting tokens.",
    "Accounts": "Your own account, and those of your practice.",
    "Patients": "The patients of your practice.",
    "Duplicates": "Records that may be of one person, and what people decide about them.",
    "Import": "Patients of eClinicalWorks, and how they come over.",
    "Emergency access": "Seeing every record for an hour, with a reason (45 CFR 164.312(a)(2)(ii)).",
    "Administration": "For administrators only.",
    "Service": "How the service is.",
}

_PROBLEMS: Final = {
    400: "Something in the request is not valid: see `field_errors`.",
    401: "No access token, or one that is not valid.",
    403: "Your role does not allow this.",
    404: "No such record for you, or no such page.",
    409: "The record's state does not allow this now.",
    412: "The record is not at the version that `If-Match` expects.",
    408: "The body did not arrive within ten seconds.",
    413: "The body is larger than 64 KiB.",
    415: "The body is not declared as `application/json`.",
    422: "The `Idempotency-Key` was used for a different request.",
    423: "Too many failed sign-ins with this address; `locked_until` says when to try again.",
    429: "Too many requests; `Retry-After` says when to try again.",
    500: "Something went wrong on our side.",
    503: "The service or its audit trail cannot be reached just now, so nothing was done.",
}
_PATH_TYPE: Final = re.compile(r":[a-z]+\}")
_PATH_PARAMETER: Final = re.compile(r"{([a-z]+):")

_TAGGED: Final = frozenset(
    {"Patient", "Archived", "Unarchived", "Suspicion", "SideBySide", "Merged", "Separated"}
)
"""What is answered with the version of a record."""

_DESCRIBED: Final = {201: "Created.", 202: "Accepted: see the address in `Location`."}


def document(public_url: str = DEFAULT_URL) -> Schema:
    """The document of the service that clients reach at ``public_url``."""
    paths: dict[str, dict[str, Schema]] = {}
    for route in ROUTES:
        operation = OPERATIONS.get(route.endpoint)
        if operation is not None:
            path = _PATH_TYPE.sub("}", route.path)
            paths.setdefault(path, {})[route.method.lower()] = _operation(route, operation)
    forms = {operation.body for operation in OPERATIONS.values() if operation.is_form}
    bodies = {operation.body for operation in OPERATIONS.values() if operation.body is not None}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vantrexia API", "version": API_VERSION, "description": _DESCRIPTION},
        "servers": [{"url": public_url}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {
                **{
                    body.__name__: body_schema(body, is_open=body in forms)
                    for body in sorted(bodies, key=lambda body: body.__name__)
                },
                **{part.__name__: body_schema(part) for part in (Address, FieldChoices, FieldHeirs)},
                **ANSWERS,
            },
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": {f"Problem{status}": _problem(status) for status in _PROBLEMS},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def render(public_url: str = DEFAULT_URL) -> str:
    """The document as JSON text."""
    return json.dumps(document(public_url), indent=2, ensure_ascii=False) + "\n"


def error_codes() -> dict[int, tuple[str, ...]]:
    """The codes that an error of each status can carry, gathered from the error classes themselves."""
    codes: dict[int, set[str]] = {}
    for error in _subclasses(VantrexiaError):
        codes.setdefault(status_of(error), set()).add(error.code)
    return {status: tuple(sorted(of_status)) for status, of_status in sorted(codes.items())}


def _operation(route: Guarded | Open, operation: Operation) -> Schema:
    parameters = [
        *_PATH_PARAMETER.findall(route.path),
        *operation.query,
        *(["If-Match"] if operation.is_conditional else []),
        *(["Idempotency-Key"] if operation.is_once else []),
    ]
    content: Schema = {
        "tags": [operation.tag],
        "operationId": f"{route.endpoint.__module__.rpartition('.')[2]}.{route.endpoint.__name__.strip('_')}",
        "summary": operation.summary,
        "description": operation.description,
        "security": [{"bearer": []}] if isinstance(route, Guarded) else [],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in parameters],
        "responses": {
            str(operation.status): _success(operation),
            **{
                str(status): {"$ref": f"#/components/responses/Problem{status}"}
                for status in _refusals(route, operation)
            },
            **{str(status): _success(operation) for status in operation.also_statuses},
            **{str(other.status): _success(other) for other in operation.other_answers},
        },
    }
    if isinstance(route, Guarded):
        content["x-roles"] = [role.value for role in Role if role in GRANTS[route.permission]]
    if operation.body is not None:
        content["requestBody"] = {
            "required": True,
            "content": {
                (FORM if operation.is_form else JSON): {
                    "schema": _reference(operation.body.__name__),
                    "example": operation.body_example,
                }
            },
        }
    return content


def _refusals(route: Guarded | Open, operation: Operation) -> list[int]:
    statuses = {*operation.refusals, 429, 500}
    if operation.is_form:
        # Where a form is taken, what is wrong with it is said in OAuth's words.
        return sorted(statuses | {408, 413, 503})
    if isinstance(route, Guarded):
        statuses |= {401, 403, 503}
    if operation.body is not None:
        statuses |= {400, 408, 413, 415}
        if isinstance(route, Open):
            # Signing in: wrong credentials are a 401, and every attempt must reach the trail.
            statuses |= {401, 503}
    if operation.query:
        statuses.add(400)
    if "page" in operation.query:
        statuses.add(404)
    if _PATH_PARAMETER.search(route.path):
        statuses.add(404)
    if operation.is_conditional:
        statuses.add(412)
    if operation.is_once:
        statuses |= {400, 422}
    return sorted(statuses)


def _success(operation: Operation) -> Schema:
    headers = [*STANDING]
    if operation.answer in _TAGGED:
        headers.append("ETag")
    if operation.status in {201, 202}:
        headers.append("Location")
    if operation.is_once:
        headers.append("Idempotency-Replayed")
    if operation.media_type != JSON:
        headers.append("X-Total-Count")
    headers += operation.headers
    content: Schema = {
        "description": _DESCRIBED.get(operation.status, "Done."),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
    }
    if operation.answer is not None:
        media = {operation.media_type: (operation.answer, operation.example), **operation.others}
        content["content"] = {
            media_type: {"schema": _reference(schema), "example": example}
            for media_type, (schema, example) in media.items()
        }
    return content


def _problem(status: int) -> Schema:
    headers = [*STANDING]
    headers += {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}.get(status, [])
    return {
        "description": _PROBLEMS[status],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {
            "application/json": {"schema": _problem_schema(status), "example": _problem_example(status)}
        },
    }


def _problem_schema(status: int) -> Schema:
    return {
        "allOf": [_reference("Problem"), {"properties": {"code": {"enum": list(error_codes()[status])}}}],
    }


def _reference(schema: str) -> Schema:
    return {"$ref": f"#/components/schemas/{schema}"}


def _subclasses(kind: type[VantrexiaError]) -> Iterator[type[VantrexiaError]]:
    # Only what every installation has: an adapter that happens to be loaded must not change the document.
    is_ours = kind.__module__.startswith(("vantrexia_core.", "vantrexia_web."))
    if is_ours and kind not in OAUTH_REFUSALS:
        yield kind
    for subclass in kind.__subclasses__():
        yield from _subclasses(subclass)


_EXAMPLES: Final[dict[int, VantrexiaError]] = {
    400: InvalidError.on("date_of_birth", "Date has wrong format. Use YYYY-MM-DD."),
    401: TokenNotValidError(),
    403: PermissionDeniedError(),
    404: NotFoundError(),
    409: AlreadyArchivedError(),
    412: StaleVersionError(),
    408: SlowBodyError(),
    413: BodyTooLargeError(),
    415: MediaTypeError(),
    422: IdempotencyKeyReusedError(),
    423: AccountLockedError(datetime(2026, 2, 6, 15, tzinfo=UTC)),
    429: ThrottledError(58),
    500: VantrexiaError(),
    503: AuditUnavailableError(),
}


def _problem_example(status: int) -> object:
    return json.loads(problem(_EXAMPLES[status]).body)
