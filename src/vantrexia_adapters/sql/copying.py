"""All tables of one moment, read out; and an empty database, filled with them.

Which tables there are follows from the metadata, so a new one cannot be forgotten: one that is left out says
why (`NOT_BACKED_UP`). Values leave and enter as Python's, so a copy goes from one kind of database to the
other. What is read is described by an `Outline`, which also lets an older schema be filled and then migrated.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import PoolProxiedConnection

from vantrexia_adapters.sql.audit import SqlTrail
from vantrexia_adapters.sql.database import LONG_TIMES, Database, Transaction
from vantrexia_adapters.sql.errors import NewerSchemaError, SchemaError, translation
from vantrexia_adapters.sql.migrations import REVISIONS
from vantrexia_adapters.sql.schema import patient, schema_state_on, take_turn, upgrade
from vantrexia_adapters.sql.statements import Adding, Row, Statement
from vantrexia_adapters.sql.tables import audit_head, metadata, practice_head
from vantrexia_adapters.sql.tables.metadata import NOT_BACKED_UP
from vantrexia_adapters.sql.tables.types import Instant
from vantrexia_core.audit import AuditEntry

ROWS_AT_ONCE: Final = 500
"""Rows of one table that are read, and kept in memory, at a time."""

_POSTGRESQL: Final = postgresql.dialect()  # type: ignore[no-untyped-call]
_READ_ONLY: Final = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
"""On SQLite with a write-ahead log a transaction sees the moment of its first SELECT."""

TYPES: Final[Mapping[str, sa.types.TypeEngine[Any]]] = {
    "bigint": sa.BigInteger(),
    "boolean": sa.Boolean(),
    "bytea": sa.LargeBinary(),
    "double precision": sa.Double(),
    "integer": sa.Integer(),
    "smallint": sa.SmallInteger(),
    "text": sa.Text(),
    "timestamp with time zone": Instant(),
    "uuid": sa.Uuid(),
}
"""Every type that a column of ours has, by its name in SQL."""


class NotEmptyError(SchemaError):
    """There is something in the database that was to be filled."""

    sentence = (
        "The database is not empty. A backup is restored into an empty one only: name another one in "
        "VANTREXIA_DATABASE_URL or VANTREXIA_DATA_DIR, or move this one away. Nothing was changed."
    )


class OtherSchemaError(SchemaError):
    """The empty database has the tables of another version than the backup."""

    sentence = (
        "The database has the tables of another version than the backup. Restore into one without any "
        "tables: it is brought to the newest version afterwards. Nothing was changed."
    )


class OtherTablesError(SchemaError):
    """What was copied is not what the version that it names has copied."""

    sentence = (
        "The backup does not hold the tables that its version has, or holds others. It was not made by this "
        "software, or was put together anew. Nothing was changed. Take another backup."
    )


class NotTheSameError(SchemaError):
    """What was written does not read as it was given. Everything is undone."""

    sentence = "The database does not give back what was written to it. Nothing was kept."


@attrs.frozen
class TableOutline:
    """A table's name, its columns with their types, and the columns of its primary key."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    @property
    def table(self) -> sa.Table:
        """To make statements with."""
        columns = (sa.Column(name, TYPES[type_]) for name, type_ in self.columns)
        return sa.Table(self.name, sa.MetaData(), *columns)


@attrs.frozen
class Outline:
    """What is copied: a schema's revision, and tables in an order in which they can be filled."""

    revision: str
    tables: tuple[TableOutline, ...]


def outline() -> Outline:
    """What a copy of this version's schema holds."""
    return Outline(
        REVISIONS[-1],
        tuple(
            TableOutline(
                table.name,
                tuple((column.name, column.type.compile(_POSTGRESQL).lower()) for column in table.columns),
                tuple(column.name for column in table.primary_key.columns),
            )
            for table in metadata.sorted_tables
            if NOT_BACKED_UP not in table.info
        ),
    )


