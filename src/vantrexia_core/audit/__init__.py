"""The trail: what is recorded about every touch of protected data, and the one way to touch it.

Use cases open a `Deed` with `undertake` and finish it with the fact that happened; there is no other door to
a unit of work, so there is no deed without a record. Denials, failures and repeated answers are recorded too.
"""

from vantrexia_core.audit.entry import Action, AuditEntry, Fact, Outcome, SequencedEntry
from vantrexia_core.audit.ports import RECEIPT_LIFE, AuditTrail, Desk, Once, Receipts, RecordedWork
from vantrexia_core.audit.recording import (
    AlreadyAnswered,
    Attempt,
    AuditUnavailableError,
    Deed,
    IdempotencyKeyReusedError,
    Line,
    authorize,
    check_unanswered,
    record_refusal,
    undertake,
)

__all__ = [
    "RECEIPT_LIFE",
    "Action",
    "AlreadyAnswered",
    "Attempt",
    "AuditEntry",
    "AuditTrail",
    "AuditUnavailableError",
    "Deed",
    "Desk",
    "Fact",
    "IdempotencyKeyReusedError",
    "Line",
    "Once",
    "Outcome",
    "Receipts",
    "RecordedWork",
    "SequencedEntry",
    "authorize",
    "check_unanswered",
    "record_refusal",
    "undertake",
]
