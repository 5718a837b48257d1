"""A database of each kind for the tests of what fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.sql.site import Site
from tests.databases import database_of


@pytest.fixture(params=["sqlite", "postgresql"])
def any_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A database with one practice."""
    with database_of(request, tmp_path) as url, Site(url, tmp_path) as site:
        yield site
