"""Which side's value survives when a patient is known here and in the EHR: one table, one short engine.

A refresh compares three values of each field: the one of the record here, the one that the EHR sends now, and
the one that it sent last time. Who changed the value since then, and the kind of the field, decide. The value
that loses is kept, sealed, in the record's history (`LostValues`) and is not shown in any answer.

An empty value of the EHR never wins: a phone number that is missing there is no reason to forget the one
here. An address is taken as a whole, because half of one and half of another make no address.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

import attrs

from vantrexia_core.ehr.roster import EhrPatient
from vantrexia_core.kernel import Email, NamePart, Phi
from vantrexia_core.patients import (
    KIND_OF_FIELD,
    Address,
    DateOfBirth,
    FieldKind,
    Gender,
    Patient,
    Phone,
    Revision,
)
from vantrexia_core.protection import fold


class Side(Enum):
    """Whose value it is."""

    HERE = "here"
    EHR = "ehr"


class Shift(Enum):
    """Which side changed a value that differs now, since the EHR was last read."""

    EHR_ALONE = "ehr_alone"
    HERE_ALONE = "here_alone"
    BOTH = "both"
    UNREAD_NEWER_THERE = "unread_newer_there"
    """The EHR was never read for this record, and says that it changed after the record here did."""
    UNREAD = "unread"
    """The EHR was never read for this record, and does not say that its value is the newer one."""


KIND_OF: Final[Mapping[str, FieldKind]] = MappingProxyType(
    {
        field: KIND_OF_FIELD[field]
        for field in ("first_name", "last_name", "date_of_birth", "gender", "phone", "email", "address")
    }
)
"""The fields that a refresh may touch. MRN, SSN, external id and status are ours: the EHR has no say."""
SURVIVOR: Final[Mapping[tuple[FieldKind, Shift], Side]] = MappingProxyType(
    {
        (FieldKind.IDENTITY, Shift.EHR_ALONE): Side.EHR,
        (FieldKind.IDENTITY, Shift.HERE_ALONE): Side.HERE,
        (FieldKind.IDENTITY, Shift.BOTH): Side.EHR,
        # Somebody typed the external id into a record they knew. Who the person is was their decision.
        (FieldKind.IDENTITY, Shift.UNREAD_NEWER_THERE): Side.HERE,
        (FieldKind.IDENTITY, Shift.UNREAD): Side.HERE,
        (FieldKind.CONTACT, Shift.EHR_ALONE): Side.EHR,
        (FieldKind.CONTACT, Shift.HERE_ALONE): Side.HERE,
        (FieldKind.CONTACT, Shift.BOTH): Side.EHR,
        (FieldKind.CONTACT, Shift.UNREAD_NEWER_THERE): Side.EHR,
        (FieldKind.CONTACT, Shift.UNREAD): Side.HERE,
    }
)
"""Every kind with every shift. Where both changed, the EHR is the practice's chart and wins."""

CONFLICTS: Final = frozenset({Shift.BOTH, Shift.UNREAD_NEWER_THERE, Shift.UNREAD})
"""The shifts that somebody should look at: two people meant two different things."""


@attrs.frozen
class Conflict:
    """A field on which the two sides disagreed, and whose value the record has now."""

    field: str
    winner: Side


@attrs.frozen
class Demographics:
    """Values of the fields that a refresh may touch; None where there is none."""

    first_name: NamePart | None = None
    last_name: NamePart | None = None
    date_of_birth: DateOfBirth | None = None
    gender: Phi[Gender] | None = None
    phone: Phone | None = None
    email: Email | None = None
    address: Address | None = None

    @classmethod
    def here(cls, patient: Patient) -> "Demographics":
        """The values of a record."""
        return cls(
            patient.name.first,
            patient.name.last,
            patient.date_of_birth,
            patient.gender,
            patient.phone,
            patient.email,
            patient.address,
        )

    @classmethod
    def there(cls, told: EhrPatient) -> "Demographics":
        """The values that the EHR sends."""
        return cls(
            told.first_name,
            told.last_name,
            told.date_of_birth,
            told.gender,
            told.phone,
            told.email,
            told.address,
        )

    def value(self, field: str) -> Any:  # noqa: ANN401 - whatever the field holds
        """The value of a field of `KIND_OF`."""
        return getattr(self, field)

    def is_somebody_else(self, other: "Demographics") -> bool:
        """Whether name and birth date both disagree: a mistyped or reused id, not a correction."""
        if self.date_of_birth is None or other.date_of_birth is None:
            return False
        return self.date_of_birth != other.date_of_birth and not (
            _same_name(self.first_name, other.first_name) and _same_name(self.last_name, other.last_name)
        )


