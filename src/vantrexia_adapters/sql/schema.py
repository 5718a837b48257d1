"""Bringing a database's schema to this version, and telling whether it is there.

Alembic is loaded only when there is something to migrate: importing it takes longer than everything else that
a start does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from threading import Lock
from typing import TYPE_CHECKING, Final

import attrs
import sqlalchemy as sa

from vantrexia_adapters.sql.errors import NewerSchemaError, OlderSchemaError, translation
from vantrexia_adapters.sql.migrations import REVISIONS

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep

_LOCK: Final = 0x76616E7472657869
"""The advisory lock that migrations of one PostgreSQL database take turns by: the bytes of "vantrexi"."""
_TURN_MILLISECONDS: Final = 120_000
_ONE_AT_A_TIME: Final = Lock()
_VERSIONS: Final = sa.table("alembic_version", sa.column("version_num", sa.Text()))


@attrs.frozen
class SchemaState:
    """Where a database's schema stands; ``current`` is None before the first migration."""

    current: str | None
    newest: str
    is_known: bool

    def check_newest(self) -> None:
        """Refuse to work on another schema than this version's.

        Raises:
            OlderSchemaError: it waits for a migration.
            NewerSchemaError: a newer version of this software has migrated it.
        """
        if not self.is_known:
            raise NewerSchemaError
        if self.current != self.newest:
            raise OlderSchemaError


def schema_state(engine: sa.Engine) -> SchemaState:
    """Look where the schema stands; changes nothing.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    with translation(), engine.connect() as connection:
        return schema_state_on(connection)


def migrate(engine: sa.Engine) -> str:
    """Bring the schema to this version, in one transaction, and say in a sentence what was done.

    Safe to run twice, and from several places at once: they take turns, and later ones find nothing to do.

    Raises:
        NewerSchemaError: a newer version of this software has migrated the database; nothing was changed.
        UnavailableError: the database cannot be reached, or somebody holds locks for too long.
    """
    with translation(), engine.connect() as connection, patient(connection), connection.begin():
        take_turn(connection)
        before = schema_state_on(connection)
        if not before.is_known:
            raise NewerSchemaError
        if before.current == before.newest:
            return f"The schema is at version {before.newest} already; nothing was done."
        upgrade(connection)
    return f"The schema went from version {before.current or 'nothing'} to {before.newest}."


def take_turn(connection: sa.Connection) -> None:
    """Keep all others from changing the schema until the transaction ends, and wait as long as it takes."""
    if connection.dialect.name == "postgresql":
        # A migration may take its time, and another one's turn as well.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


@contextmanager
def patient(connection: sa.Connection) -> Iterator[None]:
    """On SQLite, wait for another one's turn as long as it may take; set before the transaction begins."""
    driver = connection.connection.driver_connection
    if driver is None or connection.dialect.name != "sqlite":
        yield
        return
    (usual,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute(f"PRAGMA busy_timeout = {_TURN_MILLISECONDS}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {usual}")


def upgrade(connection: sa.Connection, to: str = REVISIONS[-1]) -> None:
    """Take the steps up to a revision, inside a transaction that somebody else began."""
    from alembic.config import Config  # noqa: PLC0415 - see above
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    scripts = ScriptDirectory(str(files("vantrexia_adapters.sql") / "migrations"))

    def steps(revision: str, _: object) -> "list[RevisionStep]":
        return scripts._upgrade_revs(to, revision)  # noqa: SLF001 - alembic's documentation calls it so

    # Alembic keeps the running environment in a global.
    with _ONE_AT_A_TIME, EnvironmentContext(Config(), scripts, fn=steps) as environment:
        # SQLite's DDL is transactional; alembic assumes that its driver is not.
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()


def schema_state_on(connection: sa.Connection) -> SchemaState:
    """Where the schema stands, as a transaction sees it."""
    current = None
    if sa.inspect(connection).has_table(_VERSIONS.name):
        current = connection.scalar(sa.select(_VERSIONS.c.version_num))
    return SchemaState(current, REVISIONS[-1], is_known=current is None or current in REVISIONS)
