"""What a sealed value is bound to, so that it opens nowhere else.

The associated data of AES-GCM (NIST SP 800-38D) names practice, table, column, record and the record's
demographics version. A ciphertext moved to another column, another patient or another practice does not open,
and neither does an old phone number put beside a new name.
"""

from typing import Final
from uuid import UUID

import attrs

FORMAT: Final = b"vantrexia/field/1"

_ID_FRAME: Final = (16).to_bytes(2, "big")
_VERSION_FRAME: Final = (8).to_bytes(2, "big")


@attrs.frozen
class FieldName:
    """A column that holds sealed values: ``table`` and ``column``, ASCII, as in the schema."""

    table: str
    column: str

    @property
    def info(self) -> bytes:
        """The label under which this column's own key is derived."""
        return b"field/" + self.table.encode("ascii") + b"/" + self.column.encode("ascii")


@attrs.frozen(eq=False)
class FieldGroup:
    """Fields of one table that are opened together, each with the bucket it is padded to; made once, kept."""

    fields: tuple[tuple[FieldName, int], ...]


@attrs.frozen
class Place:
    """A record's practice, its id, and the version with which its sealed fields were written."""

    practice_id: UUID
    record_id: UUID
    version: int


def column_part(name: FieldName, practice_id: UUID) -> bytes:
    """The leading part of the associated data: what all records of a practice share in one column."""
    return _framed(FORMAT, name.table.encode("ascii"), name.column.encode("ascii"), practice_id.bytes)


def record_part(place: Place) -> bytes:
    """The middle part of the associated data: what all sealed fields of one record share."""
    # Both have one length, so their frames are constant: this is done for every record that is shown.
    return _ID_FRAME + place.record_id.bytes + _VERSION_FRAME + place.version.to_bytes(8, "big")


def key_part(key_version: int) -> bytes:
    """The trailing part of the associated data."""
    return _framed(key_version.to_bytes(2, "big"))


def associated_data(name: FieldName, place: Place, key_version: int) -> bytes:
    """The canonical bytes that a field is bound to. Every item carries its length, so they read in one way.

    A cipher that seals many fields keeps the parts and joins them; this function is the rule.
    """
    return column_part(name, place.practice_id) + record_part(place) + key_part(key_version)


def _framed(*items: bytes) -> bytes:
    return b"".join([len(item).to_bytes(2, "big") + item for item in items])
