"""Settling a batch of ids: ask the EHR, then store what came and record every id.

The EHR is asked outside of any transaction. What is stored is decided again inside one, because other writers
may have been at work meanwhile. The practice's head is locked then, so until the commit nobody else can take
an external id, and the unique constraint on it is never violated.

Locks are taken in one order: the job, a record, the practice's head, the trail. New records take no lock of a
record, so a whole batch of them is one transaction; linking and refreshing do, so each of those is its own.
"""

from collections.abc import Sequence
from uuid import UUID

import attrs

from vantrexia_core.audit import Attempt, Deed, Line, again_if_undone, undertake
from vantrexia_core.ehr.lookalike import Lookout
from vantrexia_core.ehr.model import ImportOutcome, JobItem, Verdict, Why
from vantrexia_core.ehr.plans import Arrival, Link, Plan, Refresh, Settled, exists, failed, new_patient
from vantrexia_core.ehr.ports import EhrDesk, EhrWork
from vantrexia_core.ehr.refreshing import linked_record, refreshed_record, told_at_first
from vantrexia_core.ehr.roster import EhrPatient, Missed
from vantrexia_core.kernel import (
    BrokenPromiseError,
    ConflictError,
    PatientId,
    UnavailableError,
)
from vantrexia_core.patients import (
    CHANGED_MAX,
    Acquaintances,
    Holder,
    Imported,
    MrnTakenError,
    NewPatient,
    Occasion,
    Patient,
    Person,
    Status,
    Suspicion,
    add_numbered,
    keys_of,
    linkable,
    look,
    number_many,
    suspicions_of,
)


class SettledElsewhereError(ConflictError):
    """Another worker has settled these ids of the job meanwhile; there is nothing left to do for them."""

    code = "import_settled_elsewhere"
    sentence = "These ids were imported by another worker meanwhile."


