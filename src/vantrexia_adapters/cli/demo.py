"""``vantrexia demo``: a throw-away practice with synthetic people."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Final
from uuid import UUID

import click

from vantrexia_adapters.cli.console import console_actor, with_progress
from vantrexia_adapters.cli.serve import Binding, check_port, run
from vantrexia_adapters.cli.throw_away import throw_away_folder
from vantrexia_adapters.settings import RATE_STORE_MEMORY, EcwSource, Settings
from vantrexia_adapters.system import RandomIds
from vantrexia_core.identity import NewPassword, NewUser, create_user, sign_in
from vantrexia_core.kernel import Actor, Email, NamePart, Origin, PatientId, PersonName, Phi, Role
from vantrexia_core.patients import (
    Address,
    AddressLine,
    City,
    DateOfBirth,
    ExternalId,
    Gender,
    NewPatient,
    Patient,
    Phone,
    Reason,
    Ssn,
    State,
    Zip,
    archive_patient,
    register_patient,
)

if TYPE_CHECKING:
    from vantrexia_adapters.assembly import Service
    from vantrexia_adapters.sandbox import SyntheticPerson

HOST: Final = "127.0.0.1"
PASSWORD: Final = "SecureP@ss123"  # noqa: S105 - printed on purpose: the demo lives on loopback and is thrown away
SAMPLE_ID: Final = UUID("d290f1ee-6c54-4b01-90e6-d701748f0851")
PATIENTS_DEFAULT: Final = 300
PATIENTS_MIN: Final = 3
PATIENTS_MAX: Final = 100_000

STAFF: Final = (
    (Role.ADMIN, "admin@practice.com", "Alex", "Morgan"),
    (Role.CLINICAL_MANAGER, "manager@practice.com", "Priya", "Raman"),
    (Role.PROVIDER, "clinician@practice.com", "Sarah", "Johnson"),
    (Role.NURSE, "nurse@practice.com", "Miguel", "Torres"),
    (Role.MA, "assistant@practice.com", "Dana", "Kowalski"),
    (Role.DATA_MONITOR, "monitor@practice.com", "Wei", "Chen"),
    (Role.BILLING_MANAGER, "billing@practice.com", "Ruth", "Okafor"),
)
PATIENT_EMAIL: Final = "jane.doe@email.com"


@click.command(short_help="Serve a throw-away practice of synthetic patients.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--patients",
    "count",
    type=click.IntRange(PATIENTS_MIN, PATIENTS_MAX),
    default=PATIENTS_DEFAULT,
    show_default=True,
    help="How many synthetic patients.",
)
def demo(*, port: int, count: int) -> None:
    """Serve a throw-away practice with synthetic patients on loopback.

    One account per role, all with the same printed password. Everything lies in a temporary directory that is
    removed at the end (Ctrl-C), or by the next demo if this one is killed.

    \b
    Example:
      vantrexia demo --port 8080 --patients 2000
    """
    from vantrexia_adapters.assembly import open_service

    check_port(HOST, port)
    with throw_away_folder("vantrexia-demo-") as folder:
        settings = Settings(
            data_dir=folder,
            public_url=f"http://{HOST}:{port}",
            ecw_source=EcwSource.SANDBOX,
            rate_store=RATE_STORE_MEMORY,
        )
        ids = _SampleIds()
        with open_service(settings, ids=ids) as service:
            _fill(service, count, ids)
            token = _provider_token(service)
        run(settings, Binding(HOST, port), lambda: click.echo(_welcome(settings, count, token)))


def new_patient(person: "SyntheticPerson") -> NewPatient:
    """The domain's values for a synthetic person."""
    address = person.address or {}
    line1, line2, city = address.get("line1"), address.get("line2"), address.get("city")
    state, zip_ = address.get("state"), address.get("zip")
    return NewPatient(
        name=PersonName(NamePart(person.first_name), NamePart(person.last_name)),
        date_of_birth=DateOfBirth.parse(person.date_of_birth),
        gender=Phi(Gender(person.gender)),
        phone=Phone(person.phone) if person.phone else None,
        email=Email(person.email) if person.email else None,
        address=Address(
            line1=AddressLine(line1) if line1 else None,
            line2=AddressLine(line2) if line2 else None,
            city=City(city) if city else None,
            state=State(state) if state else None,
            zip=Zip(zip_) if zip_ else None,
        )
        if person.address
        else None,
        ssn=Ssn(person.ssn) if person.ssn else None,
        external_id=ExternalId(person.external_id) if person.external_id else None,
    )


