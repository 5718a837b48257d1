"""What is committed, as values that are never changed in place: a commit puts new ones in their stead."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import attrs

from vantrexia_core.ehr import ImportJob, JobItem, LastTold, LostValues
from vantrexia_core.identity import (
    Account,
    BreakGlass,
    EmergencyNotice,
    FactorCode,
    Failures,
    MachineClient,
    ResetRequest,
    SecondFactor,
    Session,
)
from vantrexia_core.kernel import (
    ClientId,
    EmergencyId,
    MergeId,
    PatientId,
    Phi,
    PracticeId,
    SessionId,
    SuspicionId,
    UserId,
)
from vantrexia_core.patients import (
    DirectoryEntry,
    Export,
    FileImport,
    Merge,
    Patient,
    StatusChange,
    Suspicion,
)


@attrs.frozen
class Filed:
    """A record, the number of its practice's change that filed it, and what the directory knows of it.

    The entry's number stays the record's for good.
    """

    patient: Patient
    seq: int
    entry: DirectoryEntry

    @classmethod
    def of(cls, patient: Patient, seq: int, number: int) -> "Filed":
        """File a record."""
        return cls(patient, seq, DirectoryEntry.of_patient(number, patient))


@attrs.frozen
class Former:
    """A version that was replaced, as it was filed, and the number of the change that replaced it."""

    filed: Filed
    replaced_seq: int


@attrs.frozen
class Receipt:
    """A kept answer, and the request it answered."""

    request: Phi[bytes]
    answer: Phi[bytes]
    at: datetime


@attrs.frozen(repr=False)
class FiledJob:
    """An import with its ids. ``key`` are the ids as text, ``free_at`` is when the next may take it."""

    job: ImportJob
    items: tuple[JobItem, ...]
    key: tuple[str, ...]
    free_at: datetime


@attrs.frozen(repr=False)
class Shelf:
    """All that belongs to one practice. Never printed: its keys are PHI."""

    patients: Mapping[PatientId, Filed] = attrs.Factory(dict)
    moves: Mapping[PatientId, tuple[StatusChange, ...]] = attrs.Factory(dict)
    former: Mapping[PatientId, tuple[Former, ...]] = attrs.Factory(dict)
    by_number: Mapping[int, PatientId] = attrs.Factory(dict)
    by_mrn: Mapping[str, PatientId] = attrs.Factory(dict)
    by_external_id: Mapping[str, PatientId] = attrs.Factory(dict)
    receipts: Mapping[tuple[UserId, str], Receipt] = attrs.Factory(dict)
    told: Mapping[PatientId, LastTold] = attrs.Factory(dict)
    lost: Mapping[PatientId, tuple[LostValues, ...]] = attrs.Factory(dict)
    jobs: Mapping[UUID, FiledJob] = attrs.Factory(dict)
    uncompared: Mapping[PatientId, datetime] = attrs.Factory(dict)
    exports: Mapping[UUID, Export] = attrs.Factory(dict)
    file_imports: Mapping[UUID, tuple[FileImport, Phi[bytes] | None]] = attrs.Factory(dict)
    suspicions: Mapping[SuspicionId, Suspicion] = attrs.Factory(dict)
    merges: Mapping[MergeId, Merge] = attrs.Factory(dict)
    seq: int = 0
    mrn_number: int = 0


@attrs.frozen(repr=False)
class Memory:
    """Everything but the trail, which only grows and so needs no copies."""

    shelves: Mapping[PracticeId, Shelf] = attrs.Factory(dict)
    accounts: Mapping[UserId, Account] = attrs.Factory(dict)
    by_email: Mapping[str, UserId] = attrs.Factory(dict)
    former_passwords: Mapping[UserId, tuple[str, ...]] = attrs.Factory(dict)
    sessions: Mapping[SessionId, Session] = attrs.Factory(dict)
    failures: Mapping[str, tuple[Failures, datetime]] = attrs.Factory(dict)
    factors: Mapping[UserId, SecondFactor] = attrs.Factory(dict)
    backup_codes: Mapping[UserId, tuple[FactorCode, ...]] = attrs.Factory(dict)
    reset_tokens: Mapping[UserId, tuple[tuple[Phi[str], datetime], ...]] = attrs.Factory(dict)
    reset_requests: Mapping[bytes, ResetRequest] = attrs.Factory(dict)
    clients: Mapping[ClientId, MachineClient] = attrs.Factory(dict)
    used_assertions: Mapping[tuple[UserId, str], datetime] = attrs.Factory(dict)
    emergencies: Mapping[EmergencyId, BreakGlass] = attrs.Factory(dict)
    notices: Mapping[tuple[EmergencyId, UserId], EmergencyNotice] = attrs.Factory(dict)

    def shelf(self, practice_id: PracticeId) -> Shelf:
        """A practice's shelf; an empty one before its first record."""
        return self.shelves.get(practice_id) or Shelf()
