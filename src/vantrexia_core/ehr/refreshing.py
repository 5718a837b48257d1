"""Records that are here already: linking one to the EHR, and bringing one up to date."""

import attrs

from vantrexia_core.audit import Deed
from vantrexia_core.ehr.lookalike import is_alike
from vantrexia_core.ehr.model import ImportOutcome, Verdict, Why
from vantrexia_core.ehr.plans import Link, Refresh, exists
from vantrexia_core.ehr.ports import EhrWork
from vantrexia_core.ehr.roster import EhrPatient
from vantrexia_core.ehr.survivorship import Demographics, LastTold, LostValues, is_stale, reconcile
from vantrexia_core.kernel import (
    PatientId,
)
from vantrexia_core.patients import (
    Patient,
    Resembling,
    Revision,
    Status,
    linkable,
    look_again,
)


def linked_record(deed: Deed[EhrWork], link: Link) -> ImportOutcome | None:
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
        return exists(link.item, holder)
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


def refreshed_record(deed: Deed[EhrWork], refresh: Refresh) -> ImportOutcome:
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


def told_at_first(patient: Patient, told: EhrPatient, deed: Deed[EhrWork]) -> LastTold:
    """What the EHR sent with a patient who was registered from it."""
    here = Demographics.here(patient)
    taken = tuple(one.name for one in attrs.fields(Demographics) if here.value(one.name) is not None)
    return LastTold(here, deed.now, told.updated_at, taken)
