"""A patient's rows: the columns they are read from, what is sealed in them, and the record it makes."""

from datetime import date
from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.scope import Scope, SealedColumn, SealedRow
from vantrexia_adapters.sql.statements import Row
from vantrexia_adapters.sql.tables import patient, patient_move
from vantrexia_core.kernel import Email, NamePart, PersonName, Phi, UserId
from vantrexia_core.patients import (
    Address,
    AddressLine,
    City,
    DateOfBirth,
    ExternalId,
    Gender,
    Move,
    Mrn,
    Patient,
    Phone,
    Reason,
    Sighting,
    Ssn,
    State,
    Status,
    StatusChange,
    Supplement,
    Zip,
)
from vantrexia_core.protection import (
    BUCKET_DOCUMENT,
    BUCKET_LONG,
    BUCKET_NAME,
    BUCKET_SHORT,
    FieldCipher,
    Place,
    UnreadableError,
)

MRN: Final = SealedColumn.of("patient", "mrn", BUCKET_NAME)
FIRST: Final = SealedColumn.of("patient", "first_name", BUCKET_NAME)
LAST: Final = SealedColumn.of("patient", "last_name", BUCKET_NAME)
BORN: Final = SealedColumn.of("patient", "date_of_birth", BUCKET_SHORT)
GENDER: Final = SealedColumn.of("patient", "gender", BUCKET_SHORT)
SSN: Final = SealedColumn.of("patient", "ssn", BUCKET_SHORT)
PHONE: Final = SealedColumn.of("patient", "phone", BUCKET_NAME)
EMAIL: Final = SealedColumn.of("patient", "email", BUCKET_LONG)
LINE1: Final = SealedColumn.of("patient", "line1", BUCKET_LONG)
LINE2: Final = SealedColumn.of("patient", "line2", BUCKET_LONG)
CITY: Final = SealedColumn.of("patient", "city", BUCKET_LONG)
STATE: Final = SealedColumn.of("patient", "state", BUCKET_SHORT)
ZIP: Final = SealedColumn.of("patient", "zip", BUCKET_SHORT)
EXTERNAL_ID: Final = SealedColumn.of("patient", "external_id", BUCKET_NAME)
SUPPLEMENT: Final = SealedColumn.of("patient", "supplement", BUCKET_DOCUMENT)
_PATIENT_ROW: Final = SealedRow.of(
    MRN, FIRST, LAST, BORN, GENDER, SSN, PHONE, EMAIL, LINE1, LINE2, CITY, STATE, ZIP, EXTERNAL_ID, SUPPLEMENT
)
"""The sealed columns of `COLUMNS`, in their order."""
_IDENTITY_ROW: Final = SealedRow.of(FIRST, LAST, BORN, GENDER)
BY_EMAIL: Final = SealedColumn.of("patient_move", "by_email", BUCKET_LONG)
REASON: Final = SealedColumn.of("patient_move", "reason", BUCKET_LONG)

COLUMNS: Final = (
    patient.c.id,
    patient.c.seq,
    patient.c.status,
    patient.c.version,
    patient.c.created_at,
    patient.c.updated_at,
    patient.c.sealed_version,
    patient.c.mrn,
    patient.c.first_name,
    patient.c.last_name,
    patient.c.date_of_birth,
    patient.c.gender,
    patient.c.ssn,
    patient.c.phone,
    patient.c.email,
    patient.c.line1,
    patient.c.line2,
    patient.c.city,
    patient.c.state,
    patient.c.zip,
    patient.c.external_id,
    patient.c.supplement,
    patient.c.merged_into,
)

MOVE_COLUMNS: Final = (
    patient_move.c.patient_id,
    patient_move.c.version,
    patient_move.c.move,
    patient_move.c.at,
    patient_move.c.by_user,
    patient_move.c.by_email,
    patient_move.c.reason,
)

IS_ONE: Final = sa.and_(
    patient.c.practice_id == sa.bindparam("practice", type_=sa.Uuid()),
    patient.c.id == sa.bindparam("patient", type_=sa.Uuid()),
)
"""The record that the parameters ``practice`` and ``patient`` name."""

# One that was merged has the external id of its survivor, or will have.
IS_UNLINKED: Final = sa.and_(patient.c.external_id_bix.is_(None), patient.c.merged_into.is_(None))
SIGHTED: Final = (
    patient.c.id,
    patient.c.seq,
    patient.c.status,
    IS_UNLINKED,
    patient.c.sealed_version,
    patient.c.first_name,
    patient.c.last_name,
    patient.c.date_of_birth,
    patient.c.gender,
)

_NO_ADDRESS: Final = Address()
_STATUSES: Final = {status.value: status for status in Status}
_GENDERS: Final = {gender.value: Phi(gender) for gender in Gender}


