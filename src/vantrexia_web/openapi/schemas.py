"""JSON schemas: bodies from the wire's types; answers written here and held to real ones by tests."""

from collections.abc import Mapping
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin
from uuid import UUID

import attrs

from vantrexia_core.audit import Action, Outcome, Resource
from vantrexia_core.ehr import KIND_OF, JobStatus, Side, Verdict
from vantrexia_core.identity import (
    BACKUP_CODES,
    PASSWORD_CHARACTERS_MAX,
    PASSWORD_CHARACTERS_MIN,
    SCOPE_CHARACTERS_MAX,
    FactorCode,
    NewPassword,
)
from vantrexia_core.kernel import (
    EMAIL_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    ClientId,
    Email,
    Machine,
    NamePart,
    Phi,
    Purpose,
    Role,
)
from vantrexia_core.patients import (
    CITY_CHARACTERS_MAX,
    DATE_PATTERN,
    EXTERNAL_ID_CHARACTERS_MAX,
    LINE_CHARACTERS_MAX,
    MRN_CHARACTERS_MAX,
    PHONE_PATTERN,
    REASON_CHARACTERS_MAX,
    SSN_PATTERN,
    STATE_PATTERN,
    ZIP_PATTERN,
    Address,
    AddressLine,
    City,
    DateOfBirth,
    Decision,
    Explanation,
    ExternalId,
    Gender,
    Guard,
    Heir,
    Kept,
    Likeness,
    MatchGrade,
    Mrn,
    Occasion,
    Party,
    Phone,
    Reason,
    Ssn,
    State,
    Status,
    Zip,
)
from vantrexia_web.health import Condition
from vantrexia_web.wire.clients import (
    ASSERTION_TYPE,
    GRANT_TYPE,
    OAUTH_REFUSALS,
    Assertion,
    AssertionType,
    GrantType,
    ScopeText,
)
from vantrexia_web.wire.credentials import RESET_TOKEN_CHARACTERS_MAX, UID_PATTERN, ResetToken, Uid
from vantrexia_web.wire.merges import FieldChoices, FieldHeirs
from vantrexia_web.wire.sessions import TOKEN_CHARACTERS_MAX, PresentedToken
from vantrexia_web.wire.signing_in import TypedPassword

Schema = dict[str, Any]


def _text(characters_max: int, description: str, **more: object) -> Schema:
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": characters_max,
        "pattern": r"\S",
        "description": description,
        **more,
    }


def _pattern(pattern: str, description: str, **more: object) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern})$", "description": description, **more}