class Moment:
    """A database as it was at one moment, whatever is written meanwhile. It writes nothing and locks nobody.

    Raises:
        UnavailableError: the database cannot be reached.
    """

    __slots__ = ("_connection", "_cursor", "_database", "_dialect")

    def __init__(self, engine: sa.Engine) -> None:
        self._database = Database(engine)
        self._dialect = engine.dialect.name
        self._connection = self._database.connect()
        self._cursor = self._connection.cursor()
        try:
            self._database.command(self._connection, self._cursor, _READ_ONLY[self._dialect])
            _have_patience(self._database, self._connection, self._cursor)
            self._one("SELECT count(*) FROM alembic_version")
        except BaseException:
            self.close()
            raise

    def count(self, table: TableOutline) -> int:
        """How many rows a table has."""
        return self._one(f"SELECT count(*) FROM {table.name}")  # noqa: S608 - a name of our metadata

    def rows(self, table: TableOutline) -> Iterator[Sequence[Row]]:
        """A table's rows by its primary key, in portions."""
        return _read(self._database, self._connection, table)

    def close(self) -> None:
        """Let go of the moment."""
        with suppress(*_errors(self._database)):
            self._cursor.close()
        self._database.give_back(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _one(self, text: str) -> int:
        self._database.command(self._connection, self._cursor, text)
        row = self._cursor.fetchone()
        return int(row[0]) if row else 0


class Filling:
    """An empty database while it is filled, in one transaction. Nothing is there before `filling` ends."""

    __slots__ = ("_adding", "_connection", "_database", "_transaction", "outline")

    def __init__(self, database: Database, connection: sa.Connection, copied: Outline) -> None:
        self.outline: Final = copied
        self._connection = connection
        self._database = database
        self._transaction = Transaction.within(database, _raw(connection))
        self._adding: dict[str, Adding] = {}

    def add(self, table: TableOutline, rows: Sequence[Row]) -> None:
        """Add a portion of a table.

        Raises:
            StatementFailedError: the database does not take them.
        """
        adding = self._adding.get(table.name)
        if adding is None:
            adding = self._adding[table.name] = Adding(table.table)
        names = [name for name, _ in table.columns]
        self._transaction.add_all(adding, [dict(zip(names, row, strict=True)) for row in rows])

    def rows(self, table: TableOutline) -> Iterator[Sequence[Row]]:
        """What a table has now, as `Moment.rows`."""
        return _read(self._database, _raw(self._connection), table)

    def settle(self, *, entries: int, numbers_skipped: int, epochs: Mapping[UUID, UUID]) -> None:
        """Bring everything that is derived to where the rows are, and the schema to this version.

        ``entries`` is how many the trail has. ``epochs`` are the practices' new ones, for nobody to believe a
        directory of before. ``numbers_skipped`` numbers for MRNs are left out: they may have been given.
        """
        for table in self.outline.tables:
            self._count_on(table)
        if self._connection.dialect.name == "postgresql" and entries:
            self._connection.execute(sa.update(audit_head).values(size=entries))
        upgrade(self._connection)
        for practice_id, epoch in epochs.items():
            self._connection.execute(
                sa.update(practice_head)
                .where(practice_head.c.practice_id == practice_id)
                .values(epoch=epoch, mrn_number=practice_head.c.mrn_number + numbers_skipped)
            )

    def record(self, entries: Sequence[AuditEntry]) -> None:
        """Let the trail go on."""
        trail = SqlTrail(self._transaction)
        for entry in entries:
            trail.append(entry)
        trail.flush()

    def _count_on(self, table: TableOutline) -> None:
        """PostgreSQL counts keys up by itself, and has not seen those that were given."""
        if self._connection.dialect.name != "postgresql":
            return
        for column, type_ in table.columns:
            if type_ != "bigint" or (column,) != table.key:
                continue
            sequence = sa.func.pg_get_serial_sequence(table.name, column)
            newest = sa.select(sa.func.max(table.table.c[column])).scalar_subquery()
            self._connection.execute(
                sa.select(sa.func.setval(sequence, newest)).where(sequence.is_not(None), newest.is_not(None))
            )


@contextmanager
def filling(engine: sa.Engine, copied: Outline) -> Iterator[Filling]:
    """Fill an empty database; all of it is there when this ends well, and nothing otherwise.

    Raises:
        NewerSchemaError: what was copied comes from a newer version.
        NotEmptyError: something is there already.
        OtherSchemaError: there are tables of another version.
        UnavailableError: the database cannot be reached.
    """
    if copied.revision not in REVISIONS:
        raise NewerSchemaError
    with translation(), engine.connect() as connection, patient(connection), connection.begin():
        take_turn(connection)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        _check_fillable(connection, copied)
        if schema_state_on(connection).current is None:
            upgrade(connection, copied.revision)
        if connection.dialect.name == "postgresql":
            # Nobody founds a practice meanwhile.
            connection.exec_driver_sql("LOCK TABLE practice IN SHARE ROW EXCLUSIVE MODE")
        yield Filling(Database(engine), connection, copied)


def check_fillable(engine: sa.Engine, copied: Outline) -> None:
    """Refuse a database that cannot be filled, before any work is done for it.

    Raises:
        NewerSchemaError: what was copied comes from a newer version.
        NotEmptyError: something is there already.
        OtherSchemaError: there are tables of another version.
        OtherTablesError: what was copied are not the tables of its version.
        UnavailableError: the database cannot be reached.
    """
    if copied.revision not in REVISIONS:
        raise NewerSchemaError
    _check_tables(copied)
    with translation(), engine.connect() as connection:
        _check_fillable(connection, copied)


def is_empty(engine: sa.Engine) -> bool:
    """Whether nothing is stored, with or without tables.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    with translation(), engine.connect() as connection:
        return _is_empty(connection)


def _check_tables(copied: Outline) -> None:
    """All that this version copies and the copy's version had too; nothing that is left out on purpose."""
    ours = _by_name(outline())
    theirs = _by_name(copied)
    if len(theirs) != len(copied.tables):
        raise OtherTablesError
    if copied.revision == REVISIONS[-1]:
        is_whole = theirs == ours
    else:
        there = _columns_at(copied.revision)
        is_whole = ours.keys() & there.keys() <= theirs.keys() <= there.keys() - _left_out() and all(
            there[name] & (ours[name].columns.keys() if name in ours else set())
            <= theirs[name].columns.keys()
            <= there[name]
            for name in theirs
        )
    if not is_whole:
        raise OtherTablesError


@attrs.frozen
class _Table:
    """A table's outline, in whatever order its columns stand."""

    columns: Mapping[str, str]
    key: tuple[str, ...]


def _by_name(outlined: Outline) -> dict[str, _Table]:
    return {table.name: _Table(dict(table.columns), table.key) for table in outlined.tables}


def _left_out() -> set[str]:
    return {"alembic_version"} | {
        name for name, table in metadata.tables.items() if NOT_BACKED_UP in table.info
    }


def _columns_at(revision: str) -> dict[str, set[str]]:
    """The tables of an older version with their columns: made anew in memory, and looked at."""
    scratch = sa.create_engine("sqlite://")
    try:
        with scratch.begin() as connection:
            upgrade(connection, revision)
            there = sa.inspect(connection)
            return {
                name: {one["name"] for one in there.get_columns(name)} for name in there.get_table_names()
            }
    finally:
        scratch.dispose()


def _check_fillable(connection: sa.Connection, copied: Outline) -> None:
    if not _is_empty(connection):
        raise NotEmptyError
    state = schema_state_on(connection)
    if not state.is_known:
        raise NewerSchemaError
    if state.current not in {None, copied.revision}:
        raise OtherSchemaError


def _is_empty(connection: sa.Connection) -> bool:
    there = set(sa.inspect(connection).get_table_names())
    derived = {"alembic_version", "rate_window", audit_head.name}
    return not any(
        connection.scalar(sa.select(sa.exists(sa.select(sa.literal_column("1")).select_from(sa.table(name)))))
        for name in sorted(there - derived)
    )


def _read(
    database: Database, connection: PoolProxiedConnection, outlined: TableOutline
) -> Iterator[Sequence[Row]]:
    is_postgresql = database.engine.dialect.name == "postgresql"
    table = outlined.table
    # By bytes, as SQLite compares: the order must be the same wherever the rows lie.
    key = [
        sa.collate(table.c[name], "C") if is_postgresql and TYPES[type_] is TYPES["text"] else table.c[name]
        for name in outlined.key
        for type_ in [dict(outlined.columns)[name]]
    ]
    compiled = Statement(sa.select(table).order_by(*key)).compiled(database.engine.dialect)
    # PostgreSQL's driver would fetch everything at once; a named cursor stays with the server.
    cursor = connection.cursor("copied", binary=True) if is_postgresql else connection.cursor()
    failure: Exception | None = None
    try:
        with database.watched(connection, times=LONG_TIMES):
            cursor.execute(compiled.text, compiled.bind({}))
            rows = cursor.fetchmany(ROWS_AT_ONCE)
        while rows:
            yield compiled.read(rows)
            with database.watched(connection, times=LONG_TIMES):
                rows = cursor.fetchmany(ROWS_AT_ONCE)
    except _errors(database) as error:
        failure = database.failure(connection, error)
    finally:
        with suppress(*_errors(database)):
            cursor.close()
    if failure is not None:
        raise failure


def _have_patience(database: Database, connection: PoolProxiedConnection, cursor: DBAPICursor) -> None:
    """A disk that is slow to take a copy, or a table that is long to sort, is no reason to be cut off."""
    if database.engine.dialect.name == "postgresql":
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
            database.command(connection, cursor, f"SET LOCAL {setting} = 0")


def _errors(database: Database) -> tuple[type[BaseException], ...]:
    return (database.engine.dialect.loaded_dbapi.Error, sa.exc.SQLAlchemyError)


def _raw(connection: sa.Connection) -> PoolProxiedConnection:
    return connection.connection
