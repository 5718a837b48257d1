"""The trail: what is recorded about every touch of protected data, and the one way to touch it.

Use cases open a `Deed` with `undertake` and finish it with the fact that happened; there is no other door to
a unit of work, so there is no deed without a record. Denials, failures and repeated answers are recorded too.

Entries are the leaves of one Merkle tree for the whole deployment. Its state is signed into checkpoints that
are kept outside the database, and whoever holds one can tell whether anything before it was altered.
"""

from vantrexia_core.audit.canonical import (
    ENTRY_FORMAT,
    UnreadableEntryError,
    decode_entry,
    encode_entry,
    entry_hash,
)
from vantrexia_core.audit.checkpoint import (
    Checkpoint,
    MalformedCheckpointError,
    NoteSignature,
    SignedCheckpoint,
    UntrustedCheckpointError,
    VerifierKey,
    sign,
)
from vantrexia_core.audit.entry import (
    DISCLOSED_MAX,
    Action,
    AuditEntry,
    CallerAddress,
    ChangedField,
    ErrorCode,
    Fact,
    Outcome,
    SequencedEntry,
)
from vantrexia_core.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    subtrees_of,
)
from vantrexia_core.audit.ports import (
    RECEIPT_LIFE,
    AuditTrail,
    Desk,
    Once,
    Receipts,
    RecordedWork,
    SignatureCheck,
    SigningKey,
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
from vantrexia_core.audit.tiles import (
    Bundle,
    DamagedTileError,
    Tile,
    TiledTree,
    decode_bundle,
    encode_bundle,
    tiles_between,
)

__all__ = [
    "DISCLOSED_MAX",
    "EMPTY_ROOT",
    "ENTRY_FORMAT",
    "RECEIPT_LIFE",
    "Action",
    "AlreadyAnswered",
    "Attempt",
    "AuditEntry",
    "AuditTrail",
    "AuditUnavailableError",
    "Bundle",
    "CallerAddress",
    "ChangedField",
    "Checkpoint",
    "DamagedTileError",
    "Deed",
    "Desk",
    "ErrorCode",
    "Fact",
    "Frontier",
    "IdempotencyKeyReusedError",
    "MalformedCheckpointError",
    "NoteSignature",
    "Once",
    "Outcome",
    "ProofError",
    "Receipts",
    "RecordedWork",
    "SequencedEntry",
    "SignatureCheck",
    "SignedCheckpoint",
    "SigningKey",
    "Tile",
    "TiledTree",
    "UnreadableEntryError",
    "UntrustedCheckpointError",
    "VerifierKey",
    "authorize",
    "check_consistency",
    "check_inclusion",
    "consistency_proof",
    "decode_bundle",
    "decode_entry",
    "encode_bundle",
    "encode_entry",
    "entry_hash",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "record_refusal",
    "sign",
    "subtrees_of",
    "tiles_between",
    "undertake",
]
