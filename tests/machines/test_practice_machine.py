"""The machine on every store: short in every build, long at night."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.databases import PostgresqlServer, SqliteTemplate, quick_engine
from tests.desks import SqlHouse, a_memory_desk
from tests.machines.practice import Ground, PracticeMachine
from tests.machines.running import run_machine
from tests.sources import CountedIds, ManualClock
from vantrexia_core.kernel import PracticeId

NewGround = Callable[[ManualClock, CountedIds], Ground]

RUNS_AND_STEPS = {"memory": (60, 40), "sqlite": (25, 30), "postgresql": (15, 25)}


def _on_memory(clock: ManualClock, ids: CountedIds) -> Ground:
    practices = CountedIds("practices")
    return Ground(a_memory_desk(clock, ids), (PracticeId(practices.new_id()), PracticeId(practices.new_id())))


def _in(house: SqlHouse) -> NewGround:
    practices = CountedIds("practices")
    patients = CountedIds("patients of all runs")

    def new_ground(clock: ManualClock, _: CountedIds) -> Ground:
        # Runs share the database, so ids must not come again; practices keep the runs apart.
        founded = house.found(PracticeId(practices.new_id())), house.found(PracticeId(practices.new_id()))
        return Ground(house.desk(clock, patients), founded)

    return new_ground


@pytest.fixture(params=RUNS_AND_STEPS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, NewGround]]:
    """A kind of store, and how to get empty practices in it."""
    if request.param == "memory":
        yield "memory", _on_memory
    elif request.param == "sqlite":
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        with closing(SqlHouse(quick_engine(template.database(tmp_path)), tmp_path)) as house:
            yield "sqlite", _in(house)
    else:
        server: PostgresqlServer = request.getfixturevalue("postgresql")
        with server.database() as url, closing(SqlHouse(quick_engine(url), tmp_path)) as house:
            yield "postgresql", _in(house)


def test_any_calls_by_anybody_in_any_order_leave_what_the_model_says(store: tuple[str, NewGround]) -> None:
    """Records, versions, histories, lists, receipts, and every line of the trail."""
    name, new_ground = store
    run_machine(PracticeMachine, new_ground, *RUNS_AND_STEPS[name], night_steps=2)
