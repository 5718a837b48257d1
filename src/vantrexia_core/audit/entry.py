"""What the trail says: who did what to whom, when, from where, and how it ended (45 CFR 164.312(b)).

An entry holds ids and names, never a value of a field. It must stay readable to an auditor after every key
of the practice has been destroyed, so nothing in it may need a key, and nothing in it may be PHI. That is
held by type: each part of an entry is a moment, an id, a number, a member of a closed list, or a word of a
narrow alphabet. There is no place for a sentence, so none can be put there by mistake.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from enum import Enum, StrEnum
from functools import lru_cache
from typing import ClassVar, Final, Self

import attrs

from vantrexia_core.kernel import (
    ActingRole,
    BrokenPromiseError,
    PatientId,
    PracticeId,
    Purpose,
    RequestId,
    UserId,
)

ID_MAX: Final = 2**53 - 1
"""The largest number in an entry: what every reader of JSON reads exactly (RFC 7493, section 2.2)."""

DISCLOSED_MAX: Final = 1_000
"""Patients that one entry may name. Whoever shows more at once writes several entries."""

_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z._:-]{1,64}")
_ERROR_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ADDRESS: Final = re.compile(r"[0-9A-Za-z.:%_-]{1,64}")


class Action(Enum):
    """What was attempted. The values are part of the trail's format: append, never rename."""

    CREATE = "create"
    READ = "read"
    LIST = "list"
    UPDATE = "update"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    DELETE = "delete"
    RESTORE = "restore"
    LIST_ARCHIVED = "list_archived"
    LIST_DELETED = "list_deleted"
    LOGIN_SUCCESS = "login_success"
    LOGIN_FAILED = "login_failed"
    ACCOUNT_LOCKED = "account_locked"
    ACCOUNT_UNLOCKED = "account_unlocked"
    ACCOUNT_FORGED = "account_forged"
    """An account's row was changed by something other than this service; nobody was let in on it."""
    LOGOUT = "logout"
    TOKEN_REFRESHED = "token_refreshed"  # noqa: S105 - the action's name, not a secret
    TOKEN_REUSE_DETECTED = "token_reuse_detected"  # noqa: S105 - as above
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - as above
    PASSWORD_RESET_REQUESTED = "password_reset_requested"  # noqa: S105 - as above
    PASSWORD_RESET_COMPLETED = "password_reset_completed"  # noqa: S105 - as above
    TWO_FACTOR_STARTED = "2fa_started"
    """A secret was handed out; the second factor is not on before its owner has shown a code."""
    TWO_FACTOR_ENABLED = "2fa_enabled"
    TWO_FACTOR_DISABLED = "2fa_disabled"
    TWO_FACTOR_FAILED = "2fa_failed"
    PROFILE_READ = "profile_read"
    PROFILE_UPDATE = "profile_update"
    USER_READ = "user_read"
    USER_CREATE = "user_create"
    USER_UPDATE = "user_update"
    USER_LIST = "user_list"
    IMPORT = "import"
    IMPORT_START = "import_start"
    IMPORT_PREVIEW = "import_preview"
    IMPORT_READ = "import_read"
    EHR_SEARCH = "ehr_search"
    TRAIL_READ = "trail_read"
    TRAIL_EXPORT = "trail_export"
    ACCOUNTING = "accounting"
    """One patient's disclosures were accounted for (45 CFR 164.528)."""
    EXPORT_START = "export_start"
    EXPORT_READ = "export_read"
    EXPORT = "export"
    EXPORT_END = "export_end"
    READ_VERSION = "read_version"
    LIST_VERSIONS = "list_versions"
    MATCH = "match"
    """A person was looked for by what is known of them, and records that may be theirs were shown."""
    DUPLICATE_LIST = "duplicate_list"
    DUPLICATE_READ = "duplicate_read"
    """Two records that may be one person were shown side by side."""
    DUPLICATE_DECIDE = "duplicate_decide"
    MERGE = "merge"
    """One record was merged into another: an entry for each of them."""
    UNMERGE = "unmerge"
    MERGE_READ = "merge_read"
    CLIENT_REGISTER = "client_register"
    CLIENT_LIST = "client_list"
    CLIENT_UPDATE = "client_update"
    CLIENT_REVOKE = "client_revoke"
    """A machine client was shut out for good: its tokens are refused from now on."""
    KEY_PREPARE = "key_prepare"
    KEY_ROTATE = "key_rotate"
    KEY_REENCRYPT_START = "key_reencrypt_start"
    KEY_REENCRYPT = "key_reencrypt"
    """Somebody checked whether anything stored still needs an older version of a key."""
    KEY_RETIRE = "key_retire"
    KEY_DESTROY = "key_destroy"
    KEY_REWRAP = "key_rewrap"
    PRACTICE_DESTROY_ORDER = "practice_destroy_order"
    PRACTICE_DESTROY = "practice_destroy"
    """All keys of a practice were destroyed: what they sealed cannot be read again."""
    MATCH_SWEEP = "match_sweep"
    """All records of a practice were queued to be compared with each other."""
    BACKUP_START = "backup_start"
    """Everything that is stored is about to be copied into a backup."""
    BACKUP = "backup"
    """A backup is whole, and was read again."""
    BACKUP_RESTORE = "backup_restore"
    """The database was filled from a backup; ``version`` is how many entries that one had."""
    TRAIL_ROLLBACK = "trail_rollback"
    """Entries that were signed for were given up by a restore; ``version`` is how many there had been."""
    EMERGENCY_DECLARE = "emergency_declare"
    """Somebody declared an emergency: until it ends, the entries of that session carry a purpose."""
    EMERGENCY_LIST = "emergency_list"
    SESSIONS_END = "sessions_end"
    """An administrator ended sessions: one account's, or everybody's."""
    DIFFERENCES_OVERRULE = "differences_overrule"
    """Two records that look like two people's were said to be of one: an entry for each of them."""


