"""The store of counted requests: one arithmetic, whoever keeps the windows and however many come at once."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.redises import NONE, running_redis, server_program
from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_adapters.redis import RedisRateStore
from vantrexia_adapters.sql import SqlRateStore, open_engine, open_rate_file
from vantrexia_contracts.throttling import Counting, RateStoreContract


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgresql", "redis"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counting]:
    """A store of each kind."""
    with ExitStack() as stack:
        if request.param == "memory":
            store = MemoryRateStore()
            yield Counting(store, store)
        elif request.param == "redis":
            program = server_program()
            if program is None:
                pytest.skip(NONE)
            url, _ = stack.enter_context(running_redis(program))
            stores = [RedisRateStore(url, _digest) for _ in range(2)]
            for each in stores:
                stack.callback(each.close)
            yield Counting(*stores)
        else:
            if request.param == "sqlite":
                path: Path = tmp_path_factory.mktemp("rates") / "rates.sqlite3"
                engines = [open_rate_file(path) for _ in range(2)]
            else:
                url = stack.enter_context(request.getfixturevalue("postgresql").database())
                engines = [open_engine(url) for _ in range(2)]
            for engine in engines:
                stack.callback(engine.dispose)
            yield Counting(*(SqlRateStore(engine, _digest) for engine in engines))


class TestRateStore(RateStoreContract):
    """In memory, in a file, in PostgreSQL, in Redis."""

    @pytest.fixture
    def counting(self, opened: Counting) -> Counting:
        """A store of each kind."""
        return opened
