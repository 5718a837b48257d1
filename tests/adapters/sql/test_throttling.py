"""Counted requests in SQL: removed when they no longer count, and without the names of those who asked."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.sources import EPOCH
from vantrexia_adapters.sql import SqlRateStore, open_engine, open_rate_file
from vantrexia_adapters.sql.tables import rate_window
from vantrexia_adapters.sql.throttling import PURGE_SECONDS
from vantrexia_core.throttling import Bucket, Limit

MINUTE = Limit(2, 60)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Where requests are counted."""
    if request.param == "sqlite":
        engine = open_rate_file(tmp_path / "rates.sqlite3")
        yield engine
        engine.dispose()
        return
    with request.getfixturevalue("postgresql").database() as url:
        engine = open_engine(url)
        yield engine
        engine.dispose()


def _rows(engine: sa.Engine) -> list[sa.Row[tuple[object, ...]]]:
    with engine.connect() as connection:
        return list(connection.execute(sa.select(rate_window)))


def test_what_no_longer_counts_is_removed(engine: sa.Engine) -> None:
    """Rows of callers who never came again do not stay."""
    store = SqlRateStore(engine, lambda key: sha256(key).digest())
    for number in range(20):
        store.hit(Bucket("auth", f"address {number}", MINUTE), at=EPOCH)
    assert len(_rows(engine)) == 20
    store.hit(Bucket("auth", "address 0", MINUTE), at=EPOCH + timedelta(seconds=PURGE_SECONDS))
    assert len(_rows(engine)) == 1


def test_a_refused_hit_writes_nothing(engine: sa.Engine) -> None:
    """Under a flood of refused requests the table rests."""
    store = SqlRateStore(engine, lambda key: sha256(key).digest())
    bucket = Bucket("auth", "address 1", MINUTE)
    for _ in range(2):
        store.hit(bucket, at=EPOCH)
    before = _rows(engine)
    assert not store.hit(bucket, at=EPOCH + timedelta(seconds=1)).is_admitted
    assert _rows(engine) == before


def test_the_file_of_counts_can_be_opened_again_and_is_its_owners(tmp_path: Path) -> None:
    """Two workers open it at once, and nobody else may."""
    path = tmp_path / "rates.sqlite3"
    first, second = open_rate_file(path), open_rate_file(path)
    bucket = Bucket("auth", "email ann@practice.example", MINUTE)
    for engine in (first, second):
        assert SqlRateStore(engine, lambda key: sha256(key).digest()).hit(bucket, at=EPOCH).is_admitted
    assert path.stat().st_mode & 0o777 == 0o600
    lying = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"ann@practice.example" not in lying
    for engine in (first, second):
        engine.dispose()
