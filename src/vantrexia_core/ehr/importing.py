"""Importing chosen patients while the caller waits, trying that out first, and searching whom to choose."""

from collections.abc import Sequence
from typing import Final

import attrs

from vantrexia_core.audit import Action, Attempt, Once, check_unanswered, record_refusal, undertake
from vantrexia_core.ehr.facts import EhrSearched
from vantrexia_core.ehr.intake import Intake
from vantrexia_core.ehr.model import (
    IDS_AT_ONCE,
    IDS_AT_ONCE_MAX,
    ImportOutcome,
    ImportReport,
    JobItem,
    Verdict,
    Why,
)
from vantrexia_core.ehr.plans import Arrival, Link, Plan, Refresh, Settled
from vantrexia_core.ehr.ports import EhrDesk
from vantrexia_core.ehr.roster import EhrPatient, EhrQuery, EhrUnavailableError, Fault
from vantrexia_core.kernel import Actor, PatientId, Permission
from vantrexia_core.patients import ExternalId, Imported, ImportPreviewed, Status

IMPORT_SECONDS_MAX: Final = 60.0
"""How long one call may ask the EHR for its ids; a proxy would not wait longer for the answer."""
SEARCH_SECONDS_MAX: Final = 20.0
BATCH_SECONDS: Final = 1.0
"""How quickly a batch has to be through for the next one to be twice as large."""


@attrs.frozen
class Candidate:
    """Somebody the EHR knows. ``patient_id`` is their record here, unless it is deleted."""

    told: EhrPatient
    is_imported: bool
    patient_id: PatientId | None


def import_patients(
    desk: EhrDesk,
    actor: Actor,
    ids: Sequence[ExternalId],
    *,
    is_refresh: bool = False,
    once: Once | None = None,
) -> ImportReport:
    """Import patients by their ids at the EHR. Returns one outcome for each id, in the order given.

    Each id succeeds or fails by itself. Patients who are here already are skipped, or with ``is_refresh``
    brought up to date by the rules of survivorship. Repeating an import is safe: patients that were imported
    are skipped.

    Raises:
        PermissionDeniedError: the role may not import.
        EhrUnavailableError: the EHR could not be asked, and not one id could be settled without it.
        AuditUnavailableError, UnavailableError: the trail or the store cannot be written; what was imported
            before stays.
        AlreadyAnswered, IdempotencyKeyReusedError: as with every repeated call.
    """
    attempt = Attempt(actor, Action.IMPORT, Permission.IMPORT_PATIENTS)
    check_unanswered(desk, attempt, once)
    intake = Intake(desk, attempt, is_refresh=is_refresh)
    items = _items(ids)
    began = desk.clock.now()
    settled: dict[int, ImportOutcome] = {}
    is_reachable = True
    start, at_once = 0, IDS_AT_ONCE
    while start < len(items):
        batch = items[start : start + at_once]
        batch_began = desk.clock.now()
        seconds_left = IMPORT_SECONDS_MAX - (batch_began - began).total_seconds()
        plans: list[Plan] = []
        if is_reachable and seconds_left > 0:
            try:
                plans = intake.plan(batch, seconds_max=seconds_left)
            except EhrUnavailableError as unavailable:
                is_reachable = False
                if not settled and not any(intake.known(batch)):
                    record_refusal(desk, attempt, unavailable)
                    raise
        why = Fault.TIMED_OUT if is_reachable else Why.UNAVAILABLE
        plans = plans or _without_the_ehr(intake, batch, why)
        settled.update(intake.settle(plans))
        start += len(batch)
        is_quick = (desk.clock.now() - batch_began).total_seconds() < BATCH_SECONDS
        at_once = min(2 * at_once, IDS_AT_ONCE_MAX) if is_quick else IDS_AT_ONCE
    report = ImportReport(_in_order(ids, items, settled))
    if once is None:
        return report
    with undertake(desk, attempt, once) as deed:
        return deed.finish(Imported(), report)


