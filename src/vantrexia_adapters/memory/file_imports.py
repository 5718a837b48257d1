"""Files that are taken in, in memory."""

from uuid import UUID

from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.state import Shelf
from vantrexia_core.kernel import NotFoundError, Phi
from vantrexia_core.patients import FileImport


class MemoryFileImports:
    """Implements the core's ``FileImportStore``."""

    def __init__(self, shelf: Shelf) -> None:
        self.files: Draft[UUID, tuple[FileImport, Phi[bytes] | None]] = Draft(shelf.file_imports)

    def add(self, file: FileImport, fingerprint: Phi[bytes] | None) -> None:
        """See `FileImportStore`."""
        self.files.put(file.id, (file, fingerprint))

    def find(self, fingerprint: Phi[bytes]) -> FileImport | None:
        """See `FileImportStore`."""
        found = [file for _, (file, known) in self.files.items() if known == fingerprint]
        return max(found, key=lambda file: (file.at, file.id), default=None)

    def get_to_change(self, import_id: UUID) -> FileImport:
        """See `FileImportStore`. There is one unit of work at a time."""
        known = self.files.get(import_id)
        if known is None:
            raise NotFoundError
        return known[0]

    def save(self, file: FileImport) -> None:
        """See `FileImportStore`."""
        known = self.files.get(file.id)
        if known is not None:
            self.files.put(file.id, (file, known[1]))
