"""Bulk exports in memory."""

from datetime import datetime
from uuid import UUID

from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.state import Shelf
from vantrexia_core.kernel import NotFoundError, UserId
from vantrexia_core.patients import Export


class MemoryExports:
    """Implements the core's ``ExportStore``."""

    def __init__(self, shelf: Shelf) -> None:
        self.exports: Draft[UUID, Export] = Draft(shelf.exports)

    def add(self, export: Export, *, forget_until: datetime) -> None:
        """See `ExportStore`."""
        for id_, known in list(self.exports.items()):
            if known.at <= forget_until:
                self.exports.remove(id_)
        self.exports.put(export.id, export)

    def get(self, export_id: UUID) -> Export:
        """See `ExportStore`."""
        export = self.exports.get(export_id)
        if export is None:
            raise NotFoundError
        return export

    def count_live(self, by: UserId, *, after: datetime) -> int:
        """See `ExportStore`. There is one unit of work at a time."""
        return sum(one.by == by and one.at > after for _, one in self.exports.items())

    def remove(self, export_id: UUID) -> None:
        """See `ExportStore`."""
        self.exports.remove(export_id)
