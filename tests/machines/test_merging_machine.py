"""The machine of merges, on memory and on SQLite."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.databases import SqliteTemplate, quick_engine
from tests.desks import SqlHouse, a_memory_desk
from tests.machines.merging import MergingMachine
from tests.machines.practice import Ground
from tests.machines.running import run_machine
from tests.sources import CountedIds, ManualClock
from vantrexia_core.kernel import PracticeId

NewGround = Callable[[ManualClock, CountedIds], Ground]

RUNS_AND_STEPS = {"memory": (40, 30), "sqlite": (8, 20)}


@pytest.fixture(params=RUNS_AND_STEPS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, NewGround]]:
    """A kind of store, and how to get an empty practice in it."""
    practices, patients = CountedIds("practices"), CountedIds("of all runs")
    if request.param == "memory":
        here = PracticeId(practices.new_id())
        yield "memory", lambda clock, ids: Ground(a_memory_desk(clock, ids), (here, here))
        return
    template: SqliteTemplate = request.getfixturevalue("sqlite_template")
    with closing(SqlHouse(quick_engine(template.database(tmp_path)), tmp_path)) as house:

        def new_ground(clock: ManualClock, _: CountedIds) -> Ground:
            here = house.found(PracticeId(practices.new_id()))
            return Ground(house.desk(clock, patients), (here, here))

        yield "sqlite", new_ground


def test_any_merges_edits_and_undoings_in_any_order(store: tuple[str, NewGround]) -> None:
    """Undoing gives back what was there; edits since stay; whoever was told apart stays apart."""
    name, new_ground = store
    run_machine(MergingMachine, new_ground, *RUNS_AND_STEPS[name])
