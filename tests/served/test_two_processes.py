"""A process that writes and a process that searches: nobody committed is missed, nobody else is shown."""

import os
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.builders import a_practice_id
from tests.databases import database_of
from tests.desks import SqlHouse
from tests.served import two_processes
from tests.served.two_processes import Figures, Shared
from vantrexia_adapters.sql import open_engine

IS_LONG = bool(os.environ.get("LONG_RUN"))  # noqa: TID251 - tests have no settings
SECONDS = 30 if IS_LONG else 3


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database."""
    with database_of(request, tmp_path) as url:
        yield url


def test_no_search_misses_a_commit_or_shows_anything_else(url: str, tmp_path: Path) -> None:
    """Each answer is the practice as it was at one moment of the search; it never goes back."""
    house = SqlHouse(open_engine(url), tmp_path)
    practice_id = house.found(a_practice_id())
    house.close()
    spawning = get_context("spawn")
    # On SQLite, who writes to the trail now and then waits for seconds behind a process that always writes.
    use_case_every = 0 if url.startswith("sqlite") else 20
    shared = Shared(
        url, tmp_path / "keyring.json", practice_id, SECONDS, use_case_every,
        spawning.Value("q", 0), spawning.Value("q", 0), spawning.Event(), spawning.Event(),
    )  # fmt: skip
    reported, report = spawning.Pipe(duplex=False)
    processes = [
        spawning.Process(target=two_processes.write, args=(shared,)),
        spawning.Process(target=two_processes.read, args=(shared, report)),
    ]
    for process in processes:
        process.start()
    report.close()  # so that a reader that dies is noticed
    figures: Figures = reported.recv()
    for process in processes:
        process.join(timeout=60)
    print(f"\n{SECONDS} seconds: {figures}")  # noqa: T201 - to be seen with -s, and when the test fails
    assert [process.exitcode for process in processes] == [0, 0]
    assert figures.wrong == []
    # Both did their work, and at the same time.
    assert figures.steps == shared.committed.value > 10 * SECONDS
    assert figures.searches > 10 * SECONDS
    assert figures.widest > 0
    assert figures.loaded_from == {"rows", "snapshot"} if IS_LONG else figures.loaded_from
