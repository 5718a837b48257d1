"""Desks for tests that care about the core: everything real, in memory, at a time that stands still."""

from collections.abc import Sequence

from tests.builders import a_practice_id
from tests.credentials import QuickPasswords, QuickTokens
from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import AuditEntry
from vantrexia_core.kernel import PracticeId
from vantrexia_core.patients import PatientDesk


def a_memory_desk(clock: ManualClock | None = None) -> MemoryDesk:
    """An empty memory with injected time, ids and credentials."""
    return MemoryDesk(clock or ManualClock(), CountedIds(), QuickPasswords(), QuickTokens())


def entries_of(desk: PatientDesk, practice_id: PracticeId | None = None) -> Sequence[AuditEntry]:
    """The trail as one practice's unit of work reads it, oldest first."""
    with desk.begin(practice_id or a_practice_id()) as work:
        return [sequenced.entry for sequenced in work.trail.read(limit=1_000_000)]
