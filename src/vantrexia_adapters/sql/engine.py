"""Connecting to the two databases, with every setting that the promises of this package rest on.

Both drivers stand in autocommit mode, and a transaction begins with an explicit BEGIN: on SQLite because the
driver would otherwise begin it too late and too weakly, on PostgreSQL so that a single SELECT costs one round
trip and not three.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from vantrexia_adapters.sql.errors import UnsupportedDatabaseError

WAIT_SECONDS: Final = 5.0
"""How long anything waits for a lock or a connection before it says that the service is busy."""
STATEMENT_SECONDS_MAX: Final = 30
IDLE_IN_TRANSACTION_SECONDS_MAX: Final = 60
CONNECTIONS_KEPT: Final = 10
CONNECTIONS_MAX: Final = 30

BEGIN: Final = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN ISOLATION LEVEL READ COMMITTED"}
"""How a unit of work begins. SQLite: with the right to write, or it may fail half-way."""

_KEPT_ALIVE: Final = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""TCP notices within some 25 seconds, and not after two hours, that the way to the other side is gone."""

_FILE_MODE: Final = 0o600


def open_engine(url: str, *, wait_seconds: float = WAIT_SECONDS, is_durable: bool = True) -> sa.Engine:
    """An engine for an SQLite file, created with mode 0600 if it is not there, or a PostgreSQL database.

    With ``is_durable`` False what was committed to an SQLite file may be lost at a power cut.

    Raises:
        UnsupportedDatabaseError: another kind of database, an SQLite database that is no file, a file that
            cannot be created, or no driver for PostgreSQL.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # Not chained: the text of a malformed URL may hold a password.
        raise UnsupportedDatabaseError from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(parsed, wait_seconds, is_durable=is_durable)
    if backend in {"postgresql", "postgres"}:
        return _open_postgresql(parsed, wait_seconds)
    raise UnsupportedDatabaseError


def _open_sqlite(url: sa.URL, wait_seconds: float, *, is_durable: bool) -> sa.Engine:
    if url.database in {None, "", ":memory:"} or str(url.database).startswith("file:"):
        message = "SQLite needs a file: sqlite:///path/to/vantrexia.sqlite3"
        raise UnsupportedDatabaseError(message)
    path = Path(str(url.database))
    try:
        # Before SQLite does: it would use the umask. Its -wal and -shm files take this file's mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE))
    except OSError as refused:
        message = f"The database file {path} cannot be opened: {refused.strerror}."
        raise UnsupportedDatabaseError(message) from None
    engine = _create(url, {"timeout": wait_seconds, "check_same_thread": False}, wait_seconds)

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _: object) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {int(wait_seconds * 1000)}",
            "journal_mode = WAL",
            # FULL: what was acknowledged survives a power cut. NORMAL survives a crash of the process only.
            f"synchronous = {'FULL' if is_durable else 'OFF'}",
            "foreign_keys = ON",
            "recursive_triggers = ON",
            "trusted_schema = OFF",
            "cell_size_check = ON",
        ):
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    return engine


@contextmanager
def unmade_unless_used(url: str) -> Iterator[None]:
    """Take an SQLite file away again that was made meanwhile, if this ends early and nothing is in it.

    Whoever started the service on it would begin a new, empty practice. The engine has to be closed before.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise UnsupportedDatabaseError from None
    path = Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" and parsed.database else None
    was_there = path is None or path.exists()
    try:
        yield
    except BaseException:
        if path is not None and not was_there:
            _remove_empty(path)
        raise


def _remove_empty(path: Path) -> None:
    with suppress(sqlite3.Error, OSError):
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            # Nobody writes meanwhile.
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
                return
            path.unlink()
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _open_postgresql(url: sa.URL, wait_seconds: float) -> sa.Engine:
    given = url.query.get("options", "")
    settings = {
        "timezone": "UTC",
        "lock_timeout": f"{int(wait_seconds * 1000)}",
        "statement_timeout": f"{STATEMENT_SECONDS_MAX}s",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_SECONDS_MAX}s",
        "application_name": "vantrexia",
        # What was acknowledged is on the disk, whatever the server's default is.
        "synchronous_commit": "on",
    }
    options = " ".join([str(given), *(f"-c {name}={value}" for name, value in settings.items())]).strip()
    try:
        engine = _create(
            url.set(drivername="postgresql+psycopg"),
            {
                "options": options,
                "connect_timeout": max(2, int(wait_seconds)),
                "autocommit": True,
                **_KEPT_ALIVE,
            },
            wait_seconds,
        )
        # Imported here: the driver is an extra of the package.
        from psycopg.types.array import ListBinaryDumper  # noqa: PLC0415
    except ModuleNotFoundError:
        message = "PostgreSQL needs its driver: install vantrexia[postgres]"
        raise UnsupportedDatabaseError(message) from None

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver may be absent
        # Arrays of envelopes go as the bytes they are. As text they are in hexadecimal and searched for
        # quotes, which took more of our CPU than sealing them.
        connection.adapters.register_dumper(list, ListBinaryDumper)

    return engine


def _create(url: sa.URL, arguments: dict[str, Any], wait_seconds: float) -> sa.Engine:
    engine = sa.create_engine(
        url,
        connect_args=arguments,
        hide_parameters=True,
        poolclass=sa.QueuePool,
        pool_size=CONNECTIONS_KEPT,
        max_overflow=CONNECTIONS_MAX - CONNECTIONS_KEPT,
        pool_timeout=wait_seconds,
        pool_use_lifo=True,
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(BEGIN[connection.dialect.name])

    return engine