def preview_import(
    desk: EhrDesk, actor: Actor, ids: Sequence[ExternalId], *, is_refresh: bool = False
) -> ImportReport:
    """What `import_patients` would do, without doing it. The EHR is asked, and that is recorded.

    Raises:
        PermissionDeniedError: the role may not import.
        EhrUnavailableError: the EHR could not be asked.
    """
    attempt = Attempt(actor, Action.IMPORT_PREVIEW, Permission.IMPORT_PATIENTS)
    check_unanswered(desk, attempt, None)
    intake = Intake(desk, attempt, is_refresh=is_refresh)
    items = _items(ids)
    began = desk.clock.now()
    foreseen: dict[int, ImportOutcome] = {}
    for start in range(0, len(items), IDS_AT_ONCE):
        batch = items[start : start + IDS_AT_ONCE]
        seconds_left = IMPORT_SECONDS_MAX - (desk.clock.now() - began).total_seconds()
        try:
            plans = (
                intake.plan(batch, seconds_max=seconds_left)
                if seconds_left > 0
                else _without_the_ehr(intake, batch, Fault.TIMED_OUT)
            )
        except EhrUnavailableError as unavailable:
            record_refusal(desk, attempt, unavailable)
            raise
        foreseen.update((plan.item.place, _foreseen(plan)) for plan in plans)
    with undertake(desk, attempt) as deed:
        return deed.finish(ImportPreviewed(), ImportReport(_in_order(ids, items, foreseen)))


def search_ehr(desk: EhrDesk, actor: Actor, query: EhrQuery) -> tuple[Candidate, ...]:
    """Patients of the EHR that fit the query, each with whether they were imported already.

    Raises:
        PermissionDeniedError: the role may not import.
        EhrUnavailableError: the EHR could not be asked.
    """
    attempt = Attempt(actor, Action.EHR_SEARCH, Permission.IMPORT_PATIENTS)
    check_unanswered(desk, attempt, None)
    try:
        found = desk.roster(actor.practice_id).search(query, seconds_max=SEARCH_SECONDS_MAX)
    except EhrUnavailableError as unavailable:
        record_refusal(desk, attempt, unavailable)
        raise
    with undertake(desk, attempt) as deed:
        candidates = []
        for told in found:
            holders = deed.work.patients.holders([told.external_id, *told.known_as])
            holder = next((one for one in holders if one is not None), None)
            is_shown = holder is not None and holder.status is not Status.DELETED
            shown = holder.patient_id if holder is not None and is_shown else None
            candidates.append(Candidate(told, holder is not None, shown))
        here = sorted({one.patient_id for one in candidates if one.patient_id is not None})
        return deed.finish(EhrSearched(disclosed=tuple(here)), tuple(candidates))


def _items(ids: Sequence[ExternalId]) -> list[JobItem]:
    """Each different id once, at the place where it stands first."""
    first: dict[str, JobItem] = {}
    for place, external_id in enumerate(ids):
        first.setdefault(external_id.reveal(), JobItem(place, external_id))
    return list(first.values())


def _in_order(
    ids: Sequence[ExternalId], items: Sequence[JobItem], settled: dict[int, ImportOutcome]
) -> tuple[ImportOutcome, ...]:
    """An outcome for every id that was given; a repeated one has the result of the first."""
    place_of = {item.external_id.reveal(): item.place for item in items}
    return tuple(
        settled[place] if place in settled else _again(settled[place_of[external_id.reveal()]])
        for place, external_id in enumerate(ids)
    )


def _again(first: ImportOutcome) -> ImportOutcome:
    if first.verdict is Verdict.IMPORTED:
        # A preview makes no record whose id could be told.
        why = Why.REPEATED if first.patient_id is None else Why.EXISTS
        return ImportOutcome(first.external_id, Verdict.SKIPPED, why, first.patient_id)
    if first.verdict is Verdict.UPDATED:
        return ImportOutcome(first.external_id, Verdict.SKIPPED, Why.CURRENT, first.patient_id)
    return first


def _without_the_ehr(intake: Intake, batch: Sequence[JobItem], why: Why | Fault) -> list[Plan]:
    """Patients who are here are skipped as always; the EHR could not be asked for the others."""
    return [
        plan or Settled(item, ImportOutcome(item.external_id, Verdict.FAILED, why))
        for item, plan in zip(batch, intake.known(batch), strict=True)
    ]


def _foreseen(plan: Plan) -> ImportOutcome:
    external_id = plan.item.external_id
    match plan:
        case Settled():
            return plan.outcome
        case Arrival():
            return ImportOutcome(external_id, Verdict.IMPORTED)
        case Link():
            return ImportOutcome(external_id, Verdict.SKIPPED, Why.LINKED, plan.patient_id)
        case Refresh():
            return ImportOutcome(external_id, Verdict.UPDATED, patient_id=plan.patient_id)
