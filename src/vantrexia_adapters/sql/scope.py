"""What every store of a unit of work needs: its transaction, its practice, and the practice's protection."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from vantrexia_adapters.sql.database import Transaction
from vantrexia_core.kernel import PracticeId
from vantrexia_core.protection import BlindIndex, FieldCipher, FieldGroup, FieldName, Place, RowSeal


@attrs.frozen
class Protection:
    """The ciphers of a deployment."""

    cipher: FieldCipher
    index: BlindIndex
    seal: RowSeal


@attrs.frozen
class Scope:
    """One practice inside one transaction."""

    transaction: Transaction
    practice_id: PracticeId
    protection: Protection


def moment_version(at: datetime) -> int:
    """The version of what is bound to a moment: microseconds since 1970."""
    return int(at.timestamp() * 1_000_000)


@attrs.frozen
class SealedColumn:
    """A column that holds envelopes of text, and the bucket it is padded to."""

    name: FieldName
    bucket: int

    @classmethod
    def of(cls, table: str, column: str, bucket: int) -> "SealedColumn":
        """By the names of the schema."""
        return cls(FieldName(table, column), bucket)

    def seal(self, cipher: FieldCipher, place: Place, text: str) -> bytes:
        """The envelope of a text."""
        return cipher.seal(self.name, place, text.encode(), bucket=self.bucket)

    def open(self, cipher: FieldCipher, place: Place, wire: bytes) -> str:
        """The text in an envelope.

        Raises:
            UnreadableError: it does not open at this place.
        """
        return cipher.open(self.name, place, wire, bucket=self.bucket).decode()


@attrs.frozen(eq=False)
class SealedRow:
    """Columns of a table whose envelopes are opened together."""

    _group: FieldGroup

    @classmethod
    def of(cls, *columns: SealedColumn) -> "SealedRow":
        """In the order in which they are read."""
        return cls(FieldGroup(tuple((column.name, column.bucket) for column in columns)))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, as in the schema."""
        return tuple(name.column for name, _ in self._group.fields)

    def open(self, cipher: FieldCipher, place: Place, wires: Sequence[bytes | None]) -> list[str | None]:
        """The texts in the envelopes; None where there is no envelope.

        Raises:
            UnreadableError: one does not open at this place.
        """
        values = cipher.open_all(self._group, place, wires)
        return [None if value is None else value.decode() for value in values]
