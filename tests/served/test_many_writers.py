"""Sixteen writers in four processes: one gapless trail, signed and verified while they write."""

import os
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.databases import database_of
from tests.ledger import OneKey
from tests.served import writers
from vantrexia_adapters.checkpoints import FolderCheckpoints
from vantrexia_adapters.crypto import is_signed
from vantrexia_adapters.sql import SqlTrailSource, open_engine
from vantrexia_core.audit import Inspector, Notary

IS_LONG = bool(os.environ.get("LONG_RUN"))  # noqa: TID251 - tests have no settings
PROCESSES, WRITERS = 4, 4
EACH = 2_000 if IS_LONG else 20


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database."""
    with database_of(request, tmp_path) as url:
        yield url


def test_many_writers_make_one_trail(url: str, tmp_path: Path) -> None:
    """Every verification on the way passes, and in the end nothing is missing and nothing is there twice."""
    engine = open_engine(url, wait_seconds=writers.WAIT_SECONDS)
    source, keys = SqlTrailSource(engine), OneKey()
    notary = Notary(source, FolderCheckpoints(tmp_path / "checkpoints"), keys, is_signed)
    inspector = Inspector(source, notary.store, keys.verifiers(), is_signed)
    spawning = get_context("spawn")
    processes = [spawning.Process(target=writers.write, args=(url, WRITERS, EACH)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    sizes = []
    while any(process.is_alive() for process in processes):
        notary.publish(NOW)
        found = inspector.inspect()
        assert found.fault is None
        sizes.append(found.size)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    notary.publish(NOW)
    found = inspector.inspect()
    assert (found.fault, found.size, found.unprotected) == (None, PROCESSES * WRITERS * EACH, 0)
    assert [seq for seq, _ in source.leaves(after=0)] == list(range(1, found.size + 1))
    # It was looked at while there was something to see.
    assert any(0 < size < found.size for size in sizes)
    engine.dispose()
