"""The trail: what is recorded about every touch of protected data, and the one way to touch it.

Use cases open a `Deed` with `undertake` and finish it with the fact that happened; there is no other door to
a unit of work, so there is no deed without a record. Denials, failures and repeated answers are recorded too.
"""

from vantrexia_core.audit.entry import Action, AuditEntry, Fact, Outcome, SequencedEntry
from vantrexia_core.audit.facts import TrailExported, TrailRead
from vantrexia_core.audit.inquiry import RESOURCE_OF, Inquiry, Resource
from vantrexia_core.audit.inspection import (
    TrailExport,
    TrailLine,
    TrailPage,
    export_trail,
    follow,
    look,
    read_trail,
)
from vantrexia_core.audit.ports import (
    RECEIPT_LIFE,
    AuditTrail,
    Desk,
    InspectionWork,
    Once,
    Receipts,
    RecordedWork,
    TrailSearch,
)
from vantrexia_core.audit.recording import (
    AlreadyAnswered,
    Attempt,
    AuditUnavailableError,
    Deed,
    IdempotencyKeyReusedError,
    authorize,
    record_refusal,
    undertake,
)

__all__ = [
    "RECEIPT_LIFE",
    "RESOURCE_OF",
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
    "Inquiry",
    "InspectionWork",
    "Once",
    "Outcome",
    "Receipts",
    "RecordedWork",
    "Resource",
    "SequencedEntry",
    "TrailExport",
    "TrailExported",
    "TrailLine",
    "TrailPage",
    "TrailRead",
    "TrailSearch",
    "authorize",
    "export_trail",
    "follow",
    "look",
    "read_trail",
    "record_refusal",
    "undertake",
]
