"""Valid things for tests that care about one detail: take the default, override that detail."""

from datetime import date, datetime, timedelta
from uuid import UUID

from vantrexia_contracts.given.sources import EPOCH
from vantrexia_core.identity import NewPassword, NewUser, Session, User
from vantrexia_core.kernel import (
    Actor,
    Email,
    NamePart,
    Origin,
    PatientId,
    PersonName,
    Phi,
    PracticeId,
    RequestId,
    Role,
    SessionId,
    TokenId,
    UserId,
)
from vantrexia_core.patients import (
    Address,
    AddressLine,
    City,
    DateOfBirth,
    Explanation,
    ExternalId,
    Field,
    Gender,
    Guard,
    MatchGrade,
    Mrn,
    NewPatient,
    Occasion,
    Pair,
    Patient,
    Phone,
    Ssn,
    State,
    Status,
    Supplement,
    Suspicion,
    Zip,
)

NOW = EPOCH
A_SUPPLEMENT = '{"at":{},"document":{"maritalStatus":{"text":"married"}},"format":1}'


def a_practice_id(number: int = 1) -> PracticeId:
    """The id of one practice; another number, another practice."""
    return PracticeId(UUID(int=0xA000_0000 + number, version=4))


def a_patient_id(number: int = 1) -> PatientId:
    """The id of one patient; another number, another patient."""
    return PatientId(UUID(int=0xB000_0000 + number, version=4))


def a_user_id(number: int = 1) -> UserId:
    """The id of one account."""
    return UserId(number)


def a_name(first: str = "Marisol", last: str = "Quintero") -> PersonName:
    """A person's name."""
    return PersonName(NamePart(first), NamePart(last))


def an_email(local_part: str = "m.quintero") -> Email:
    """An address in a domain kept free for examples (RFC 2606)."""
    return Email(f"{local_part}@example.org")


def an_address() -> Address:
    """A complete postal address."""
    return Address(
        AddressLine("1200 Prairie Avenue"),
        AddressLine("Apt 4B"),
        City("Springfield"),
        State("IL"),
        Zip("62704"),
    )


def an_origin(request_id: str = "req-0001", address: str = "192.0.2.7") -> Origin:
    """Where a call came from; the address is kept free for documentation (RFC 5737)."""
    return Origin(RequestId(request_id), address)


def an_actor(
    role: Role = Role.ADMIN,
    *,
    practice_id: PracticeId | None = None,
    user_id: int | None = None,
    email: str | None = None,
    patient_id: PatientId | None = None,
    origin: Origin | None = None,
) -> Actor:
    """Somebody signed in; each role is another person unless told otherwise."""
    number = list(Role).index(role) + 1
    return Actor(
        user_id=UserId(number if user_id is None else user_id),
        role=role,
        practice_id=practice_id or a_practice_id(),
        email=Email(email or f"{role.value}@example.org"),
        patient_id=patient_id,
        origin=origin or an_origin(),
    )


def a_new_patient(
    *,
    first: str = "Marisol",
    last: str = "Quintero",
    born: date = date(1961, 4, 9),
    gender: Gender = Gender.FEMALE,
    mrn: str | None = None,
    phone: str | None = "555-0142",
    email: str | None = "m.quintero@example.org",
    address: Address | None = None,
    ssn: str | None = None,
    external_id: str | None = None,
    supplement: str | None = None,
) -> NewPatient:
    """Somebody to be registered. What must be unique in a practice is left out."""
    return NewPatient(
        name=a_name(first, last),
        date_of_birth=DateOfBirth(born),
        gender=Phi(gender),
        mrn=None if mrn is None else Mrn(mrn),
        phone=None if phone is None else Phone(phone),
        email=None if email is None else Email(email),
        address=address,
        ssn=None if ssn is None else Ssn(ssn),
        external_id=None if external_id is None else ExternalId(external_id),
        supplement=None if supplement is None else Supplement(supplement),
    )


def a_patient(
    new: NewPatient | None = None,
    *,
    id_: PatientId | None = None,
    practice_id: PracticeId | None = None,
    mrn: str = "MRN-00042",
    status: Status = Status.ACTIVE,
    version: int = 1,
    created_at: datetime = NOW,
    updated_at: datetime | None = None,
) -> Patient:
    """A record as it stands in a practice. ``new`` says who it is; the MRN in it wins over ``mrn``."""
    new = new or a_new_patient(
        address=an_address(), ssn="899-12-3456", external_id="ECW-77001", supplement=A_SUPPLEMENT
    )
    return Patient(
        id=id_ or a_patient_id(),
        practice_id=practice_id or a_practice_id(),
        mrn=Mrn(mrn) if new.mrn is None else new.mrn,
        name=new.name,
        date_of_birth=new.date_of_birth,
        gender=new.gender,
        phone=new.phone,
        email=new.email,
        address=new.address,
        ssn=new.ssn,
        external_id=new.external_id,
        supplement=new.supplement,
        status=status,
        version=version,
        created_at=created_at,
        updated_at=updated_at or created_at + timedelta(minutes=version - 1),
    )


def a_suspicion(
    one: PatientId | None = None,
    other: PatientId | None = None,
    *,
    grade: MatchGrade = MatchGrade.PROBABLE,
    score: float = 4.25,
    guards: tuple[Guard, ...] = (Guard.LOOKALIKE,),
    occasion: Occasion = Occasion.CREATE,
    found_at: datetime = NOW,
) -> Suspicion:
    """Two records that may be one person; the pair of the first two unless told otherwise."""
    return Suspicion(
        pair=Pair.of(one or a_patient_id(1), other or a_patient_id(2)),
        grade=grade,
        score=score,
        bits={Field.FIRST_NAME: -1.125, Field.LAST_NAME: 5.1, Field.PHONE: 0.0},
        levels={Field.FIRST_NAME: "resembles", Field.LAST_NAME: "exact", Field.PHONE: "missing"},
        rival=Explanation.TWIN,
        guards=guards,
        model="default-1",
        occasion=occasion,
        found_at=found_at,
    )


def a_password(text: str = "correct horse battery") -> NewPassword:
    """A password that meets the policy."""
    return NewPassword(text)


def a_new_user(
    role: Role = Role.NURSE, *, email: str | None = None, patient_id: PatientId | None = None
) -> NewUser:
    """An account to be opened."""
    return NewUser(
        Email(email or f"new.{role.value}@example.org"), a_name("Tova", "Lindqvist"), role, patient_id
    )


def a_session(
    user_id: UserId | None = None, *, number: int = 1, at: datetime = NOW, life: timedelta = timedelta(days=1)
) -> Session:
    """A session that begins at ``at``; another number, another session with another refresh token."""
    return Session(
        SessionId(UUID(int=0xC000_0000 + number, version=4)),
        user_id or a_user_id(7),
        a_token_id(number),
        at,
        at + life,
    )


def a_token_id(number: int = 1) -> TokenId:
    """The id of one token."""
    return TokenId(UUID(int=0xD000_0000 + number, version=4))


def a_user(
    role: Role = Role.NURSE,
    *,
    id_: int = 7,
    practice_id: PracticeId | None = None,
    email: str | None = None,
    is_active: bool = True,
    patient_id: PatientId | None = None,
) -> User:
    """An account as it stands."""
    return User(
        UserId(id_),
        practice_id or a_practice_id(),
        Email(email or f"{role.value}@example.org"),
        a_name("Tova", "Lindqvist"),
        role,
        is_active,
        patient_id,
    )
