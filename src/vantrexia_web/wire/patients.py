"""Patients on the wire: what may be sent, and what is shown, in the published names and order."""

from datetime import datetime
from typing import Final, TypeVar

import attrs

from vantrexia_core.kernel import (
    Complaints,
    Email,
    InvalidError,
    InvalidValueError,
    NamePart,
    PersonName,
    Phi,
)
from vantrexia_core.patients import (
    KEEP,
    Address,
    DateOfBirth,
    ExternalId,
    Gender,
    Kept,
    MovedPatient,
    Mrn,
    NewPatient,
    OnDuplicate,
    Patient,
    PatientVersion,
    Phone,
    Reason,
    Revision,
    Ssn,
)
from vantrexia_web.wire.listing import parse_query
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.structuring import body_as

T = TypeVar("T")

_NO_ADDRESS: Final = Address()


@attrs.frozen
class Registration:
    """The body of a create. Null is the same as leaving an optional field out."""

    first_name: NamePart
    last_name: NamePart
    date_of_birth: DateOfBirth
    gender: Phi[Gender]
    mrn: Mrn | None = None
    phone: Phone | None = None
    email: Email | None = None
    address: Address | None = None
    ssn: Ssn | None = None
    external_id: ExternalId | None = None


@attrs.frozen
class Replacement:
    """The body of a PUT: a field left out is emptied, but for the three identifiers, which stay."""

    first_name: NamePart
    last_name: NamePart
    date_of_birth: DateOfBirth
    gender: Phi[Gender]
    mrn: Mrn | Kept = KEEP
    phone: Phone | None = None
    email: Email | None = None
    address: Address | None = None
    ssn: Ssn | Kept | None = KEEP
    external_id: ExternalId | Kept | None = KEEP


@attrs.frozen
class Amendment:
    """The body of a PATCH: a field left out keeps its value, null empties it."""

    first_name: NamePart | Kept = KEEP
    last_name: NamePart | Kept = KEEP
    date_of_birth: DateOfBirth | Kept = KEEP
    gender: Phi[Gender] | Kept = KEEP
    mrn: Mrn | Kept = KEEP
    phone: Phone | Kept | None = KEEP
    email: Email | Kept | None = KEEP
    address: Address | Kept | None = KEEP
    ssn: Ssn | Kept | None = KEEP
    external_id: ExternalId | Kept | None = KEEP


@attrs.frozen
class ReasonGiven:
    """The body of an archive and of a restore."""

    reason: Reason


@attrs.frozen
class Nothing:
    """The body of a call that needs none."""


def parse_admission(request: Request, now: datetime) -> tuple[NewPatient, OnDuplicate]:
    """A person to register, and what to do if they seem to be here already.

    Raises:
        InvalidError: with all complaints at once.
    """
    # Outside: a body that cannot be read is another error than one that says what it may not.
    request.json()
    complaints, new = Complaints(), list[NewPatient]()
    with complaints.collecting():
        new.append(parse_registration(request, now))
    with complaints.collecting():
        on_duplicate = parse_on_duplicate(request)
    complaints.check()
    return new[0], on_duplicate


def parse_registration(request: Request, now: datetime) -> NewPatient:
    """A person to register.

    Raises:
        InvalidError: with all complaints at once.
    """
    body = _dated_body_as(Registration, request, now)
    return NewPatient(
        name=PersonName(body.first_name, body.last_name),
        date_of_birth=body.date_of_birth,
        gender=body.gender,
        mrn=body.mrn,
        phone=body.phone,
        email=body.email,
        address=_filled(body.address),
        ssn=body.ssn,
        external_id=body.external_id,
    )


def parse_replacement(request: Request, now: datetime) -> Revision:
    """New values for every field but those left out that keep theirs.

    Raises:
        InvalidError: with all complaints at once.
    """
    body = _dated_body_as(Replacement, request, now)
    return _revision(body, _filled(body.address))


def parse_revision(request: Request, now: datetime) -> Revision:
    """New values for the fields sent (RFC 5789); an address is replaced as a whole.

    Raises:
        InvalidError: with all complaints at once.
    """
    body = _dated_body_as(Amendment, request, now)
    return _revision(body, KEEP if body.address is KEEP else _filled(body.address))


def parse_reason(request: Request) -> Reason:
    """Why.

    Raises:
        InvalidError: there is no reason, or it is blank or too long.
    """
    return body_as(ReasonGiven, request.json()).reason


def parse_on_duplicate(request: Request) -> OnDuplicate:
    """What to do if the person seems to be registered already; ``queue`` if nothing is said.

    Raises:
        InvalidError: ``on_duplicate`` is something else.
    """
    text = parse_query(request).get("on_duplicate", OnDuplicate.QUEUE.value)
    try:
        return OnDuplicate(text)
    except ValueError:
        raise InvalidError.on(
            "on_duplicate", f"Use {' or '.join(one.value for one in OnDuplicate)}."
        ) from None


