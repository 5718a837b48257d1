"""Running statements: one by itself, or several in a transaction that begins with the first of them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import PoolProxiedConnection

from vantrexia_adapters.sql.engine import BEGIN, WAIT_SECONDS
from vantrexia_adapters.sql.errors import translated
from vantrexia_adapters.sql.statements import Adding, Parameters, Row, Statement
from vantrexia_core.kernel import BrokenPromiseError, UnavailableError

_UNIQUE_VIOLATION: Final = "23505"
STREAMED_ROWS: Final = 2_000
"""Rows fetched at once where a statement may give a million."""


class Database:
    """An engine, and the turn that this process's writers take where the database lets only one write.

    SQLite's own way of waiting is to sleep and try again, ever longer: under load some writers starve.
    Queueing in front of it leaves that to writers of different processes.
    """

    __slots__ = ("_errors", "engine", "turn", "wait_seconds")

    def __init__(self, engine: sa.Engine) -> None:
        self.engine: Final = engine
        self.turn: Final = Lock() if engine.dialect.name == "sqlite" else None
        pool = engine.pool
        self.wait_seconds: Final = pool.timeout() if isinstance(pool, sa.QueuePool) else WAIT_SECONDS
        # The pool may run out (TimeoutError), and a first connection passes through SQLAlchemy.
        self._errors: Final = (engine.dialect.loaded_dbapi.Error, sa.exc.SQLAlchemyError)

    def alone(self, statement: Statement, parameters: Parameters) -> Sequence[Row]:
        """The rows of one statement that is a transaction by itself.

        Raises:
            UnavailableError: the database cannot be reached or is busy beyond the bound.
            StatementFailedError: it refused the statement.
        """
        connection = self.connect()
        cursor = self.cursor(connection)
        try:
            return self.run(connection, cursor, statement, parameters)
        finally:
            cursor.close()
            connection.close()

    def stream(self, statement: Statement, parameters: Parameters) -> Iterator[Row]:
        """The rows of one statement, of one moment, without holding all of them in memory.

        Raises:
            UnavailableError: the database cannot be reached or is busy beyond the bound.
        """
        connection = self.connect()
        # PostgreSQL's driver would fetch everything at once; a named cursor stays with the server, and lives
        # in a transaction.
        is_postgresql = self.engine.dialect.name == "postgresql"
        plain = connection.cursor()
        cursor = connection.cursor("streamed", binary=True) if is_postgresql else plain
        compiled = statement.compiled(self.engine.dialect)
        try:
            if is_postgresql:
                self.command(connection, plain, BEGIN["postgresql"])
            try:
                cursor.execute(compiled.text, compiled.bind(parameters))
                while rows := cursor.fetchmany(STREAMED_ROWS):
                    yield from compiled.read(rows)
            except self._errors as error:
                failure = self.failure(connection, error)
            else:
                return
            raise failure
        finally:
            with suppress(*self._errors):
                cursor.close()
            plain.close()
            # The pool rolls back what is unfinished.
            connection.close()

    def connect(self) -> PoolProxiedConnection:
        """A connection from the pool."""
        try:
            return self.engine.raw_connection()
        except self._errors as error:
            failure = translated(error)
        raise failure

    def cursor(self, connection: PoolProxiedConnection) -> DBAPICursor:
        """The driver's own cursor. PostgreSQL's takes rows in binary: a tenth cheaper for sealed columns."""
        driver = connection.driver_connection
        if self.turn is not None or driver is None:
            return connection.cursor()
        cursor: DBAPICursor = driver.cursor(binary=True)
        return cursor

    def run(
        self,
        connection: PoolProxiedConnection,
        cursor: DBAPICursor,
        statement: Statement,
        parameters: Parameters,
    ) -> Sequence[Row]:
        """Execute a statement and take all its rows, if it gives any. ``cursor`` counts those it changed."""
        compiled = statement.compiled(self.engine.dialect)
        try:
            cursor.execute(compiled.text, compiled.bind(parameters))
            return compiled.read(cursor.fetchall()) if compiled.gives_rows else ()
        except self._errors as error:
            failure = self.failure(connection, error)
        # Outside the handler, so that the driver's error is not even chained.
        raise failure

    def add_rows(
        self,
        connection: PoolProxiedConnection,
        cursor: DBAPICursor,
        adding: Adding,
        many: Sequence[Parameters],
    ) -> bool:
        """Insert rows, all or none; False, and the savepoint lost, if one collides with another."""
        compiled = adding.statement.compiled(self.engine.dialect)
        bound: list[Any] = [compiled.bind(parameters) for parameters in many]
        try:
            if self.turn is not None:
                cursor.executemany(compiled.text, bound)
                return bool(cursor.rowcount == len(many))
            # COPY costs PostgreSQL and its driver half of what as many INSERTs do.
            with cursor.copy(adding.copying) as copy:
                copy.set_types(adding.types)
                for row in bound:
                    copy.write_row([row[name] for name in adding.names])
        except self._errors as error:
            if getattr(error, "sqlstate", None) == _UNIQUE_VIOLATION:
                return False
            failure = self.failure(connection, error)
        else:
            return True
        raise failure

    def command(self, connection: PoolProxiedConnection, cursor: DBAPICursor, text: str) -> None:
        """Execute BEGIN, COMMIT, or what is done with a savepoint."""
        try:
            cursor.execute(text)
        except self._errors as error:
            failure = self.failure(connection, error)
        else:
            return
        raise failure

    def failure(self, connection: PoolProxiedConnection, error: BaseException) -> Exception:
        """The error to raise; a lost connection is taken out of the pool, and all that idle there with it."""
        if (
            connection.is_valid
            and isinstance(error, self._errors[0])
            and self.engine.dialect.is_disconnect(error, connection, None)
        ):
            connection.invalidate()
            self.engine.dispose()
        return translated(error)


class Transaction:
    """Changes that happen together or not at all. It begins with the first statement that is not `read`.

    Beginning that late keeps locks short, and spares a unit of work that only reads a BEGIN and a COMMIT. It
    gives nothing away: each statement sees what is committed when it starts, inside a transaction as before
    one (READ COMMITTED). What has to stay as it was read is read with a lock.
    """

    __slots__ = ("_connection", "_cursor", "_database", "_has_begun", "_has_turn", "_is_over")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: PoolProxiedConnection | None = None
        self._cursor: DBAPICursor | None = None
        self._has_turn = False
        self._has_begun = False
        self._is_over = False

    @property
    def has_begun(self) -> bool:
        """Whether there is anything to commit."""
        return self._has_begun

    def read(self, statement: Statement, parameters: Parameters) -> Sequence[Row]:
        """All rows that a statement gives which changes and locks nothing.

        Raises:
            UnavailableError: the database cannot be reached or is busy beyond the bound.
            StatementFailedError: it refused the statement.
        """
        connection, cursor = self._connected()
        return self._database.run(connection, cursor, statement, parameters)

    def rows(self, statement: Statement, parameters: Parameters) -> Sequence[Row]:
        """All rows that a statement gives, as part of the transaction.

        Raises:
            UnavailableError: the database cannot be reached or is busy beyond the bound.
            StatementFailedError: it refused the statement.
        """
        connection, cursor = self._begun()
        return self._database.run(connection, cursor, statement, parameters)

    def row(self, statement: Statement, parameters: Parameters) -> Row | None:
        """The one row that a statement gives, if it gives one."""
        rows = self.rows(statement, parameters)
        return rows[0] if rows else None

    def change(self, statement: Statement, parameters: Parameters) -> int:
        """How many rows a statement changed."""
        connection, cursor = self._begun()
        self._database.run(connection, cursor, statement, parameters)
        return cursor.rowcount

    def add_each(self, adding: Adding, many: Sequence[Parameters]) -> bool:
        """Insert many rows; False, and nothing done, if one collides with another or with what is there."""
        connection, cursor = self._begun()
        database = self._database
        database.command(connection, cursor, "SAVEPOINT many")
        is_each = database.add_rows(connection, cursor, adding, many)
        if not is_each:
            database.command(connection, cursor, "ROLLBACK TO SAVEPOINT many")
        database.command(connection, cursor, "RELEASE SAVEPOINT many")
        return is_each

    def commit(self) -> None:
        """Keep everything. The transaction is over, whatever happens.

        Raises:
            UnavailableError: the connection broke; whether everything or nothing was kept is not known.
        """
        self.check_not_over()
        if self._has_begun:
            self._database.command(*self._connected(), "COMMIT")
        self._release()

    def close(self) -> None:
        """Undo what was not committed, and give the connection back.

        The pool rolls back whatever comes back to it unfinished, and closes a connection that cannot.
        """
        self._release()

    def _connected(self) -> tuple[PoolProxiedConnection, DBAPICursor]:
        if self._connection is not None and self._cursor is not None:
            return self._connection, self._cursor
        self.check_not_over()
        self._connection = connection = self._database.connect()
        self._cursor = cursor = self._database.cursor(connection)
        return connection, cursor

    def _begun(self) -> tuple[PoolProxiedConnection, DBAPICursor]:
        database = self._database
        if not self._has_begun:
            self.check_not_over()
            if database.turn is not None:
                if not database.turn.acquire(timeout=database.wait_seconds):
                    raise UnavailableError
                self._has_turn = True
            database.command(*self._connected(), BEGIN[database.engine.dialect.name])
            self._has_begun = True
        return self._connected()

    def check_not_over(self) -> None:
        """Refuse to go on after the end.

        Raises:
            BrokenPromiseError: it was committed or left.
        """
        if self._is_over:
            message = "a unit of work is over once it was committed or left"
            raise BrokenPromiseError(message)

    def _release(self) -> None:
        self._is_over = True
        connection, self._connection, self._cursor = self._connection, None, None
        if connection is not None:
            connection.close()
        if self._has_turn and self._database.turn is not None:
            self._has_turn = False
            self._database.turn.release()
