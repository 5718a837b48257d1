"""What the types of the public face promise. Checked by mypy, never run.

Every line that must be refused carries the code of the refusal; an ignore that is not needed is an error, so
a type that became weaker is noticed.
"""

from datetime import date
from typing import assert_type
from uuid import UUID

from vantrexia_adapters.memory import MemoryDesk
from vantrexia_adapters.sql import SqlDesk
from vantrexia_core.audit import Once
from vantrexia_core.identity import SignedIn, SignInDesk, UserDesk, sign_in
from vantrexia_core.kernel import Actor, Email, NamePart, Page, PatientId, PersonName, Phi, PracticeId, UserId
from vantrexia_core.patients import (
    KEEP,
    DateOfBirth,
    Gender,
    Listing,
    MatchingDesk,
    MovedPatient,
    Mrn,
    NewPatient,
    Patient,
    PatientDesk,
    Phone,
    Reason,
    Revision,
    archive_patient,
    find_archived_patients,
    find_patients,
    look_up_patient,
    register_patient,
)


def ids_are_not_each_other(
    patient_id: PatientId, practice_id: PracticeId, some: UUID, desk: MemoryDesk
) -> None:
    """One type each: a record's id does not open a practice."""
    desk.begin(practice_id)
    desk.begin(patient_id)  # type: ignore[arg-type]
    desk.begin(some)  # type: ignore[arg-type]
    PatientId(some)
    UserId("1")  # type: ignore[arg-type]


def values_are_not_strings(
    mrn: Mrn, phone: Phone, name: PersonName, born: DateOfBirth, gender: Phi[Gender]
) -> None:
    """No string travels where a value belongs, and no value where another one does."""
    NewPatient(name, born, gender, mrn=mrn, phone=phone)
    NewPatient(name, born, gender, mrn="MRN-00042")  # type: ignore[arg-type]
    NewPatient(name, born, gender, mrn=phone)  # type: ignore[arg-type]
    NewPatient(name, date(1961, 4, 9), gender)  # type: ignore[arg-type]
    NewPatient(name, born, Gender.FEMALE)  # type: ignore[arg-type]
    PersonName("Ada", "Quill")  # type: ignore[arg-type]


def what_is_revealed_has_its_type(mrn: Mrn, born: DateOfBirth, gender: Phi[Gender]) -> None:
    """The wrapper remembers what it wraps."""
    assert_type(mrn.reveal(), str)
    assert_type(born.reveal(), date)
    assert_type(gender.reveal(), Gender)
    assert_type(Mrn.trusted("MRN-00042"), Mrn)


def phi_has_no_order(mrn: Mrn, other: Mrn) -> None:
    """What would fail at run time is refused before."""
    _ = other < mrn  # type: ignore[operator]


def a_revision_keeps_empties_or_replaces(phone: Phone, first: NamePart) -> None:
    """None empties what may be empty; a name may not."""
    Revision(first_name=first, phone=None)
    Revision(first_name=KEEP, phone=phone)
    Revision(first_name=None)  # type: ignore[arg-type]
    Revision(phone="555-0142")  # type: ignore[arg-type]


def records_are_frozen(patient: Patient, mrn: Mrn) -> None:
    """Nothing mutates."""
    patient.mrn = mrn  # type: ignore[misc]


def desks_fit(memory: MemoryDesk, sql: SqlDesk) -> None:
    """One adapter satisfies every context's desk, by structure."""
    patients: tuple[PatientDesk, PatientDesk] = (memory, sql)
    users: tuple[UserDesk, UserDesk] = (memory, sql)
    doors: tuple[SignInDesk, SignInDesk] = (memory, sql)
    del patients, users, doors


def use_cases_answer_with_types(
    desk: MatchingDesk,
    door: SignInDesk,
    actor: Actor,
    id_: PatientId,
    new: NewPatient,
    reason: Reason,
    once: Once,
) -> None:
    """What comes back needs no cast."""
    assert_type(register_patient(desk, actor, new, once=once), Patient)
    assert_type(look_up_patient(desk, actor, id_), Patient)
    assert_type(archive_patient(desk, actor, id_, reason), MovedPatient)
    assert_type(find_patients(desk, actor, Listing()), Page[Patient])
    assert_type(find_archived_patients(desk, actor, Listing()), Page[MovedPatient])
    assert_type(sign_in(door, Email("a@example.org"), Phi("secret"), actor.origin), SignedIn)
    archive_patient(desk, actor, id_, "moved away")  # type: ignore[arg-type]
    look_up_patient(desk, actor, str(id_))  # type: ignore[arg-type]
    find_patients(desk, actor, Listing(search="smith"))  # type: ignore[arg-type]
    sign_in(door, "a@example.org", Phi("secret"), actor.origin)  # type: ignore[arg-type]
    sign_in(door, Email("a@example.org"), "secret", actor.origin)  # type: ignore[arg-type]