class ChangedField(StrEnum):
    """What can change, by its name in the API. Part of the trail's format: append, never rename."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    DATE_OF_BIRTH = "date_of_birth"
    GENDER = "gender"
    MRN = "mrn"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    SSN = "ssn"
    EXTERNAL_ID = "external_id"
    STATUS = "status"
    ROLE = "role"
    IS_ACTIVE = "is_active"
    PASSWORD = "password"  # noqa: S105 - the field's name, not a secret
    IS_2FA_ENABLED = "is_2fa_enabled"
    MERGED_INTO = "merged_into"
    SUPPLEMENT = "supplement"
    """What a FHIR client said beyond the fields of the record; not shown by the REST API."""
    SCOPES = "scopes"
    KEYS = "keys"
    FIELD_KEY = "field_key"
    INDEX_KEY = "index_key"
    DIRECTORY_KEY = "directory_key"
    ACCOUNT_KEY = "account_key"
    TOKEN_KEY = "token_key"  # noqa: S105 - a key's name, not a secret
    CHECKPOINT_KEY = "checkpoint_key"


class ErrorCode(str):
    """An error's code, such as ``not_found``: lower-case words, and no longer than a code has to be."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Refuse what is no code."""
        _check_word(_ERROR_CODE, text, "an error code")
        return super().__new__(cls, text)


class CallerAddress(str):
    """Where a call came from: an IP address, or the name of a console or program. No blank, no ``@``."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Refuse what is no address."""
        _check_word(_ADDRESS, text, "a caller's address")
        return super().__new__(cls, text)


class Outcome(Enum):
    """How the attempt ended."""

    DONE = "done"
    REPLAYED = "replayed"
    """Answered again from a receipt (Idempotency-Key): disclosed, but changed nothing."""
    REFUSED = "refused"
    FAILED = "failed"
    """Neither done nor refused: the service itself failed and undid everything."""


