"""The patient store in SQL: fields sealed on the way in, opened on the way out, few statements."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from operator import itemgetter
from typing import Any, Final

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from vantrexia_adapters.sql.patient_rows import COLUMNS, IS_UNLINKED, MOVE_COLUMNS, SIGHTED, PatientRows
from vantrexia_adapters.sql.scope import Scope
from vantrexia_adapters.sql.statements import Adding, Parameters, Row, Statement, first
from vantrexia_adapters.sql.tables import patient, patient_move, patient_version, practice_head
from vantrexia_core.kernel import (
    BrokenPromiseError,
    NotFoundError,
    Page,
    PageRequest,
    PatientId,
    Phi,
    StaleVersionError,
)
from vantrexia_core.patients import (
    Asked,
    ExternalId,
    ExternalIdTakenError,
    Holder,
    Mrn,
    MrnTakenError,
    Patient,
    Sighting,
    Status,
    StatusChange,
)
from vantrexia_core.protection import (
    FieldName,
    UnreadableError,
)

MRN_BIX: Final = FieldName("patient", "mrn")
EXTERNAL_ID_BIX: Final = FieldName("patient", "external_id")

HOLDERS_AT_ONCE_MAX: Final = 256
"""How many external ids are looked up by one statement."""

NUMBERS_AT_ONCE_MAX: Final = 128
"""How many records are read by their numbers by one statement."""
_SIZES: Final = (1, 4, 8, 16, 32, 64, NUMBERS_AT_ONCE_MAX)

_ID_TWICE: Final = "a patient id was given out twice"

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_ID: Final = sa.bindparam("patient", type_=sa.Uuid())
_VERSION_BEFORE: Final = sa.bindparam("version_before", type_=sa.BigInteger())

_ROW_LIMIT: Final = sa.bindparam("row_limit", type_=sa.Integer())

_IS_ONE: Final = sa.and_(patient.c.practice_id == _PRACTICE, patient.c.id == _ID)
_VERSION_AT: Final = COLUMNS.index(patient.c.version)
_SEALED_VERSION_AT: Final = COLUMNS.index(patient.c.sealed_version)
_SEALED: Final = tuple(
    column.name
    for column in patient.c
    if column.name in {"sealed_version", "key_version", "index_version", "mrn_bix", "external_id_bix"}
) + tuple(column.name for column in COLUMNS[7:-1])
"""Everything that is written anew together when demographics change."""

_GET: Final = Statement(sa.select(*COLUMNS).where(_IS_ONE))
_GET_TO_CHANGE: Final = Statement(sa.select(*COLUMNS).where(_IS_ONE).with_for_update(key_share=True))

# The row lock on the head is what puts a practice's changes in the order of their commits.
_TAKE: Final = Statement(
    sa.update(practice_head)
    .where(practice_head.c.practice_id == _PRACTICE)
    .values(
        seq=practice_head.c.seq + sa.bindparam("seqs", type_=sa.BigInteger()),
        n=practice_head.c.n + sa.bindparam("ns", type_=sa.BigInteger()),
        mrn_number=practice_head.c.mrn_number + sa.bindparam("mrn_numbers", type_=sa.BigInteger()),
    )
    .returning(
        practice_head.c.seq,
        practice_head.c.n,
        practice_head.c.mrn_number,
        practice_head.c.index_version,
        practice_head.c.index_before,
    )
)
_CHANGE_NUMBER: Final = Statement(
    sa.select(practice_head.c.seq).where(practice_head.c.practice_id == _PRACTICE)
)
_NEWEST_NUMBER: Final = Statement(
    sa.select(practice_head.c.n).where(practice_head.c.practice_id == _PRACTICE)
)
_ADD: Final = Adding(patient)
_TAKEN: Final = Statement(
    sa.select(patient.c.mrn_bix, patient.c.external_id_bix).where(
        patient.c.practice_id == _PRACTICE,
        patient.c.id != _ID,
        sa.or_(
            patient.c.mrn_bix == sa.bindparam("mrn_bix", type_=sa.LargeBinary()),
            patient.c.external_id_bix == sa.bindparam("external_id_bix", type_=sa.LargeBinary()),
        ),
    )
)


def _no_other(column: sa.Column[bytes]) -> sa.ColumnElement[bool]:
    other = patient.alias(f"other_{column.name}")
    taken = sa.select(other.c.id).where(
        other.c.practice_id == _PRACTICE,
        other.c.id != _ID,
        other.c[column.name] == sa.bindparam(f"new_{column.name}", type_=sa.LargeBinary()),
    )
    return ~taken.exists()


_NEW_SEQ: Final = sa.bindparam("new_seq", type_=sa.BigInteger())
_FORMER: Final = tuple(column.name for column in patient.c)


class _Replacing:
    """A change of one record that keeps the version which it replaces.

    The kept one is copied inside the database as it stands: same envelopes, same binding, nothing is opened
    or sealed for it. On PostgreSQL both are one statement, whose parts all see the rows as they were before
    it. SQLite has no changes inside a WITH; there is one writer, so what the first statement found the second
    changes.
    """

    __slots__ = ("change", "keep")

    def __init__(self, *names: str, only_if: Sequence[sa.ColumnElement[bool]] = ()) -> None:
        where = (_IS_ONE, patient.c.version == _VERSION_BEFORE, *only_if)
        values = {patient.c[name]: sa.bindparam(f"new_{name}", type_=patient.c[name].type) for name in names}
        change = sa.update(patient).where(*where).values(values | {patient.c.seq: _NEW_SEQ})
        before = sa.select(*patient.c, _NEW_SEQ)
        changed = change.returning(patient.c.id).cte("changed")
        self.keep: Final = Statement(
            sa.insert(patient_version).from_select(
                [*_FORMER, "replaced_seq"], before.where(_IS_ONE, patient.c.id == changed.c.id)
            ),
            sqlite=sa.insert(patient_version).from_select([*_FORMER, "replaced_seq"], before.where(*where)),
        )
        self.change: Final = Statement(change)


# Asks for taken values instead of running into the constraint: on PostgreSQL that would end the transaction.
# The head's lock is held, so nobody can take them between the question and the change.
_SAVE: Final = _Replacing(
    *_SEALED,
    "version",
    "updated_at",
    only_if=(_no_other(patient.c.mrn_bix), _no_other(patient.c.external_id_bix)),
)
_MOVE: Final = _Replacing("status", "version", "updated_at")
_REDIRECT: Final = _Replacing("status", "version", "updated_at", "merged_into")
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


def _of_version(record: sa.FromClause) -> sa.Select[Any]:
    """The columns that make a patient, of a record as it is or as it was."""
    return sa.select(*(record.c[column.name] for column in COLUMNS)).where(
        record.c.practice_id == _PRACTICE, record.c.id == _ID
    )


_VERSIONS_KEPT: Final = Statement(
    sa.select(
        patient.c.version,
        sa.select(sa.func.count())
        .where(patient_version.c.practice_id == _PRACTICE, patient_version.c.id == _ID)
        .scalar_subquery(),
    ).where(_IS_ONE)
)
_EVERY_VERSION: Final = sa.union_all(_of_version(patient), _of_version(patient_version)).subquery("every")
_NEWEST_VERSIONS: Final = Statement(
    sa.select(*_EVERY_VERSION.c)
    .where(_EVERY_VERSION.c.version <= sa.bindparam("newest", type_=sa.BigInteger()))
    .order_by(_EVERY_VERSION.c.version.desc())
    .limit(sa.bindparam("row_limit", type_=sa.Integer()))
)
_ONE_VERSION: Final = Statement(
    sa.select(*_EVERY_VERSION.c).where(
        _EVERY_VERSION.c.version == sa.bindparam("one_version", type_=sa.BigInteger())
    )
)


_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)
_FIRST_N: Final = sa.bindparam("first_n", type_=sa.BigInteger())
_LAST_N: Final = sa.bindparam("last_n", type_=sa.BigInteger())
_AS_OF: Final = sa.bindparam("as_of", type_=sa.BigInteger())
_CHANGED_AFTER: Final = sa.bindparam("changed_after", type_=patient.c.updated_at.type)
_NAMED_AT_ONCE: Final = 50


def _asked(*names: str, named: int) -> sa.Subquery:
    """Columns of the records that are asked for, as they stood: as they are, or as they were before.

    A merged record is as deleted as the one that stood for it then. ``gone_at`` is for the deleted only.
    """

    def part(record: sa.Table) -> sa.Select[Any]:
        among = [record.c.id.in_(_among(named))] if named else []
        # At most one of the two is there: the survivor as it is, or as it was.
        now, then = patient.alias("now"), patient_version.alias("then")
        standing = record.outerjoin(now, _stands_for(record, now)).outerjoin(
            then, sa.and_(_stands_for(record, then), then.c.replaced_seq > _AS_OF)
        )
        is_gone = [one.c.status == Status.DELETED.value for one in (record, now, then)]
        worked_out = {
            "status": sa.case((sa.or_(*is_gone), Status.DELETED.value), else_=record.c.status),
            "gone_at": sa.case(
                (is_gone[0], record.c.updated_at),
                (is_gone[1], now.c.updated_at),
                (is_gone[2], then.c.updated_at),
            ),
        }
        columns = (worked_out[name].label(name) if name in worked_out else record.c[name] for name in names)
        return (
            sa.select(*columns)
            .select_from(standing)
            .where(
                record.c.practice_id == _PRACTICE,
                record.c.n >= _FIRST_N,
                record.c.n <= _LAST_N,
                record.c.seq <= _AS_OF,
                sa.or_(*(one.c.updated_at > _CHANGED_AFTER for one in (record, now, then))),
                *among,
            )
        )

    return sa.union_all(
        part(patient), part(patient_version).where(patient_version.c.replaced_seq > _AS_OF)
    ).subquery("asked")


def _stands_for(record: sa.Table, survivor: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.and_(
        survivor.c.id == record.c.merged_into, survivor.c.practice_id == _PRACTICE, survivor.c.seq <= _AS_OF
    )


@cache
def _tally(named: int) -> Statement:
    asked = _asked("status", named=named)
    return Statement(sa.select(asked.c.status, sa.func.count()).group_by(asked.c.status))


@cache
def _standing(named: int) -> Statement:
    asked = _asked("n", *(column.name for column in COLUMNS), named=named)
    return Statement(
        sa.select(*asked.c)
        .where(asked.c.status != Status.DELETED.value)
        .order_by(asked.c.n)
        .limit(_ROW_LIMIT)
    )


@cache
def _departed(named: int) -> Statement:
    asked = _asked("n", "id", "gone_at", "status", named=named)
    gone = sa.select(asked.c.n, asked.c.id, asked.c.gone_at).where(asked.c.status == Status.DELETED.value)
    return Statement(gone.order_by(asked.c.n).limit(_ROW_LIMIT))


def _numbered(count: int) -> list[sa.BindParameter[object]]:
    return [sa.bindparam(f"n_{position}", type_=sa.BigInteger()) for position in range(count)]


def _among(count: int) -> list[sa.BindParameter[object]]:
    return [sa.bindparam(f"id_{position}", type_=sa.Uuid()) for position in range(count)]


def _ids_by_name(ids: Sequence[PatientId]) -> dict[str, object]:
    return {f"id_{position}": id_ for position, id_ in enumerate(sorted(ids))}


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
            patient_move.c.patient_id.in_(_among(count)),
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


@cache
def _holders(column: sa.Column[bytes], count: int) -> Statement:
    """The statement for ``count`` digests in a column: PostgreSQL takes them as one array, SQLite has none.

    The limit makes PostgreSQL look each digest up by itself. Left to its planner, a table that grows faster
    than its statistics (a first, long import) is read through from one end to the other every time.
    """
    survivor = patient.alias("survivor")
    columns = (
        column,
        patient.c.id,
        patient.c.status,
        survivor.c.id.label("by"),
        survivor.c.status.label("so"),
    )
    standing = patient.outerjoin(survivor, survivor.c.id == patient.c.merged_into)
    here = sa.select(*columns).select_from(standing).where(patient.c.practice_id == _PRACTICE)
    array = sa.bindparam("digests", type_=postgresql.ARRAY(sa.LargeBinary()))
    asked = sa.func.unnest(array).table_valued(sa.column("digest", sa.LargeBinary())).render_derived("asked")
    found = here.where(column == asked.c.digest)
    one = found.limit(sa.literal_column("1")).lateral("holder")
    digests = [sa.bindparam(f"digest_{position}", type_=sa.LargeBinary()) for position in range(count)]
    return Statement(
        sa.select(*one.c).select_from(asked).join(one, sa.true()),
        sqlite=here.where(column.in_(digests)),
    )


class SqlPatients:
    """Implements the core's ``PatientStore``."""

    __slots__ = (
        "_free", "_index", "_index_before", "_index_version", "_practice_id", "_rows", "_seq", "_touched",
        "_transaction",
    )  # fmt: skip

    def __init__(self, scope: Scope) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._index = scope.protection.index
        self._rows = PatientRows(scope)
        # What this unit of work has taken from the head: one change number for all its changes, since they
        # become visible together, and record numbers that no record has yet.
        self._seq: int | None = None
        self._free: list[int] = []
        self._touched: set[PatientId] = set()
        # Under which version of the index key digests are made, and under which there are some still: what
        # the head said, for its lock is what makes everybody agree.
        self._index_version: int | None = None
        self._index_before: int | None = None

    def next_mrn_number(self, *, skip: int = 0) -> int:
        """See `PatientStore`. Takes what the record will need in the same statement."""
        return self._take(mrn_numbers=1 + skip, ns=0 if self._free else 1)

    def be_alone(self) -> None:
        """See `PatientStore`. The head's lock is what every other writer of the practice waits for."""
        if self._seq is None:
            self._take()

    def holders(self, external_ids: Sequence[ExternalId]) -> Sequence[Holder | None]:
        """See `PatientStore`."""
        return self._holders(patient.c.external_id_bix, EXTERNAL_ID_BIX, external_ids)

    def mrn_holders(self, mrns: Sequence[Mrn]) -> Sequence[Holder | None]:
        """See `PatientStore`."""
        return self._holders(patient.c.mrn_bix, MRN_BIX, mrns)

    def _holders(
        self, column: sa.Column[bytes], field: FieldName, numbers: Sequence[Phi[str]]
    ) -> Sequence[Holder | None]:
        held: list[Holder | None] = [None] * len(numbers)
        for version in self._index.versions(self._practice_id):
            under = self._holders_under(version, column, field, numbers)
            held = [known or other for known, other in zip(held, under, strict=True)]
        return held

    def _holders_under(
        self, version: int, column: sa.Column[bytes], field: FieldName, numbers: Sequence[Phi[str]]
    ) -> Sequence[Holder | None]:
        index, practice_id = self._index, self._practice_id
        digests = [
            index.digest(field, practice_id, one.reveal().encode(), version=version) for one in numbers
        ]
        found: dict[bytes, Holder] = {}
        for start in range(0, len(digests), HOLDERS_AT_ONCE_MAX):
            # Sorted: a statement log shall not tell the order of a list. Few sizes: each is compiled once.
            part = sorted(digests[start : start + HOLDERS_AT_ONCE_MAX])
            size = 1 if len(part) == 1 else HOLDERS_AT_ONCE_MAX
            padded = part + part[-1:] * (size - len(part))
            parameters: dict[str, object] = {
                f"digest_{position}": digest for position, digest in enumerate(padded)
            }
            parameters["digests"] = part
            for row in self._transaction.read(_holders(column, size), self._here(parameters)):
                digest, id_, status, survivor_id, its_status = row
                found[bytes(digest)] = (
                    Holder(id_, Status(status))
                    if survivor_id is None
                    else Holder(survivor_id, Status(its_status), id_)
                )
        return [found.get(digest) for digest in digests]

    def has_unlinked(self) -> bool:
        """See `PatientStore`."""
        return bool(self._transaction.read(_HAS_UNLINKED, self._here({"row_limit": 1})))

    def change_number(self) -> int:
        """See `PatientStore`."""
        rows = self._transaction.read(_CHANGE_NUMBER, self._here({}))
        return int(rows[0][0]) if rows else 0

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
        if not self._free:
            self._take(ns=1)
        self._agree(patient, sealed)
        if not self._transaction.change(_ADD.statement, self._row(patient, sealed, self._free[0])):
            self._check_free(patient.id, sealed)
            raise BrokenPromiseError(_ID_TWICE)
        self._touched.add(patient.id)
        del self._free[0]

    def add_many(self, patients: Sequence[Patient]) -> None:
        """See `PatientStore`. All are sealed before the head is locked, and the head is changed once."""
        if not patients:
            return
        for one in patients:
            self._check_ours(one)
        sealed = list(map(self._sealed, patients))
        if len(self._free) < len(patients):
            self._take(ns=len(patients) - len(self._free))
        for one, fields in zip(patients, sealed, strict=True):
            self._agree(one, fields)
        _check_different(sealed)
        numbers = self._free[: len(patients)]
        if not self._transaction.add_each(_ADD, list(map(self._row, patients, sealed, numbers))):
            for one, fields in zip(patients, sealed, strict=True):
                self._check_free(one.id, fields)
            raise BrokenPromiseError(_ID_TWICE)
        self._touched.update(one.id for one in patients)
        del self._free[: len(patients)]

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
        if self._seq is None:
            self._take()
        self._agree(patient, sealed)
        changes = {f"new_{name}": value for name, value in sealed.items()}
        if not self._changed(_SAVE, patient, changes):
            self._check_free(patient.id, sealed)
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
            padded = part + part[-1:] * (size - len(part))
            parameters = {f"n_{position}": n for position, n in enumerate(padded)}
            found.extend(row[1:] for row in self._transaction.read(_fetch(size), self._here(parameters)))
        return list(self._readable(found))

    def changed_since(self, seq: int, *, limit: int, but: PatientId | None = None) -> Sequence[Patient]:
        """See `PatientStore`."""
        if self._seq == seq + 1 and self._touched <= {but}:
            # Change numbers follow one another: nobody came in between.
            return ()
        parameters = self._here({"after": seq, "row_limit": limit + (but is not None)})
        rows = self._transaction.read(_ALL_SINCE, parameters)
        return list(self._readable([row for row in rows if row[0] != but][:limit]))

    def last_changes(self, ids: Sequence[PatientId]) -> Mapping[PatientId, StatusChange]:
        """See `PatientStore`."""
        if not ids:
            return {}
        rows = self._transaction.read(_last_changes(len(ids)), self._here(_ids_by_name(ids)))
        return {row[0]: self._rows.change(row) for row in rows}

    def history(self, patient_id: PatientId) -> Sequence[StatusChange]:
        """See `PatientStore`."""
        rows = self._transaction.read(_HISTORY, self._here({"patient": patient_id}))
        return [self._rows.change(row) for row in rows]

    def newest_number(self) -> int:
        """See `PatientStore`."""
        rows = self._transaction.read(_NEWEST_NUMBER, self._here({}))
        return int(rows[0][0]) if rows else 0

    def tally(self, asked: Asked) -> tuple[int, int]:
        """See `PatientStore`."""
        there = gone = 0
        for size, parameters in self._asking(asked):
            for status, count in self._transaction.read(_tally(size), parameters):
                if status == Status.DELETED.value:
                    gone += count
                else:
                    there += count
        return there, gone

    def standing(self, asked: Asked, *, limit: int) -> Sequence[tuple[int, Patient]]:
        """See `PatientStore`."""
        rows = self._asked_for(_standing, asked, limit)
        return [(row[0], self._rows.patient(row[1:])) for row in rows]

    def departed(self, asked: Asked, *, limit: int) -> Sequence[tuple[int, tuple[PatientId, datetime]]]:
        """See `PatientStore`."""
        return [(n, (id_, at)) for n, id_, at in self._asked_for(_departed, asked, limit)]

    def _asked_for(self, statement: Callable[[int], Statement], asked: Asked, limit: int) -> Sequence[Row]:
        if asked.patient_ids:
            rows = [
                row
                for size, parameters in self._asking(asked)
                for row in self._transaction.read(statement(size), {**parameters, "row_limit": limit})
            ]
            return sorted(rows, key=itemgetter(0))[:limit]
        return self._walked(statement(0), asked, limit)

    def _walked(self, statement: Statement, asked: Asked, limit: int) -> Sequence[Row]:
        """A window of numbers at a time: sorting all of them to take the first few would cost far more."""
        rows: list[Row] = []
        first, window = asked.numbers.start, limit
        while first < asked.numbers.stop and len(rows) < limit:
            last = min(first + window, asked.numbers.stop)
            ((_, parameters),) = self._asking(attrs.evolve(asked, numbers=range(first, last)))
            found = self._transaction.read(statement, {**parameters, "row_limit": limit - len(rows)})
            rows += found
            first = last
            if len(found) < limit // 8:
                window *= 2
        return rows

    def _asking(self, asked: Asked) -> Iterator[tuple[int, Parameters]]:
        """The parameters of one statement, or of several where many are asked for by name; few sizes."""
        parameters = {
            "practice": self._practice_id,
            "first_n": asked.numbers.start,
            "last_n": asked.numbers.stop - 1,
            "as_of": asked.as_of,
            "changed_after": asked.changed_after or _LONG_AGO,
        }
        if not asked.patient_ids:
            yield 0, parameters
        ids = sorted(set(asked.patient_ids))
        for start in range(0, len(ids), _NAMED_AT_ONCE):
            part = ids[start : start + _NAMED_AT_ONCE]
            padded = part + part[-1:] * (_NAMED_AT_ONCE - len(part))
            yield _NAMED_AT_ONCE, parameters | _ids_by_name(padded)

    def versions(self, patient_id: PatientId, page: PageRequest) -> Page[Patient]:
        """See `PatientStore`. A version that is replaced between the two statements is found all the same."""
        kept = self._transaction.read(_VERSIONS_KEPT, self._here({"patient": patient_id}))
        if not kept:
            raise NotFoundError
        newest, former = kept[0]
        page.check_within(former + 1)
        parameters = {"patient": patient_id, "newest": newest - page.offset, "row_limit": page.size}
        rows = self._transaction.read(_NEWEST_VERSIONS, self._here(parameters))
        _check_succession(rows)
        return Page(former + 1, tuple(map(self._rows.patient, rows)), page)

    def version_of(self, patient_id: PatientId, version: int) -> Patient:
        """See `PatientStore`."""
        parameters = {"patient": patient_id, "one_version": version}
        return self._one(self._transaction.read(_ONE_VERSION, self._here(parameters)))

    def _here(self, parameters: Parameters) -> Parameters:
        return {"practice": self._practice_id, **parameters}

    def _check_ours(self, patient: Patient) -> None:
        if patient.practice_id != self._practice_id:
            message = "a unit of work stores records of its own practice only"
            raise BrokenPromiseError(message)

    def _take(self, *, ns: int = 0, mrn_numbers: int = 0) -> int:
        taken = self._transaction.row(
            _TAKE, self._here({"seqs": 1 if self._seq is None else 0, "ns": ns, "mrn_numbers": mrn_numbers})
        )
        if taken is None:
            message = "there is no such practice: add_practice() comes before its first record"
            raise BrokenPromiseError(message)
        self._seq, n, mrn_number, self._index_version, self._index_before = taken
        # What is free stays in order, and what comes is above it: the head is locked.
        self._free.extend(range(n - ns + 1, n + 1))
        return int(mrn_number)

    def _one(self, rows: Sequence[Row]) -> Patient:
        return self._rows.patient(first(rows))

    def _changed(self, replacing: _Replacing, patient: Patient, changes: Parameters) -> bool:
        if self._seq is None:
            self._take()
        parameters = {
            "practice": self._practice_id,
            "patient": patient.id,
            "version_before": patient.version - 1,
            "new_version": patient.version,
            "new_updated_at": patient.updated_at,
            "new_seq": self._seq,
            **changes,
        }
        is_changed = bool(self._transaction.change(replacing.keep, parameters))
        if is_changed and self._transaction.has_one_writer:
            self._transaction.change(replacing.change, parameters)
        self._touched.add(patient.id)
        return is_changed

    def _row(self, patient: Patient, sealed: Parameters, n: int) -> Parameters:
        return {
            **sealed,
            "id": patient.id,
            "practice_id": self._practice_id,
            "n": n,
            "seq": self._seq,
            "status": patient.status.value,
            "version": patient.version,
            "created_at": patient.created_at,
            "updated_at": patient.updated_at,
            "merged_into": patient.merged_into,
        }

    def _agree(self, patient: Patient, sealed: dict[str, object]) -> None:
        """Digest as the practice does at this moment, and refuse what is taken under the version before."""
        if sealed["index_version"] != self._index_version and self._index_version is not None:
            sealed |= self._digests(patient, self._index_version)
        if self._index_before is not None:
            self._check_free(patient.id, self._digests(patient, self._index_before))

    def _digests(self, patient: Patient, version: int) -> dict[str, object]:
        index, practice_id, external_id = self._index, self._practice_id, patient.external_id
        number = patient.mrn.reveal().encode()
        return {
            "index_version": version,
            "mrn_bix": index.digest(MRN_BIX, practice_id, number, version=version),
            "external_id_bix": None
            if external_id is None
            else index.digest(EXTERNAL_ID_BIX, practice_id, external_id.reveal().encode(), version=version),
        }

    def _check_free(self, patient_id: PatientId, sealed: Parameters) -> None:
        mrn_bix, external_id_bix = sealed["mrn_bix"], sealed["external_id_bix"]
        rows = self._transaction.rows(
            _TAKEN,
            self._here({"patient": patient_id, "mrn_bix": mrn_bix, "external_id_bix": external_id_bix}),
        )
        if any(taken_mrn == mrn_bix for taken_mrn, _ in rows):
            raise MrnTakenError
        if rows:
            raise ExternalIdTakenError

    def _sealed(self, patient: Patient) -> dict[str, object]:
        version = self._index_version or self._index.versions(self._practice_id)[0]
        return {**self._rows.sealed(patient), **self._digests(patient, version)}

    def _readable(self, rows: Sequence[Row]) -> Iterator[Patient]:
        for row in rows:
            # The directory counts those that do not open, and says so.
            with suppress(UnreadableError):
                yield self._rows.patient(row)


def _check_different(sealed: Sequence[Parameters]) -> None:
    """Refuse records that are to be stored together and share what must be unique."""
    if len({one["mrn_bix"] for one in sealed}) != len(sealed):
        raise MrnTakenError
    digests = [one["external_id_bix"] for one in sealed if one["external_id_bix"] is not None]
    if len(set(digests)) != len(digests):
        raise ExternalIdTakenError


def _check_succession(rows: Sequence[Row]) -> None:
    """Refuse versions that do not follow one another, newest first, or whose demographics go back in time.

    An envelope is bound to the version that it was sealed with, but the row says which one that is: whoever
    can write to the database could put a whole old row in the place of today's. What it replaced was kept.

    Raises:
        UnreadableError: a row was put back, left out, or is there twice.
    """
    for after, before in pairwise((row[_VERSION_AT], row[_SEALED_VERSION_AT]) for row in rows):
        if before[0] != after[0] - 1 or before[1] > after[1]:
            raise UnreadableError
