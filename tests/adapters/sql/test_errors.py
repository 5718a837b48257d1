"""Drivers' errors, translated: what passes by itself is unavailable, the rest tells no value."""

import sqlite3
import traceback

import psycopg
import pytest
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import NOW
from vantrexia_adapters.sql import StatementFailedError
from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.sql.errors import translated
from vantrexia_adapters.sql.statements import Statement
from vantrexia_adapters.sql.tables import practice
from vantrexia_core.kernel import DiskFullError, UnavailableError, UndoneError

SECRET = "Qqlastmark"
ADD = Statement(sa.insert(practice))


def _sqlite_error(name: str, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> sqlite3.Error:
    error = kind("somebody's value")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    "name",
    [
        "SQLITE_BUSY",
        "SQLITE_LOCKED",
        "SQLITE_LOCKED_SHAREDCACHE",
        "SQLITE_IOERR_FSYNC",
        "SQLITE_CANTOPEN",
        "SQLITE_READONLY_DBMOVED",
    ],
)
def test_what_passes_on_sqlite_is_unavailable(name: str):
    """Busy, locked, or the disk has trouble: the caller may try again."""
    assert type(translated(_sqlite_error(name))) is UnavailableError


@pytest.mark.parametrize(
    ("error", "whose"),
    [
        (_sqlite_error("SQLITE_FULL"), "the database file"),
        (_sqlite_error("SQLITE_IOERR_SHMSIZE"), "the database file"),
        (psycopg.errors.lookup("53100")("somebody's value"), "the database server"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_full_disk_is_said_to_be_one(error: Exception, whose: str):
    """And whose: somebody has to make room."""
    told = translated(error)
    assert (type(told), "is full" in str(told)) == (DiskFullError, True)
    assert str(told).startswith(f"The disk of {whose}")


def test_what_others_were_in_the_way_of_is_undone():
    """It may be begun again at once, unlike a wait that took too long already."""
    others = [_sqlite_error("SQLITE_BUSY_SNAPSHOT"), psycopg.errors.lookup("40001")()]
    others.append(psycopg.errors.lookup("40P01")())
    assert {type(translated(error)) for error in others} == {UndoneError}


@pytest.mark.parametrize(
    "name", ["SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CORRUPT", "SQLITE_ERROR", "SQLITE_NOTADB"]
)
def test_what_does_not_pass_on_sqlite_is_a_failure(name: str):
    """Somebody must act; the name of the result code says what it was."""
    error = translated(_sqlite_error(name, sqlite3.DatabaseError))
    assert (type(error), str(error)) == (StatementFailedError, f"DatabaseError {name}")


@pytest.mark.parametrize(
    "state",
    [
        "08006",
        "25006",
        "25P03",
        "53300",
        "55P03",
        "57014",
        "57P01",
        "57P03",
        "58030",
    ],
)
def test_what_passes_on_postgresql_is_unavailable(state: str):
    """Lost connection, deadlock, serialization, locks, timeouts, shutdown, resources."""
    assert type(translated(psycopg.errors.lookup(state)("somebody's value"))) is UnavailableError


@pytest.mark.parametrize("state", ["22P02", "23505", "23514", "42501", "42601", "42P01", "P0001", "XX000"])
def test_what_does_not_pass_on_postgresql_is_a_failure(state: str):
    """Named by the driver's class and the SQLSTATE."""
    kind = psycopg.errors.lookup(state)
    error = translated(kind("somebody's value"))
    assert (type(error), str(error)) == (StatementFailedError, f"{kind.__name__} {state}")


def test_a_connection_that_was_never_made_is_unavailable():
    """There is no SQLSTATE before there is a server."""
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect("postgresql://somebody@localhost:1/nowhere")
    assert type(translated(refused.value)) is UnavailableError


def test_a_pool_without_connections_left_is_unavailable(site: Site):
    """Waiting for a connection is bounded like every other wait."""
    pool = site.engine.pool
    held = [site.engine.raw_connection() for _ in range(pool.size() + pool._max_overflow)]
    try:
        with pytest.raises(UnavailableError):
            site.desk.accounts.by_id(1)
    finally:
        for connection in held:
            connection.close()


@pytest.mark.parametrize("field", ["id", "created_at"])
def test_a_failed_statement_tells_no_value(site: Site, field: str):
    """Neither its text nor its chain: the driver's message and DETAIL repeat rows, and stay behind."""
    row = {"id": site.here, "name": SECRET, "created_at": NOW, "timezone": "UTC"}
    if field == "created_at":
        row |= {"id": site.desk.ids.new_id(), "created_at": None}
    transaction = Transaction(Database(site.engine))
    with pytest.raises(StatementFailedError) as failure:
        transaction.rows(ADD, row)
    transaction.close()
    told = "".join(traceback.format_exception(failure.value)) + repr(vars(failure.value))
    assert SECRET not in told
    assert (failure.value.__cause__, failure.value.__context__) == (None, None)


def test_a_failed_statement_names_its_constraint(postgresql_site: Site):
    """What an engineer needs to find the fault."""
    transaction = Transaction(Database(postgresql_site.engine))
    with pytest.raises(StatementFailedError, match="UniqueViolation 23505 pk_practice"):
        transaction.rows(
            ADD, {"id": postgresql_site.here, "name": SECRET, "created_at": NOW, "timezone": "UTC"}
        )
    transaction.close()


def test_a_moment_without_zone_is_refused(site: Site):
    """A naive time would be read as another moment on another machine."""
    transaction = Transaction(Database(site.engine))
    row = {
        "id": site.desk.ids.new_id(),
        "name": "x",
        "created_at": NOW.replace(tzinfo=None),
        "timezone": "UTC",
    }
    with pytest.raises(ValueError, match="time zone"):
        transaction.rows(ADD, row)
    transaction.close()
