"""The parameters that operations take and the headers that answers carry, each described once."""

from typing import Final

from vantrexia_core.audit import Action, Resource
from vantrexia_core.kernel import PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Purpose
from vantrexia_core.patients import (
    EXTERNAL_ID_CHARACTERS_MAX,
    SCORE_MAX,
    SEARCH_CHARACTERS_MAX,
    Decision,
    MatchGrade,
    OnDuplicate,
    Ordering,
    SuspicionOrdering,
)
from vantrexia_web.openapi.schemas import Schema
from vantrexia_web.wire.conditions import IDEMPOTENCY_KEY_PATTERN
from vantrexia_web.wire.duplicates import WAITING_WORD
from vantrexia_web.wire.ehr import NAME_CHARACTERS_MAX as QUERY_NAME_CHARACTERS_MAX


def _query(name: str, description: str, type_: str = "string", **more: object) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": {"type": type_, **more}}


def _filter(name: str, description: str, type_: str = "string", **more: object) -> Schema:
    """A parameter of which an empty value is none, as a form sends what nobody filled in."""
    return {**_query(name, description, type_, **more), "allowEmptyValue": True}


PARAMETERS: Final[dict[str, Schema]] = {
    "uuid": {
        "name": "uuid",
        "in": "path",
        "required": True,
        "description": "The patient's id.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "d290f1ee-6c54-4b01-90e6-d701748f0851",
    },
    "id": {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The account's number.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 1,
    },
    "version": {
        "name": "version",
        "in": "path",
        "required": True,
        "description": "The version's number, from 1.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 2,
    },
    "job": {
        "name": "job",
        "in": "path",
        "required": True,
        "description": "The import's id.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "8b9c0d1e-2f3a-4b5c-8d7e-8f9a0b1c2d3e",
    },
    "pair": {
        "name": "pair",
        "in": "path",
        "required": True,
        "description": "The pair's id.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "8bf55171-aa0a-5062-b168-1995ddf15288",
    },
    "merge": {
        "name": "merge",
        "in": "path",
        "required": True,
        "description": "The merge's id.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "5c1d9a4e-7b2f-4e0a-9d3c-1f6e8a2b4c7d",
    },
    "decision": _query(
        "decision",
        "What was decided; `waiting`: what nobody has settled, and can be.",
        enum=[WAITING_WORD, *(decision.value for decision in Decision)],
        default=WAITING_WORD,
    ),
    "grade": _query("grade", "How likely it is one person.", enum=[grade.value for grade in MatchGrade]),
    "score_min": _query(
        "score_min", "The least score, in bits.", "number", minimum=-SCORE_MAX, maximum=SCORE_MAX
    ),
    "suspicion_ordering": _query(
        "ordering",
        "What to sort by; a minus turns the order round.",
        enum=[ordering.value for ordering in SuspicionOrdering],
        default=SuspicionOrdering.SCORE_DESCENDING.value,
    ),
    "async": {
        "name": "async",
        "in": "query",
        "description": "`true`: import in the background. The `Location` of the 202 shows its progress.",
        "schema": {"type": "boolean", "default": False},
    },
    "refresh": {
        "name": "refresh",
        "in": "query",
        "description": "`true`: bring patients who are here up to date, and report what the two sides "
        "disagree on.",
        "schema": {"type": "boolean", "default": False},
    },
    "dry_run": {
        "name": "dry_run",
        "in": "query",
        "description": "`true`: only say what would happen.",
        "schema": {"type": "boolean", "default": False},
    },
    "name": _filter("name", "The beginning of a first or last name.", maxLength=QUERY_NAME_CHARACTERS_MAX),
    "birthdate": _filter("birthdate", "A day of birth, YYYY-MM-DD.", format="date"),
    "identifier": _filter(
        "identifier", "An id that the patient has in eClinicalWorks.", maxLength=EXTERNAL_ID_CHARACTERS_MAX
    ),
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
        "schema": {"type": ["integer", "string"], "default": PAGE_SIZE_DEFAULT},
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
    "as_of": _filter("as_of", "The newest entry that counts, by its id. Links carry it.", "integer"),
    "user_id": _filter("user_id", "Who acted.", "integer"),
    "action": _filter("action", "What was attempted.", enum=[action.value for action in Action]),
    "resource_type": _filter(
        "resource_type", "What it is about.", enum=[resource.value for resource in Resource]
    ),
    "resource_id": _filter("resource_id", "The patient or account that was acted upon."),
    "patient_id": _filter(
        "patient_id",
        "What was done to a patient, and whatever showed them.",
        format="uuid",
    ),
    "ip_address": _filter("ip_address", "Where the call came from, as the trail shows it."),
    "purpose": _filter(
        "purpose", "What was done in emergencies alone.", enum=[purpose.value for purpose in Purpose]
    ),
    "date_from": _filter("date_from", "From this day (UTC) or moment (RFC 3339) on."),
    "date_to": _filter("date_to", "Up to this day or moment, which counts as well."),
    "on_duplicate": _query(
        "on_duplicate",
        "What to do if the person seems to be registered already: `queue` (default) makes the record and "
        "puts the pair up for review, `refuse` makes nothing and answers 409.",
        enum=[one.value for one in OnDuplicate],
    ),
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

HEADERS: Final[dict[str, Schema]] = {
    "X-Request-ID": {
        "description": "Names this answer in our logs and in the audit trail.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "How you stand: `r` requests are left, and in `t` seconds there is more "
        "(draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string"},
        "example": '"user";r=998;t=3540',
    },
    "RateLimit-Policy": {
        "description": "What this request counts against: `q` requests in any `w` seconds.",
        "schema": {"type": "string"},
        "example": '"user";q=1000;w=3600',
    },
    "X-RateLimit-Limit": {"description": "As `q`.", "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"description": "As `r`.", "schema": {"type": "integer"}},
    "X-RateLimit-Reset": {"description": "As `t`.", "schema": {"type": "integer"}},
    "ETag": {"description": "The version of the record, for `If-Match`.", "schema": {"type": "string"}},
    "Location": {
        "description": "Where the new record, or the progress of the import, is.",
        "schema": {"type": "string", "format": "uri"},
    },
    "Idempotency-Replayed": {
        "description": "`true` on an answer that is given again.",
        "schema": {"type": "string", "const": "true"},
    },
    "Link": {
        "description": "Records that may be of the same person, the likeliest first (RFC 8288), with the "
        "grade of the match: `certain` or `probable`. Only for roles that may see them.",
        "schema": {"type": "string"},
        "example": "<https://app.vantrexia.com/api/v1/patients/9b2e4c1a-52b4-4b0e-9f0c-6a1c4be0d2a7/>; "
        'rel="related"; match-grade="probable"',
    },
    "Duplicate-Check": {
        "description": "`deferred`: the record could not be compared with the others now. It is noted, and "
        "compared later.",
        "schema": {"type": "string", "const": "deferred"},
    },
    "X-Total-Count": {
        "description": "How many entries the whole file has.",
        "schema": {"type": "integer"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "RFC 6750.", "schema": {"type": "string"}},
}


STANDING: Final = (
    "X-Request-ID",
    "RateLimit",
    "RateLimit-Policy",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
)
"""What every answer carries."""
