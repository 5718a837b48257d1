"""Imports in the background: lists too long to wait for, in batches that survive the end of the process.

An id's outcome is stored in the transaction that stores the patient. When a process dies,
the ids that it had settled stay settled, and the next process continues with the others.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import attrs

from vantrexia_core.audit import (
    Action,
    Attempt,
    Once,
    authorize,
    record_refusal,
    repeated_if_undone,
    undertake,
)
from vantrexia_core.ehr.facts import ImportShown
from vantrexia_core.ehr.intake import Intake
from vantrexia_core.ehr.model import (
    IDS_AT_ONCE,
    IDS_MAX,
    PASSING,
    PAUSE,
    PAUSES_MAX,
    TRIES_MAX,
    ImportJob,
    JobItem,
    JobStatus,
)
from vantrexia_core.ehr.plans import Plan, Settled
from vantrexia_core.ehr.ports import BackgroundDesk, EhrDesk
from vantrexia_core.ehr.roster import NOT_SET_UP, EhrUnavailableError, NoRoster
from vantrexia_core.identity import actor_for
from vantrexia_core.kernel import (
    Actor,
    InvalidError,
    Origin,
    Page,
    PageRequest,
    Permission,
    PermissionDeniedError,
    UnavailableError,
    VantrexiaError,
)
from vantrexia_core.patients import ExternalId, ImportStarted
from vantrexia_core.protection import PracticeDestroyedError

BATCH_SECONDS_MAX: Final = 90.0
"""How long one batch of a job may ask the EHR: long enough to wait for the next minute's calls."""


@repeated_if_undone
def start_import(
    desk: EhrDesk,
    actor: Actor,
    ids: Sequence[ExternalId],
    *,
    is_refresh: bool = False,
    once: Once | None = None,
) -> ImportJob:
    """Accept a list of ids to be imported in the background. Ids that occur again are imported once.

    Raises:
        PermissionDeniedError: the role may not import.
        InvalidError: there are more than `IDS_MAX` ids, or none.
        EhrUnavailableError: the practice has no EHR set up, so the import would never end.
    """
    attempt = Attempt(actor, Action.IMPORT_START, Permission.IMPORT_PATIENTS)
    authorize(desk, attempt)
    if isinstance(desk.roster(actor.practice_id), NoRoster):
        refusal = EhrUnavailableError(NOT_SET_UP)
        record_refusal(desk, attempt, refusal)
        raise refusal
    with undertake(desk, attempt, once) as deed:
        different = _different(ids)
        if not 1 <= len(different) <= IDS_MAX:
            raise InvalidError.on("ecw_patient_ids", f"Send 1 to {IDS_MAX} ids.")
        job = ImportJob(
            id=desk.ids.new_id(),
            practice_id=actor.practice_id,
            by=actor.user_id,
            total=len(different),
            created_at=deed.now,
            updated_at=deed.now,
            is_refresh=is_refresh,
        )
        deed.work.import_jobs.add(job, different)
        return deed.finish(ImportStarted(), job)


@repeated_if_undone
def find_unfinished_import(
    desk: EhrDesk, actor: Actor, ids: Sequence[ExternalId], *, is_refresh: bool = False
) -> ImportJob | None:
    """The actor's own unfinished import of exactly these ids, to continue it.

    One that was given up is reopened.

    Raises:
        PermissionDeniedError: the role may not import.
    """
    attempt = Attempt(actor, Action.IMPORT_START, Permission.IMPORT_PATIENTS)
    different = _different(ids)
    with undertake(desk, attempt) as deed:
        jobs = deed.work.import_jobs
        found = jobs.find_open(actor.user_id, different, is_refresh=is_refresh)
        if found is not None and found.status is JobStatus.HALTED:
            found = attrs.evolve(found, status=JobStatus.OPEN, code=None, pauses=0, updated_at=deed.now)
            jobs.save(found)
        return deed.finish(ImportStarted(), found)


@repeated_if_undone
def look_up_import(
    desk: EhrDesk, actor: Actor, job_id: UUID, page: PageRequest
) -> tuple[ImportJob, Page[JobItem]]:
    """How far an import has come, and a page of its ids with their outcomes.

    Raises:
        PermissionDeniedError: the role may not import.
        NotFoundError: no such import in the practice, or no such page.
    """
    with undertake(desk, Attempt(actor, Action.IMPORT_READ, Permission.IMPORT_PATIENTS)) as deed:
        job = deed.work.import_jobs.get(job_id)
        page.check_within(job.total)
        items = Page(job.total, tuple(deed.work.import_jobs.items(job_id, page)), page)
        shown = {
            item.outcome.patient_id
            for item in items.items
            if item.outcome is not None and item.outcome.patient_id is not None
        }
        return deed.finish(ImportShown(disclosed=tuple(sorted(shown))), (job, items))