@attrs.frozen
class LastTold:
    """What the EHR sent about a patient when it was last read: the provenance of the record's values.

    ``taken`` names the fields that had the EHR's value afterwards; the others had a value from here.
    ``source_updated_at`` is when the EHR had last changed its record, ``at`` when we read it.
    """

    demographics: Demographics
    at: datetime
    source_updated_at: datetime | None = None
    taken: tuple[str, ...] = ()


@attrs.frozen
class LostValues:
    """The values that lost in a refresh. ``winners`` says whose value stands instead, field by field."""

    values: Demographics
    winners: Mapping[str, Side]
    version: int
    at: datetime


@attrs.frozen
class Reconciled:
    """What a refresh does to a record: nothing has been done yet."""

    revision: Revision
    conflicts: tuple[Conflict, ...]
    lost: Demographics
    winners: Mapping[str, Side]
    taken: tuple[str, ...]


def is_stale(told: EhrPatient, last: LastTold | None) -> bool:
    """Whether the EHR sent something older than last time: a replica that lags behind changes nothing."""
    return (
        last is not None
        and told.updated_at is not None
        and last.source_updated_at is not None
        and told.updated_at < last.source_updated_at
    )


def reconcile(patient: Patient, told: EhrPatient, last: LastTold | None) -> Reconciled:
    """Decide field by field, as `SURVIVOR` says."""
    here, there = Demographics.here(patient), Demographics.there(told)
    revision: dict[str, Any] = {}
    lost: dict[str, Any] = {}
    winners: dict[str, Side] = {}
    conflicts: list[Conflict] = []
    taken: list[str] = []
    for field, kind in KIND_OF.items():
        ours, theirs = here.value(field), there.value(field)
        if theirs is None:
            continue
        if ours == theirs:
            taken.append(field)
            continue
        if ours is None:
            shift, winner = Shift.EHR_ALONE, Side.EHR
        else:
            shift = _shift(patient, told, last, field)
            winner = SURVIVOR[kind, shift]
        if winner is Side.EHR:
            revision[field] = theirs
            taken.append(field)
        if shift in CONFLICTS:
            conflicts.append(Conflict(field, winner))
        loser = ours if winner is Side.EHR else theirs
        # What lost an undisputed comparison to the value here is in `LastTold` already.
        if loser is not None and (winner is Side.EHR or shift in CONFLICTS):
            lost[field] = loser
            winners[field] = winner
    return Reconciled(Revision(**revision), tuple(conflicts), Demographics(**lost), winners, tuple(taken))


def _shift(patient: Patient, told: EhrPatient, last: LastTold | None, field: str) -> Shift:
    """Who changed a field that differs, neither value being empty."""
    if last is None:
        is_newer_there = told.updated_at is not None and told.updated_at > patient.updated_at
        return Shift.UNREAD_NEWER_THERE if is_newer_there else Shift.UNREAD
    before = last.demographics.value(field)
    has_ehr = Demographics.there(told).value(field) != before
    has_here = Demographics.here(patient).value(field) != before
    if has_ehr and has_here:
        return Shift.BOTH
    return Shift.EHR_ALONE if has_ehr else Shift.HERE_ALONE


def _same_name(one: NamePart | None, other: NamePart | None) -> bool:
    """Whether two parts of a name read alike; one that is missing contradicts nothing."""
    if one is None or other is None:
        return True
    return fold(one.reveal()) == fold(other.reveal())
