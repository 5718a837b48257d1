"""The patient's record: a frozen value whose methods return what it becomes and the fact that happened."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import attrs

from vantrexia_core.audit import Fact
from vantrexia_core.kernel import (
    KEEP,
    Actor,
    Email,
    InvalidError,
    InvalidValueError,
    Kept,
    NamePart,
    PatientId,
    PersonName,
    Phi,
    Phone,
    PracticeId,
    Reason,
    StaleVersionError,
    UserId,
    kept_or,
)
from vantrexia_core.patients.facts import Archived, Deleted, Registered, Restored, Revised, Unarchived
from vantrexia_core.patients.lifecycle import Move, Status, status_after
from vantrexia_core.patients.values import (
    Address,
    DateOfBirth,
    ExternalId,
    Gender,
    Mrn,
    Ssn,
    Supplement,
)

ExpectedVersion = int | frozenset[int] | None
"""The version a caller has read, the versions it would accept (If-Match lists several), or None: any."""


@attrs.frozen
class NewPatient:
    """What is known of a person who is to be registered. Without an ``mrn`` one is given out."""

    name: PersonName
    date_of_birth: DateOfBirth
    gender: Phi[Gender]
    mrn: Mrn | None = None
    phone: Phone | None = None
    email: Email | None = None
    address: Address | None = None
    ssn: Ssn | None = None
    external_id: ExternalId | None = None
    supplement: Supplement | None = None


@attrs.frozen
class Revision:
    """New values for some fields; the others keep theirs."""

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
    supplement: Supplement | Kept | None = KEEP


@attrs.frozen
class Patient:
    """A person under monitoring, as one practice knows them.

    ``merged_into`` is the record that stands for this one since the two were merged; this one is archived.

    ``version`` counts saved changes from 1 and is what ETag and FHIR's ``versionId`` show.
    Timestamps are UTC.
    """

    id: PatientId
    practice_id: PracticeId
    mrn: Mrn
    name: PersonName
    date_of_birth: DateOfBirth
    gender: Phi[Gender]
    phone: Phone | None
    email: Email | None
    address: Address | None
    ssn: Ssn | None
    external_id: ExternalId | None
    status: Status
    version: int
    created_at: datetime
    updated_at: datetime
    supplement: Supplement | None = None
    merged_into: PatientId | None = None

    @property
    def is_active(self) -> bool:
        """What the API shows as ``active``."""
        return self.status is Status.ACTIVE

    @classmethod
    def register(
        cls, new: NewPatient, *, id_: PatientId, practice_id: PracticeId, mrn: Mrn, now: datetime
    ) -> "tuple[Patient, Registered]":
        """A new, active record under ``mrn``.

        Raises:
            InvalidError: the date of birth lies in the future.
        """
        _check_born(new.date_of_birth, now)
        patient = cls(
            id=id_,
            practice_id=practice_id,
            mrn=mrn,
            name=new.name,
            date_of_birth=new.date_of_birth,
            gender=new.gender,
            phone=new.phone,
            email=new.email,
            address=new.address,
            ssn=new.ssn,
            external_id=new.external_id,
            status=Status.ACTIVE,
            version=1,
            created_at=now,
            updated_at=now,
            supplement=new.supplement,
        )
        filled = tuple(field for field in REVISABLE if value_of(patient, field) is not None)
        return patient, Registered(id_, changed=filled, disclosed=(id_,), version=patient.version)

    def check_version(self, expected: ExpectedVersion) -> None:
        """Refuse to go on when the caller has read an older version (RFC 9110, If-Match).

        Raises:
            StaleVersionError: the record is at another version.
        """
        check_expected(self.version, expected)

    def revise(self, revision: Revision, *, now: datetime) -> "tuple[Patient, Revised]":
        """The record with the revision's values. What changes nothing gets no new version.

        Raises:
            NotFoundError: the record is deleted.
            InvalidError: the date of birth lies in the future.
        """
        status_after(self.status, Move.REVISE, merged_into=self.merged_into)
        if revision.date_of_birth is not KEEP:
            _check_born(revision.date_of_birth, now)
        changed = tuple(
            field
            for field in REVISABLE
            if (value := getattr(revision, field)) is not KEEP and value != value_of(self, field)
        )
        version = self.version + 1 if changed else self.version
        fact = Revised(self.id, changed=changed, disclosed=(self.id,), version=version)
        if not changed:
            return self, fact
        revised = attrs.evolve(
            self,
            name=PersonName(
                kept_or(revision.first_name, self.name.first), kept_or(revision.last_name, self.name.last)
            ),
            date_of_birth=kept_or(revision.date_of_birth, self.date_of_birth),
            gender=kept_or(revision.gender, self.gender),
            mrn=kept_or(revision.mrn, self.mrn),
            phone=kept_or(revision.phone, self.phone),
            email=kept_or(revision.email, self.email),
            address=kept_or(revision.address, self.address),
            ssn=kept_or(revision.ssn, self.ssn),
            external_id=kept_or(revision.external_id, self.external_id),
            supplement=kept_or(revision.supplement, self.supplement),
            version=version,
            updated_at=now,
        )
        return revised, fact

    def move(
        self, move: Move, *, by: Actor, now: datetime, reason: Reason | None = None
    ) -> "tuple[Patient, StatusChange, Fact]":
        """The record after a move of its lifecycle, the line for its history, and the fact.

        Raises:
            AlreadyArchivedError, NotArchivedError, InvalidTransitionError, NotFoundError: as
            `vantrexia_core.patients.lifecycle` says.
        """
        status = status_after(self.status, move, merged_into=self.merged_into)
        moved = attrs.evolve(self, status=status, version=self.version + 1, updated_at=now)
        change = StatusChange(self.id, moved.version, move, now, by.user_id, by.email, reason)
        # Their answers show what was typed as a reason, and a restored record is shown whole.
        disclosed = (self.id,) if move in {Move.ARCHIVE, Move.RESTORE} else ()
        fact = FACT_OF_MOVE[move](self.id, changed=("status",), disclosed=disclosed, version=moved.version)
        return moved, change, fact

    def give_way(self, survivor_id: PatientId, *, now: datetime) -> "Patient":
        """The record once another one stands for it, or yet another than before.

        Raises:
            GoneError: the record is deleted.
        """
        return attrs.evolve(
            self,
            status=status_after(self.status, Move.MERGE),
            merged_into=survivor_id,
            version=self.version + 1,
            updated_at=now,
        )


@attrs.frozen
class StatusChange:
    """One line in a record's history of moves: what, when, by whom, why. ``version`` is the one it led to."""

    patient_id: PatientId
    version: int
    move: Move
    at: datetime
    by: UserId
    by_email: Email
    reason: Reason | None = None


