"""Playing a trail again: which records there must be, in which state and version."""

from collections.abc import Iterable

from vantrexia_core.audit import Action, AuditEntry, Outcome
from vantrexia_core.kernel import PatientId, PracticeId
from vantrexia_core.patients import Status

LEADS_TO = {
    Action.CREATE: Status.ACTIVE,
    Action.ARCHIVE: Status.ARCHIVED,
    Action.UNARCHIVE: Status.ACTIVE,
    Action.DELETE: Status.DELETED,
    Action.RESTORE: Status.ACTIVE,
}
"""Where a record stands after each move; a correction leaves it where it is."""

Replayed = dict[PracticeId, dict[PatientId, tuple[Status, int]]]


def replayed(entries: Iterable[AuditEntry]) -> Replayed:
    """Each practice's records. Versions follow each other without a gap, or the trail is not complete."""
    practices: Replayed = {}
    for entry in entries:
        is_change = entry.action in LEADS_TO or (entry.action is Action.UPDATE and entry.changed)
        if entry.outcome is not Outcome.DONE or not is_change:
            continue
        assert entry.practice_id is not None
        assert entry.patient_id is not None
        records = practices.setdefault(entry.practice_id, {})
        status, version = records.get(entry.patient_id, (Status.ACTIVE, 0))
        assert entry.version == version + 1
        assert (entry.action is Action.CREATE) == (version == 0)
        records[entry.patient_id] = (LEADS_TO.get(entry.action, status), entry.version)
    return practices
