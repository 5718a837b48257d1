"""What a sealed value is bound to, so that it opens nowhere else.

The associated data of AES-GCM (NIST SP 800-38D) names practice, table, column, record and the record's
demographics version. A ciphertext moved to another column, another patient or another practice does not open,
and neither does an old phone number put beside a new name.
"""

from typing import Final
from uuid import UUID

import attrs

FORMAT: Final = b"vantrexia/field/1"


@attrs.frozen
class FieldName:
    """A column that holds sealed values: ``table`` and ``column``, ASCII, as in the schema."""

    table: str
    column: str

    @property
    def info(self) -> bytes:
        """The label under which this column's own key is derived."""
        return b"field/" + self.table.encode("ascii") + b"/" + self.column.encode("ascii")


@attrs.frozen
class Place:
    """Where a record stands: its practice, its own id, and the version its sealed fields were written with."""

    practice_id: UUID
    record_id: UUID
    version: int


def associated_data(name: FieldName, place: Place, key_version: int) -> bytes:
    """The canonical bytes a field is bound to; every part carries its length, so no two readings exist."""
    parts = (
        FORMAT,
        name.table.encode("ascii"),
        name.column.encode("ascii"),
        place.practice_id.bytes,
        place.record_id.bytes,
        place.version.to_bytes(8, "big"),
        key_version.to_bytes(2, "big"),
    )
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)
