"""Imports of files, and exports."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from vantrexia_core.kernel import (
    Phi,
    UserId,
)
from vantrexia_core.patients.export import Export
from vantrexia_core.patients.file_import import FileImport


class FileImportStore(Protocol):
    """The files that one practice has taken in, inside one transaction."""

    def add(self, file: FileImport, fingerprint: Phi[bytes] | None) -> None:
        """Store the import of a file. Its fingerprint is kept as a keyed digest."""
        ...

    def find(self, fingerprint: Phi[bytes]) -> FileImport | None:
        """The newest import of a file, done or not."""
        ...

    def get_to_change(self, import_id: UUID) -> FileImport:
        """One import; until this transaction ends nobody else goes on with it. Taken before other locks.

        Raises:
            NotFoundError: the practice has no such import.
        """
        ...

    def save(self, file: FileImport) -> None:
        """Store how far an import has come."""
        ...


class ExportStore(Protocol):
    """The exports of one practice, inside one transaction."""

    def add(self, export: Export, *, forget_until: datetime) -> None:
        """Store a new export; forget those of this practice that began at ``forget_until`` or before."""
        ...

    def get(self, export_id: UUID) -> Export:
        """One export, expired or not.

        Raises:
            NotFoundError: the practice has no such export.
        """
        ...

    def count_live(self, by: UserId, *, after: datetime) -> int:
        """How many exports of an account began after a moment. Whoever asks at once waits here."""
        ...

    def remove(self, export_id: UUID) -> None:
        """Forget an export, if it is there."""
        ...