def _check_word(shape: re.Pattern[str], text: str, what: str) -> None:
    if shape.fullmatch(text) is None:
        # Without the text: it is refused because it may be anything.
        _refuse(f"{what} other than of the pattern {shape.pattern}")


_FIELDS: Final = {field.value: field for field in ChangedField}
_ARE_FIELDS: Final = frozenset({ChangedField})


def _fields(names: Iterable[str]) -> tuple[ChangedField, ...]:
    given = tuple(names)
    if _ARE_FIELDS.issuperset(map(type, given)):
        # A fact's, on their way into an entry: they were looked up when the fact was made.
        return given  # type: ignore[return-value]
    try:
        return tuple([_FIELDS[str(name)] for name in given])
    except KeyError:
        message = "the trail names only fields that it knows; add a new one to ChangedField"
    raise BrokenPromiseError(message)


# Codes are few and callers come again and again: looking one up costs less than matching it.
_known_code: Final = lru_cache(maxsize=256)(ErrorCode)
_known_address: Final = lru_cache(maxsize=4096)(CallerAddress)


def _code(text: str | None) -> ErrorCode | None:
    return None if text is None else _known_code(text)


def _address(text: str | None) -> CallerAddress | None:
    return None if text is None else _known_address(text)


def _refuse(what: str) -> None:
    message = f"the trail does not take {what}"
    raise BrokenPromiseError(message)


@attrs.frozen
class Fact:
    """Something that happened, in the past tense. Subclasses name it; each context has its own.

    ``changed`` holds names of fields. ``disclosed`` holds the patients whose PHI left with the answer.
    ``user_id`` is the account that was acted upon, if any. ``version`` is the record's version that was shown
    or that the change led to.
    """

    action: ClassVar[Action]
    patient_id: PatientId | None = None
    changed: tuple[ChangedField, ...] = attrs.field(default=(), converter=_fields)
    disclosed: tuple[PatientId, ...] = ()
    user_id: UserId | None = None
    version: int | None = None


@attrs.frozen
class AuditEntry:
    """One line of the trail.

    ``code`` is the error code of a refusal, ``role`` the actor's role at that moment. ``patient_id`` and
    ``user_id`` say who was acted upon, ``version`` which version of the record was shown or made;
    ``disclosed`` lists all whose PHI left, in order of ids. ``purpose`` marks what was done in an emergency
    that the actor had declared, and is None for everything else.

    Raises:
        BrokenPromiseError: a part is not what the trail's format takes, free text above all.
    """

    at: datetime
    action: Action
    outcome: Outcome
    practice_id: PracticeId | None = None
    actor_id: UserId | None = None
    role: ActingRole | None = None
    code: ErrorCode | None = attrs.field(default=None, converter=_code)
    patient_id: PatientId | None = None
    changed: tuple[ChangedField, ...] = attrs.field(default=(), converter=_fields)
    disclosed: tuple[PatientId, ...] = ()
    user_id: UserId | None = None
    version: int | None = None
    request_id: RequestId | None = None
    address: CallerAddress | None = attrs.field(default=None, converter=_address)
    purpose: Purpose | None = None

    def __attrs_post_init__(self) -> None:
        if self.at.tzinfo is None:
            _refuse("a moment without a time zone")
        for number in (self.actor_id, self.user_id, self.version):
            if number is not None and not 0 <= number <= ID_MAX:
                _refuse("a number that JSON does not hold exactly")
        if len(self.disclosed) > DISCLOSED_MAX:
            _refuse(f"more than {DISCLOSED_MAX} patients in one entry")
        if self.request_id is not None and _REQUEST_ID.fullmatch(self.request_id) is None:
            _refuse("a request id with other characters than letters, digits and . _ : -")


@attrs.frozen
class SequencedEntry:
    """An entry with its place in the trail, counted from 1."""

    seq: int
    entry: AuditEntry
