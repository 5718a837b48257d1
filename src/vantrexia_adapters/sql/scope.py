"""What every store of a unit of work needs: its transaction, its practice, and the practice's protection."""

from datetime import datetime

import attrs

from vantrexia_adapters.sql.database import Transaction
from vantrexia_core.kernel import PracticeId
from vantrexia_core.protection import BlindIndex, FieldCipher, FieldName, Place, RowSeal


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
