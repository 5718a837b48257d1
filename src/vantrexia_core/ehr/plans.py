"""What is to be done for an id, once the EHR was asked: one of four plans."""

from typing import Final

import attrs

from vantrexia_core.ehr.model import ImportOutcome, JobItem, Verdict, Why
from vantrexia_core.ehr.roster import EhrPatient, Fault
from vantrexia_core.kernel import (
    PatientId,
    PersonName,
    Phi,
)
from vantrexia_core.patients import (
    Gender,
    Holder,
    NewPatient,
    Resembling,
    Status,
)

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


def new_patient(told: EhrPatient) -> NewPatient | None:
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


def exists(item: JobItem, holder: Holder) -> ImportOutcome:
    """The outcome of an id whose patient is here already, perhaps deleted."""
    if holder.status is Status.DELETED:
        return ImportOutcome(item.external_id, Verdict.SKIPPED, Why.DELETED)
    return ImportOutcome(item.external_id, Verdict.SKIPPED, Why.EXISTS, holder.patient_id)


def failed(item: JobItem, why: Why | Fault) -> ImportOutcome:
    """The outcome of an id that brought no patient."""
    return ImportOutcome(item.external_id, Verdict.FAILED, why)
