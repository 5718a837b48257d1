"""Which record an actor sees: one rule for the record, its versions and its merges."""

from typing import TypeVar

from vantrexia_core.audit import Action, Deed
from vantrexia_core.kernel import (
    Actor,
    NotFoundError,
    PatientId,
    Permission,
    PermissionDeniedError,
    Reach,
)
from vantrexia_core.patients.lifecycle import GoneError, Status
from vantrexia_core.patients.model import Patient
from vantrexia_core.patients.ports import PatientStore, PatientWork

W = TypeVar("W", bound=PatientWork)


def seen(deed: Deed[W], patient_id: PatientId) -> Patient:
    """A record, if the actor sees it as it is now. A patient's account sees its own alone.

    A merged record is seen as long as the one that stands for it is: deleting that one hides the person.

    Raises:
        NotFoundError: no such record for this actor; if it is deleted, a `GoneError`.
    """
    patients = deed.work.patients
    if deed.reach is Reach.OWN and patient_id not in {deed.attempt.actor.patient_id, _own_survivor(deed)}:
        raise NotFoundError
    patient = patients.get(patient_id)
    if is_hidden(patients, patient):
        raise GoneError
    return patient


def may_read_patients(actor: Actor) -> bool:
    """Whether an actor who changed a record may be shown it, too: scopes can grant one without the other."""
    try:
        return actor.require(Permission.VIEW_PATIENTS, Action.READ) is Reach.PRACTICE
    except PermissionDeniedError:
        return False


def is_hidden(patients: PatientStore, patient: Patient) -> bool:
    """Whether the record is deleted, or the one that stands for it is: deleting that one hides the person."""
    stands = patient if patient.merged_into is None else patients.get(patient.merged_into)
    return Status.DELETED in {patient.status, stands.status}


def own(deed: Deed[W]) -> tuple[Patient, ...]:
    """The record that stands for a patient's own account, or nothing."""
    linked = deed.attempt.actor.patient_id
    try:
        record = None if linked is None else deed.work.patients.get(linked)
    except NotFoundError:
        return ()
    if record is None:
        return ()
    return (record if record.merged_into is None else deed.work.patients.get(record.merged_into),)


def _own_survivor(deed: Deed[W]) -> PatientId | None:
    """The record that stands for the account's own today."""
    return next((record.id for record in own(deed)), None)
