"""Deployments to back up, one of each kind for all tests, and empty places."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.adapters.backups.deployment import Backup, Deployment, EmptyPlace
from tests.databases import PostgresqlServer, SqliteTemplate

KINDS = ("sqlite", "postgresql")


@contextmanager
def _empty(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[EmptyPlace]:
    folder.mkdir(mode=0o700)
    if kind == "postgresql":
        server: PostgresqlServer = request.getfixturevalue("postgresql")
        with server.database(is_migrated=False) as url, EmptyPlace(url, folder) as place:
            yield place
    else:
        with EmptyPlace(f"sqlite:///{folder / 'vantrexia.sqlite3'}", folder) as place:
            yield place


@contextmanager
def _backed_up(url: str, folder: Path) -> Iterator[Backup]:
    with Deployment(url, folder) as deployment:
        deployment.fill()
        yield Backup.of(deployment)


@pytest.fixture(scope="session")
def sqlite_backup(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backup]:
    """A backup of an SQLite file, and where it was taken; for all tests together."""
    folder = tmp_path_factory.mktemp("sqlite-deployment")
    with _backed_up(sqlite_template.database(folder), folder) as backup:
        yield backup


@pytest.fixture(scope="session")
def postgresql_backup(
    postgresql: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backup]:
    """The same of a PostgreSQL database."""
    folder = tmp_path_factory.mktemp("postgresql-deployment")
    with postgresql.database() as url, _backed_up(url, folder) as backup:
        yield backup


@pytest.fixture(params=KINDS)
def backup(request: pytest.FixtureRequest) -> Backup:
    """A backup of either kind of database."""
    found: Backup = request.getfixturevalue(f"{request.param}_backup")
    return found


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmptyPlace]:
    """An empty place of either kind."""
    with _empty(request.param, request, tmp_path / "there") as place:
        yield place


@pytest.fixture
def sqlite_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmptyPlace]:
    """An empty SQLite file."""
    with _empty("sqlite", request, tmp_path / "there") as place:
        yield place
