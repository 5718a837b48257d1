"""What the drivers raise, translated once, where it crosses the border.

A driver's own text never goes further: PostgreSQL's DETAIL lines and both drivers' messages may repeat values
of a row. What goes on is the kind of error, its SQLSTATE or SQLite's name for it, and the constraint's name.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

import sqlalchemy as sa

from vantrexia_core.kernel import DiskFullError, UnavailableError, UndoneError, VantrexiaError


class StatementFailedError(Exception):
    """The database refused a statement in a way that nobody foresaw: a fault of the program, not a caller's.

    Names the driver's error class and code, never a value.
    """


class SchemaError(VantrexiaError):
    """The database is not what this version works with. The text says what to do."""

    sentence = "The database is not what this version works with."


class UnsupportedDatabaseError(SchemaError):
    """The URL names a database that this adapter does not know or cannot reach from here."""

    sentence = "The database URL must name an SQLite file or a PostgreSQL database."


class OlderSchemaError(SchemaError):
    """The database waits for a migration."""

    sentence = "The database's schema is older than this version, or empty. Run: vantrexia migrate"


class NewerSchemaError(SchemaError):
    """A newer version of this software has migrated the database."""

    sentence = (
        "The database's schema comes from a newer version of this software. "
        "Run that version, or restore the backup that was made before it."
    )


_SQLITE_UNAVAILABLE: Final = frozenset(
    {
        "SQLITE_BUSY",
        "SQLITE_CANTOPEN",
        "SQLITE_IOERR",
        "SQLITE_LOCKED",
        "SQLITE_NOMEM",
        "SQLITE_PROTOCOL",
        "SQLITE_READONLY",
    }
)
"""Primary result codes (https://sqlite.org/rescode.html) that pass by themselves or by an operator's hand."""

_POSTGRESQL_UNAVAILABLE: Final = (
    "08",  # connection exceptions
    "25006",  # read-only transaction: a standby that has not been promoted yet
    "25P03",  # idle in transaction too long
    "25P04",  # transaction too long
    "28",  # the server refuses to let us in
    "3D000",  # there is no such database
    "40",  # serialization failure, deadlock
    "53",  # out of memory or connections; of disk: see below
    "55P03",  # lock not available
    "57",  # cancelled by a timeout or an operator, shutting down, starting up
    "58",  # the server's own input and output
)
"""SQLSTATE prefixes (PostgreSQL, appendix A) that pass by themselves or by an operator's hand."""


_FULL: Final[Mapping[str, str]] = MappingProxyType(
    {
        # SQLite's text says "database or disk": its temporary files may lie elsewhere.
        "SQLITE_FULL": "the database file, or that of SQLite's temporary files,",
        # The index of the write-ahead log could not grow; it lies beside the file.
        "SQLITE_IOERR_SHMSIZE": "the database file",
        "53100": "the database server",
    }
)
"""Codes that say that there is no room, and whose disk that is."""

_UNDONE: Final = frozenset({"40001", "40P01", "SQLITE_BUSY_SNAPSHOT"})
"""Serialization failure, deadlock, and SQLite's word for the first: others were in the way, at this moment.

Not the codes of a wait that took too long: whoever waited that long is not helped by waiting again.
"""


def translated(error: BaseException) -> Exception:
    """The error to raise instead of a driver's or SQLAlchemy's."""
    if isinstance(error, sa.exc.TimeoutError):
        return UnavailableError()
    if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
        error = error.orig
    state: str | None = getattr(error, "sqlstate", None)
    name: str | None = getattr(error, "sqlite_errorname", None)
    kind = type(error).__name__
    if name is not None:
        is_passing = any(name == code or name.startswith(code + "_") for code in _SQLITE_UNAVAILABLE)
    elif state is not None:
        is_passing = state.startswith(_POSTGRESQL_UNAVAILABLE)
    elif isinstance(error, sqlite3.Error):
        # SQLite names all its errors. One without a name is the driver's own: text that is no UTF-8, say.
        is_passing = False
    else:
        # A driver's error without a code: the connection broke, or none could be had.
        is_passing = kind in {"OperationalError", "InterfaceError", "ConnectionTimeout", "PoolTimeout"}
    if (full := _FULL.get(state or name or "")) is not None:
        return DiskFullError(full)
    if state in _UNDONE or name in _UNDONE:
        return UndoneError()
    if is_passing:
        return UnavailableError()
    constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
    return StatementFailedError(" ".join(filter(None, (kind, name or state, constraint))))


@contextmanager
def translation() -> Iterator[None]:
    """For statements that run through SQLAlchemy itself, away from the hot path."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        failure = translated(error)
    else:
        return
    # Outside the handler, so that the original is not even chained.
    raise failure
