"""A practice in an SQLite file, whose directory is kept by whatever keeper a test makes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.sql.site import Site
from tests.databases import SqliteTemplate


@pytest.fixture
def site(sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[Site]:
    """A migrated database with one practice, and the hands to tamper with it."""
    with Site(sqlite_template.database(tmp_path), tmp_path) as site:
        yield site
