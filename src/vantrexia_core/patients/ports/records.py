"""The records of a practice."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from vantrexia_core.kernel import (
    InvalidError,
    Page,
    PageRequest,
    PatientId,
    PersonName,
    Phi,
)
from vantrexia_core.patients.lifecycle import Status
from vantrexia_core.patients.model import Patient, StatusChange
from vantrexia_core.patients.values import DateOfBirth, ExternalId, Gender, Mrn


class MrnTakenError(InvalidError):
    """The MRN belongs to another record of the practice, perhaps a deleted one: numbers stay reserved."""

    def __init__(self) -> None:
        super().__init__({"mrn": ("This MRN is already in use in your practice.",)})


class ExternalIdTakenError(InvalidError):
    """The external id belongs to another record of the practice."""

    def __init__(self) -> None:
        super().__init__({"external_id": ("This external id is already in use in your practice.",)})


@attrs.frozen
class Holder:
    """Whose number it is: the record's id and where it stands.

    Where the record was merged into another, that is the other one, which stands for it; ``via`` is then the
    record that has the number.
    """

    patient_id: PatientId
    status: Status
    via: PatientId | None = None

    @property
    def record_id(self) -> PatientId:
        """The record that has the number itself."""
        return self.patient_id if self.via is None else self.via


@attrs.frozen
class Sighting:
    """A record as far as telling who it is; ``identity`` is None if it has an external id or is deleted."""

    patient_id: PatientId
    seq: int
    identity: tuple[PersonName, DateOfBirth, Phi[Gender]] | None


@attrs.frozen
class Asked:
    """Which records an export asks for: by their numbers, as they stood at the change number ``as_of``.

    With ``changed_after`` only those whose version then was made after it; with ``patient_ids`` only those.
    A record that was merged then counts as deleted if the one that stood for it was, and as changed with it.
    """

    numbers: range
    as_of: int
    changed_after: datetime | None = None
    patient_ids: tuple[PatientId, ...] = ()


class PatientStore(Protocol):
    """The records of one practice, inside one transaction. Another practice's records do not exist here.

    A record has versions, counted from 1. `save` and `move` make the next one, and keep the one that they
    replace as it was.
    """

    def next_mrn_number(self, *, skip: int = 0) -> int:
        """The next number of the practice's counter, from 1, after passing over ``skip`` of them.

        No two transactions get the same one.
        """
        ...

    def be_alone(self) -> None:
        """From here to the end of this transaction nobody else adds or changes a record of the practice.

        Taken after a record's own lock (`get_to_change`), never before one: that is the order in which
        `save` takes them.
        """
        ...

    def holders(self, external_ids: Sequence[ExternalId]) -> Sequence[Holder | None]:
        """Who has each external id, whatever the record's status; in the order of ``external_ids``."""
        ...

    def mrn_holders(self, mrns: Sequence[Mrn]) -> Sequence[Holder | None]:
        """Who has each record number, whatever the record's status; in the order of ``mrns``."""
        ...

    def has_unlinked(self) -> bool:
        """Whether any record that is not deleted has no external id."""
        ...

    def change_number(self) -> int:
        """The number of the practice's newest change that is kept; 0 before the first."""
        ...

    def unlinked_since(self, seq: int, *, limit: int) -> Sequence[Sighting]:
        """Records without external id that changed after a change number, at most ``limit``, oldest first.

        With a ``seq`` above 0 the others that changed are among them, without an identity.
        """
        ...

    def unlinked(self, numbers: Sequence[int]) -> Sequence[Patient]:
        """Those of the records with these ``numbers`` that have no external id, in any order."""
        ...

    def add(self, patient: Patient) -> None:
        """Store a new record. On an error nothing is stored and the transaction goes on.

        Raises:
            MrnTakenError, ExternalIdTakenError: the value belongs to another record.
        """
        ...

    def add_many(self, patients: Sequence[Patient]) -> None:
        """Store new records, for much less than one by one. On an error none of them is stored.

        Raises:
            MrnTakenError, ExternalIdTakenError: a value belongs to another record, or to two of these.
        """
        ...

    def get(self, patient_id: PatientId) -> Patient:
        """One record of any status, as it is now.

        Raises:
            NotFoundError: no such record in this practice.
        """
        ...

    def get_to_change(self, patient_id: PatientId) -> Patient:
        """Like `get`; until this transaction ends nobody else can change the record.

        Raises:
            NotFoundError: no such record in this practice.
        """
        ...

    def save(self, patient: Patient) -> None:
        """Store a revised record whose version is one above the stored one.

        Raises:
            MrnTakenError, ExternalIdTakenError: the value belongs to another record.
            StaleVersionError: the stored record is not the one this revision started from.
        """
        ...

    def move(self, patient: Patient, change: StatusChange) -> None:
        """Store a record's new status together with the line of its history.

        Raises:
            StaleVersionError: the stored record is not the one this move started from.
        """
        ...

    def redirect(self, patient: Patient) -> None:
        """Store which record stands for this one from now on, if any, and the status that goes with it.

        Raises:
            StaleVersionError: the stored record is not the one this change started from.
        """
        ...

    def led_to(self, patient_id: PatientId) -> Sequence[PatientId]:
        """The records that this one stands for, in order of their ids."""
        ...

    def fetch(self, numbers: Sequence[int], *, as_of: int) -> Sequence[Patient] | None:
        """The records of a page, in the order of their ``numbers``; None when one changed after ``as_of``.

        Raises:
            NotFoundError: the practice has no record of that number.
        """
        ...

    def of_numbers(self, numbers: Sequence[int]) -> Sequence[Patient]:
        """The records with these ``numbers``, whatever their status, in any order.

        Those that do not open are left out.
        """
        ...

    def changed_since(self, seq: int, *, limit: int, but: PatientId | None = None) -> Sequence[Patient]:
        """Records ``but`` one that were added or changed after a change number, oldest change first.

        At most ``limit``. Those of this transaction are among them. After a change, or `be_alone`, nobody
        else's can follow.
        """
        ...

    def last_changes(self, ids: Sequence[PatientId]) -> Mapping[PatientId, StatusChange]:
        """The newest line of each record's history of moves; records that never moved are left out."""
        ...

    def history(self, patient_id: PatientId) -> Sequence[StatusChange]:
        """All moves of a record, oldest first."""
        ...

    def versions(self, patient_id: PatientId, page: PageRequest) -> Page[Patient]:
        """A page of a record's versions, newest first; the first is the record as it is.

        Raises:
            NotFoundError: no such record in this practice, or the page lies behind the last one.
        """
        ...

    def version_of(self, patient_id: PatientId, version: int) -> Patient:
        """One version of a record, today's included.

        Raises:
            NotFoundError: no such record in this practice, or no such version is kept.
        """
        ...

    def newest_number(self) -> int:
        """The number of the practice's newest record; they are dense. 0 before the first."""
        ...

    def tally(self, asked: Asked) -> tuple[int, int]:
        """How many records that are asked for were not deleted then, and how many were."""
        ...

    def standing(self, asked: Asked, *, limit: int) -> Sequence[tuple[int, Patient]]:
        """Records that are asked for and were not deleted then, as they were then, each with its number.

        At most ``limit``, in order of their numbers. Whoever asks for the numbers behind the last one gets
        the next, of the same moment, whatever changed meanwhile.
        """
        ...

    def departed(self, asked: Asked, *, limit: int) -> Sequence[tuple[int, tuple[PatientId, datetime]]]:
        """Like `standing`, for records that were deleted then: their ids and when, and nothing of them."""
        ...
