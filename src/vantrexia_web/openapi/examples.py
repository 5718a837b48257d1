"""The examples of the published documentation, as the API document and its reference page show them."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from vantrexia_adapters.fhir import audit_event_bundle
from vantrexia_core.audit import Action, AuditEntry, Outcome, TrailLine, entry_hash
from vantrexia_core.kernel import Email, Page, PageRequest, PatientId, PracticeId, RequestId, Role, UserId
from vantrexia_web.wire.audit import csv_chunks

Example = dict[str, Any]

LOGIN: Final[Example] = {"email": "clinician@practice.com", "password": "SecureP@ss123"}

LOGGED_IN: Final[Example] = {
    "access": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...",
    "refresh": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...",
    "user": {
        "id": 1,
        "email": "clinician@practice.com",
        "first_name": "Sarah",
        "last_name": "Johnson",
        "role": "provider",
        "is_2fa_enabled": False,
    },
}

CLIENT_ASSERTION: Final[Example] = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": "eyJhbGciOiJFUzM4NCIsImtpZCI6IjIwMjYiLCJ0eXAiOiJKV1QifQ...",
    "scope": "system/Patient.rs",
}

CLIENT_TOKEN: Final[Example] = {
    "access_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjEiLCJ0eXAiOiJKV1QifQ...",
    "token_type": "bearer",
    "expires_in": 300,
    "scope": "system/Patient.rs",
}

INVALID_SCOPE: Final[Example] = {
    "error": "invalid_scope",
    "error_description": "None of these scopes can be granted to this client.",
}

INVALID_CLIENT: Final[Example] = {
    "error": "invalid_client",
    "error_description": "The client is unknown or revoked, or the assertion is not signed with one of its "
    "keys.",
}

PASSWORD_CHANGE: Final[Example] = {
    "current_password": "SecureP@ss123",
    "new_password": "seven lanterns on the pier",
}

RESET_REQUEST: Final[Example] = {"email": "clinician@practice.com"}

RESET_REQUESTED: Final[Example] = {
    "detail": "If an account has this address, a letter with further steps is on its way."
}

RESET_CONFIRMATION: Final[Example] = {
    "uid": "1",
    "token": "8f1c0e7d5b3a49268f1c0e7d5b3a49268f1c0e7d5b3a49268f1c0e7d5b3a4926",
    "new_password": "seven lanterns on the pier",
}

TWO_FACTOR_START: Final[Example] = {"password": "SecureP@ss123"}

TWO_FACTOR_SECRET: Final[Example] = {
    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "otpauth_url": "otpauth://totp/Vantrexia:clinician@practice.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    "&issuer=Vantrexia&algorithm=SHA1&digits=6&period=30",
    "qr_code": "data:image/png;base64,iVBORw0KGgo...",
}

TWO_FACTOR_FINISH: Final[Example] = {"totp_code": "287082"}

TWO_FACTOR_ON: Final[Example] = {
    "is_2fa_enabled": True,
    "backup_codes": [
        "4m7qk-x0d2r",
        "h8w3t-9c5vz",
        "0p6ny-je1fs",
        "b2gak-7r4mw",
        "v5x9d-q3h8t",
        "c1zj6-n0pse",
        "w7f4m-k2y5r",
        "t9b8x-g6adq",
        "e3vh1-z7c0n",
        "r5pk4-j8w2m",
    ],
}

TWO_FACTOR_END: Final[Example] = {"password": "SecureP@ss123", "totp_code": "287082"}

TWO_FACTOR_OFF: Final[Example] = {"is_2fa_enabled": False}

TOKENS: Final[Example] = {
    "access": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...",
    "refresh": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...",
}

REFRESH: Final[Example] = {"refresh": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."}

VERIFY: Final[Example] = {"token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."}

LOGOUT: Final[Example] = REFRESH | {"all_sessions": False}

_USER: Final[Example] = {
    "id": 1,
    "email": "clinician@practice.com",
    "first_name": "Sarah",
    "last_name": "Johnson",
    "role": "provider",
    "is_2fa_enabled": False,
    "phone": "+1-555-0147",
}

PROFILE: Final[Example] = _USER | {
    "practice": {
        "id": "a3bb189e-8bf9-4888-9912-ace4e6543002",
        "name": "Home practice",
        "timezone": "UTC",
    },
    "last_login": "2026-02-06T14:30:00Z",
}

PROFILE_REVISION: Final[Example] = {"phone": "+1-555-0147"}

ACCOUNT: Final[Example] = _USER | {
    "is_active": True,
    "last_login": "2026-02-06T14:30:00Z",
    "locked_until": None,
}

ACCOUNT_PAGE: Final[Example] = {"count": 1, "next": None, "previous": None, "results": [ACCOUNT]}

NEW_ACCOUNT: Final[Example] = {
    "email": "nurse@practice.com",
    "first_name": "Miguel",
    "last_name": "Torres",
    "role": "nurse",
}

OPENED_ACCOUNT: Final[Example] = ACCOUNT | NEW_ACCOUNT | {"id": 2, "phone": None, "last_login": None}

ACCOUNT_REVISION: Final[Example] = {"role": "clinical_manager"}

REVISED_ACCOUNT: Final[Example] = ACCOUNT | ACCOUNT_REVISION

EMERGENCY_DECLARATION: Final[Example] = {"reason": "Patient unresponsive, record was deleted last week"}

EMERGENCY: Final[Example] = {
    "id": "9b2d6f0e-4c1a-4f7b-8e3d-5a6c7b8d9e0f",
    "declared_at": "2026-02-06T14:30:00Z",
    "ends_at": "2026-02-06T15:30:00Z",
    "purpose": "etreat",
}

EMERGENCY_PAGE: Final[Example] = {
    "count": 1,
    "next": None,
    "previous": None,
    "results": [
        {name: value for name, value in EMERGENCY.items() if name != "purpose"}
        | EMERGENCY_DECLARATION
        | {"user_id": 1, "user_email": "clinician@practice.com", "is_genuine": True}
    ],
}

NEW_PATIENT: Final[Example] = {
    "first_name": "Robert",
    "last_name": "Williams",
    "date_of_birth": "1965-08-22",
    "gender": "male",
    "phone": "+1-555-0199",
    "email": "r.williams@email.com",
    "address": {"line1": "456 Oak Avenue", "city": "Chicago", "state": "IL", "zip": "60614"},
}

CREATED_PATIENT: Final[Example] = {
    "id": "4d5e6f7a-8b9c-0d1e-2f3a-4b5c6d7e8f9a",
    "first_name": "Robert",
    "last_name": "Williams",
    "date_of_birth": "1965-08-22",
    "gender": "male",
    "mrn": "MRN-00088",
    "active": True,
    "phone": "+1-555-0199",
    "email": "r.williams@email.com",
    "address": {
        "line1": "456 Oak Avenue",
        "line2": None,
        "city": "Chicago",
        "state": "IL",
        "zip": "60614",
    },
    "external_id": None,
    "created_at": "2026-02-06T14:30:00Z",
    "updated_at": "2026-02-06T14:30:00Z",
}

PATIENT: Final[Example] = {
    "id": "d290f1ee-6c54-4b01-90e6-d701748f0851",
    "first_name": "Jane",
    "last_name": "Doe",
    "date_of_birth": "1958-03-15",
    "gender": "female",
    "mrn": "MRN-00001",
    "active": True,
    "phone": "+1-555-0101",
    "email": "jane.doe@email.com",
    "address": {
        "line1": "123 Main St",
        "line2": "Apt 4B",
        "city": "Springfield",
        "state": "IL",
        "zip": "62704",
    },
    "external_id": "ECW-98765",
    "created_at": "2026-01-10T14:30:00Z",
    "updated_at": "2026-02-01T09:15:00Z",
}

PATIENT_PAGE: Final[Example] = {"count": 3, "next": None, "previous": None, "results": [PATIENT]}

SUSPICION: Final[Example] = {
    "id": "8bf55171-aa0a-5062-b168-1995ddf15288",
    "patient_ids": ["7c9e6679-7425-40de-944b-e07fc1f90ae7", "d290f1ee-6c54-4b01-90e6-d701748f0851"],
    "current_patient_ids": ["7c9e6679-7425-40de-944b-e07fc1f90ae7", "d290f1ee-6c54-4b01-90e6-d701748f0851"],
    "grade": "probable",
    "score": 9.25,
    "rival": "twin",
    "guards": ["lookalike"],
    "model": "default-1",
    "occasion": "create",
    "found_at": "2026-02-06T14:30:00Z",
    "scored_at": "2026-02-06T14:30:00Z",
    "decision": "open",
    "decided_at": None,
    "decided_by": None,
}

SUSPICION_PAGE: Final[Example] = {"count": 1, "next": None, "previous": None, "results": [SUSPICION]}

SIDE_BY_SIDE: Final[Example] = SUSPICION | {
    "now": {"looks_different": False, "grade": "probable", "guards": ["lookalike"]},
    "fields": [
        {"field": "first_name", "likeness": "differs", "level": "resembles", "bits": -0.5},
        {"field": "last_name", "likeness": "same", "level": "exact", "bits": 0.25},
        {"field": "date_of_birth", "likeness": "same", "level": "exact", "bits": 0.0},
        {"field": "ssn", "likeness": "missing", "level": "missing", "bits": 0.0},
        {"field": "external_id", "likeness": "missing", "level": None, "bits": None},
    ],
    "patients": [
        PATIENT
        | {
            "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "first_name": "Janet",
            "mrn": "MRN-00088",
            "email": None,
            "external_id": None,
        },
        PATIENT,
    ],
}

DECISION: Final[Example] = {"decision": "later"}

DECIDED: Final[Example] = SUSPICION | {
    "decision": "later",
    "decided_at": "2026-02-07T09:00:00Z",
    "decided_by": "clinician@practice.com",
}

MERGE: Final[Example] = {
    "loser_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "reason": "Registered twice; date of birth and phone confirmed with the patient.",
    "fields": {"phone": "loser"},
}

_MERGED: Final[Example] = {
    "id": "5c1d9a4e-7b2f-4e0a-9d3c-1f6e8a2b4c7d",
    "survivor_id": PATIENT["id"],
    "loser_id": MERGE["loser_id"],
    "merged_at": "2026-02-07T09:00:00Z",
    "merged_by": "clinician@practice.com",
    "reason": MERGE["reason"],
    "fields": ["phone"],
    "grade": "probable",
    "score": 8.5,
    "model": "default-1-of-two",
    "undone_at": None,
    "undone_by": None,
    "undo_reason": None,
}

MERGE_LIST: Final[Example] = {"results": [_MERGED]}

MERGED: Final[Example] = _MERGED | {
    "survivor": PATIENT | {"phone": "+1-555-0199", "updated_at": "2026-02-07T09:00:00Z"}
}

UNDO: Final[Example] = {"reason": "They are mother and daughter.", "fields": {"phone": "neither"}}

SEPARATED: Final[Example] = _MERGED | {
    "undone_at": "2026-02-08T10:00:00Z",
    "undone_by": "clinician@practice.com",
    "undo_reason": UNDO["reason"],
    "survivor": PATIENT | {"updated_at": "2026-02-08T10:00:00Z"},
    "loser": SIDE_BY_SIDE["patients"][0] | {"updated_at": "2026-02-08T10:00:00Z"},
    "written_since": ["email"],
}

REPLACEMENT: Final[Example] = {
    "first_name": "Jane",
    "last_name": "Doe",
    "date_of_birth": "1958-03-15",
    "gender": "female",
    "phone": "+1-555-0102",
    "email": "jane.doe.new@email.com",
    "address": {"line1": "789 Elm Street", "city": "Springfield", "state": "IL", "zip": "62704"},
}

REVISION: Final[Example] = {"phone": "+1-555-0102"}

REPLACED_PATIENT: Final[Example] = PATIENT | {
    "phone": "+1-555-0102",
    "email": "jane.doe.new@email.com",
    "address": {
        "line1": "789 Elm Street",
        "line2": None,
        "city": "Springfield",
        "state": "IL",
        "zip": "62704",
    },
    "updated_at": "2026-02-06T15:00:00Z",
}

REVISED_PATIENT: Final[Example] = PATIENT | {
    "phone": "+1-555-0102",
    "updated_at": "2026-02-06T15:00:00Z",
}

ARCHIVE: Final[Example] = {"reason": "Patient discharged from RPM program - goals met"}

ARCHIVED: Final[Example] = {
    "id": "d290f1ee-6c54-4b01-90e6-d701748f0851",
    "status": "archived",
    "archived_at": "2026-02-06T15:00:00Z",
    "archived_by": "clinician@practice.com",
    "archive_reason": "Patient discharged from RPM program - goals met",
}

UNARCHIVED: Final[Example] = {
    "id": "d290f1ee-6c54-4b01-90e6-d701748f0851",
    "status": "active",
    "unarchived_at": "2026-02-06T15:30:00Z",
    "unarchived_by": "clinician@practice.com",
}

ARCHIVED_PAGE: Final[Example] = {
    "count": 12,
    "next": None,
    "previous": None,
    "results": [
        {
            "id": "3c4d5e6f-7a8b-9c0d-1e2f-3a4b5c6d7e8f",
            "first_name": "Mary",
            "last_name": "Thompson",
            "mrn": "MRN-00045",
            "status": "archived",
            "archived_at": "2026-01-28T10:00:00Z",
            "archived_by": "admin@practice.com",
            "archive_reason": "Patient transferred to another practice",
        }
    ],
}

VERSION: Final[Example] = {
    "version": 2,
    "status": "active",
    "changed_at": "2026-02-01T09:15:00Z",
    "changed_by": "clinician@practice.com",
    "action": "update",
    "changed_fields": ["phone"],
    "patient": PATIENT,
}

VERSION_PAGE: Final[Example] = {"count": 2, "next": None, "previous": None, "results": [VERSION]}

IMPORT: Final[Example] = {"ecw_patient_ids": ["ECW-12345", "ECW-67890", "ECW-11111"]}

IMPORTED: Final[Example] = {
    "imported": 2,
    "skipped": 1,
    "errors": 0,
    "details": [
        {
            "ecw_id": "ECW-12345",
            "status": "imported",
            "patient_id": "5e6f7a8b-9c0d-1e2f-3a4b-5c6d7e8f9a0b",
        },
        {
            "ecw_id": "ECW-67890",
            "status": "imported",
            "patient_id": "6f7a8b9c-0d1e-2f3a-4b5c-6d7e8f9a0b1c",
        },
        {
            "ecw_id": "ECW-11111",
            "status": "skipped",
            "reason": "Patient already exists (ID: 7a8b9c0d-1e2f-3a4b-5c6d-7e8f9a0b1c2d)",
        },
    ],
}

IMPORT_STARTED: Final[Example] = {
    "id": "8b9c0d1e-2f3a-4b5c-8d7e-8f9a0b1c2d3e",
    "status": "running",
    "code": None,
    "status_url": "https://app.vantrexia.com/api/v1/patients/imports/8b9c0d1e-2f3a-4b5c-8d7e-8f9a0b1c2d3e/",
    "total": 3,
    "settled": 0,
    "imported": 0,
    "updated": 0,
    "skipped": 0,
    "errors": 0,
    "created_at": "2026-02-06T14:30:00Z",
    "updated_at": "2026-02-06T14:30:00Z",
}

IMPORT_PROGRESS: Final[Example] = IMPORT_STARTED | {
    "status": "completed",
    "settled": 3,
    "imported": 2,
    "skipped": 1,
    "updated_at": "2026-02-06T14:30:02Z",
    "next": None,
    "previous": None,
    "details": IMPORTED["details"],
}

EHR_CANDIDATES: Final[Example] = {
    "results": [
        {
            "ecw_id": "ECW-12345",
            "first_name": "Harold",
            "last_name": "Bennett",
            "date_of_birth": "1949-11-02",
            "gender": "male",
            "already_imported": False,
            "patient_id": None,
        }
    ]
}

DELETED_PAGE: Final[Example] = {
    "count": 1,
    "next": None,
    "previous": None,
    "results": [
        PATIENT
        | {
            "active": False,
            "updated_at": "2026-02-06T16:00:00Z",
            "deleted_at": "2026-02-06T16:00:00Z",
            "deleted_by": "admin@practice.com",
        }
    ],
}

RESTORE: Final[Example] = {"reason": "Deleted by mistake"}

_LINE: Final = TrailLine(
    4711,
    AuditEntry(
        at=datetime(2026, 2, 6, 14, 30, 5, tzinfo=UTC),
        action=Action.READ,
        outcome=Outcome.DONE,
        practice_id=PracticeId(UUID("7f0c2b5e-3d54-4a86-9f0e-6f1f6f1f2a10")),
        actor_id=UserId(1),
        role=Role.PROVIDER,
        patient_id=PatientId(UUID(PATIENT["id"])),
        disclosed=(PatientId(UUID(PATIENT["id"])),),
        version=3,
        request_id=RequestId("0f9d4e7a6c1b4b0e8a3f5d2c7b6a5948"),
        address="203.0.113.24",
    ),
    Email("clinician@practice.com"),
)

AUDIT_LOG_PAGE: Final[Example] = {
    "count": 1,
    "next": None,
    "previous": None,
    "results": [
        {
            "id": 4711,
            "timestamp": "2026-02-06T14:30:05Z",
            "user_id": 1,
            "user_email": "clinician@practice.com",
            "role": "provider",
            "practice_id": "7f0c2b5e-3d54-4a86-9f0e-6f1f6f1f2a10",
            "ip_address": "203.0.113.24",
            "action": "read",
            "resource_type": "patient",
            "resource_id": PATIENT["id"],
            "patient_id": PATIENT["id"],
            "outcome": "done",
            "code": None,
            "changed_fields": [],
            "disclosed_patient_ids": [PATIENT["id"]],
            "request_id": "0f9d4e7a6c1b4b0e8a3f5d2c7b6a5948",
            "record_version": 3,
            "hash": entry_hash(_LINE.entry).hex(),
            "purpose": None,
        }
    ],
}

AUDIT_LOG_FILE: Final = b"".join(csv_chunks([_LINE])).decode()

AUDIT_EVENTS: Final[Example] = audit_event_bundle(
    Page(1, (_LINE,), PageRequest()),
    {"self": "https://app.vantrexia.com/api/v1/audit-logs/?page=1&as_of=4711"},
    server_url="https://app.vantrexia.com",
)

KEYS: Final[Example] = {
    "keys": [
        {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS384",
            "kid": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_B"
            "JECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_F"
            "DW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4"
            "vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB",
        }
    ]
}

HEALTH: Final[Example] = {
    "status": "healthy",
    "services": {
        "database": {"status": "healthy", "latency_ms": 1.4, "checked_at": "2026-02-06T14:30:00Z"},
        "audit": {
            "status": "healthy",
            "latency_ms": 0.3,
            "checked_at": "2026-02-06T14:30:00Z",
        },
    },
}