class PatientRows:
    """Seals and opens the rows of one practice."""

    __slots__ = ("_practice_id", "_protection")

    def __init__(self, scope: Scope) -> None:
        self._practice_id = scope.practice_id
        self._protection = scope.protection

    def sealed(self, patient: Patient) -> dict[str, object]:
        """What a record is written as where it is sealed, bound to its version."""
        cipher, place = self._protection.cipher, Place(self._practice_id, patient.id, patient.version)
        address, external_id = patient.address or _NO_ADDRESS, patient.external_id
        line1 = _sealed_or_none(LINE1, cipher, place, address.line1)
        if patient.address == _NO_ADDRESS:
            # An address of which nothing is known is not the same as none: an empty line says so.
            line1 = LINE1.seal(cipher, place, "")
        return {
            "sealed_version": patient.version,
            "key_version": cipher.key_version(place),
            "mrn": MRN.seal(cipher, place, patient.mrn.reveal()),
            "first_name": FIRST.seal(cipher, place, patient.name.first.reveal()),
            "last_name": LAST.seal(cipher, place, patient.name.last.reveal()),
            "date_of_birth": BORN.seal(cipher, place, patient.date_of_birth.reveal().isoformat()),
            "gender": GENDER.seal(cipher, place, patient.gender.reveal().value),
            "ssn": SSN.seal(cipher, place, "" if patient.ssn is None else patient.ssn.reveal()),
            "phone": _sealed_or_none(PHONE, cipher, place, patient.phone),
            "email": _sealed_or_none(EMAIL, cipher, place, patient.email),
            "line1": line1,
            "line2": _sealed_or_none(LINE2, cipher, place, address.line2),
            "city": _sealed_or_none(CITY, cipher, place, address.city),
            "state": _sealed_or_none(STATE, cipher, place, address.state),
            "zip": _sealed_or_none(ZIP, cipher, place, address.zip),
            "external_id": _sealed_or_none(EXTERNAL_ID, cipher, place, external_id),
            "supplement": _sealed_or_none(SUPPLEMENT, cipher, place, patient.supplement),
        }

    def patient(self, row: Row) -> Patient:
        """The record of a row of `COLUMNS`.

        Raises:
            UnreadableError: it does not open here.
        """
        id_, _, status, version, created_at, updated_at, sealed_version, *wires, merged_into = row
        place = Place(self._practice_id, id_, sealed_version)
        (
            mrn, first, last, born, gender, ssn, phone, email, line1, line2, city, state, zip_, external_id,
            supplement,
        ) = _PATIENT_ROW.open(self._protection.cipher, place, wires)  # fmt: skip
        if mrn is None or first is None or last is None or born is None or gender is None:
            raise UnreadableError
        return Patient(
            id=id_,
            practice_id=self._practice_id,
            mrn=Mrn.trusted(mrn),
            name=PersonName(NamePart.trusted(first), NamePart.trusted(last)),
            date_of_birth=DateOfBirth.trusted(date.fromisoformat(born)),
            gender=_GENDERS[gender],
            phone=None if phone is None else Phone.trusted(phone),
            email=None if email is None else Email.trusted(email),
            address=_address(line1, line2, city, state, zip_),
            ssn=Ssn.trusted(ssn) if ssn else None,
            external_id=None if external_id is None else ExternalId.trusted(external_id),
            status=_STATUSES[status],
            version=version,
            created_at=created_at,
            updated_at=updated_at,
            supplement=None if supplement is None else Supplement.trusted(supplement),
            merged_into=merged_into,
        )

    def sighting(self, row: Row) -> Sighting:
        """Whom a row of `SIGHTED` tells of; of one that is linked or deleted nothing is opened.

        Raises:
            UnreadableError: it does not open here.
        """
        id_, seq, status, is_unlinked, sealed_version, first, last, born, gender = row
        if not is_unlinked or status == Status.DELETED.value:
            return Sighting(id_, seq, None)
        place = Place(self._practice_id, id_, sealed_version)
        first_name, last_name, birth, gender_text = _IDENTITY_ROW.open(
            self._protection.cipher, place, (first, last, born, gender)
        )
        if first_name is None or last_name is None or birth is None or gender_text is None:
            raise UnreadableError
        name = PersonName(NamePart.trusted(first_name), NamePart.trusted(last_name))
        date_of_birth = DateOfBirth.trusted(date.fromisoformat(birth))
        return Sighting(id_, seq, (name, date_of_birth, Phi(Gender(gender_text))))

    def sealed_change(self, change: StatusChange) -> dict[str, object]:
        """What a line of a record's history is written as."""
        cipher = self._protection.cipher
        place = Place(self._practice_id, change.patient_id, change.version)
        return {
            "patient_id": change.patient_id,
            "version": change.version,
            "practice_id": self._practice_id,
            "move": change.move.value,
            "at": change.at,
            "by_user": change.by,
            "by_email": BY_EMAIL.seal(cipher, place, change.by_email.reveal()),
            "reason": _sealed_or_none(REASON, cipher, place, change.reason),
            "key_version": cipher.key_version(place),
        }

    def change(self, row: Row) -> StatusChange:
        """The line of a record's history of a row of `MOVE_COLUMNS`."""
        patient_id, version, move, at, by_user, by_email, reason = row
        cipher, place = self._protection.cipher, Place(self._practice_id, patient_id, version)
        return StatusChange(
            patient_id=patient_id,
            version=version,
            move=Move(move),
            at=at,
            by=UserId(by_user),
            by_email=Email.trusted(BY_EMAIL.open(cipher, place, by_email)),
            reason=None if reason is None else Reason.trusted(REASON.open(cipher, place, reason)),
        )


def _address(
    line1: str | None, line2: str | None, city: str | None, state: str | None, zip_: str | None
) -> Address | None:
    if line1 is None and line2 is None and city is None and state is None and zip_ is None:
        return None
    return Address(
        line1=AddressLine.trusted(line1) if line1 else None,
        line2=None if line2 is None else AddressLine.trusted(line2),
        city=None if city is None else City.trusted(city),
        state=None if state is None else State.trusted(state),
        zip=None if zip_ is None else Zip.trusted(zip_),
    )


def _sealed_or_none(
    column: SealedColumn, cipher: FieldCipher, place: Place, value: Phi[str] | None
) -> bytes | None:
    return None if value is None else column.seal(cipher, place, value.reveal())
