"""The practice that the published examples were taken from: its people, ids and times, where they show."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from tests.builders import a_name, a_new_patient
from tests.web.service import ScriptedIds, Service
from vantrexia_core.ehr import EhrPatient
from vantrexia_core.identity import User
from vantrexia_core.kernel import Actor, Email, Origin, PatientId, Role
from vantrexia_core.patients import (
    Address,
    AddressLine,
    City,
    ExternalId,
    Gender,
    NewPatient,
    Reason,
    Revision,
    State,
    Zip,
    archive_patient,
    register_patient,
    revise_patient,
)

JANE = PatientId(UUID("d290f1ee-6c54-4b01-90e6-d701748f0851"))
MARY = PatientId(UUID("3c4d5e6f-7a8b-9c0d-1e2f-3a4b5c6d7e8f"))
ROBERT = PatientId(UUID("4d5e6f7a-8b9c-0d1e-2f3a-4b5c6d7e8f9a"))
BROUGHT = (
    PatientId(UUID("5e6f7a8b-9c0d-1e2f-3a4b-5c6d7e8f9a0b")),
    PatientId(UUID("6f7a8b9c-0d1e-2f3a-4b5c-6d7e8f9a0b1c")),
)
HERE_ALREADY = PatientId(UUID("7a8b9c0d-1e2f-3a4b-5c6d-7e8f9a0b1c2d"))

JANE_CREATED_AT = datetime(2026, 1, 10, 14, 30, tzinfo=UTC)
MARY_ARCHIVED_AT = datetime(2026, 1, 28, 10, tzinfo=UTC)
JANE_UPDATED_AT = datetime(2026, 2, 1, 9, 15, tzinfo=UTC)

PATIENTS_TOTAL = 87
ARCHIVED_TOTAL = 12
_MARY_NUMBER = 45
_DOES = (2, 3)


class SeedPractice(Service):
    """87 active patients: Jane Doe is the first, Mary Thompson number 45, two more are called Doe."""

    def __init__(self, to_come: Sequence[PatientId] = (ROBERT,)) -> None:
        ids = [PatientId(UUID(int=number, version=4)) for number in range(1, PATIENTS_TOTAL + 1)]
        ids[0], ids[_MARY_NUMBER - 1] = JANE, MARY
        super().__init__(at=JANE_CREATED_AT, ids=ScriptedIds([*ids, *to_come]))
        self.ids = ids
        self.clinician = self.user(
            Role.PROVIDER, email="clinician@practice.com", name=a_name("Sarah", "Johnson")
        )
        self.admin = self.user(Role.ADMIN, email="admin@practice.com")
        for number in range(1, PATIENTS_TOTAL + 1):
            register_patient(self.desk, _acting(self.clinician), _person(number))

    def wait_until(self, at: datetime) -> None:
        """Let time pass."""
        self.clock.advance(at - self.clock.now())

    def archive_mary_and_others(self) -> None:
        """Archive twelve patients, at the time and for the reason shown; Mary is first by name."""
        self.wait_until(MARY_ARCHIVED_AT)
        reason = Reason("Patient transferred to another practice")
        for id_ in [MARY, *self.ids[60 : 60 + ARCHIVED_TOTAL - 1]]:
            archive_patient(self.desk, _acting(self.admin), id_, reason)

    def know_the_three(self) -> None:
        """Let eClinicalWorks know the three of the published import; the third is here already."""
        for number, id_ in enumerate(("ECW-12345", "ECW-67890", "ECW-11111")):
            told = {"first_name": f"Person {number}", "last_name": "Overly", "date_of_birth": "1950-01-02"}
            self.roster.put(EhrPatient.told(ExternalId(id_), **told))
        register_patient(self.desk, _acting(self.clinician), a_new_patient(external_id="ECW-11111"))

    def correct_jane(self) -> None:
        """Give Jane the e-mail address that the examples show, at the time shown."""
        self.wait_until(JANE_UPDATED_AT)
        revision = Revision(email=Email("jane.doe@email.com"))
        revise_patient(self.desk, _acting(self.clinician), JANE, revision)


def _acting(user: User) -> Actor:
    return user.as_actor(Origin())


def _person(number: int) -> NewPatient:
    if number == 1:
        return a_new_patient(
            first="Jane",
            last="Doe",
            born=date(1958, 3, 15),
            gender=Gender.FEMALE,
            phone="+1-555-0101",
            email="jane@email.com",
            address=Address(
                AddressLine("123 Main St"),
                AddressLine("Apt 4B"),
                City("Springfield"),
                State("IL"),
                Zip("62704"),
            ),
            external_id="ECW-98765",
        )
    if number == _MARY_NUMBER:
        return a_new_patient(first="Mary", last="Thompson")
    if number in _DOES:
        return a_new_patient(first=f"Zoe {number}", last="Doe")
    return a_new_patient(first=f"Person {number}", last="Underwood")
