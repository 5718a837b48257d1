"""Databases for what is special to SQL; most of it is shown on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.sql.site import Site
from tests.databases import PostgresqlServer, SqliteTemplate, database_of


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A migrated database with one practice, and the hands to tamper with it."""
    with database_of(request, tmp_path) as url, Site(url, tmp_path) as site:
        yield site


@pytest.fixture
def sqlite_site(sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[Site]:
    """As `site`, on SQLite alone."""
    with Site(sqlite_template.database(tmp_path), tmp_path) as site:
        yield site


@pytest.fixture
def postgresql_site(postgresql: PostgresqlServer, tmp_path: Path) -> Iterator[Site]:
    """As `site`, on PostgreSQL alone."""
    with postgresql.database() as url, Site(url, tmp_path) as site:
        yield site
