"""Registering patients and revising their demographics."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import attrs

from vantrexia_core.audit import Action, Attempt, Once, repeated_if_undone, undertake
from vantrexia_core.kernel import Actor, PageRequest, PatientId, Permission, PracticeId, StaleVersionError
from vantrexia_core.patients.facts import Registered
from vantrexia_core.patients.lifecycle import Move, status_after
from vantrexia_core.patients.lookup import searched
from vantrexia_core.patients.model import ExpectedVersion, NewPatient, Patient, Revision
from vantrexia_core.patients.moving import check_shown
from vantrexia_core.patients.ports import MrnTakenError, PatientDesk, PatientStore
from vantrexia_core.patients.searching import PatientSearch
from vantrexia_core.patients.values import Mrn


class AmbiguousSearchError(StaleVersionError):
    """A search that should tell whether somebody is known finds more than one (FHIR, conditional create)."""

    code = "ambiguous"
    sentence = "More than one record fits the condition, so nothing was done. Make it narrower."


SINGLE_STEPS_MAX: Final = 8
"""Taken numbers that are stepped over one by one. From then on steps double: a practice that brought 100,000
numbers like ours is passed in some twenty, and its numbering goes on behind them with a gap."""


@repeated_if_undone
def register_patient(
    desk: PatientDesk, actor: Actor, new: NewPatient, *, once: Once | None = None
) -> Patient:
    """Create a record in the actor's practice and give it an MRN if it has none.

    Raises:
        PermissionDeniedError: the role may not create patients.
        InvalidError: a birth in the future; an MRN or external id that another record has.
    """
    with undertake(
        desk, Attempt(actor, Action.CREATE, Permission.WRITE_PATIENTS), once, before_replay=check_shown
    ) as deed:
        patient, fact = add_numbered(
            deed.work.patients,
            new,
            id_=PatientId(desk.ids.new_id()),
            practice_id=actor.practice_id,
            now=deed.now,
        )
        return deed.finish(fact, patient)


@repeated_if_undone
def register_unless_known(
    desk: PatientDesk, actor: Actor, new: NewPatient, known: PatientSearch, *, once: Once | None = None
) -> tuple[Patient, bool]:
    """Create a record unless a search finds one; the record, and whether it is a new one.

    Nobody else adds or changes a record of the practice between the search and the creation.

    Raises:
        PermissionDeniedError: the role may not create patients.
        AmbiguousSearchError: the search finds several.
        TooCostlyError: only opening very many records could answer the search.
        InvalidError: a birth in the future; an MRN or external id that another record has.
    """
    attempt = Attempt(actor, Action.CREATE, Permission.WRITE_PATIENTS)
    with undertake(desk, attempt, once, before_replay=check_shown) as deed:
        # Whoever is found is shown: who may only write must not learn who is here.
        actor.require(Permission.VIEW_PATIENTS, Action.LIST)
        patients = deed.work.patients
        patients.be_alone()
        found = searched(desk, deed, attrs.evolve(known, page=PageRequest(1, 1)))
        if found.count > 1:
            raise AmbiguousSearchError
        if found.count == 1:
            (patient,) = found.items
            shown = Registered(patient.id, disclosed=(patient.id,), version=patient.version)
            return deed.finish(shown, (patient, False))
        patient, fact = add_numbered(
            patients, new, id_=PatientId(desk.ids.new_id()), practice_id=actor.practice_id, now=deed.now
        )
        return deed.finish(fact, (patient, True))


@repeated_if_undone
def revise_patient(
    desk: PatientDesk,
    actor: Actor,
    patient_id: PatientId,
    revision: Revision | Callable[[Patient], Revision],
    *,
    expected_version: ExpectedVersion = None,
) -> Patient:
    """Replace some or all demographics. With ``expected_version`` a record changed meanwhile is refused.

    ``revision`` may be worked out from the record as it stands: nobody else changes it meanwhile.

    Raises:
        PermissionDeniedError: the role may not change patients.
        NotFoundError: no such record in the practice, or it is deleted.
        StaleVersionError: the record is at another version than expected.
        InvalidError: a birth in the future; an MRN or external id that another record has.
    """
    with undertake(desk, Attempt(actor, Action.UPDATE, Permission.WRITE_PATIENTS, patient_id)) as deed:
        patient = deed.work.patients.get_to_change(patient_id)
        if not isinstance(revision, Revision):
            status_after(patient.status, Move.REVISE)
            patient.check_version(expected_version)
            revision = revision(patient)
        revised, fact = patient.revise(revision, now=deed.now)
        patient.check_version(expected_version)
        if revised.version != patient.version:
            deed.work.patients.save(revised)
        return deed.finish(fact, revised)


def add_numbered(
    patients: PatientStore, new: NewPatient, *, id_: PatientId, practice_id: PracticeId, now: datetime
) -> tuple[Patient, Registered]:
    """Store a new record in a unit of work under way; one without an MRN gets the next number.

    Raises:
        InvalidError: a birth in the future.
        MrnTakenError, ExternalIdTakenError: the value belongs to another record; nothing was stored.
    """
    tries = skip = 0
    while True:
        mrn = new.mrn if new.mrn is not None else Mrn.numbered(patients.next_mrn_number(skip=skip))
        patient, fact = Patient.register(new, id_=id_, practice_id=practice_id, mrn=mrn, now=now)
        try:
            patients.add(patient)
        except MrnTakenError:
            if new.mrn is not None:
                raise
            # Somebody typed the very number that the counter has reached: step over it.
            tries += 1
            skip = 2 * skip + 1 if tries >= SINGLE_STEPS_MAX else 0
        else:
            return patient, fact
