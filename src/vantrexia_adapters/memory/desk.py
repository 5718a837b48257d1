"""Where work in memory is begun: one writer at a time, and nothing of an unfinished work remains."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Final

import attrs

from vantrexia_adapters.directory import CandidateKeeper, DirectoryKeeper
from vantrexia_adapters.memory.audit import MemoryTrail
from vantrexia_adapters.memory.clients import MemoryClients, MemoryClientStore, MemoryUsedAssertions
from vantrexia_adapters.memory.directory import MemoryCandidateStore, MemoryDirectoryStore
from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.ehr import MemoryEhrRecords, MemoryImportJobs, taken
from vantrexia_adapters.memory.emergencies import MemoryEmergencies, MemoryEmergencyNotices
from vantrexia_adapters.memory.exports import MemoryExports
from vantrexia_adapters.memory.file_imports import MemoryFileImports
from vantrexia_adapters.memory.identity import (
    Identities,
    MemoryAccounts,
    MemoryLockouts,
    MemorySessions,
    MemorySignIns,
    MemoryUsers,
)
from vantrexia_adapters.memory.merges import MemoryMerges
from vantrexia_adapters.memory.patients import MemoryPatients
from vantrexia_adapters.memory.receipts import MemoryReceipts
from vantrexia_adapters.memory.resets import MemoryResetRequests, MemoryResetTokens
from vantrexia_adapters.memory.search_tokens import MemorySearchTokens
from vantrexia_adapters.memory.second_factors import MemorySecondFactors
from vantrexia_adapters.memory.state import Memory, Receipt, Shelf
from vantrexia_adapters.memory.suspicions import MemorySuspicions
from vantrexia_adapters.memory.trail_search import MemoryTrailSearch
from vantrexia_adapters.memory.uncompared import MemoryUncompared
from vantrexia_core.audit import AuditEntry
from vantrexia_core.ehr import EhrRoster, ImportJob, NoRoster
from vantrexia_core.identity import ClientProofs, NoClientProofs, Passwords, Tokens
from vantrexia_core.kernel import (
    BrokenPromiseError,
    Clock,
    IdSource,
    PracticeId,
    SecretSource,
    UnavailableError,
    UserId,
)

WAIT_SECONDS: Final = 5.0
"""How long a unit of work waits for the one before it, as long as SQLite's is made to wait."""


class MemorySignInWork:
    """A unit of work of no practice. It sees its own changes; others see them after `commit`."""

    def __init__(self, desk: "MemoryDesk") -> None:
        self._desk = desk
        self._identities = Identities(desk.committed)
        self._trail = MemoryTrail(desk.entries)
        self._is_over = False

    @property
    def trail(self) -> MemoryTrail:
        """See `RecordedWork`."""
        self._check_open()
        return self._trail

    @property
    def accounts(self) -> MemorySignIns:
        """See `SignInWork`."""
        self._check_open()
        return MemorySignIns(self._identities)

    @property
    def sessions(self) -> MemorySessions:
        """See `SignInWork`."""
        self._check_open()
        return MemorySessions(self._identities.sessions)

    @property
    def lockouts(self) -> MemoryLockouts:
        """See `SignInWork`."""
        self._check_open()
        return MemoryLockouts(self._identities.failures)

    @property
    def second_factors(self) -> MemorySecondFactors:
        """See `SignInWork`."""
        self._check_open()
        return MemorySecondFactors(self._identities.factors, self._identities.backup_codes)

    @property
    def reset_requests(self) -> MemoryResetRequests:
        """See `SignInWork`."""
        self._check_open()
        return MemoryResetRequests(self._identities.reset_requests, self._identities.by_email)

    @property
    def reset_tokens(self) -> MemoryResetTokens:
        """See `UserWork`."""
        self._check_open()
        return MemoryResetTokens(self._identities.reset_tokens)

    @property
    def used_assertions(self) -> MemoryUsedAssertions:
        """See `SignInWork`."""
        self._check_open()
        return MemoryUsedAssertions(self._identities.used_assertions)

    @property
    def emergency_notices(self) -> MemoryEmergencyNotices:
        """See `SignInWork`."""
        self._check_open()
        return MemoryEmergencyNotices(self._identities.notices)

    def commit(self) -> None:
        """See `RecordedWork`. Ends the work."""
        self._check_open()
        self._desk.replace(self._merged(self._desk.committed), self._trail.pending)
        self.close()

    def close(self) -> None:
        """End the work; what was not committed is gone."""
        self._is_over = True

    def _merged(self, before: Memory) -> Memory:
        return self._identities.merged(before)

    def _check_open(self) -> None:
        if self._is_over:
            message = "a unit of work is over once it was committed or left"
            raise BrokenPromiseError(message)


