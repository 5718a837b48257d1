"""Sealing what is stored anew under the newest key, while everybody works on it.

A column of type ``Sealed`` whose table is not among `SEALED_TABLES` fails a test. What needs an older key
is told by the envelopes themselves, each of which begins with the version of its key; the ``key_version``
beside them is a hint for people.

Rows that somebody is changing are passed by and come again in the next round, so nobody who works waits for
more than a batch, and nothing here waits for a row while it holds another. PostgreSQL locks the rows that are
read, and they are written in one statement. SQLite locks none: a row that changed between the look and the
write is left alone (its envelopes are compared, and no two are ever the same). So a round can end at any
moment, by Ctrl-C, an error or kill -9, and the next one goes on where it stood.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, Final
from uuid import UUID

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from vantrexia_adapters.sql.counting import counted
from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.sql.identity import SEALED_VERSION, AccountRow
from vantrexia_adapters.sql.merges import SEALED_VERSION as MERGE_VERSION
from vantrexia_adapters.sql.receipts import resealed_answer
from vantrexia_adapters.sql.rounds import ROWS_AT_ONCE, in_rounds
from vantrexia_adapters.sql.scope import Protection, moment_version
from vantrexia_adapters.sql.second_factors import factor_version
from vantrexia_adapters.sql.statements import Statement
from vantrexia_adapters.sql.tables import (
    candidates_chunk,
    directory_chunk,
    ehr_loss,
    ehr_record,
    emergency,
    import_item,
    import_job,
    patient,
    patient_merge,
    patient_move,
    patient_version,
    receipt,
    second_factor,
    suspicion,
    user_account,
)
from vantrexia_adapters.sql.tables.types import Sealed
from vantrexia_core.kernel import PracticeId
from vantrexia_core.protection import Envelope, FieldName, Need, Place, UnreadableError

Values = dict[str, Any]
_PREFIX_BYTES: Final = 3


@attrs.frozen(eq=False, slots=False)
class SealedTable:
    """How the envelopes of a table are bound, as its store binds them when it writes them.

    ``practice`` is the column that says whose row it is, in this table or in the one that ``joined`` joins.
    ``bound_to`` gives record and version from the row's values; ``needs`` names the columns it looks at.
    ``offset`` is where in the column the first envelope begins.
    """

    table: sa.Table
    practice: sa.Column[UUID]
    looks_at: tuple[sa.Column[Any], ...]
    bound_to: Callable[..., tuple[UUID, int]]
    joined: sa.ColumnElement[bool] | None = None
    offset: int = 1
    amended: Callable[[Protection, Values, Values], Values] | None = None
    reseal: Callable[[Protection, FieldName, Place, bytes], bytes] | None = None

    @cached_property
    def compared(self) -> tuple[sa.Column[bytes], ...]:
        """What must be as it was read when a row is written that nothing locks: no two sealings are alike."""
        return (*self.sealed, *(column for column in self.table.c if column.name == "tag"))

    @cached_property
    def sealed(self) -> tuple[sa.Column[bytes], ...]:
        """The columns that hold envelopes."""
        return tuple(column for column in self.table.c if column.type is Sealed)

    @cached_property
    def names(self) -> Mapping[str, FieldName]:
        """Under which name each column's values were sealed."""
        table = self.table.info.get("sealed_as", self.table.name)
        return {column.name: FieldName(table, column.name) for column in self.sealed}

    @cached_property
    def read(self) -> tuple[sa.Column[Any], ...]:
        """What is read of a row: its key, what its envelopes are bound to, and the envelopes; each once."""
        return tuple(dict.fromkeys((*self.table.primary_key, *self.looks_at, *self.compared)))

    def prefix_of(self, column: sa.Column[bytes]) -> sa.ColumnElement[bytes]:
        """The bytes that say under which key a value is: format and version."""
        return sa.func.substr(column, self.offset, _PREFIX_BYTES, type_=sa.LargeBinary())

    def source(self) -> sa.FromClause:
        """The table, and with it the one that says whose the rows are."""
        return self.table if self.joined is None else self.table.join(self.practice.table, self.joined)


def _retagged(protection: Protection, before: Values, after: Values) -> Values:
    """An account's row is bound as a whole. One that was not genuine does not become it here."""
    row = AccountRow(before, protection)
    tag = row.with_values(**after).tagged().values["tag"] if row.is_genuine else before["tag"]
    return after | {"tag": tag}


