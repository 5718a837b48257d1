"""Settling a batch of ids: ask the EHR, then store what came and record every id.

The EHR is asked outside of any transaction. What is stored is decided again inside one, because other writers
may have been at work meanwhile. The practice's head is locked then, so until the commit nobody else can take
an external id, and the unique constraint on it is never violated.

Locks are taken in one order: the job, a record, the practice's head, the trail. New records take no lock of a
record, so a whole batch of them is one transaction; linking and refreshing do, so each of those is its own.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import attrs

from vantrexia_core.audit import Attempt, Deed, Line, again_if_undone, undertake
from vantrexia_core.ehr.lookalike import Lookout, is_alike
from vantrexia_core.ehr.model import ImportOutcome, JobItem, Verdict, Why
from vantrexia_core.ehr.ports import EhrDesk, EhrWork
from vantrexia_core.ehr.roster import EhrPatient, Fault, Missed
from vantrexia_core.ehr.survivorship import Demographics, LastTold, LostValues, is_stale, reconcile
from vantrexia_core.kernel import (
    BrokenPromiseError,
    ConflictError,
    PatientId,
    PersonName,
    Phi,
    UnavailableError,
)
from vantrexia_core.patients import (
    CHANGED_MAX,
    Acquaintances,
    Gender,
    Holder,
    Imported,
    MrnTakenError,
    NewPatient,
    Occasion,
    Patient,
    Person,
    Resembling,
    Revision,
    Status,
    Suspicion,
    add_numbered,
    keys_of,
    linkable,
    look,
    look_again,
    number_many,
    suspicions_of,
)


class SettledElsewhereError(ConflictError):
    """Another worker has settled these ids of the job meanwhile; there is nothing left to do for them."""

    code = "import_settled_elsewhere"
    sentence = "These ids were imported by another worker meanwhile."


_UNKNOWN: Final = Phi(Gender.UNKNOWN)


@attrs.frozen
class Arrival:
    """Somebody who is not here yet; ``resembling`` tells whom they resemble, None if that was not asked."""

    item: JobItem
    told: EhrPatient
    new: NewPatient
    resembling: Resembling | None = None


@attrs.frozen
class Link:
    """Somebody who is here under no external id; ``resembling`` is None if every value is equal."""

    item: JobItem
    told: EhrPatient
    new: NewPatient
    patient_id: PatientId
    resembling: Resembling | None = None


@attrs.frozen
class Refresh:
    """Somebody who is here, to be brought up to date."""

    item: JobItem
    told: EhrPatient
    patient_id: PatientId
    record_id: PatientId
    """The record that has the id: what the EHR told is kept with it, also once it is merged into another."""


@attrs.frozen
class Settled:
    """An id whose outcome needs nothing to be stored."""

    item: JobItem
    outcome: ImportOutcome


Plan = Arrival | Link | Refresh | Settled


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
            else Settled(item, _exists(item, holder))
            for item, holder in zip(items, holders, strict=True)
        ]

    def known(self, items: Sequence[JobItem]) -> list[Plan | None]:
        """What can be said without the EHR: those who are here already."""
        with self.desk.begin(self.attempt.actor.practice_id) as work:
            holders = work.patients.holders([item.external_id for item in items])
        return [
            None if holder is None or self._refreshes(holder) else Settled(item, _exists(item, holder))
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
            return Settled(item, _failed(item, answer.fault))
        if holder is not None:
            return Refresh(item, answer, holder.patient_id, holder.record_id)
        new = _new_patient(answer)
        if new is None:
            return Settled(item, _failed(item, Why.INCOMPLETE))
        if new.date_of_birth.is_after(self.desk.clock.now()):
            return Settled(item, _failed(item, Why.INVALID))
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
        outcome = _failed(plan.item, Why.NOT_STORED)
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
                    outcomes[plan.item.place] = _refreshed(deed, plan)
                case Link():
                    linked = _linked(deed, plan)
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
                outcomes[arrival.item.place] = _exists(arrival.item, holder)
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
                (patient.id, _told_at_first(patient, arrival.told, deed))
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


def _linked(deed: Deed[EhrWork], link: Link) -> ImportOutcome | None:
    """The record that was here with its external id, or None if it is not alike any more."""
    patients = deed.work.patients
    patient = patients.get_to_change(link.patient_id)
    if link.resembling is None and not is_alike(patient, link.new):
        return None
    patients.be_alone()
    if link.resembling is not None and _certain_now(deed, link.resembling, patient) != patient.id:
        return None
    if any(patients.get(id_).external_id is not None for id_ in patients.led_to(patient.id)):
        # The person has another id there, under a record that was merged into this one: left to people.
        return None
    holders = patients.holders([link.told.external_id, *link.told.known_as])
    holder = next((one for one in holders if one is not None), None)
    if holder is not None:
        return _exists(link.item, holder)
    revised, fact = patient.revise(Revision(external_id=link.told.external_id), now=deed.now)
    patients.save(revised)
    there = Demographics.there(link.told)
    taken = tuple(field.name for field in attrs.fields(Demographics) if there.value(field.name) is not None)
    last = LastTold(there, deed.now, link.told.updated_at, taken)
    deed.work.ehr_records.keep([(patient.id, last)])
    return ImportOutcome(
        link.item.external_id,
        Verdict.SKIPPED,
        Why.LINKED,
        patient.id,
        changed=fact.changed,
        version=revised.version,
    )


def _certain_now(deed: Deed[EhrWork], resembling: Resembling, patient: Patient) -> PatientId | None:
    """Who is still certain, with the record as it is now and with what others committed meanwhile."""
    return linkable(look_again(deed.work, resembling.again([patient])))


def _refreshed(deed: Deed[EhrWork], refresh: Refresh) -> ImportOutcome:
    """The record that is here, brought up to date."""
    item, told = refresh.item, refresh.told
    patient = deed.work.patients.get_to_change(refresh.patient_id)
    if patient.status is Status.DELETED:
        return ImportOutcome(item.external_id, Verdict.SKIPPED, Why.DELETED)
    if patient.merged_into is not None:
        # Since it was planned. Another one stands for it, and is refreshed the next time.
        return ImportOutcome(item.external_id, Verdict.SKIPPED, Why.EXISTS, patient.merged_into)
    last = deed.work.ehr_records.last(refresh.record_id)
    current = ImportOutcome(item.external_id, Verdict.SKIPPED, Why.CURRENT, patient.id)
    if is_stale(told, last):
        return current
    if Demographics.here(patient).is_somebody_else(Demographics.there(told)):
        return ImportOutcome(item.external_id, Verdict.FAILED, Why.SOMEBODY_ELSE, patient.id)
    if told.date_of_birth is not None and told.date_of_birth.is_after(deed.now):
        return ImportOutcome(item.external_id, Verdict.FAILED, Why.INVALID, patient.id)
    result = reconcile(patient, told, last)
    revised, fact = patient.revise(result.revision, now=deed.now)
    if revised.version != patient.version:
        deed.work.patients.save(revised)
    if result.winners:
        lost = LostValues(result.lost, result.winners, revised.version, deed.now)
        deed.work.ehr_records.lose(patient.id, lost)
    told_now = LastTold(_remembered(told, last), deed.now, told.updated_at, result.taken)
    deed.work.ehr_records.keep([(refresh.record_id, told_now)])
    if not fact.changed and not result.conflicts:
        return current
    verdict = Verdict.UPDATED if fact.changed else Verdict.SKIPPED
    return attrs.evolve(
        current,
        verdict=verdict,
        why=None if fact.changed else Why.CURRENT,
        changed=fact.changed,
        conflicts=result.conflicts,
        version=revised.version if fact.changed else None,
    )


def _remembered(told: EhrPatient, last: LastTold | None) -> Demographics:
    """What the EHR told, and where it tells nothing now, what it told before."""
    there = Demographics.there(told)
    if last is None:
        return there
    return Demographics(
        **{
            field: last.demographics.value(field) if there.value(field) is None else there.value(field)
            for field in (one.name for one in attrs.fields(Demographics))
        }
    )


def _told_at_first(patient: Patient, told: EhrPatient, deed: Deed[EhrWork]) -> LastTold:
    here = Demographics.here(patient)
    taken = tuple(one.name for one in attrs.fields(Demographics) if here.value(one.name) is not None)
    return LastTold(here, deed.now, told.updated_at, taken)


def _new_patient(told: EhrPatient) -> NewPatient | None:
    """Whom to register; None if what must not be missing is."""
    if told.first_name is None or told.last_name is None or told.date_of_birth is None:
        return None
    return NewPatient(
        name=PersonName(told.first_name, told.last_name),
        date_of_birth=told.date_of_birth,
        gender=_UNKNOWN if told.gender is None else told.gender,
        mrn=told.mrn,
        phone=told.phone,
        email=told.email,
        address=told.address,
        external_id=told.external_id,
    )


def _exists(item: JobItem, holder: Holder) -> ImportOutcome:
    if holder.status is Status.DELETED:
        return ImportOutcome(item.external_id, Verdict.SKIPPED, Why.DELETED)
    return ImportOutcome(item.external_id, Verdict.SKIPPED, Why.EXISTS, holder.patient_id)


def _failed(item: JobItem, why: Why | Fault) -> ImportOutcome:
    return ImportOutcome(item.external_id, Verdict.FAILED, why)
