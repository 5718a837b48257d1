"""What the EHR sent, and the imports of a practice, in memory."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import attrs

from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.state import FiledJob, Memory, Shelf
from vantrexia_core.ehr import (
    JOB_LIFE,
    LEASE,
    ImportJob,
    ImportOutcome,
    JobItem,
    JobStatus,
    LastTold,
    LostValues,
)
from vantrexia_core.identity import OPERATOR_ID
from vantrexia_core.kernel import NotFoundError, PageRequest, PatientId, UserId
from vantrexia_core.patients import ExternalId


class MemoryEhrRecords:
    """Implements the core's ``EhrRecords``."""

    def __init__(self, shelf: Shelf) -> None:
        self.told: Draft[PatientId, LastTold] = Draft(shelf.told)
        self.losses: Draft[PatientId, tuple[LostValues, ...]] = Draft(shelf.lost)

    def keep(self, told: Sequence[tuple[PatientId, LastTold]]) -> None:
        """See `EhrRecords`."""
        for patient_id, last in told:
            self.told.put(patient_id, last)

    def last(self, patient_id: PatientId) -> LastTold | None:
        """See `EhrRecords`."""
        return self.told.get(patient_id)

    def lose(self, patient_id: PatientId, lost: LostValues) -> None:
        """See `EhrRecords`."""
        self.losses.put(patient_id, (*self.lost(patient_id), lost))

    def lost(self, patient_id: PatientId) -> Sequence[LostValues]:
        """See `EhrRecords`."""
        return self.losses.get(patient_id) or ()


class MemoryImportJobs:
    """Implements the core's ``ImportJobs``."""

    def __init__(self, shelf: Shelf) -> None:
        self.jobs: Draft[UUID, FiledJob] = Draft(shelf.jobs)

    def add(self, job: ImportJob, ids: Sequence[ExternalId]) -> None:
        """See `ImportJobs`."""
        for id_, filed in list(self.jobs.items()):
            if filed.job.status is not JobStatus.OPEN and job.created_at - filed.job.updated_at >= JOB_LIFE:
                self.jobs.remove(id_)
        items = tuple(JobItem(place, external_id) for place, external_id in enumerate(ids))
        self.jobs.put(job.id, FiledJob(job, items, _key(ids), job.created_at))

    def get(self, job_id: UUID) -> ImportJob:
        """See `ImportJobs`."""
        filed = self._filed(job_id)
        verdicts = Counter(item.outcome.verdict for item in filed.items if item.outcome is not None)
        return attrs.evolve(filed.job, counts=verdicts)

    def get_to_change(self, job_id: UUID) -> ImportJob:
        """See `ImportJobs`. There is one unit of work at a time."""
        return self.get(job_id)

    def find_open(self, by: UserId, ids: Sequence[ExternalId], *, is_refresh: bool) -> ImportJob | None:
        """See `ImportJobs`."""
        key = _key(ids)
        found = [
            filed.job
            for _, filed in self.jobs.items()
            if filed.job.by == by
            and filed.job.status is not JobStatus.DONE
            and filed.job.is_refresh is is_refresh
            and filed.key == key
        ]
        newest = max(found, key=lambda job: (job.created_at, job.id), default=None)
        return None if newest is None else self.get(newest.id)

    def pending(self, job_id: UUID, *, limit: int) -> Sequence[JobItem]:
        """See `ImportJobs`."""
        waiting = [item for item in self._filed(job_id).items if item.outcome is None]
        return sorted(waiting, key=lambda item: (item.tries, item.place))[:limit]

    def unsettled(self, job_id: UUID, places: Sequence[int]) -> frozenset[int]:
        """See `ImportJobs`."""
        items = self._filed(job_id).items
        return frozenset(place for place in places if items[place].outcome is None)

    def items(self, job_id: UUID, page: PageRequest) -> Sequence[JobItem]:
        """See `ImportJobs`."""
        return self._filed(job_id).items[page.offset : page.offset + page.size]

    def settle(self, job_id: UUID, outcomes: Sequence[tuple[int, ImportOutcome]]) -> None:
        """See `ImportJobs`."""
        settled = dict(outcomes)
        self._change(
            job_id,
            lambda item: attrs.evolve(item, outcome=settled[item.place]) if item.place in settled else item,
        )

    def try_again(self, job_id: UUID, places: Sequence[int]) -> None:
        """See `ImportJobs`."""
        tried = frozenset(places)
        self._change(
            job_id, lambda item: attrs.evolve(item, tries=item.tries + 1) if item.place in tried else item
        )

    def save(self, job: ImportJob, *, not_before: datetime | None = None) -> None:
        """See `ImportJobs`."""
        filed = self._filed(job.id)
        self.jobs.put(job.id, attrs.evolve(filed, job=job, free_at=not_before or filed.free_at))

    def _filed(self, job_id: UUID) -> FiledJob:
        filed = self.jobs.get(job_id)
        if filed is None:
            raise NotFoundError
        return filed

    def _change(self, job_id: UUID, change: Callable[[JobItem], JobItem]) -> None:
        filed = self._filed(job_id)
        self.jobs.put(job_id, attrs.evolve(filed, items=tuple(map(change, filed.items))))


def taken(memory: Memory, *, now: datetime) -> tuple[Memory, ImportJob | None]:
    """The memory after somebody has taken the oldest free job, and the job."""
    free = [
        (filed, practice_id)
        for practice_id, shelf in memory.shelves.items()
        for filed in shelf.jobs.values()
        if filed.job.status is JobStatus.OPEN and filed.job.by != OPERATOR_ID and filed.free_at <= now
    ]
    if not free:
        return memory, None
    filed, practice_id = min(free, key=lambda one: (one[0].job.updated_at, one[0].job.id))
    shelf = memory.shelves[practice_id]
    jobs = {**shelf.jobs, filed.job.id: attrs.evolve(filed, free_at=now + LEASE)}
    shelves = {**memory.shelves, practice_id: attrs.evolve(shelf, jobs=jobs)}
    return attrs.evolve(memory, shelves=shelves), MemoryImportJobs(shelf).get(filed.job.id)


def _key(ids: Sequence[ExternalId]) -> tuple[str, ...]:
    return tuple(id_.reveal() for id_ in ids)