SEALED_TABLES: Final = (
    SealedTable(patient, patient.c.practice_id, (patient.c.id, patient.c.sealed_version), lambda *at: at),
    SealedTable(
        patient_version,
        patient_version.c.practice_id,
        (patient_version.c.id, patient_version.c.sealed_version),
        lambda *at: at,
    ),
    SealedTable(
        patient_move,
        patient_move.c.practice_id,
        (patient_move.c.patient_id, patient_move.c.version),
        lambda *at: at,
    ),
    SealedTable(
        patient_merge,
        patient_merge.c.practice_id,
        (patient_merge.c.id,),
        lambda id_: (id_, MERGE_VERSION),
    ),
    SealedTable(
        suspicion,
        suspicion.c.practice_id,
        (suspicion.c.id, suspicion.c.decided_at),
        lambda id_, at: (id_, moment_version(at)),
    ),
    SealedTable(
        user_account,
        user_account.c.practice_id,
        tuple(user_account.c),
        lambda *values: (values[1], SEALED_VERSION),
        amended=_retagged,
    ),
    SealedTable(
        second_factor,
        user_account.c.practice_id,
        (second_factor.c.user_id, second_factor.c.last_step, second_factor.c.is_confirmed),
        lambda user, step, is_confirmed: (
            UUID(int=user),
            factor_version(step, is_confirmed=bool(is_confirmed)),
        ),
        joined=user_account.c.id == second_factor.c.user_id,
    ),
    SealedTable(
        receipt,
        receipt.c.practice_id,
        (receipt.c.key_digest, receipt.c.at),
        lambda digest, at: (UUID(bytes=bytes(digest)[:16]), moment_version(at)),
        offset=5,
        reseal=resealed_answer,
    ),
    SealedTable(
        ehr_record,
        ehr_record.c.practice_id,
        (ehr_record.c.patient_id, ehr_record.c.at),
        lambda id_, at: (id_, moment_version(at)),
    ),
    SealedTable(ehr_loss, ehr_loss.c.practice_id, (ehr_loss.c.patient_id, ehr_loss.c.place), lambda *at: at),
    SealedTable(
        emergency,
        emergency.c.practice_id,
        (emergency.c.id, emergency.c.declared_at),
        lambda id_, at: (id_, moment_version(at)),
    ),
    SealedTable(
        import_item,
        import_job.c.practice_id,
        (import_item.c.job_id, import_item.c.place),
        lambda *at: at,
        joined=import_job.c.id == import_item.c.job_id,
    ),
)
"""Every table with envelopes under a practice's field key."""

SNAPSHOT_TABLES: Final = (directory_chunk, candidates_chunk)
"""Tables with envelopes under a practice's directory key; their stores seal them anew."""


@attrs.frozen
class Resealing:
    """What a practice has stored, and the newest version of its field key."""

    _database: Database
    _protection: Protection
    practice_id: PracticeId
    _sleep: Callable[[float], None] = time.sleep

    def needs(self, versions: Sequence[int]) -> Sequence[Need]:
        """How many rows of which tables open by one of these versions of the key.

        All tables are looked at in one statement, hence in one moment: a row that is moved from one to
        another meanwhile is not missed.

        Raises:
            UnavailableError: the database cannot be reached.
        """
        if not versions:
            return []
        counts = sa.union_all(
            *(_count(sealed, self.practice_id, tuple(versions)) for sealed in SEALED_TABLES)
        )
        rows = counted(self._database, counts)
        return [
            Need(table, version, int(count))
            for table, *by_version in rows
            for version, count in zip(versions, by_version, strict=True)
            if count
        ]

    def reseal(self, active: int) -> Iterator[int]:
        """Seal everything under the active version that is not; yields the rows of each transaction.

        Raises:
            UnavailableError: the database cannot be reached or is busy for too long. What is done is kept.
        """
        yield from in_rounds(lambda: self._every_table(active), self._sleep)

    def _every_table(self, active: int) -> Iterator[tuple[int, int]]:
        for sealed in SEALED_TABLES:
            yield from self._round(sealed, active)

    def _round(self, sealed: SealedTable, active: int) -> Iterator[tuple[int, int]]:
        """Once through a table, in the order of its key."""
        after: Values = {}
        while True:
            transaction = Transaction(self._database)
            try:
                rows = self._page(transaction, sealed, active, after)
                if not rows:
                    return
                changes = [change for row in rows if (change := self._change(sealed, row, active))]
                if changes:
                    self._write(transaction, sealed, changes)
                    transaction.commit()
            finally:
                transaction.close()
            yield len(rows), len(changes)
            last = rows[-1]
            after = {f"after_{column.name}": last[column.name] for column in sealed.table.primary_key}

    def _write(self, transaction: Transaction, sealed: SealedTable, changes: Sequence[Values]) -> None:
        if transaction.has_one_writer:
            transaction.change_all(_rewrite(sealed), changes)
        else:
            columns = {name: [change[name] for change in changes] for name in changes[0]}
            transaction.change(_rewrite(sealed), columns)

    def _page(
        self, transaction: Transaction, sealed: SealedTable, active: int, after: Values
    ) -> Sequence[Values]:
        statement = _page(sealed, is_first=not after)
        parameters = {"practice": self.practice_id, "prefix": _prefix(active), "limit": ROWS_AT_ONCE, **after}
        # SQLite locks no rows: they are read before the right to write is taken, and compared when written.
        read = transaction.read if transaction.has_one_writer else transaction.rows
        names = [column.name for column in sealed.read]
        return [dict(zip(names, row, strict=True)) for row in read(statement, parameters)]

    def _change(self, sealed: SealedTable, row: Values, active: int) -> Values | None:
        """The parameters that seal a row anew; None if it does not open."""
        record, version = sealed.bound_to(*(row[column.name] for column in sealed.looks_at))
        place = Place(self.practice_id, record, version)
        try:
            after = self._resealed(sealed, place, row)
        except UnreadableError:
            return None
        if "key_version" in sealed.table.c:
            after["key_version"] = active
        if sealed.amended is not None:
            after = sealed.amended(self._protection, row, after)
        change = {f"new_{name}": value for name, value in after.items()}
        for column in sealed.compared:
            change[f"old_{column.name}"] = row[column.name]
        for column in sealed.table.primary_key:
            change[f"is_{column.name}"] = row[column.name]
        return change

    def _resealed(self, sealed: SealedTable, place: Place, row: Values) -> Values:
        if sealed.reseal is not None:
            return {
                column: wire if wire is None else sealed.reseal(self._protection, name, place, bytes(wire))
                for column, name in sealed.names.items()
                for wire in (row[column],)
            }
        reseal = self._protection.cipher.reseal
        return {
            column: wire if wire is None else reseal(name, place, wire)
            for column, name in sealed.names.items()
            for wire in (row[column],)
        }


