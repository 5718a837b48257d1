"""What the import needs from the world: the EHR itself, what it last sent, and the imports under way."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from vantrexia_core.audit import Desk
from vantrexia_core.ehr.model import ImportJob, ImportOutcome, JobItem
from vantrexia_core.ehr.roster import EhrPatient, EhrQuery, Missed
from vantrexia_core.ehr.survivorship import LastTold, LostValues
from vantrexia_core.identity import AccountDesk
from vantrexia_core.kernel import PageRequest, PatientId, PracticeId, UserId
from vantrexia_core.patients import Candidacy, ExternalId, PatientDirectory, PatientWork


class EhrRoster(Protocol):
    """The patients at the other system. Never called inside a transaction: it may take seconds.

    An implementation bounds itself: its answers are checked as hostile input, its waiting ends in time, its
    calls stay within the budget that the EHR grants. It may fetch concurrently. It is called from several
    threads at once.
    """

    def fetch(self, ids: Sequence[ExternalId], *, seconds_max: float) -> Sequence[EhrPatient | Missed]:
        """What the EHR knows under each id: exactly one outcome an id, in the order of ``ids``.

        ``ids`` are different from each other. One id's fault touches no other's outcome. After
        ``seconds_max`` whatever is still missing is `Missed` as timed out or busy.

        Raises:
            EhrUnavailableError: nothing at all could be read (no token, no connection, access withdrawn).
        """
        ...

    def search(self, query: EhrQuery, *, seconds_max: float) -> Sequence[EhrPatient]:
        """Patients that fit, at most `CANDIDATES_MAX`. The ``external_id`` of each is the one to import by.

        Raises:
            EhrUnavailableError: no answer, or none that makes sense.
        """
        ...


class EhrRecords(Protocol):
    """What the EHR last sent about a practice's patients, sealed, inside one transaction."""

    def keep(self, told: Sequence[tuple[PatientId, LastTold]]) -> None:
        """Keep what the EHR sent now, in place of what it sent before."""
        ...

    def last(self, patient_id: PatientId) -> LastTold | None:
        """What the EHR sent last, or None if it was never read for this patient."""
        ...

    def lose(self, patient_id: PatientId, lost: LostValues) -> None:
        """Add to the history of values that lost."""
        ...

    def lost(self, patient_id: PatientId) -> Sequence[LostValues]:
        """The history of values that lost, oldest first."""
        ...


class ImportJobs(Protocol):
    """The imports of one practice, inside one transaction. Ids at the other system are sealed."""

    def add(self, job: ImportJob, ids: Sequence[ExternalId]) -> None:
        """Store a new job with its ids, none of them settled; forget jobs that ended `JOB_LIFE` ago."""
        ...

    def get(self, job_id: UUID) -> ImportJob:
        """A job as it stands now.

        Raises:
            NotFoundError: the practice has no such job.
        """
        ...

    def get_to_change(self, job_id: UUID) -> ImportJob:
        """Like `get`; until this transaction ends nobody else settles its ids. Taken before other locks.

        Raises:
            NotFoundError: the practice has no such job.
        """
        ...

    def find_open(self, by: UserId, ids: Sequence[ExternalId], *, is_refresh: bool) -> ImportJob | None:
        """The newest unfinished job of this account over exactly these ids in this order, given up or not."""
        ...

    def pending(self, job_id: UUID, *, limit: int) -> Sequence[JobItem]:
        """The next ids without an outcome: those tried least first, then in the order of the list."""
        ...

    def unsettled(self, job_id: UUID, places: Sequence[int]) -> frozenset[int]:
        """Those of these places that have no outcome yet."""
        ...

    def items(self, job_id: UUID, page: PageRequest) -> Sequence[JobItem]:
        """A page of the list, in its order."""
        ...

    def settle(self, job_id: UUID, outcomes: Sequence[tuple[int, ImportOutcome]]) -> None:
        """Give ids at these places their outcome."""
        ...

    def try_again(self, job_id: UUID, places: Sequence[int]) -> None:
        """Count one more unsuccessful try for the ids at these places."""
        ...

    def save(self, job: ImportJob, *, not_before: datetime | None = None) -> None:
        """Store a job's status, code, pauses and time; nobody takes it before ``not_before``."""
        ...


class ImportQueue(Protocol):
    """Open jobs of accounts in all practices, outside any unit of work."""

    def take(self, *, now: datetime) -> ImportJob | None:
        """The oldest open job that nobody works on. It is the caller's alone until ``now`` plus `LEASE`.

        Jobs of the operator (`OPERATOR_ID`) are not given out: a command at the console continues its own.
        """
        ...


class EhrWork(PatientWork, Protocol):
    """The unit of work of this context."""

    @property
    def ehr_records(self) -> EhrRecords:
        """What the EHR last sent, inside this transaction."""
        ...

    @property
    def import_jobs(self) -> ImportJobs:
        """The practice's imports, inside this transaction."""
        ...


class EhrDesk(Desk[EhrWork], Protocol):
    """Where imports are begun."""

    @property
    def directory(self) -> PatientDirectory:
        """See `PatientDesk`."""
        ...

    @property
    def candidacy(self) -> Candidacy:
        """See `MatchingDesk`."""
        ...

    @property
    def import_queue(self) -> ImportQueue:
        """The open jobs of all practices."""
        ...

    def roster(self, practice_id: PracticeId) -> EhrRoster:
        """The EHR of this practice, and of no other: one that is always unavailable if none is set up."""
        ...


class BackgroundDesk(EhrDesk, AccountDesk, Protocol):
    """Where imports go on by themselves: with the accounts in whose name they do."""