def parse_nothing(request: Request) -> None:
    """Nothing: no body, or an empty object.

    Raises:
        InvalidError: something was sent, so the caller expects an effect that there is not.
    """
    if request.has_body:
        body_as(Nothing, request.json())


def patient_content(patient: Patient) -> dict[str, object]:
    """The patient as the API shows it. The social security number is never among it.

    ``merged_into`` is there only where another record stands for this one.
    """
    merged = {} if patient.merged_into is None else {"merged_into": patient.merged_into}
    return {
        "id": patient.id,
        "first_name": patient.name.first.reveal(),
        "last_name": patient.name.last.reveal(),
        "date_of_birth": patient.date_of_birth.reveal(),
        "gender": patient.gender.reveal().value,
        "mrn": patient.mrn.reveal(),
        "active": patient.is_active,
        "phone": _shown(patient.phone),
        "email": _shown(patient.email),
        "address": _address_content(patient.address),
        "external_id": _shown(patient.external_id),
        "created_at": patient.created_at,
        "updated_at": patient.updated_at,
        **merged,
    }


def archived_content(moved: MovedPatient) -> dict[str, object]:
    """The answer to an archive."""
    return {"id": moved.patient.id, **_archive_content(moved)}


def archived_item(moved: MovedPatient) -> dict[str, object]:
    """An item of the archived list."""
    return {
        "id": moved.patient.id,
        "first_name": moved.patient.name.first.reveal(),
        "last_name": moved.patient.name.last.reveal(),
        "mrn": moved.patient.mrn.reveal(),
        **_archive_content(moved),
    }


def unarchived_content(moved: MovedPatient) -> dict[str, object]:
    """The answer to an unarchive."""
    return {
        "id": moved.patient.id,
        "status": moved.patient.status.value,
        "unarchived_at": moved.change.at,
        "unarchived_by": moved.change.by_email.reveal(),
    }


def deleted_item(moved: MovedPatient) -> dict[str, object]:
    """An item of the administrator's list of deleted patients."""
    return {
        **patient_content(moved.patient),
        "deleted_at": moved.change.at,
        "deleted_by": moved.change.by_email.reveal(),
    }


def version_content(version: PatientVersion) -> dict[str, object]:
    """A version of a record, and what the trail says of the change that made it, if it may be told."""
    patient, made_by = version.patient, version.made_by
    return {
        "version": patient.version,
        "status": patient.status.value,
        "changed_at": patient.updated_at,
        "changed_by": None
        if made_by is None or made_by.actor_email is None
        else made_by.actor_email.reveal(),
        "action": None if made_by is None else made_by.entry.action.value,
        "changed_fields": [] if made_by is None else list(made_by.entry.changed),
        "patient": patient_content(patient),
    }


def _dated_body_as(type_: type[T], request: Request, now: datetime) -> T:
    """The body, and whether the birth date lies in the future, told together.

    The core refuses it as well, once everything else is right; nobody corrects one field a call.
    """
    content = request.json()
    complaints, bodies = Complaints(), list[T]()
    with complaints.collecting():
        bodies.append(body_as(type_, content))
    with complaints.collecting():
        _check_birth(content, now)
    complaints.check()
    return bodies[0]


def _check_birth(content: object, now: datetime) -> None:
    """Refuse a birth in the future; one that is no date is complained of elsewhere."""
    text = content.get("date_of_birth") if isinstance(content, dict) else None
    try:
        born = DateOfBirth.parse(text) if isinstance(text, str) else None
    except InvalidValueError:
        return
    try:
        if born is not None:
            born.check_not_after(now)
    except InvalidValueError as future:
        raise InvalidError.on("date_of_birth", str(future)) from None


def _archive_content(moved: MovedPatient) -> dict[str, object]:
    return {
        "status": moved.patient.status.value,
        "archived_at": moved.change.at,
        "archived_by": moved.change.by_email.reveal(),
        "archive_reason": _shown(moved.change.reason),
    }


def _address_content(address: Address | None) -> dict[str, object] | None:
    if address is None:
        return None
    return {
        "line1": _shown(address.line1),
        "line2": _shown(address.line2),
        "city": _shown(address.city),
        "state": _shown(address.state),
        "zip": _shown(address.zip),
    }


def _shown(value: Phi[str] | None) -> str | None:
    return None if value is None else value.reveal()


def _revision(body: Replacement | Amendment, address: Address | Kept | None) -> Revision:
    return Revision(
        first_name=body.first_name,
        last_name=body.last_name,
        date_of_birth=body.date_of_birth,
        gender=body.gender,
        mrn=body.mrn,
        phone=body.phone,
        email=body.email,
        address=address,
        ssn=body.ssn,
        external_id=body.external_id,
    )


def _filled(address: Address | None) -> Address | None:
    """An address without any part is no address."""
    return None if address == _NO_ADDRESS else address
