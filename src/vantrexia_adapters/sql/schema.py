"""Bringing a database's schema to this version, and telling whether it is there."""

from importlib.resources import files
from threading import Lock
from typing import Final

import attrs
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory

from vantrexia_adapters.sql.errors import NewerSchemaError, OlderSchemaError, translation

_LOCK: Final = 0x76616E7472657869
"""The advisory lock that migrations of one PostgreSQL database take turns by: the bytes of "vantrexi"."""
_ONE_AT_A_TIME: Final = Lock()


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
        return _state(connection, _scripts())


def migrate(engine: sa.Engine) -> str:
    """Bring the schema to this version, in one transaction, and say in a sentence what was done.

    Safe to run twice, and from several places at once: they take turns, and later ones find nothing to do.

    Raises:
        NewerSchemaError: a newer version of this software has migrated the database; nothing was changed.
        UnavailableError: the database cannot be reached, or somebody holds locks for too long.
    """
    scripts = _scripts()
    with translation(), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # A migration may take its time, and another one's turn as well.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        before = _state(connection, scripts)
        if not before.is_known:
            raise NewerSchemaError
        if before.current == before.newest:
            return f"The schema is at version {before.newest} already; nothing was done."
        _upgrade(connection, scripts)
    return f"The schema went from version {before.current or 'nothing'} to {before.newest}."


def _upgrade(connection: sa.Connection, scripts: ScriptDirectory) -> None:
    def steps(revision: str, _: object) -> list[RevisionStep]:
        return scripts._upgrade_revs("head", revision)  # noqa: SLF001 - alembic's documentation calls it so

    # Alembic keeps the running environment in a global.
    with _ONE_AT_A_TIME, EnvironmentContext(Config(), scripts, fn=steps) as environment:
        # SQLite's DDL is transactional; alembic assumes that its driver is not.
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()


def _state(connection: sa.Connection, scripts: ScriptDirectory) -> SchemaState:
    heads = MigrationContext.configure(connection).get_current_heads()
    known = {script.revision for script in scripts.walk_revisions()}
    newest = scripts.get_current_head()
    if newest is None:
        message = "this package was installed without its migrations"
        raise RuntimeError(message)
    return SchemaState(heads[0] if heads else None, newest, is_known=known.issuperset(heads))


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(files("vantrexia_adapters.sql") / "migrations"))
