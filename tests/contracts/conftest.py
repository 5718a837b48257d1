"""Every contract is held against every adapter: memory, an SQLite file, a PostgreSQL database."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.contracts.stores import ADAPTERS, HERE, Stores
from tests.databases import PostgresqlServer, SqliteTemplate, quick_engine
from tests.desks import SqlHouse, a_memory_desk
from tests.sources import ManualClock
from vantrexia_adapters.memory import MemoryRoster


@pytest.fixture(params=ADAPTERS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Empty stores with two practices."""
    clock = ManualClock()
    if request.param == "memory":
        roster = MemoryRoster()
        yield Stores(a_memory_desk(clock, rosters={HERE: roster}), clock, roster)
        return
    with ExitStack() as stack:
        if request.param == "sqlite":
            template: SqliteTemplate = request.getfixturevalue("sqlite_template")
            url = template.database(tmp_path)
        else:
            server: PostgresqlServer = request.getfixturevalue("postgresql")
            url = stack.enter_context(server.database())
        house = stack.enter_context(closing(SqlHouse(quick_engine(url), tmp_path)))
        roster = MemoryRoster()
        stores = Stores(house.desk(clock, rosters={HERE: roster}), clock, roster)
        for practice_id in (stores.here, stores.elsewhere):
            house.found(practice_id)
        yield stores
