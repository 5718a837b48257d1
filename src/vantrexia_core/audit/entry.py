"""What the trail says: who did what to whom, when, from where, and how it ended (45 CFR 164.312(b)).

An entry holds ids and field names, never a value of a field. It must stay readable to an auditor after every
key of the practice has been destroyed, so nothing in it may need a key.
"""

from datetime import datetime
from enum import Enum
from typing import ClassVar

import attrs

from vantrexia_core.kernel import PatientId, PracticeId, RequestId, Role, UserId


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
    LOGIN = "login"
    USER_CREATE = "user_create"
    USER_UPDATE = "user_update"
    USER_LIST = "user_list"
    TRAIL_READ = "trail_read"
    TRAIL_EXPORT = "trail_export"
    ACCOUNTING = "accounting"
    """One patient's disclosures were accounted for (45 CFR 164.528)."""


class Outcome(Enum):
    """How the attempt ended."""

    DONE = "done"
    REPLAYED = "replayed"
    """Answered again from a receipt (Idempotency-Key): disclosed, but changed nothing."""
    REFUSED = "refused"
    FAILED = "failed"
    """Neither done nor refused: the service itself failed and undid everything."""


@attrs.frozen
class Fact:
    """Something that happened, in the past tense. Subclasses name it; each context has its own.

    ``changed`` holds names of fields. ``disclosed`` holds the patients whose PHI left with the answer.
    ``user_id`` is the account that was acted upon, if any.
    """

    action: ClassVar[Action]
    patient_id: PatientId | None = None
    changed: tuple[str, ...] = ()
    disclosed: tuple[PatientId, ...] = ()
    user_id: UserId | None = None


@attrs.frozen
class AuditEntry:
    """One line of the trail.

    ``code`` is the error code of a refusal, ``role`` the actor's role at that moment. ``patient_id`` and
    ``user_id`` say on whom it was acted; ``disclosed`` lists all whose PHI left, in order of ids.
    """

    at: datetime
    action: Action
    outcome: Outcome
    practice_id: PracticeId | None = None
    actor_id: UserId | None = None
    role: Role | None = None
    code: str | None = None
    patient_id: PatientId | None = None
    changed: tuple[str, ...] = ()
    disclosed: tuple[PatientId, ...] = ()
    user_id: UserId | None = None
    request_id: RequestId | None = None
    address: str | None = None


@attrs.frozen
class SequencedEntry:
    """An entry with its place in the trail, counted from 1."""

    seq: int
    entry: AuditEntry