class _SampleIds:
    """Fresh ids, but the first patient gets the one that the documentation's examples show."""

    def __init__(self) -> None:
        self._fresh = RandomIds()
        self.is_sample_next = False

    def new_id(self) -> UUID:
        """See the core's ``IdSource``."""
        if self.is_sample_next:
            self.is_sample_next = False
            return SAMPLE_ID
        return self._fresh.new_id()


def _fill(service: "Service", count: int, ids: _SampleIds) -> None:
    operator = console_actor(service)
    provider = _open_accounts(service, operator)
    first: Patient | None = None
    ids.is_sample_next = True
    for person in with_progress(_people(count), total=count, label="Registering synthetic patients"):
        patient = register_patient(service.desk, provider, new_patient(person))
        first = first or patient
        if person.archived_because:
            archive_patient(service.desk, provider, patient.id, Reason(person.archived_because))
    if first is not None:
        new = NewUser(Email(PATIENT_EMAIL), first.name, Role.PATIENT, PatientId(first.id))
        create_user(service.desk, operator, new, NewPassword(PASSWORD))


def _people(count: int) -> "Iterator[SyntheticPerson]":
    """The practice's people, among them one of the documentation's import example, so that it is skipped."""
    from vantrexia_adapters.sandbox import ALREADY_THERE, synthetic_people

    if count == PATIENTS_MIN:
        return synthetic_people(count)
    return chain(synthetic_people(count - 1), [ALREADY_THERE])


def _open_accounts(service: "Service", operator: Actor) -> Actor:
    users = [
        create_user(
            service.desk,
            operator,
            NewUser(Email(email), PersonName(NamePart(first), NamePart(last)), role),
            NewPassword(PASSWORD),
        )
        for role, email, first, last in STAFF
    ]
    provider = next(user for user in users if user.role is Role.PROVIDER)
    return provider.as_actor(operator.origin)


def _provider_token(service: "Service") -> str:
    signed_in = sign_in(
        service.desk, Email("clinician@practice.com"), Phi(PASSWORD), Origin(address="console:demo")
    )
    return signed_in.tokens.access.reveal()


def _welcome(settings: Settings, count: int, token: str) -> str:
    return "\n".join(_lines(settings, count, token))


def _lines(settings: Settings, count: int, token: str) -> Iterator[str]:
    url = settings.public_url
    yield f"\nThe demo practice has {count} synthetic patients and is served at {url}/api/v1/"
    yield f"Documentation page: {url}/docs/"
    yield f"\nSign in with any of these and the password {PASSWORD}"
    for role, email, _, _ in STAFF:
        yield f"  {email:24} {role.value}"
    yield f"  {PATIENT_EMAIL:24} {Role.PATIENT.value}"
    yield "\nReady to paste (the token is the clinician's and lives 15 minutes):"
    yield f"  curl '{url}/api/v1/patients/?search=doe&page_size=10' -H 'Authorization: Bearer {token}'"
    yield "\nA fresh token:"
    yield f"  curl -X POST {url}/api/v1/auth/login/ -H 'Content-Type: application/json' \\"
    yield f'    -d \'{{"email": "clinician@practice.com", "password": "{PASSWORD}"}}\''
    yield f"\nLetters, such as that for a forgotten password, lie in {settings.outbox_path}"
    yield "\nCtrl-C ends the demo and removes everything."
