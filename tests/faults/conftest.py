"""A database of each kind for the tests of what fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.sql.site import Site
from tests.databases import PostgresqlServer, SqliteTemplate


@pytest.fixture(params=["sqlite", "postgresql"])
def any_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A database with one practice."""
    if request.param == "sqlite":
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        with Site(template.database(tmp_path), tmp_path) as site:
            yield site
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.database() as url, Site(url, tmp_path) as site:
        yield site
