"""The OpenAPI 3.1 document: paths from the routes, bodies from the wire's types, errors from the classes.

What is written by hand is what those cannot know: sentences for people, and which example belongs where.
"""

import json
from collections.abc import Iterator
from typing import Final

from vantrexia_core.audit import Action, AuditUnavailableError, IdempotencyKeyReusedError, Resource
from vantrexia_core.identity import TokenNotValidError
from vantrexia_core.kernel import (
    GRANTS,
    PAGE_SIZE_DEFAULT,
    PAGE_SIZE_MAX,
    InvalidError,
    NotFoundError,
    PermissionDeniedError,
    Role,
    StaleVersionError,
    VantrexiaError,
)
from vantrexia_core.patients import SEARCH_CHARACTERS_MAX, Address, AlreadyArchivedError, Ordering
from vantrexia_web.answer import JSON
from vantrexia_web.openapi.operations import OPERATIONS, Operation
from vantrexia_web.openapi.schemas import ANSWERS, Schema, body_schema
from vantrexia_web.problems import BodyTooLargeError, MediaTypeError, SlowBodyError, problem, status_of
from vantrexia_web.routes import ROUTES, Guarded, Open
from vantrexia_web.wire.conditions import IDEMPOTENCY_KEY_PATTERN

API_VERSION: Final = "1.0.0"
DEFAULT_URL: Final = "http://127.0.0.1:8000"

_DESCRIPTION: Final = (
    "Patient records for remote patient monitoring. Every personal field is encrypted at rest, and every "
    "call is written to the audit trail before its answer leaves.\n\n"
    "Sign in, then send the access token as `Authorization: Bearer …`. Errors are JSON objects with `detail` "
    "for people, `code` for programs and, on a 400, `field_errors`. Every answer carries an `X-Request-ID`."
)

_TAGS: Final = {
    "Sign in": "Getting tokens.",
    "Patients": "The patients of your practice.",
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
    429: "Too many requests; `Retry-After` says when to try again.",
    500: "Something went wrong on our side.",
    503: "The service or its audit trail cannot be reached just now, so nothing was done.",
}
_THROTTLED: Final = "throttled"


def _query(name: str, description: str, type_: str = "string", **more: object) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": {"type": type_, **more}}


_PARAMETERS: Final[dict[str, Schema]] = {
    "uuid": {
        "name": "uuid",
        "in": "path",
        "required": True,
        "description": "The patient's id.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "d290f1ee-6c54-4b01-90e6-d701748f0851",
    },
    "page": {
        "name": "page",
        "in": "query",
        "description": "Page number. A page behind the last one is a 404.",
        "schema": {"type": "integer", "minimum": 1, "default": 1},
    },
    "page_size": {
        "name": "page_size",
        "in": "query",
        "description": f"Results per page, at most {PAGE_SIZE_MAX}: a larger number counts as that, "
        f"anything else that is no page size as {PAGE_SIZE_DEFAULT}.",
        "schema": {"type": "integer", "default": PAGE_SIZE_DEFAULT},
    },
    "search": {
        "name": "search",
        "in": "query",
        "description": "Words that must all occur in first name, last name or MRN, whatever their case and "
        "accents. `^word` finds it at the start of a name only.",
        "schema": {"type": "string", "maxLength": SEARCH_CHARACTERS_MAX},
    },
    "active": {
        "name": "active",
        "in": "query",
        "description": "`true`: active patients; `false`: archived ones.",
        "schema": {"type": "boolean", "default": True},
    },
    "ordering": {
        "name": "ordering",
        "in": "query",
        "description": "What to sort by; a minus turns the order round.",
        "schema": {
            "type": "string",
            "enum": [ordering.value for ordering in Ordering],
            "default": Ordering.LAST_NAME.value,
        },
    },
    "as_of": _query("as_of", "The newest entry that counts, by its id. Links carry it.", "integer"),
    "user_id": _query("user_id", "Who acted.", "integer"),
    "action": _query("action", "What was attempted.", enum=[action.value for action in Action]),
    "resource_type": _query(
        "resource_type", "What it is about.", enum=[resource.value for resource in Resource]
    ),
    "resource_id": _query("resource_id", "The patient or account that was acted upon."),
    "patient_id": _query(
        "patient_id", "What was done to a patient, and whatever showed them.", format="uuid"
    ),
    "ip_address": _query("ip_address", "Where the call came from, as the trail shows it."),
    "date_from": _query("date_from", "From this day (UTC) or moment (RFC 3339) on."),
    "date_to": _query("date_to", "Up to this day or moment, which counts as well."),
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": "Do it only if the record still has this `ETag` (RFC 9110); otherwise 412.",
        "schema": {"type": "string"},
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A key of your choice, new for every new request. Sent again within 24 hours, the "
        "same request is not done again: it gets the first answer and `Idempotency-Replayed: true`.",
        "schema": {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY_PATTERN}$"},
    },
}