class MemoryWork(MemorySignInWork):
    """A unit of work of one practice."""

    def __init__(self, desk: "MemoryDesk", practice_id: PracticeId) -> None:
        super().__init__(desk)
        self._practice_id = practice_id
        shelf = desk.committed.shelf(practice_id)
        self._receipts: Draft[tuple[UserId, str], Receipt] = Draft(shelf.receipts)
        self._patients = MemoryPatients(practice_id, shelf)
        self._suspicions = MemorySuspicions(shelf, self._patients)
        self._uncompared = MemoryUncompared(shelf, self._patients)
        self._merges = MemoryMerges(shelf, self._patients)
        self._ehr_records = MemoryEhrRecords(shelf)
        self._import_jobs = MemoryImportJobs(shelf)
        self._exports = MemoryExports(shelf)
        self._file_imports = MemoryFileImports(shelf)
        self._trail_search = MemoryTrailSearch(practice_id, desk.entries, lambda: desk.committed)
        self._keeper = MemoryReceipts(self._receipts)

    @property
    def trail_search(self) -> MemoryTrailSearch:
        """See `TrailWork`."""
        self._check_open()
        return self._trail_search

    @property
    def receipts(self) -> MemoryReceipts:
        """See `RecordedWork`."""
        self._check_open()
        return self._keeper

    @property
    def patients(self) -> MemoryPatients:
        """See `PatientWork`."""
        self._check_open()
        return self._patients

    @property
    def uncompared(self) -> MemoryUncompared:
        """See `PatientWork`."""
        self._check_open()
        return self._uncompared

    @property
    def merges(self) -> MemoryMerges:
        """See `PatientWork`."""
        self._check_open()
        return self._merges

    @property
    def suspicions(self) -> MemorySuspicions:
        """See `PatientWork`."""
        self._check_open()
        return self._suspicions

    @property
    def users(self) -> MemoryUsers:
        """See `UserWork`."""
        self._check_open()
        return MemoryUsers(self._practice_id, self._identities)

    @property
    def emergencies(self) -> MemoryEmergencies:
        """See `UserWork`."""
        self._check_open()
        identities = self._identities
        return MemoryEmergencies(self._practice_id, identities.emergencies, identities.notices)

    @property
    def file_imports(self) -> MemoryFileImports:
        """See `PatientWork`."""
        self._check_open()
        return self._file_imports

    @property
    def exports(self) -> MemoryExports:
        """See `PatientWork`."""
        self._check_open()
        return self._exports

    @property
    def clients(self) -> MemoryClientStore:
        """See `ClientWork`."""
        self._check_open()
        return MemoryClientStore(self._practice_id, self._identities.clients)

    @property
    def ehr_records(self) -> MemoryEhrRecords:
        """See `EhrWork`."""
        self._check_open()
        return self._ehr_records

    @property
    def import_jobs(self) -> MemoryImportJobs:
        """See `EhrWork`."""
        self._check_open()
        return self._import_jobs

    def _merged(self, before: Memory) -> Memory:
        patients = self._patients
        shelf = Shelf(
            patients=patients.patients.merged(),
            moves=patients.moves.merged(),
            former=patients.former.merged(),
            by_number=patients.by_number.merged(),
            by_mrn=patients.by_mrn.merged(),
            by_external_id=patients.by_external_id.merged(),
            receipts=self._receipts.merged(),
            told=self._ehr_records.told.merged(),
            lost=self._ehr_records.losses.merged(),
            jobs=self._import_jobs.jobs.merged(),
            exports=self._exports.exports.merged(),
            file_imports=self._file_imports.files.merged(),
            suspicions=self._suspicions.suspicions.merged(),
            uncompared=self._uncompared.noted.merged(),
            merges=self._merges.merges.merged(),
            seq=patients.seq,
            mrn_number=patients.mrn_number,
        )
        return super()._merged(attrs.evolve(before, shelves={**before.shelves, self._practice_id: shelf}))


@attrs.define(eq=False, repr=False)
class MemoryDesk:
    """All of the core's desks over one memory. Any practice id names a practice; no need to found one."""

    clock: Clock
    ids: IdSource
    secrets: SecretSource
    passwords: Passwords
    tokens: Tokens
    wait_seconds: float = WAIT_SECONDS
    rosters: Mapping[PracticeId, EhrRoster] = attrs.field(factory=dict)
    proofs: ClientProofs = attrs.field(factory=NoClientProofs)
    committed: Memory = attrs.field(factory=Memory, init=False)
    entries: list[AuditEntry] = attrs.field(factory=list, init=False)
    directory: DirectoryKeeper = attrs.field(init=False)
    search_tokens: MemorySearchTokens = attrs.field(init=False)
    candidacy: CandidateKeeper = attrs.field(init=False)
    _writer: Lock = attrs.field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self.search_tokens = MemorySearchTokens(self.ids)
        self.directory = DirectoryKeeper(MemoryDirectoryStore(self._read_committed))
        self.candidacy = CandidateKeeper(MemoryCandidateStore(self._read_committed))

    @property
    def accounts(self) -> MemoryAccounts:
        """See `SignInDesk`."""
        return MemoryAccounts(self._read_committed)

    @property
    def clients(self) -> MemoryClients:
        """See `SignInDesk`."""
        return MemoryClients(self._read_committed)

    @property
    def import_queue(self) -> "MemoryDesk":
        """See `EhrDesk`."""
        return self

    def take(self, *, now: datetime) -> ImportJob | None:
        """See `ImportQueue`."""
        with self._alone():
            after, job = taken(self.committed, now=now)
            self.replace(after, [])
            return job

    def roster(self, practice_id: PracticeId) -> EhrRoster:
        """See `EhrDesk`."""
        return self.rosters.get(practice_id) or NoRoster()

    @contextmanager
    def begin(self, practice_id: PracticeId) -> Iterator[MemoryWork]:
        """See `Desk`."""
        with self._alone():
            work = MemoryWork(self, practice_id)
            try:
                yield work
            finally:
                work.close()

    @contextmanager
    def begin_sign_in(self) -> Iterator[MemorySignInWork]:
        """See `SignInDesk`."""
        with self._alone():
            work = MemorySignInWork(self)
            try:
                yield work
            finally:
                work.close()

    def replace(self, after: Memory, entries: list[AuditEntry]) -> None:
        """Put a finished work's state in the place of the one it began with."""
        self.entries.extend(entries)
        self.committed = after

    def _read_committed(self) -> Memory:
        return self.committed

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._writer.acquire(timeout=self.wait_seconds):
            raise UnavailableError
        try:
            yield
        finally:
            self._writer.release()
