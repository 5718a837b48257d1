"""What a practice should look like after every call: dictionaries, no database, no cleverness.

The model decides nothing by the product's own tables: who may do what, which field changed and what the trail
must say are written down here a second time, as plainly as possible.
"""

from datetime import datetime, timedelta

import attrs

from vantrexia_core.audit import Action, AuditEntry, Outcome
from vantrexia_core.kernel import Actor, PatientId, Phi, PracticeId, Role
from vantrexia_core.patients import (
    DirectoryEntry,
    Move,
    NewPatient,
    Patient,
    Reason,
    Revision,
    Status,
    StatusChange,
)

CLINICIANS = {Role.ADMIN, Role.CLINICAL_MANAGER, Role.PROVIDER, Role.NURSE}
MAY = {
    Action.CREATE: CLINICIANS | {Role.MA},
    Action.UPDATE: CLINICIANS | {Role.MA},
    Action.ARCHIVE: CLINICIANS,
    Action.UNARCHIVE: CLINICIANS,
    Action.DELETE: {Role.ADMIN, Role.CLINICAL_MANAGER},
    Action.RESTORE: {Role.ADMIN},
    Action.LIST_DELETED: {Role.ADMIN},
    Action.READ: set(Role),
    Action.READ_VERSION: set(Role),
    Action.LIST_VERSIONS: set(Role),
    Action.LIST: set(Role),
    Action.LIST_ARCHIVED: set(Role),
}
FIELDS = (
    "first_name", "last_name", "date_of_birth", "gender", "mrn", "phone", "email", "address", "ssn",
    "external_id", "supplement",
)  # fmt: skip
RECEIPT_LIFE = timedelta(hours=24)


@attrs.define
class Known:
    """A record as it should be, and the history of its moves."""

    patient: Patient
    moves: list[StatusChange] = attrs.Factory(list)
    former: list[Patient] = attrs.Factory(list)
    """What it was before, newest first."""

    def replace(self, after: Patient) -> None:
        """Put another version in the place of this one."""
        self.former.insert(0, self.patient)
        self.patient = after


@attrs.frozen
class KeptAnswer:
    """What was answered to the first call with a key."""

    request: bytes
    answer: bytes
    at: datetime
    patient_id: PatientId
    disclosed: tuple[PatientId, ...]


@attrs.define
class Model:
    """Practices, trail and receipts as they should be."""

    records: dict[PracticeId, dict[PatientId, Known]]
    trail: list[AuditEntry] = attrs.Factory(list)
    receipts: dict[tuple[PracticeId, int, str], KeptAnswer] = attrs.Factory(dict)

    def seen(self, actor: Actor, patient_id: PatientId) -> Known | None:
        """A record that exists for this actor: of the practice, not deleted."""
        known = self.records[actor.practice_id].get(patient_id)
        return known if known is not None and known.patient.status is not Status.DELETED else None

    def receipt(self, actor: Actor, key: str, now: datetime) -> KeptAnswer | None:
        """The receipt that is still good."""
        kept = self.receipts.get((actor.practice_id, actor.user_id, key))
        return kept if kept is not None and now - kept.at < RECEIPT_LIFE else None

    def taken(
        self, practice_id: PracticeId, field: str, value: Phi[str] | None, but: PatientId | None
    ) -> bool:
        """Whether another record of the practice, deleted ones included, has this value."""
        return value is not None and any(
            getattr(known.patient, field) == value
            for id_, known in self.records[practice_id].items()
            if id_ != but
        )

    def register(self, actor: Actor, new: NewPatient, result: Patient, now: datetime) -> tuple[str, ...]:
        """Take in a new record; the MRN and the id are the service's choice, the rest is ours."""
        expected = Patient(
            result.id, actor.practice_id, result.mrn if new.mrn is None else new.mrn, new.name,
            new.date_of_birth, new.gender, new.phone, new.email, new.address, new.ssn, new.external_id,
            Status.ACTIVE, 1, now, now, new.supplement,
        )  # fmt: skip
        assert result == expected
        assert all(result.id not in records for records in self.records.values())
        self.records[actor.practice_id][result.id] = Known(expected)
        return tuple(field for field in FIELDS if _field(expected, field) is not None)

    def revise(self, known: Known, revision: Revision, now: datetime) -> tuple[str, ...]:
        """Replace what the revision names, and say what is another now."""
        before = known.patient
        wanted = {
            field: value
            for field in FIELDS
            if isinstance(value := getattr(revision, field), Phi) or value is None or attrs.has(type(value))
        }
        changed = tuple(
            field for field in FIELDS if field in wanted and wanted[field] != _field(before, field)
        )
        if changed:
            first, last = (
                wanted.pop("first_name", before.name.first),
                wanted.pop("last_name", before.name.last),
            )
            name = attrs.evolve(before.name, first=first, last=last)
            known.replace(
                attrs.evolve(before, name=name, **wanted, version=before.version + 1, updated_at=now)
            )
        return changed

    def move(
        self, known: Known, move: Move, after: Status, actor: Actor, now: datetime, reason: Reason | None
    ) -> None:
        """Change the status and add the line to the history."""
        version = known.patient.version + 1
        known.replace(attrs.evolve(known.patient, status=after, version=version, updated_at=now))
        known.moves.append(
            StatusChange(known.patient.id, version, move, now, actor.user_id, actor.email, reason)
        )

    def directory(self, practice_id: PracticeId) -> list[DirectoryEntry]:
        """What a directory should know of a practice."""
        return [
            DirectoryEntry.of_patient(number, known.patient)
            for number, known in enumerate(self.records[practice_id].values(), start=1)
        ]

    def record(
        self,
        actor: Actor,
        action: Action,
        outcome: Outcome,
        now: datetime,
        *,
        patient_id: PatientId | None = None,
        code: str | None = None,
        changed: tuple[str, ...] = (),
        disclosed: tuple[PatientId, ...] = (),
        version: int | None = None,
    ) -> None:
        """Add the line that the trail must have."""
        self.trail.append(
            AuditEntry(
                at=now,
                action=action,
                outcome=outcome,
                practice_id=actor.practice_id,
                actor_id=actor.user_id,
                role=actor.role,
                code=code,
                patient_id=patient_id,
                changed=changed,
                disclosed=disclosed,
                version=version,
                request_id=actor.origin.request_id,
                address=actor.origin.address,
            )
        )


def _field(patient: Patient, field: str) -> object:
    if field in {"first_name", "last_name"}:
        return getattr(patient.name, field.removesuffix("_name"))
    return getattr(patient, field)
