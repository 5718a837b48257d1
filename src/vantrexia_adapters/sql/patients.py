"""The patient store in SQL: fields sealed on the way in, opened on the way out, few statements."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.asked_patients import AskedPatients
from vantrexia_adapters.sql.padding import named, padded
from vantrexia_adapters.sql.patient_identifiers import PatientIdentifiers, check_different, no_other
from vantrexia_adapters.sql.patient_rows import (
    COLUMNS,
    IS_ONE,
    IS_UNLINKED,
    MOVE_COLUMNS,
    SIGHTED,
    PatientRows,
)
from vantrexia_adapters.sql.patient_versions import PatientVersions, Replacing
from vantrexia_adapters.sql.practice_heads import PracticeHead
from vantrexia_adapters.sql.scope import Scope
from vantrexia_adapters.sql.statements import Adding, Parameters, Row, Statement, first
from vantrexia_adapters.sql.tables import patient, patient_move
from vantrexia_core.kernel import (
    BrokenPromiseError,
    NotFoundError,
    Page,
    PageRequest,
    PatientId,
    StaleVersionError,
)
from vantrexia_core.patients import (
    Asked,
    ExternalId,
    Holder,
    Mrn,
    Patient,
    Sighting,
    Status,
    StatusChange,
)
from vantrexia_core.protection import UnreadableError

NUMBERS_AT_ONCE_MAX: Final = 128
"""How many records are read by their numbers by one statement."""
_SIZES: Final = (1, 4, 8, 16, 32, 64, NUMBERS_AT_ONCE_MAX)

_ID_TWICE: Final = "a patient id was given out twice"

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_ID: Final = sa.bindparam("patient", type_=sa.Uuid())
_SEALED: Final = tuple(
    column.name
    for column in patient.c
    if column.name in {"sealed_version", "key_version", "index_version", "mrn_bix", "external_id_bix"}
) + tuple(column.name for column in COLUMNS[7:-1])
"""Everything that is written anew together when demographics change."""

_GET: Final = Statement(sa.select(*COLUMNS).where(IS_ONE))
_GET_TO_CHANGE: Final = Statement(sa.select(*COLUMNS).where(IS_ONE).with_for_update(key_share=True))

_ADD: Final = Adding(patient)

# Asks for taken values instead of running into the constraint: on PostgreSQL that would end the transaction.
# The head's lock is held, so nobody can take them between the question and the change.
_SAVE: Final = Replacing(
    *_SEALED,
    "version",
    "updated_at",
    only_if=(no_other(patient.c.mrn_bix), no_other(patient.c.external_id_bix)),
)
_MOVE: Final = Replacing("status", "version", "updated_at")
_REDIRECT: Final = Replacing("status", "version", "updated_at", "merged_into")
_LED_TO: Final = Statement(
    sa.select(patient.c.id)
    .where(patient.c.practice_id == _PRACTICE, patient.c.merged_into == _ID)
    .order_by(patient.c.id)
)

_ADD_MOVE: Final = Statement(sa.insert(patient_move))
_HISTORY: Final = Statement(
    sa.select(*MOVE_COLUMNS)
    .where(patient_move.c.practice_id == _PRACTICE, patient_move.c.patient_id == _ID)
    .order_by(patient_move.c.version)
)


def _numbered(count: int) -> list[sa.BindParameter[object]]:
    return [sa.bindparam(f"n_{position}", type_=sa.BigInteger()) for position in range(count)]


@cache
def _fetch(count: int) -> Statement:
    return Statement(
        sa.select(patient.c.n, *COLUMNS).where(
            patient.c.practice_id == _PRACTICE, patient.c.n.in_(_numbered(count))
        )
    )


@cache
def _last_changes(count: int) -> Statement:
    later = patient_move.alias("later")
    newest = sa.select(sa.func.max(later.c.version)).where(later.c.patient_id == patient_move.c.patient_id)
    return Statement(
        sa.select(*MOVE_COLUMNS).where(
            patient_move.c.practice_id == _PRACTICE,
            patient_move.c.patient_id.in_(named("id", count)),
            patient_move.c.version == newest.scalar_subquery(),
        )
    )


_HAS_UNLINKED: Final = Statement(
    sa.select(patient.c.id)
    .where(
        patient.c.practice_id == _PRACTICE,
        IS_UNLINKED,
        patient.c.status != Status.DELETED.value,
    )
    .limit(sa.bindparam("row_limit", type_=sa.Integer()))
)


_SINCE: Final = (
    sa.select(*SIGHTED)
    .where(patient.c.practice_id == _PRACTICE, patient.c.seq > sa.bindparam("after", type_=sa.BigInteger()))
    .order_by(patient.c.seq)
    .limit(sa.bindparam("row_limit", type_=sa.Integer()))
)
_CHANGED_SINCE: Final = Statement(_SINCE)
_UNLINKED_SINCE: Final = Statement(_SINCE.where(IS_UNLINKED, patient.c.status != Status.DELETED.value))


_ALL_SINCE: Final = Statement(
    sa.select(*COLUMNS)
    .where(patient.c.practice_id == _PRACTICE, patient.c.seq > sa.bindparam("after", type_=sa.BigInteger()))
    .order_by(patient.c.seq)
    .limit(sa.bindparam("row_limit", type_=sa.Integer()))
)


@cache
def _unlinked(count: int) -> Statement:
    return Statement(
        sa.select(*COLUMNS).where(
            patient.c.practice_id == _PRACTICE,
            patient.c.n.in_(_numbered(count)),
            IS_UNLINKED,
        )
    )


class SqlPatients:
    """Implements the core's ``PatientStore``."""

    __slots__ = (
        "_asked", "_head", "_identifiers", "_practice_id", "_rows", "_touched", "_transaction", "_versions",
    )  # fmt: skip

    def __init__(self, scope: Scope) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._rows = PatientRows(scope)
        self._head = PracticeHead(scope)
        self._identifiers = PatientIdentifiers(scope, self._head)
        self._versions = PatientVersions(scope, self._rows)
        self._asked = AskedPatients(scope, self._rows)
        self._touched: set[PatientId] = set()

    def next_mrn_number(self, *, skip: int = 0) -> int:
        """See `PatientStore`."""
        return self._head.next_mrn_number(skip=skip)

    def be_alone(self) -> None:
        """See `PatientStore`."""
        self._head.hold()

    def holders(self, external_ids: Sequence[ExternalId]) -> Sequence[Holder | None]:
        """See `PatientStore`."""
        return self._identifiers.holders(external_ids)

    def mrn_holders(self, mrns: Sequence[Mrn]) -> Sequence[Holder | None]:
        """See `PatientStore`."""
        return self._identifiers.mrn_holders(mrns)

    def has_unlinked(self) -> bool:
        """See `PatientStore`."""
        return bool(self._transaction.read(_HAS_UNLINKED, self._here({"row_limit": 1})))

    def change_number(self) -> int:
        """See `PatientStore`."""
        return self._head.change_number()

    def unlinked_since(self, seq: int, *, limit: int) -> Sequence[Sighting]:
        """See `PatientStore`."""
        statement = _CHANGED_SINCE if seq else _UNLINKED_SINCE
        rows = self._transaction.read(statement, self._here({"after": seq, "row_limit": limit}))
        return list(map(self._rows.sighting, rows))

    def unlinked(self, numbers: Sequence[int]) -> Sequence[Patient]:
        """See `PatientStore`."""
        if not numbers:
            return ()
        parameters = {f"n_{position}": n for position, n in enumerate(sorted(numbers))}
        rows = self._transaction.read(_unlinked(len(numbers)), self._here(parameters))
        return list(map(self._rows.patient, rows))

    def add(self, patient: Patient) -> None:
        """See `PatientStore`."""
        self._check_ours(patient)
        # Sealed before the head is locked, unless the MRN came from there.
        sealed = self._sealed(patient)
        (number,) = self._head.record_numbers(1)
        self._identifiers.agree(patient, sealed)
        if not self._transaction.change(_ADD.statement, self._row(patient, sealed, number)):
            self._identifiers.check_free(patient.id, sealed)
            raise BrokenPromiseError(_ID_TWICE)
        self._touched.add(patient.id)
        self._head.used(1)

    def add_many(self, patients: Sequence[Patient]) -> None:
        """See `PatientStore`. All are sealed before the head is locked, and the head is changed once."""
        if not patients:
            return
        for one in patients:
            self._check_ours(one)
        sealed = list(map(self._sealed, patients))
        numbers = self._head.record_numbers(len(patients))
        for one, fields in zip(patients, sealed, strict=True):
            self._identifiers.agree(one, fields)
        check_different(sealed)
        if not self._transaction.add_each(_ADD, list(map(self._row, patients, sealed, numbers))):
            for one, fields in zip(patients, sealed, strict=True):
                self._identifiers.check_free(one.id, fields)
            raise BrokenPromiseError(_ID_TWICE)
        self._touched.update(one.id for one in patients)
        self._head.used(len(patients))

    def get(self, patient_id: PatientId) -> Patient:
        """See `PatientStore`."""
        return self._one(self._transaction.read(_GET, self._here({"patient": patient_id})))

    def get_to_change(self, patient_id: PatientId) -> Patient:
        """See `PatientStore`. A row lock on PostgreSQL; on SQLite there is one writer anyway."""
        return self._one(self._transaction.rows(_GET_TO_CHANGE, self._here({"patient": patient_id})))

    def save(self, patient: Patient) -> None:
        """See `PatientStore`."""
        self._check_ours(patient)
        sealed = self._sealed(patient)
        self._head.hold()
        self._identifiers.agree(patient, sealed)
        changes = {f"new_{name}": value for name, value in sealed.items()}
        if not self._changed(_SAVE, patient, changes):
            self._identifiers.check_free(patient.id, sealed)
            raise StaleVersionError

    def move(self, patient: Patient, change: StatusChange) -> None:
        """See `PatientStore`. What is sealed stays as it is: bound to the version of the demographics."""
        self._check_ours(patient)
        if not self._changed(_MOVE, patient, {"new_status": patient.status.value}):
            raise StaleVersionError
        self._transaction.change(_ADD_MOVE, self._rows.sealed_change(change))

    def redirect(self, patient: Patient) -> None:
        """See `PatientStore`. What is sealed stays as it is, as with a move."""
        self._check_ours(patient)
        changes = {"new_status": patient.status.value, "new_merged_into": patient.merged_into}
        if not self._changed(_REDIRECT, patient, changes):
            raise StaleVersionError

    def led_to(self, patient_id: PatientId) -> Sequence[PatientId]:
        """See `PatientStore`."""
        rows = self._transaction.read(_LED_TO, self._here({"patient": patient_id}))
        return [PatientId(id_) for (id_,) in rows]

    def fetch(self, numbers: Sequence[int], *, as_of: int) -> Sequence[Patient] | None:
        """See `PatientStore`."""
        if not numbers:
            return ()
        # Sorted: the order inside a page is the order of names, and it is no business of a statement log.
        parameters = {f"n_{position}": n for position, n in enumerate(sorted(numbers))}
        rows = self._transaction.read(_fetch(len(numbers)), self._here(parameters))
        by_number = {row[0]: row[1:] for row in rows}
        if any(seq > as_of for _, seq, *_ in by_number.values()):
            return None
        try:
            return [self._rows.patient(by_number[number]) for number in numbers]
        except KeyError:
            raise NotFoundError from None

    def of_numbers(self, numbers: Sequence[int]) -> Sequence[Patient]:
        """See `PatientStore`."""
        found: list[Row] = []
        for start in range(0, len(numbers), NUMBERS_AT_ONCE_MAX):
            # Sorted and padded as with holders: few statements, and no order for a log to tell.
            part = sorted(numbers[start : start + NUMBERS_AT_ONCE_MAX])
            size = next(size for size in _SIZES if size >= len(part))
            repeated = part + part[-1:] * (size - len(part))
            parameters = {f"n_{position}": n for position, n in enumerate(repeated)}
            found.extend(row[1:] for row in self._transaction.read(_fetch(size), self._here(parameters)))
        return list(self._readable(found))

    def changed_since(self, seq: int, *, limit: int, but: PatientId | None = None) -> Sequence[Patient]:
        """See `PatientStore`."""
        if self._head.seq == seq + 1 and self._touched <= {but}:
            # Change numbers follow one another: nobody came in between.
            return ()
        parameters = self._here({"after": seq, "row_limit": limit + (but is not None)})
        rows = self._transaction.read(_ALL_SINCE, parameters)
        return list(self._readable([row for row in rows if row[0] != but][:limit]))

    def last_changes(self, ids: Sequence[PatientId]) -> Mapping[PatientId, StatusChange]:
        """See `PatientStore`."""
        if not ids:
            return {}
        parameters = self._here(padded("id", sorted(ids), len(ids)))
        rows = self._transaction.read(_last_changes(len(ids)), parameters)
        return {row[0]: self._rows.change(row) for row in rows}

    def history(self, patient_id: PatientId) -> Sequence[StatusChange]:
        """See `PatientStore`."""
        rows = self._transaction.read(_HISTORY, self._here({"patient": patient_id}))
        return [self._rows.change(row) for row in rows]

    def newest_number(self) -> int:
        """See `PatientStore`."""
        return self._head.newest_number()

    def tally(self, asked: Asked) -> tuple[int, int]:
        """See `PatientStore`."""
        return self._asked.tally(asked)

    def standing(self, asked: Asked, *, limit: int) -> Sequence[tuple[int, Patient]]:
        """See `PatientStore`."""
        return self._asked.standing(asked, limit=limit)

    def departed(self, asked: Asked, *, limit: int) -> Sequence[tuple[int, tuple[PatientId, datetime]]]:
        """See `PatientStore`."""
        return self._asked.departed(asked, limit=limit)

    def versions(self, patient_id: PatientId, page: PageRequest) -> Page[Patient]:
        """See `PatientStore`."""
        return self._versions.page(patient_id, page)

    def version_of(self, patient_id: PatientId, version: int) -> Patient:
        """See `PatientStore`."""
        return self._versions.one(patient_id, version)

    def _here(self, parameters: Parameters) -> Parameters:
        return {"practice": self._practice_id, **parameters}

    def _check_ours(self, patient: Patient) -> None:
        if patient.practice_id != self._practice_id:
            message = "a unit of work stores records of its own practice only"
            raise BrokenPromiseError(message)

    def _one(self, rows: Sequence[Row]) -> Patient:
        return self._rows.patient(first(rows))

    def _changed(self, replacing: Replacing, patient: Patient, changes: Parameters) -> bool:
        self._head.hold()
        is_changed = self._versions.replace(replacing, patient, changes, seq=self._head.seq)
        self._touched.add(patient.id)
        return is_changed

    def _row(self, patient: Patient, sealed: Parameters, n: int) -> Parameters:
        return {
            **sealed,
            "id": patient.id,
            "practice_id": self._practice_id,
            "n": n,
            "seq": self._head.seq,
            "status": patient.status.value,
            "version": patient.version,
            "created_at": patient.created_at,
            "updated_at": patient.updated_at,
            "merged_into": patient.merged_into,
        }

    def _sealed(self, patient: Patient) -> dict[str, object]:
        return {**self._rows.sealed(patient), **self._identifiers.digests(patient)}

    def _readable(self, rows: Sequence[Row]) -> Iterator[Patient]:
        for row in rows:
            # The directory counts those that do not open, and says so.
            with suppress(UnreadableError):
                yield self._rows.patient(row)