@attrs.frozen
class MovedPatient:
    """A patient together with the move that brought the record where it stands."""

    patient: Patient
    change: StatusChange


REVISABLE: Final = tuple(field.name for field in attrs.fields(Revision))
"""The fields a caller can set: by their names in the API, and the supplement, which FHIR clients set."""

FACT_OF_MOVE: Final[Mapping[Move, type[Fact]]] = MappingProxyType(
    {
        Move.ARCHIVE: Archived,
        Move.UNARCHIVE: Unarchived,
        Move.DELETE: Deleted,
        Move.RESTORE: Restored,
    }
)


def check_expected(version: int, expected: ExpectedVersion) -> None:
    """Refuse to go on when the caller has read another version (RFC 9110, If-Match).

    Raises:
        StaleVersionError: what is there is at another version.
    """
    if expected is None:
        return
    if version not in (expected if isinstance(expected, frozenset) else {expected}):
        raise StaleVersionError


def _check_born(born: DateOfBirth, now: datetime) -> None:
    try:
        born.check_not_after(now)
    except InvalidValueError as invalid:
        raise InvalidError.on("date_of_birth", str(invalid)) from None


def value_of(patient: Patient, field: str) -> Any:  # noqa: ANN401 - whatever the field holds
    """The value of a field of `REVISABLE`."""
    if field == "first_name":
        return patient.name.first
    if field == "last_name":
        return patient.name.last
    return getattr(patient, field)
