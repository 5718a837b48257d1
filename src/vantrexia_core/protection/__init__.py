"""How protected values rest: what they are bound to, the bytes they become, how they compare when folded.

Pure: the ciphers themselves are adapters behind `FieldCipher` and `BlindIndex`; what they must produce is
laid down here and pinned by byte vectors.
"""

from vantrexia_core.protection.binding import (
    FieldGroup,
    FieldName,
    Place,
    associated_data,
    column_part,
    key_part,
    record_part,
)
from vantrexia_core.protection.envelope import (
    BUCKET_DOCUMENT,
    BUCKET_LONG,
    BUCKET_NAME,
    BUCKET_SHORT,
    FORMAT_BYTE,
    HEADER_BYTES,
    KEY_VERSION_MAX,
    NONCE_BYTES,
    TAG_BYTES,
    VALUE_BYTES_MAX,
    Envelope,
    PracticeDestroyedError,
    UnreadableError,
    pad,
    unpad,
)
from vantrexia_core.protection.folding import APOSTROPHES, fold, words
from vantrexia_core.protection.ports import BlindIndex, FieldCipher, KeyWrapper, RowSeal, SnapshotCipher

__all__ = [
    "APOSTROPHES",
    "BUCKET_DOCUMENT",
    "BUCKET_LONG",
    "BUCKET_NAME",
    "BUCKET_SHORT",
    "FORMAT_BYTE",
    "HEADER_BYTES",
    "KEY_VERSION_MAX",
    "NONCE_BYTES",
    "TAG_BYTES",
    "VALUE_BYTES_MAX",
    "BlindIndex",
    "Envelope",
    "FieldCipher",
    "FieldGroup",
    "FieldName",
    "KeyWrapper",
    "Place",
    "PracticeDestroyedError",
    "RowSeal",
    "SnapshotCipher",
    "UnreadableError",
    "associated_data",
    "column_part",
    "fold",
    "key_part",
    "pad",
    "record_part",
    "unpad",
    "words",
]