_HEADERS: Final[dict[str, Schema]] = {
    "X-Request-ID": {
        "description": "Names this answer in our logs and in the audit trail.",
        "schema": {"type": "string"},
    },
    "ETag": {"description": "The version of the record, for `If-Match`.", "schema": {"type": "string"}},
    "Location": {
        "description": "Where the new record is.",
        "schema": {"type": "string", "format": "uri"},
    },
    "Idempotency-Replayed": {
        "description": "`true` on an answer that is given again.",
        "schema": {"type": "string", "const": "true"},
    },
    "X-Total-Count": {
        "description": "How many entries the whole file has.",
        "schema": {"type": "integer"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "RFC 6750.", "schema": {"type": "string"}},
}


def document(public_url: str = DEFAULT_URL) -> Schema:
    """The document of the service that clients reach at ``public_url``."""
    paths: dict[str, dict[str, Schema]] = {}
    for route in ROUTES:
        operation = OPERATIONS.get(route.endpoint)
        if operation is not None:
            path = route.path.replace("{uuid:uuid}", "{uuid}")
            paths.setdefault(path, {})[route.method.lower()] = _operation(route, operation)
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
                    body.__name__: body_schema(body)
                    for body in sorted(bodies, key=lambda body: body.__name__)
                },
                "Address": body_schema(Address),
                **ANSWERS,
            },
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
            "responses": {f"Problem{status}": _problem(status) for status in _PROBLEMS},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def render(public_url: str = DEFAULT_URL) -> str:
    """The document as JSON text."""
    return json.dumps(document(public_url), indent=2, ensure_ascii=False) + "\n"


def error_codes() -> dict[int, tuple[str, ...]]:
    """The codes that an error of each status can carry, gathered from the error classes themselves."""
    codes: dict[int, set[str]] = {429: {_THROTTLED}}
    for error in _subclasses(VantrexiaError):
        codes.setdefault(status_of(error), set()).add(error.code)
    return {status: tuple(sorted(of_status)) for status, of_status in sorted(codes.items())}


def _operation(route: Guarded | Open, operation: Operation) -> Schema:
    parameters = [
        *(["uuid"] if "{uuid" in route.path else []),
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
        },
    }
    if isinstance(route, Guarded):
        content["x-roles"] = [role.value for role in Role if role in GRANTS[route.permission]]
    if operation.body is not None:
        content["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _reference(operation.body.__name__),
                    "example": operation.body_example,
                }
            },
        }
    return content


def _refusals(route: Guarded | Open, operation: Operation) -> list[int]:
    statuses = {*operation.refusals, 429, 500}
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
    if "{uuid" in route.path:
        statuses.add(404)
    if operation.is_conditional:
        statuses.add(412)
    if operation.is_once:
        statuses |= {400, 422}
    return sorted(statuses)


def _success(operation: Operation) -> Schema:
    headers = ["X-Request-ID"]
    if operation.answer in {"Patient", "Archived", "Unarchived"}:
        headers.append("ETag")
    if operation.status == 201:  # noqa: PLR2004 - the status itself
        headers.append("Location")
    if operation.is_once:
        headers.append("Idempotency-Replayed")
    if operation.media_type != JSON:
        headers.append("X-Total-Count")
    content: Schema = {
        "description": "Created." if operation.status == 201 else "Done.",  # noqa: PLR2004 - the status itself
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
    headers = ["X-Request-ID"]
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
    if kind.__module__.startswith(("vantrexia_core.", "vantrexia_web.")):
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
    500: VantrexiaError(),
    503: AuditUnavailableError(),
}


def _problem_example(status: int) -> object:
    if status == 429:  # noqa: PLR2004 - the status itself
        return {"detail": "Request was throttled. Expected available in 58 seconds.", "code": _THROTTLED}
    return json.loads(problem(_EXAMPLES[status]).body)
