"""The records that a bulk export asks for, as they stood at one change: counted, read, and who has gone."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from operator import itemgetter
from typing import Any, Final

import attrs
import sqlalchemy as sa

from vantrexia_adapters.sql.padding import named, padded
from vantrexia_adapters.sql.patient_rows import COLUMNS, PatientRows
from vantrexia_adapters.sql.scope import Scope
from vantrexia_adapters.sql.statements import Parameters, Row, Statement
from vantrexia_adapters.sql.tables import patient, patient_version
from vantrexia_core.kernel import PatientId
from vantrexia_core.patients import Asked, Patient, Status

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_ROW_LIMIT: Final = sa.bindparam("row_limit", type_=sa.Integer())
_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)
_FIRST_N: Final = sa.bindparam("first_n", type_=sa.BigInteger())
_LAST_N: Final = sa.bindparam("last_n", type_=sa.BigInteger())
_AS_OF: Final = sa.bindparam("as_of", type_=sa.BigInteger())
_CHANGED_AFTER: Final = sa.bindparam("changed_after", type_=patient.c.updated_at.type)
_NAMED_AT_ONCE: Final = 50


def _asked(*names: str, count: int) -> sa.Subquery:
    """Columns of the records that are asked for, as they stood: as they are, or as they were before.

    A merged record is as deleted as the one that stood for it then. ``gone_at`` is for the deleted only.
    """

    def part(record: sa.Table) -> sa.Select[Any]:
        among = [record.c.id.in_(named("id", count))] if count else []
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
def _tally(count: int) -> Statement:
    asked = _asked("status", count=count)
    return Statement(sa.select(asked.c.status, sa.func.count()).group_by(asked.c.status))


@cache
def _standing(count: int) -> Statement:
    asked = _asked("n", *(column.name for column in COLUMNS), count=count)
    return Statement(
        sa.select(*asked.c)
        .where(asked.c.status != Status.DELETED.value)
        .order_by(asked.c.n)
        .limit(_ROW_LIMIT)
    )


@cache
def _departed(count: int) -> Statement:
    asked = _asked("n", "id", "gone_at", "status", count=count)
    gone = sa.select(asked.c.n, asked.c.id, asked.c.gone_at).where(asked.c.status == Status.DELETED.value)
    return Statement(gone.order_by(asked.c.n).limit(_ROW_LIMIT))


class AskedPatients:
    """What of one practice is asked for, inside one transaction."""

    __slots__ = ("_practice_id", "_rows", "_transaction")

    def __init__(self, scope: Scope, rows: PatientRows) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._rows = rows

    def tally(self, asked: Asked) -> tuple[int, int]:
        """How many there are, and how many of them were deleted."""
        there = gone = 0
        for size, parameters in self._asking(asked):
            for status, count in self._transaction.read(_tally(size), parameters):
                if status == Status.DELETED.value:
                    gone += count
                else:
                    there += count
        return there, gone

    def standing(self, asked: Asked, *, limit: int) -> Sequence[tuple[int, Patient]]:
        """The first of those that are not deleted, each with its number."""
        rows = self._asked_for(_standing, asked, limit)
        return [(row[0], self._rows.patient(row[1:])) for row in rows]

    def departed(self, asked: Asked, *, limit: int) -> Sequence[tuple[int, tuple[PatientId, datetime]]]:
        """The first of those that are deleted: number, id, and when each went."""
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
        parameters: Parameters = {
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
            yield _NAMED_AT_ONCE, {**parameters, **padded("id", part, _NAMED_AT_ONCE)}