def _prefix(version: int) -> bytes:
    return Envelope(version, nonce=b"", sealed=b"").encode()


@cache
def _page(sealed: SealedTable, *, is_first: bool) -> Statement:
    prefix = sa.bindparam("prefix", type_=sa.LargeBinary())
    key = tuple(sealed.table.primary_key)
    page = (
        sa.select(*sealed.read)
        .select_from(sealed.source())
        .where(
            sealed.practice == sa.bindparam("practice", type_=sa.Uuid()),
            sa.or_(*(sealed.prefix_of(column) != prefix for column in sealed.sealed)),
        )
        .order_by(*key)
        .limit(sa.bindparam("limit", type_=sa.Integer()))
    )
    if not is_first:
        binds = (sa.bindparam(f"after_{column.name}", type_=column.type) for column in key)
        page = page.where(sa.tuple_(*key) > sa.tuple_(*binds))
    return Statement(page.with_for_update(key_share=True, skip_locked=True, of=sealed.table), sqlite=page)


@cache
def _rewrite(sealed: SealedTable) -> Statement:
    """How rows are written: one by one with what was read compared, or all at once if they are locked."""
    table = sealed.table
    new = [*sealed.sealed, *(column for column in table.c if column.name == "key_version")]
    new += [user_account.c.tag] if table is user_account else []
    one_by_one = (
        sa.update(table)
        .where(
            *(column == sa.bindparam(f"is_{column.name}", type_=column.type) for column in table.primary_key),
            *(
                column.is_not_distinct_from(sa.bindparam(f"old_{column.name}", type_=column.type))
                for column in sealed.compared
            ),
        )
        .values({column: sa.bindparam(f"new_{column.name}", type_=column.type) for column in new})
    )
    names = {f"is_{column.name}": column for column in table.primary_key}
    names |= {f"new_{column.name}": column for column in new}
    rows = (
        sa.func.unnest(
            *(sa.bindparam(name, type_=postgresql.ARRAY(column.type)) for name, column in names.items())
        )
        .table_valued(*(sa.column(name, column.type) for name, column in names.items()))
        .render_derived("given")
    )
    all_at_once = (
        sa.update(table)
        .where(*(column == rows.c[f"is_{column.name}"] for column in table.primary_key))
        .values({column: rows.c[f"new_{column.name}"] for column in new})
    )
    return Statement(all_at_once, sqlite=one_by_one)


def _count(
    sealed: SealedTable, practice_id: PracticeId, versions: Sequence[int]
) -> sa.Select[*tuple[Any, ...]]:
    def is_under(version: int) -> sa.ColumnElement[bool]:
        return sa.or_(*(sealed.prefix_of(column) == _prefix(version) for column in sealed.sealed))

    return (
        sa.select(
            sa.literal(sealed.table.name).label("name"),
            *(
                sa.func.count(sa.case((is_under(version), 1))).label(f"version_{version}")
                for version in versions
            ),
        )
        .select_from(sealed.source())
        .where(sealed.practice == practice_id)
    )
