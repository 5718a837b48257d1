"""Running statements: one by itself, or several in a transaction that begins with the first of them."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Final

import attrs
import sqlalchemy as sa
from sqlalchemy.pool import PoolProxiedConnection

from vantrexia_adapters.sql.engine import BEGIN, WAIT_SECONDS
from vantrexia_adapters.sql.errors import translated
from vantrexia_adapters.sql.sqlite import SqliteSession
from vantrexia_adapters.sql.statements import Answer, Parameters, Row, Session, Statement, Step
from vantrexia_core.kernel import BrokenPromiseError, UnavailableError

_BEGIN: Final = Step(Statement(sa.text(BEGIN["postgresql"]), sqlite=sa.text(BEGIN["sqlite"])))
_COMMIT: Final = Step(Statement(sa.text("COMMIT")))


@attrs.frozen
class Line:
    """A connection from the pool, and how statements are run on it."""

    connection: PoolProxiedConnection
    session: Session


class Database:
    """An engine, and the turn that this process's writers take where the database lets only one write.

    SQLite's own way of waiting is to sleep and try again, ever longer: under load some writers starve.
    Queueing in front of it leaves that to writers of different processes.
    """

    __slots__ = ("_errors", "_session", "engine", "turn", "wait_seconds")

    def __init__(self, engine: sa.Engine) -> None:
        is_sqlite = engine.dialect.name == "sqlite"
        self.engine: Final = engine
        self.turn: Final = Lock() if is_sqlite else None
        pool = engine.pool
        self.wait_seconds: Final = pool.timeout() if isinstance(pool, sa.QueuePool) else WAIT_SECONDS
        self._session: Final = _sqlite_session if is_sqlite else _postgresql_sessions()
        # The pool may run out (TimeoutError), and a first connection passes through SQLAlchemy.
        self._errors: Final = (engine.dialect.loaded_dbapi.Error, sa.exc.SQLAlchemyError)

    def alone(self, statement: Statement, parameters: Parameters) -> Sequence[Row]:
        """The rows of one statement that is a transaction by itself.

        Raises:
            UnavailableError: the database cannot be reached or is busy beyond the bound.
            StatementFailedError: it refused the statement.
        """
        line = self.open_line()
        try:
            return self.run(line, Step(statement, parameters)).rows
        finally:
            line.connection.close()

    def open_line(self) -> Line:
        """A connection from the pool. Closing it gives it back.

        Raises:
            UnavailableError: the database cannot be reached, or all connections stay in use.
        """
        try:
            connection = self.engine.raw_connection()
        except self._errors as error:
            failure = translated(error)
        else:
            return Line(connection, self._session(connection))
        raise failure

    def run(self, line: Line, *steps: Step) -> Answer:
        """Run some steps in order, and give the answer to the last.

        Raises:
            UnavailableError: the database cannot be reached or is busy beyond the bound.
            StatementFailedError: it refused a statement.
        """
        answers: list[Answer] = []
        try:
            line.session.run(steps, answers)
        except self._errors as error:
            failure = self._failure(line.connection, error)
        else:
            return answers[-1]
        # Outside the handler, so that the driver's error is not even chained.
        instead = steps[len(answers)].failure
        if instead is None:
            raise failure
        raise instead from failure

    def _failure(self, connection: PoolProxiedConnection, error: BaseException) -> Exception:
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

    __slots__ = ("_database", "_has_begun", "_has_turn", "_is_over", "_line")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._line: Line | None = None
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
        return self._database.run(self._opened(), Step(statement, parameters)).rows

    def rows(self, statement: Statement, parameters: Parameters) -> Sequence[Row]:
        """All rows that a statement gives, as part of the transaction.

        Raises:
            UnavailableError: the database cannot be reached or is busy beyond the bound.
            StatementFailedError: it refused the statement.
        """
        return self.run(Step(statement, parameters)).rows

    def row(self, statement: Statement, parameters: Parameters) -> Row | None:
        """The one row that a statement gives, if it gives one."""
        rows = self.rows(statement, parameters)
        return rows[0] if rows else None

    def change(self, statement: Statement, parameters: Parameters) -> int:
        """How many rows a statement changed."""
        return self.run(Step(statement, parameters)).changed

    def run(self, *steps: Step) -> Answer:
        """Run some steps as part of the transaction, and give the answer to the last.

        Raises:
            UnavailableError: the database cannot be reached or is busy beyond the bound.
            StatementFailedError: it refused a statement.
        """
        if self._has_begun:
            return self._database.run(self._opened(), *steps)
        self.check_not_over()
        self._take_turn()
        line = self._opened()
        self._has_begun = True
        return self._database.run(line, _BEGIN, *steps)

    def commit(self, *last: Step) -> None:
        """Take some last steps and keep everything. The transaction is over, whatever happens.

        Raises:
            UnavailableError: the connection broke; whether everything or nothing was kept is not known.
        """
        self.check_not_over()
        if last or self._has_begun:
            self.run(*last, _COMMIT)
        self._release()

    def close(self) -> None:
        """Undo what was not committed, and give the connection back.

        The pool rolls back whatever comes back to it unfinished, and closes a connection that cannot.
        """
        self._release()

    def _opened(self) -> Line:
        if self._line is None:
            self.check_not_over()
            self._line = self._database.open_line()
        return self._line

    def _take_turn(self) -> None:
        turn = self._database.turn
        if turn is not None:
            if not turn.acquire(timeout=self._database.wait_seconds):
                raise UnavailableError
            self._has_turn = True

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
        line, self._line = self._line, None
        if line is not None:
            line.connection.close()
        if self._has_turn and self._database.turn is not None:
            self._has_turn = False
            self._database.turn.release()


def _sqlite_session(connection: PoolProxiedConnection) -> Session:
    return SqliteSession(_driver(connection))


def _postgresql_sessions() -> Callable[[PoolProxiedConnection], Session]:
    # Imported here: its driver is an extra.
    from vantrexia_adapters.sql.postgresql import PostgresqlSession  # noqa: PLC0415

    def session(connection: PoolProxiedConnection) -> Session:
        # What the pool keeps with a connection is forgotten with it.
        return PostgresqlSession(_driver(connection).pgconn, connection.info.setdefault("prepared", {}))

    return session


def _driver(connection: PoolProxiedConnection) -> Any:  # noqa: ANN401 - one of two drivers' classes
    return connection.driver_connection