@attrs.frozen
class Intake:
    """How a list of ids is imported: for whom, as which attempt, and for which job, if it belongs to one."""

    desk: EhrDesk
    attempt: Attempt
    is_refresh: bool = False
    job_id: UUID | None = None
    _lookout: Lookout = attrs.field(init=False, eq=False)

    @_lookout.default
    def _new_lookout(self) -> Lookout:
        return Lookout(self.desk, self.attempt.actor.practice_id)

    def plan(self, items: Sequence[JobItem], *, seconds_max: float) -> list[Plan]:
        """What is to be done for each id, in their order. Nothing is stored, no transaction is open.

        Raises:
            EhrUnavailableError: the EHR was needed and could not be asked.
            UnavailableError: the store cannot be read now.
        """
        practice_id = self.attempt.actor.practice_id
        with self.desk.begin(practice_id) as work:
            holders = work.patients.holders([item.external_id for item in items])
            may_link = work.patients.has_unlinked()
        asked = [
            item
            for item, holder in zip(items, holders, strict=True)
            if holder is None or self._refreshes(holder)
        ]
        answers = iter(self._fetched(asked, seconds_max))
        if may_link:
            self._lookout.refresh(len(asked))
        return [
            self._planned(item, holder, next(answers), may_link=may_link)
            if holder is None or self._refreshes(holder)
            else Settled(item, exists(item, holder))
            for item, holder in zip(items, holders, strict=True)
        ]

    def known(self, items: Sequence[JobItem]) -> list[Plan | None]:
        """What can be said without the EHR: those who are here already."""
        with self.desk.begin(self.attempt.actor.practice_id) as work:
            holders = work.patients.holders([item.external_id for item in items])
        return [
            None if holder is None or self._refreshes(holder) else Settled(item, exists(item, holder))
            for item, holder in zip(items, holders, strict=True)
        ]

    def settle(self, plans: Sequence[Plan]) -> dict[int, ImportOutcome]:
        """Do what was planned and record every id. Returns the outcomes by the places of their ids.

        What can be done in one transaction is. If that fails, each id is tried by itself, so that one that
        cannot be stored does not affect the others.

        Raises:
            UnavailableError: the store or the trail cannot be written now; what was done before stays done.
        """
        outcomes: dict[int, ImportOutcome] = {}
        together = [plan for plan in plans if isinstance(plan, Arrival | Settled)]
        outcomes.update(self._settled(together))
        for plan in plans:
            if not isinstance(plan, Arrival | Settled):
                outcomes.update(self._settled([plan]))
        return outcomes

    def _fetched(self, items: Sequence[JobItem], seconds_max: float) -> Sequence[EhrPatient | Missed]:
        if not items:
            return ()
        roster = self.desk.roster(self.attempt.actor.practice_id)
        fetched = roster.fetch([item.external_id for item in items], seconds_max=seconds_max)
        if [one.external_id for one in fetched] != [item.external_id for item in items]:
            message = "a roster gives one outcome an id, in order"
            raise BrokenPromiseError(message)
        return fetched

    def _planned(
        self, item: JobItem, holder: Holder | None, answer: EhrPatient | Missed, *, may_link: bool
    ) -> Plan:
        if isinstance(answer, Missed):
            return Settled(item, failed(item, answer.fault))
        if holder is not None:
            return Refresh(item, answer, holder.patient_id, holder.record_id)
        new = new_patient(answer)
        if new is None:
            return Settled(item, failed(item, Why.INCOMPLETE))
        if new.date_of_birth.is_after(self.desk.clock.now()):
            return Settled(item, failed(item, Why.INVALID))
        alike = self._lookout.find(new) if may_link else None
        if alike is not None:
            return Link(item, answer, new, alike)
        resembling = look(self.desk, self.attempt.actor.practice_id, Person.of(new))
        certain = None if resembling is None else linkable(resembling)
        if certain is not None:
            return Link(item, answer, new, certain, resembling)
        return Arrival(item, answer, new, resembling)

    def _refreshes(self, holder: Holder) -> bool:
        return self.is_refresh and holder.status is not Status.DELETED

    def _settled(self, plans: Sequence[Plan]) -> dict[int, ImportOutcome]:
        if not plans:
            return {}
        try:
            return again_if_undone(self.desk.clock, lambda: self._settled_at_once(plans))
        except UnavailableError:
            raise
        except SettledElsewhereError:
            return {}
        except Exception:  # noqa: BLE001 - whatever it was is on the trail as a failure
            if len(plans) > 1:
                return {place: one for plan in plans for place, one in self._settled([plan]).items()}
            (plan,) = plans
            return self._given_up(plan)

    def _given_up(self, plan: Plan) -> dict[int, ImportOutcome]:
        """One id that cannot be stored. In a job it must not be tried for ever."""
        outcome = failed(plan.item, Why.NOT_STORED)
        settled = [Settled(plan.item, outcome)]
        return again_if_undone(self.desk.clock, lambda: self._settled_at_once(settled))

    def _settled_at_once(self, plans: Sequence[Plan]) -> dict[int, ImportOutcome]:
        with undertake(self.desk, self.attempt) as deed:
            if self.job_id is not None:
                deed.work.import_jobs.get_to_change(self.job_id)
                open_places = deed.work.import_jobs.unsettled(self.job_id, [one.item.place for one in plans])
                plans = [plan for plan in plans if plan.item.place in open_places]
                if not plans:
                    raise SettledElsewhereError
            outcomes = self._done(deed, plans)
            if self.job_id is not None:
                deed.work.import_jobs.settle(self.job_id, list(outcomes.items()))
            lines = [
                Line(
                    outcome.recorded_as,
                    Imported(outcome.patient_id, changed=outcome.changed, version=outcome.version),
                    None if outcome.why is None else outcome.why.value,
                )
                for outcome in outcomes.values()
            ]
            return deed.finish_all(lines, outcomes)

    def _done(self, deed: Deed[EhrWork], plans: Sequence[Plan]) -> dict[int, ImportOutcome]:
        outcomes: dict[int, ImportOutcome] = {}
        arrivals: list[Arrival] = []
        for plan in plans:
            match plan:
                case Settled(item, outcome):
                    outcomes[item.place] = outcome
                case Arrival():
                    arrivals.append(plan)
                case Refresh():
                    outcomes[plan.item.place] = refreshed_record(deed, plan)
                case Link():
                    linked = linked_record(deed, plan)
                    if linked is None:
                        # The record that looked alike is not any more: then this is somebody else.
                        arrivals.append(Arrival(plan.item, plan.told, plan.new, plan.resembling))
                    else:
                        outcomes[plan.item.place] = linked
        outcomes.update(self._registered(deed, arrivals))
        return outcomes

    def _registered(self, deed: Deed[EhrWork], arrivals: Sequence[Arrival]) -> dict[int, ImportOutcome]:
        if not arrivals:
            return {}
        deed.work.patients.be_alone()
        known = [(one.told.external_id, *one.told.known_as) for one in arrivals]
        flat = iter(deed.work.patients.holders([id_ for ids in known for id_ in ids]))
        outcomes: dict[int, ImportOutcome] = {}
        fresh: list[tuple[Arrival, PatientId]] = []
        taken: dict[str, PatientId] = {}
        since = _changed_since(deed, arrivals)
        for arrival, ids in zip(arrivals, known, strict=True):
            held = [next(flat) for _ in ids]
            holder = next((one for one in held if one is not None), None)
            texts = [id_.reveal() for id_ in ids]
            twin = next((taken[text] for text in texts if text in taken), None)
            if holder is None and twin is not None:
                # One person under two ids of one list.
                holder = Holder(twin, Status.ACTIVE)
            if holder is not None:
                outcomes[arrival.item.place] = exists(arrival.item, holder)
                continue
            id_ = PatientId(self.desk.ids.new_id())
            taken.update(dict.fromkeys(texts, id_))
            fresh.append((arrival, id_))
        added = self._added(deed, fresh)
        for (arrival, _), (patient, changed) in zip(fresh, added, strict=True):
            outcomes[arrival.item.place] = ImportOutcome(
                arrival.item.external_id,
                Verdict.IMPORTED,
                patient_id=patient.id,
                changed=changed,
                version=patient.version,
            )
        self._suspect(deed, [arrival for arrival, _ in fresh], [patient for patient, _ in added], since)
        return outcomes

    def _suspect(
        self,
        deed: Deed[EhrWork],
        arrivals: Sequence[Arrival],
        added: Sequence[Patient],
        since: Sequence[Patient],
    ) -> None:
        """Queue for review whom the new records resemble, other records of this list included."""
        found: list[Suspicion] = []
        unasked: list[PatientId] = []
        alike = Acquaintances()
        for other in since:
            alike.add(other, keys_of(other, self.desk.candidacy))
        for arrival, patient in zip(arrivals, added, strict=True):
            if arrival.resembling is None:
                unasked.append(patient.id)
                continue
            # Those before it in the list are among them: each pair is met once.
            keys = arrival.resembling.keys
            resembling = arrival.resembling.again(alike.of(patient, keys), more=len(since) == CHANGED_MAX)
            alike.add(patient, keys)
            if resembling.left_out:
                unasked.append(patient.id)
            found += suspicions_of(patient.id, resembling, Occasion.IMPORT, deed.now)
        if found:
            deed.work.suspicions.add(found)
        if unasked and self.desk.candidacy.is_asked:
            deed.work.uncompared.add(unasked, at=deed.now)

    def _added(
        self, deed: Deed[EhrWork], fresh: Sequence[tuple[Arrival, PatientId]]
    ) -> list[tuple[Patient, tuple[str, ...]]]:
        """The new records and the fields that the EHR filled."""
        if not fresh:
            return []
        patients, practice_id = deed.work.patients, self.attempt.actor.practice_id
        numbered = number_many(
            patients, [(arrival.new, id_) for arrival, id_ in fresh], practice_id=practice_id, now=deed.now
        )
        added = [patient for patient, _ in numbered]
        try:
            patients.add_many(added)
        except MrnTakenError:
            # Somebody has one of these numbers: whoever comes second gets one of ours.
            added = [
                _added_alone(deed, patient, arrival.new)
                for patient, (arrival, _) in zip(added, fresh, strict=True)
            ]
        deed.work.ehr_records.keep(
            [
                (patient.id, told_at_first(patient, arrival.told, deed))
                for patient, (arrival, _) in zip(added, fresh, strict=True)
            ]
        )
        return [(patient, fact.changed) for patient, (_, fact) in zip(added, numbered, strict=True)]


def _changed_since(deed: Deed[EhrWork], arrivals: Sequence[Arrival]) -> Sequence[Patient]:
    """What others committed since these were compared with the records here. The practice's lock is held."""
    asked = [one.resembling.as_of for one in arrivals if one.resembling is not None]
    return deed.work.patients.changed_since(min(asked), limit=CHANGED_MAX) if asked else ()


def _added_alone(deed: Deed[EhrWork], patient: Patient, new: NewPatient) -> Patient:
    try:
        deed.work.patients.add(patient)
    except MrnTakenError:
        renumbered = attrs.evolve(new, mrn=None)
        added, _ = add_numbered(
            deed.work.patients, renumbered, id_=patient.id, practice_id=patient.practice_id, now=deed.now
        )
        return added
    return patient
