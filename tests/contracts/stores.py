"""Our own stores, held to the contracts: memory, an SQLite file, a PostgreSQL database."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.databases import PostgresqlServer, SqliteTemplate, quick_engine
from tests.desks import SqlHouse, a_memory_desk
from tests.sources import ManualClock
from vantrexia_adapters.memory import MemoryRoster, MemoryTrailSource
from vantrexia_adapters.sql import SqlTrailSource
from vantrexia_contracts.stores import HERE, Stores, at_once

__all__ = ["OurStores", "at_once"]


class OurStores:
    """Mixed in before a contract: empty stores of each kind, with two practices."""

    @pytest.fixture(params=["memory", "sqlite", "postgresql"])
    def stores(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
        """See `Stores`."""
        clock, roster = ManualClock(), MemoryRoster()
        if request.param == "memory":
            memory = a_memory_desk(clock, rosters={HERE: roster})
            trail = MemoryTrailSource(memory.entries)
            yield Stores(memory, clock, roster, memory.directory.store, memory.candidacy.store, trail)
            return
        with ExitStack() as stack:
            if request.param == "sqlite":
                template: SqliteTemplate = request.getfixturevalue("sqlite_template")
                url = template.database(tmp_path)
            else:
                server: PostgresqlServer = request.getfixturevalue("postgresql")
                url = stack.enter_context(server.database())
            house = stack.enter_context(closing(SqlHouse(quick_engine(url), tmp_path)))
            desk = house.desk(clock, rosters={HERE: roster})
            stores = Stores(
                desk,
                clock,
                roster,
                desk.directory.store,
                desk.candidacy.store,
                SqlTrailSource(house.engine),
            )
            for practice_id in (stores.here, stores.elsewhere):
                house.found(practice_id)
            yield stores