def import_batch(desk: EhrDesk, actor: Actor, job_id: UUID) -> ImportJob:
    """Settle the next ids of an import, and say where it stands then. Repeat until it is no longer open.

    Ids whose fault may pass are asked for again later, `TRIES_MAX` times in all.

    Raises:
        PermissionDeniedError: the actor's role may not import any more.
        NotFoundError: no such import in the practice.
        EhrUnavailableError: the EHR could not be asked; recorded, and nothing was settled that needed it.
        UnavailableError: the store or the trail cannot be written now.
    """
    attempt = Attempt(actor, Action.IMPORT, Permission.IMPORT_PATIENTS)
    authorize(desk, attempt)
    with desk.begin(actor.practice_id) as work:
        job = work.import_jobs.get(job_id)
        items = work.import_jobs.pending(job_id, limit=IDS_AT_ONCE)
    if job.status is not JobStatus.OPEN:
        return job
    if items:
        intake = Intake(desk, attempt, is_refresh=job.is_refresh, job_id=job_id)
        try:
            plans = intake.plan(items, seconds_max=BATCH_SECONDS_MAX)
        except EhrUnavailableError as unavailable:
            intake.settle([plan for plan in intake.known(items) if plan is not None])
            record_refusal(desk, attempt, unavailable)
            raise
        intake.settle([plan for plan in plans if not _is_passing(plan)])
        again = [plan.item.place for plan in plans if _is_passing(plan)]
    else:
        again = []
    with desk.begin(actor.practice_id) as work:
        job = work.import_jobs.get_to_change(job_id)
        work.import_jobs.try_again(job_id, again)
        is_done = job.settled == job.total
        status = JobStatus.DONE if is_done and job.status is JobStatus.OPEN else job.status
        job = attrs.evolve(job, status=status, pauses=0, updated_at=desk.clock.now())
        work.import_jobs.save(job, not_before=job.updated_at)
        work.commit()
    return job


def import_next(desk: BackgroundDesk, origin: Origin) -> bool:
    """Take the oldest open import of any practice and settle its next ids, as the account that asked for it.

    That account is looked up now: if it was closed or forged, or may not import any more, the import ends.
    Returns False if there is nothing to do. Call it repeatedly, from any number of processes.

    Raises:
        UnavailableError: the store or the trail cannot be written now; the import waits.
        Exception: whatever went wrong unforeseen; the import waits as well.
    """
    job = desk.import_queue.take(now=desk.clock.now())
    if job is None:
        return False
    try:
        user = desk.accounts.by_id(job.by)
    except PracticeDestroyedError:
        user = None
    actor = None if user is None else actor_for(desk, user, origin)
    if actor is None or actor.practice_id != job.practice_id:
        pause_import(desk, job, PermissionDeniedError.code, is_final=True)
        return True
    try:
        import_batch(desk, actor, job.id)
    except PermissionDeniedError as denied:
        pause_import(desk, job, denied.code, is_final=True)
    except EhrUnavailableError as unavailable:
        pause_import(desk, job, unavailable.code)
    except UnavailableError:
        raise
    except Exception:
        pause_import(desk, job, VantrexiaError.code)
        raise
    return True


def pause_import(desk: EhrDesk, job: ImportJob, code: str, *, is_final: bool = False) -> ImportJob:
    """Let an import wait, each time twice as long, and give it up after `PAUSES_MAX` times, or at once."""
    now = desk.clock.now()
    with desk.begin(job.practice_id) as work:
        job = work.import_jobs.get_to_change(job.id)
        if job.status is JobStatus.OPEN:
            is_over = is_final or job.pauses >= PAUSES_MAX
            status = JobStatus.HALTED if is_over else JobStatus.OPEN
            pauses = job.pauses + 1
            job = attrs.evolve(
                job, status=status, code=code if is_over else None, pauses=pauses, updated_at=now
            )
            work.import_jobs.save(job, not_before=now + PAUSE * 2 ** (pauses - 1))
        work.commit()
    return job


def _is_passing(plan: Plan) -> bool:
    """Whether an id should be asked for again rather than settled."""
    return isinstance(plan, Settled) and plan.outcome.why in PASSING and plan.item.tries + 1 < TRIES_MAX


def _different(ids: Sequence[ExternalId]) -> tuple[ExternalId, ...]:
    """Each id once, in the order in which they came."""
    return tuple({id_.reveal(): id_ for id_ in ids}.values())