_VALUES: Final[Mapping[object, Schema]] = {
    NamePart: _text(NAME_CHARACTERS_MAX, "Any script; no control characters."),
    DateOfBirth: _pattern(
        DATE_PATTERN,
        "A real date, YYYY-MM-DD, from 1900 on, that has begun somewhere on Earth.",
        format="date",
    ),
    Mrn: _text(MRN_CHARACTERS_MAX, "Medical record number, unique in the practice. Generated if left out."),
    Phone: _pattern(PHONE_PATTERN, "As written down: digits, spaces, dashes, parentheses and +."),
    Email: _text(EMAIL_CHARACTERS_MAX, "An e-mail address.", format="email"),
    AddressLine: _text(LINE_CHARACTERS_MAX, "A line of the address."),
    City: _text(CITY_CHARACTERS_MAX, "The city."),
    State: _pattern(STATE_PATTERN, "Two letters."),
    Zip: _pattern(ZIP_PATTERN, "Five digits or ZIP+4."),
    Ssn: _pattern(SSN_PATTERN, "Nine digits. Stored encrypted, never returned.", writeOnly=True),
    ExternalId: _text(
        EXTERNAL_ID_CHARACTERS_MAX, "The patient's id in the practice's EMR, unique in the practice."
    ),
    Reason: _text(REASON_CHARACTERS_MAX, "Why. Stored encrypted."),
    TypedPassword: {
        "type": "string",
        "minLength": 1,
        "maxLength": PASSWORD_CHARACTERS_MAX,
        "format": "password",
    },
    PresentedToken: {"type": "string", "minLength": 1, "maxLength": TOKEN_CHARACTERS_MAX},
    NewPassword: {
        "type": "string",
        "minLength": PASSWORD_CHARACTERS_MIN,
        "maxLength": PASSWORD_CHARACTERS_MAX,
        "format": "password",
        "description": "Any characters. Guessable ones, ones made of your name or address, and your last "
        "five are refused.",
    },
    FactorCode: {
        "type": "string",
        "minLength": 6,
        "maxLength": 32,
        "description": "The six digits that the authenticator app shows, or a backup code.",
    },
    Uid: _pattern(UID_PATTERN, "The uid in the letter."),
    ResetToken: {
        "type": "string",
        "minLength": 1,
        "maxLength": RESET_TOKEN_CHARACTERS_MAX,
        "description": "The token in the letter.",
    },
    GrantType: {"type": "string", "const": GRANT_TYPE},
    AssertionType: {"type": "string", "const": ASSERTION_TYPE},
    Assertion: {
        "type": "string",
        "description": "A JWT of five minutes at most, signed with RS384 or ES384, good once.",
    },
    ScopeText: {
        "type": "string",
        "maxLength": SCOPE_CHARACTERS_MAX,
        "description": "What is asked for, separated by blanks, such as `system/Patient.rs`.",
    },
    ClientId: {"type": "string", "format": "uuid", "description": "As in the assertion."},
    bool: {"type": "boolean"},
    Decision: {"type": "string", "enum": [one.value for one in Decision if one is not Decision.OPEN]},
    Party: {"type": "string", "enum": [one.value for one in Party]},
    Heir: {"type": "string", "enum": [one.value for one in Heir]},
    FieldChoices: {"$ref": "#/components/schemas/FieldChoices"},
    FieldHeirs: {"$ref": "#/components/schemas/FieldHeirs"},
    Role: {"type": "string", "enum": [role.value for role in Role]},
    UUID: {"type": "string", "format": "uuid"},
    Phi[Gender]: {"type": "string", "enum": [gender.value for gender in Gender]},
    Address: {"$ref": "#/components/schemas/Address"},
}


def body_schema(type_: type, *, is_open: bool = False) -> Schema:
    """The schema of one of the wire's types. A field without a default is required.

    Nothing may be added, except to an open one: OAuth ignores what it does not know (RFC 6749, section 3.2).
    """
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(type_)
    schema: Schema = {
        "type": "object",
        "properties": {field.name: _field_schema(field.type) for field in fields},
        "additionalProperties": is_open,
    }
    if required := [field.name for field in fields if field.default is attrs.NOTHING]:
        schema["required"] = required
    return schema


def _field_schema(type_: object) -> Schema:
    if get_origin(type_) is tuple:
        item, _ = get_args(type_)
        return {"type": "array", "items": dict(_VALUES[item]), "minItems": 1}
    if get_origin(type_) not in {Union, UnionType}:
        return dict(_VALUES[type_])
    members = [member for member in get_args(type_) if member not in {Kept, type(None)}]
    (value,) = (_VALUES[member] for member in members)
    if type(None) not in get_args(type_):
        return dict(value)
    if "$ref" in value:
        return {"anyOf": [value, {"type": "null"}]}
    return {**value, "type": [value["type"], "null"]}


_UUID: Final[Schema] = {"type": "string", "format": "uuid"}
_TIME: Final[Schema] = {"type": "string", "format": "date-time", "description": "UTC, to the second."}
_TEXT: Final[Schema] = {"type": "string"}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}


