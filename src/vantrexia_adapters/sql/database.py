"""Running statements: one by itself, or several in a transaction that begins with the first of them."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from threading import Lock
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import PoolProxiedConnection

from vantrexia_adapters.sql.engine import BEGIN, WAIT_SECONDS
from vantrexia_adapters.sql.errors import StatementFailedError, translated
from vantrexia_adapters.sql.silence import SilenceWatch
from vantrexia_adapters.sql.statements import Adding, Parameters, Row, Statement
from vantrexia_core.kernel import BrokenPromiseError, UnavailableError, UndoneError

_UNIQUE_VIOLATION: Final = "23505"
_COLLISION: Final = "a row of many collides with another"
STREAMED_ROWS: Final = 2_000
"""Rows fetched at once where a statement may give a million."""


SILENCE_SECONDS_MAX: Final = 15.0
"""How long a statement waits for a server that says nothing at all. Longer than it waits for any lock."""
LONG_TIMES: Final = 3
"""Where many rows are moved at once, so many times longer: beyond the server's own limit for a statement."""

_UNWATCHED: Final = nullcontext()


class Database:
    """An engine, and the turn that this process's writers take where the database lets only one write.

    SQLite's own way of waiting is to sleep and try again, ever longer: under load some writers starve.
    Queueing in front of it leaves that to writers of different processes.
    """

    __slots__ = ("_errors", "_watch", "engine", "turn", "wait_seconds")

    def __init__(self, engine: sa.Engine, *, silence_seconds_max: float = SILENCE_SECONDS_MAX) -> None:
        self.engine: Final = engine
        self.turn: Final = Lock() if engine.dialect.name == "sqlite" else None
        pool = engine.pool
        self.wait_seconds: Final = pool.timeout() if isinstance(pool, sa.QueuePool) else WAIT_SECONDS
        # SQLite works in this process; its files may hang, and then nobody can help.
        self._watch: Final = None if self.turn is not None else SilenceWatch(silence_seconds_max)
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
        except UndoneError:
            if statement.is_select or connection.is_valid:
                raise
            # It was kept or it was not: nobody is there to tell.
            raise UnavailableError from None
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
                with self.watched(connection, times=LONG_TIMES):
                    cursor.execute(compiled.text, compiled.bind(parameters))
                    rows = cursor.fetchmany(STREAMED_ROWS)
                while rows:
                    yield from compiled.read(rows)
                    with self.watched(connection, times=LONG_TIMES):
                        rows = cursor.fetchmany(STREAMED_ROWS)
            except self._errors as error:
                failure = self.failure(connection, error)
            else:
                return
            raise failure
        finally:
            with self.watched(connection), suppress(*self._errors):
                cursor.close()
            plain.close()
            self.give_back(connection)

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
            with self.watched(connection):
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
            with self.watched(connection, times=LONG_TIMES), cursor.copy(adding.copying) as copy:
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

    def run_many(
        self,
        connection: PoolProxiedConnection,
        cursor: DBAPICursor,
        statement: Statement,
        many: Sequence[Parameters],
    ) -> None:
        """Execute a statement once for each set of parameters."""
        compiled = statement.compiled(self.engine.dialect)
        bound: list[Any] = [compiled.bind(parameters) for parameters in many]
        try:
            cursor.executemany(compiled.text, bound)
        except self._errors as error:
            failure = self.failure(connection, error)
        else:
            return
        raise failure

    def command(self, connection: PoolProxiedConnection, cursor: DBAPICursor, text: str) -> None:
        """Execute BEGIN, COMMIT, or what is done with a savepoint."""
        try:
            with self.watched(connection):
                cursor.execute(text)
        except self._errors as error:
            failure = self.failure(connection, error)
        else:
            return
        raise failure

    def watched(self, connection: PoolProxiedConnection, *, times: int = 1) -> AbstractContextManager[None]:
        """Around every wait for the server: if it says nothing for too long, the connection is cut."""
        driver = connection.driver_connection
        if self._watch is None or driver is None:
            return _UNWATCHED
        return self._watch.over(driver.pgconn.socket, times=times)

    def give_back(self, connection: PoolProxiedConnection) -> None:
        """Let the pool have a connection. It rolls back what is unfinished, and drops one that cannot."""
        with self.watched(connection):
            connection.close()

    def failure(self, connection: PoolProxiedConnection, error: BaseException) -> Exception:
        """The error to raise; a lost connection is taken out of the pool, and all that idle there with it.

        Whatever was under way on it is undone, unless the last it was told was to keep it.
        """
        if (
            connection.is_valid
            and isinstance(error, self._errors[0])
            and self.engine.dialect.is_disconnect(error, connection, None)
        ):
            connection.invalidate()
            self.engine.dispose()
            return UndoneError()
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

    @classmethod
    def within(cls, database: Database, connection: PoolProxiedConnection) -> "Transaction":
        """Part of a transaction that somebody else began on a connection and ends: never commit it."""
        transaction = cls(database)
        transaction._connection, transaction._cursor = connection, database.cursor(connection)
        transaction._has_begun = True
        return transaction

    @property
    def has_begun(self) -> bool:
        """Whether there is anything to commit."""
        return self._has_begun

    @property
    def has_one_writer(self) -> bool:
        """Whether the database lets one write at a time (SQLite): no round trips, and no locks of rows."""
        return self._database.turn is not None

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

    def change_all(self, statement: Statement, many: Sequence[Parameters]) -> None:
        """Execute a statement once for each set of parameters, without counting what it changed."""
        connection, cursor = self._begun()
        self._database.run_many(connection, cursor, statement, many)

    def add_all(self, adding: Adding, many: Sequence[Parameters]) -> None:
        """Insert many rows that cannot collide with anything.

        Raises:
            StatementFailedError: one does all the same; the transaction is lost.
        """
        connection, cursor = self._begun()
        if not self._database.add_rows(connection, cursor, adding, many):
            raise StatementFailedError(_COLLISION)

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
            connection, cursor = self._connected()
            try:
                self._database.command(connection, cursor, "COMMIT")
            except UndoneError:
                if connection.is_valid:
                    raise
                raise UnavailableError from None
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
            self._database.give_back(connection)
        if self._has_turn and self._database.turn is not None:
            self._has_turn = False
            self._database.turn.release()