def _shown(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _page_of(item: str) -> Schema:
    link = {"type": ["string", "null"], "format": "uri"}
    return _shown(
        count={"type": "integer", "minimum": 0, "description": "Of all pages together."},
        next=link,
        previous=link,
        results={"type": "array", "items": {"$ref": f"#/components/schemas/{item}"}},
    )


_TIME_OR_NULL: Final[Schema] = {"type": ["string", "null"], "format": "date-time"}
_USER: Final[dict[str, Schema]] = {
    "id": {"type": "integer"},
    "email": {"type": "string", "format": "email"},
    "first_name": _TEXT,
    "last_name": _TEXT,
    "role": {"type": "string", "enum": [role.value for role in Role]},
    "is_2fa_enabled": {"type": "boolean"},
    "phone": _TEXT_OR_NULL,
}
_PATIENT: Final[dict[str, Schema]] = {
    "id": _UUID,
    "first_name": _TEXT,
    "last_name": _TEXT,
    "date_of_birth": {"type": "string", "format": "date"},
    "gender": {"type": "string", "enum": [gender.value for gender in Gender]},
    "mrn": _TEXT,
    "active": {"type": "boolean", "description": "False while archived or deleted."},
    "phone": _TEXT_OR_NULL,
    "email": _TEXT_OR_NULL,
    "address": {
        "anyOf": [
            _shown(**{field.name: _TEXT_OR_NULL for field in attrs.fields(Address)}),
            {"type": "null"},
        ]
    },
    "external_id": _TEXT_OR_NULL,
    "created_at": _TIME,
    "updated_at": _TIME,
}


def _patient(**more: Schema) -> Schema:
    schema = _shown(**_PATIENT, **more)
    description = "The record that stands for this one. Only there if the two were merged."
    schema["properties"]["merged_into"] = {**_UUID, "description": description}
    return schema


_ARCHIVE: Final[dict[str, Schema]] = {
    "status": {"type": "string", "const": Status.ARCHIVED.value},
    "archived_at": _TIME,
    "archived_by": {"type": "string", "format": "email"},
    "archive_reason": _TEXT,
}
_VERSION: Final[dict[str, Schema]] = {
    "version": {"type": "integer", "minimum": 1},
    "status": {"type": "string", "enum": [status.value for status in Status]},
    "changed_at": _TIME,
    "changed_by": {
        **_TEXT_OR_NULL,
        "description": "The address under which whoever made this version signs in today; null for the "
        "operator's console, and for a patient's own account and machine clients, which are not told.",
    },
    "action": {
        "enum": [*(action.value for action in Action), None],
        "description": "What made it; null for whoever is not told.",
    },
    "changed_fields": {
        "type": "array",
        "items": _TEXT,
        "description": "Fields whose value is another than in the version before; empty for whoever is not "
        "told who made it.",
    },
    "patient": {"$ref": "#/components/schemas/Patient"},
}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_FIELD: Final[Schema] = {"type": "string", "enum": list(KIND_OF)}
_DETAIL: Final[Schema] = {
    "type": "object",
    "properties": {
        "ecw_id": _TEXT,
        "status": {"type": "string", "enum": [*(verdict.value for verdict in Verdict), "pending"]},
        "patient_id": _UUID,
        "reason": {"type": "string", "description": "Why it was not imported, for people."},
        "changed": {
            "type": "array",
            "items": _FIELD,
            "description": "Fields that have the value of eClinicalWorks now.",
        },
        "conflicts": {
            "type": "array",
            "description": "Fields on which the two sides disagree, and whose value stands. The other is in "
            "the sealed history.",
            "items": _shown(field=_FIELD, kept={"type": "string", "enum": [side.value for side in Side]}),
        },
    },
    "required": ["ecw_id", "status"],
    "additionalProperties": False,
}
_PROGRESS: Final[dict[str, Schema]] = {
    "id": _UUID,
    "status": {"type": "string", "enum": [status.value for status in JobStatus]},
    "code": {"type": ["string", "null"], "description": "Why it failed."},
    "status_url": {"type": "string", "format": "uri"},
    "total": _COUNT,
    "settled": _COUNT,
    "imported": _COUNT,
    "updated": _COUNT,
    "skipped": _COUNT,
    "errors": _COUNT,
    "created_at": _TIME,
    "updated_at": _TIME,
}
_LINK: Final[Schema] = {"type": ["string", "null"], "format": "uri"}
_IDS: Final[Schema] = {"type": "array", "items": _UUID}
_ENTRY: Final[dict[str, Schema]] = {
    "id": {"type": "integer", "minimum": 1, "description": "Its place in the trail, over all practices."},
    "timestamp": _TIME,
    "user_id": {"type": ["integer", "null"], "description": "Who acted; 0 is the operator's console."},
    "user_email": {**_TEXT_OR_NULL, "description": "The address under which that account signs in today."},
    "role": {
        "enum": [*(role.value for role in (*Role, *Machine)), None],
        "description": "Held at that moment.",
    },
    "practice_id": _UUID,
    "ip_address": _TEXT_OR_NULL,
    "action": {"type": "string", "enum": [action.value for action in Action]},
    "resource_type": {"type": "string", "enum": [resource.value for resource in Resource]},
    "resource_id": {**_TEXT_OR_NULL, "description": "The patient or account that was acted upon."},
    "patient_id": {**_UUID, "type": ["string", "null"]},
    "outcome": {"type": "string", "enum": [outcome.value for outcome in Outcome]},
    "code": {**_TEXT_OR_NULL, "description": "The error's code, when it was not done."},
    "changed_fields": {"type": "array", "items": _TEXT, "description": "Names, never values."},
    "disclosed_patient_ids": {**_IDS, "description": "Whose record was shown, in order of ids."},
    "request_id": {**_TEXT_OR_NULL, "description": "The `X-Request-ID` of the answer."},
    "record_version": {
        "type": ["integer", "null"],
        "description": "The version of the record that was shown or made.",
    },
    "hash": {
        "type": "string",
        "pattern": "^[0-9a-f]{64}$",
        "description": "Of the entry, as a leaf of the trail's tree (RFC 6962).",
    },
    "purpose": {
        "enum": [*(purpose.value for purpose in Purpose), None],
        "description": "`etreat`: it was done in an emergency that its actor had declared.",
    },
}
_GRADE: Final[Schema] = {"type": "string", "enum": [grade.value for grade in MatchGrade]}
_GUARDS: Final[Schema] = {
    "type": "array",
    "items": {"type": "string", "enum": [guard.name.lower() for guard in Guard]},
}
_SUSPICION: Final[dict[str, Schema]] = {
    "id": {**_UUID, "description": "The pair's, the same for good."},
    "patient_ids": {**_IDS, "minItems": 2, "maxItems": 2, "description": "The two records."},
    "current_patient_ids": {
        **_IDS,
        "minItems": 1,
        "maxItems": 2,
        "description": "The records that stand for them today: a merged one is answered by its survivor, and "
        "two that were merged by one id.",
    },
    "grade": _GRADE,
    "score": {"type": "number", "description": "Bits: the logarithm to base 2 of the odds for one person."},
    "rival": {
        "type": "string",
        "enum": [one.name.lower() for one in Explanation],
        "description": "What they most probably are if not one person.",
    },
    "guards": {**_GUARDS, "description": "Why a machine may not decide."},
    "model": {"type": "string", "description": "The version of the model that judged."},
    "occasion": {"type": "string", "enum": [one.value for one in Occasion]},
    "found_at": _TIME,
    "scored_at": _TIME,
    "decision": {"type": "string", "enum": [one.value for one in Decision]},
    "decided_at": _TIME_OR_NULL,
    "decided_by": {"type": ["string", "null"], "format": "email"},
}
_MERGE: Final[dict[str, Schema]] = {
    "id": _UUID,
    "survivor_id": {**_UUID, "description": "The record that stands for both."},
    "loser_id": {**_UUID, "description": "The record that gave way."},
    "merged_at": _TIME,
    "merged_by": {"type": "string", "format": "email"},
    "reason": _TEXT,
    "fields": {
        "type": "array",
        "items": _TEXT,
        "description": "Fields whose value the survivor took from the other record.",
    },
    "grade": {
        "enum": [*(grade.value for grade in MatchGrade), None],
        "description": "How the two compared when they were merged, without the registry.",
    },
    "score": {"type": ["number", "null"]},
    "model": _TEXT_OR_NULL,
    "undone_at": _TIME_OR_NULL,
    "undone_by": {"type": ["string", "null"], "format": "email"},
    "undo_reason": _TEXT_OR_NULL,
}
_NOW: Final[Schema] = {
    "description": "How the two compare as they are, without the registry; null if there are no two.",
    "anyOf": [
        _shown(
            looks_different={
                "type": "boolean",
                "description": "They look like two people's: `same` and a merge want `despite_differences`.",
            },
            grade=_GRADE,
            guards={**_GUARDS, "description": "What differs."},
        ),
        {"type": "null"},
    ],
}
_FIELD_LIKENESS: Final[Schema] = _shown(
    field=_TEXT,
    likeness={"type": "string", "enum": [one.value for one in Likeness]},
    level={**_TEXT_OR_NULL, "description": "How the model compared the field; null if it does not."},
    bits={"type": ["number", "null"], "description": "What that gives for one person against the rival."},
)
_CONDITION: Final[Schema] = {"type": "string", "enum": [condition.value for condition in Condition]}

ANSWERS: Final[Mapping[str, Schema]] = {
    "SignedIn": _shown(
        access=_TEXT,
        refresh=_TEXT,
        user=_shown(**{name: schema for name, schema in _USER.items() if name != "phone"}),
    ),
    "ResetAnswer": _shown(detail=_TEXT),
    "TwoFactorSecret": _shown(
        secret={"type": "string", "description": "Base 32 (RFC 4648), to be typed."},
        otpauth_url={"type": "string", "format": "uri"},
        qr_code={
            "type": "string",
            "format": "uri",
            "description": "The URL as a picture: PNG in a data URI.",
        },
    ),
    "TwoFactorOn": _shown(
        is_2fa_enabled={"type": "boolean", "const": True},
        backup_codes={
            "type": "array",
            "items": _TEXT,
            "minItems": BACKUP_CODES,
            "maxItems": BACKUP_CODES,
            "description": "Each works once in the place of a code. They are shown this once.",
        },
    ),
    "TwoFactorOff": _shown(is_2fa_enabled={"type": "boolean", "const": False}),
    "Tokens": _shown(access=_TEXT, refresh=_TEXT),
    "GrantedToken": _shown(
        access_token=_TEXT,
        token_type={"type": "string", "const": "bearer"},
        expires_in={"type": "integer", "description": "Seconds. There is nothing to refresh it with."},
        scope={"type": "string", "description": "What was granted: perhaps less than was asked for."},
    ),
    "OAuthError": _shown(
        error={"type": "string", "enum": sorted(refusal.code for refusal in OAUTH_REFUSALS)},
        error_description=_TEXT,
    ),
    "Nothing": _shown(),
    "Profile": _shown(
        **_USER,
        practice=_shown(
            id=_UUID, name=_TEXT, timezone={"type": "string", "description": "A name of the IANA database."}
        ),
        last_login=_TIME_OR_NULL,
    ),
    "Account": _shown(
        **_USER, is_active={"type": "boolean"}, last_login=_TIME_OR_NULL, locked_until=_TIME_OR_NULL
    ),
    "AccountPage": _page_of("Account"),
    "Patient": _patient(),
    "PatientPage": _page_of("Patient"),
    "Archived": _shown(id=_UUID, **_ARCHIVE),
    "Unarchived": _shown(
        id=_UUID,
        status={"type": "string", "const": Status.ACTIVE.value},
        unarchived_at=_TIME,
        unarchived_by={"type": "string", "format": "email"},
    ),
    "ArchivedPatient": _shown(id=_UUID, first_name=_TEXT, last_name=_TEXT, mrn=_TEXT, **_ARCHIVE),
    "ArchivedPage": _page_of("ArchivedPatient"),
    "DeletedPatient": _shown(**_PATIENT, deleted_at=_TIME, deleted_by={"type": "string", "format": "email"}),
    "DeletedPage": _page_of("DeletedPatient"),
    "Suspicion": _shown(**_SUSPICION),
    "SuspicionPage": _page_of("Suspicion"),
    "SideBySide": _shown(
        **_SUSPICION,
        now=_NOW,
        fields={"type": "array", "items": _FIELD_LIKENESS},
        patients={
            "type": "array",
            "items": {"anyOf": [{"$ref": "#/components/schemas/Patient"}, {"type": "null"}]},
            "description": "Both records, null for a deleted one; one record if they have been merged.",
        },
    ),
    "PatientVersion": _shown(**_VERSION),
    "PatientVersionPage": _page_of("PatientVersion"),
    "Merge": _shown(**_MERGE),
    "MergeList": _shown(results={"type": "array", "items": {"$ref": "#/components/schemas/Merge"}}),
    "Merged": _shown(**_MERGE, survivor={"$ref": "#/components/schemas/Patient"}),
    "Separated": _shown(
        **_MERGE,
        survivor={"$ref": "#/components/schemas/Patient"},
        loser={"$ref": "#/components/schemas/Patient"},
        written_since={
            "type": "array",
            "items": _TEXT,
            "description": "Fields of the survivor that were edited since and that the merge had not "
            "touched: they stay, and somebody should look whose they are.",
        },
    ),
    "ImportReport": {
        "type": "object",
        "properties": {
            "imported": _COUNT,
            "updated": {**_COUNT, "description": "With `refresh=true` only."},
            "skipped": _COUNT,
            "errors": _COUNT,
            "dry_run": {"type": "boolean", "const": True, "description": "With `dry_run=true` only."},
            "details": {"type": "array", "items": _DETAIL},
        },
        "required": ["imported", "skipped", "errors", "details"],
        "additionalProperties": False,
    },
    "ImportProgress": _shown(**_PROGRESS),
    "ImportProgressPage": _shown(
        **_PROGRESS, next=_LINK, previous=_LINK, details={"type": "array", "items": _DETAIL}
    ),
    "EhrCandidates": _shown(
        results={
            "type": "array",
            "items": _shown(
                ecw_id=_TEXT,
                first_name=_TEXT_OR_NULL,
                last_name=_TEXT_OR_NULL,
                date_of_birth={"type": ["string", "null"], "format": "date"},
                gender={"type": ["string", "null"], "enum": [*(gender.value for gender in Gender), None]},
                already_imported={"type": "boolean"},
                patient_id={"type": ["string", "null"], "format": "uuid"},
            ),
        },
    ),
    "Emergency": _shown(
        id=_UUID,
        declared_at=_TIME,
        ends_at=_TIME,
        purpose={"type": "string", "const": Purpose.EMERGENCY_TREATMENT.value},
    ),
    "EmergencyShown": _shown(
        id=_UUID,
        declared_at=_TIME,
        ends_at=_TIME,
        user_id={"type": "integer", "description": "Who declared it."},
        user_email=_TEXT,
        reason=_TEXT,
        is_genuine={
            "type": "boolean",
            "description": "False where its row was changed by something other than this service.",
        },
    ),
    "EmergencyPage": _page_of("EmergencyShown"),
    "AuditLogEntry": _shown(**_ENTRY),
    "AuditLogPage": _page_of("AuditLogEntry"),
    "AuditLogFile": {
        "type": "string",
        "description": "CSV (RFC 4180): a heading, then a row for each entry.",
    },
    "AuditEventBundle": {
        "type": "object",
        "description": "A FHIR R4 Bundle of AuditEvents, following IHE BALP.",
        "required": ["resourceType", "type", "total", "link", "entry"],
        "properties": {
            "resourceType": {"type": "string", "const": "Bundle"},
            "type": {"type": "string", "const": "searchset"},
            "total": {"type": "integer", "minimum": 0},
            "link": {"type": "array", "items": {"type": "object"}},
            "entry": {"type": "array", "items": {"type": "object"}},
        },
        "additionalProperties": False,
    },
    "Health": _shown(
        status=_CONDITION,
        services={
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "status": _CONDITION,
                    "latency_ms": {"type": "number", "minimum": 0},
                    "checked_at": _TIME,
                },
                "required": ["status", "latency_ms", "checked_at"],
                "additionalProperties": False,
            },
        },
    ),
    "KeySet": _shown(
        keys={
            "type": "array",
            "items": _shown(
                kty={"const": "RSA"},
                use={"const": "sig"},
                alg={"const": "RS384"},
                kid=_TEXT,
                n=_TEXT,
                e=_TEXT,
            ),
        }
    ),
    "Problem": {
        "type": "object",
        "required": ["detail", "code"],
        "properties": {
            "detail": {"type": "string", "description": "What is wrong and what to do, for people."},
            "code": {"type": "string", "description": "What is wrong, for programs."},
            "field_errors": {
                "type": "object",
                "description": "Complaints by field; nested fields are dotted (address.state). On every 400.",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
            "survivor_id": {
                **_UUID,
                "description": "With `merged_away`: what stands for it.",
            },
            "merge_id": {
                **_UUID,
                "description": "With `newer_merge`: undo that one first. With `merge_done`: the merge.",
            },
            "fields": {
                "type": "array",
                "items": _TEXT,
                "description": "With `edited_since_merge`: the fields to decide about.",
            },
            "grade": {**_GRADE, "description": "With `looks_different`: how the two compare."},
            "guards": {**_GUARDS, "description": "With `looks_different`: what differs."},
            "locked_until": {**_TIME, "description": "When sign-in is possible again. On every 423."},
            "candidates": {
                "type": "array",
                "items": {"type": "string", "format": "uuid"},
                "description": "Records that may be of the same person, the likeliest first. On a 409 "
                "`duplicate_suspected`; empty for roles that may not see them.",
            },
        },
        "additionalProperties": False,
    },
}
"""What is answered. The schemas forbid what they do not list, so a field that leaks out breaks a test."""
