"""The machine on every store: short in every build, long at night."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.desks import SqlHouse, a_memory_desk
from tests.machines.practice import Ground, PracticeMachine
from tests.sources import CountedIds, ManualClock
from vantrexia_core.kernel import PracticeId

NewGround = Callable[[ManualClock, CountedIds], Ground]


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


@pytest.fixture
def sqlite_house(tmp_path: Path) -> Iterator[SqlHouse]:
    """A migrated SQLite database of this test alone."""
    house = SqlHouse.on_sqlite(tmp_path)
    yield house
    house.close()


def _run(new_ground: NewGround, *, runs: int, steps: int) -> None:
    class Machine(PracticeMachine):
        pass

    Machine.new_ground = staticmethod(new_ground)
    is_night = settings.get_current_profile_name() == "night"
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=runs * 50 if is_night else runs,
            stateful_step_count=steps * 2 if is_night else steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def test_the_machine_holds_in_memory() -> None:
    """Any calls in any order: the memory and its trail are what the model says."""
    _run(_on_memory, runs=60, steps=40)


def test_the_machine_holds_on_sqlite(sqlite_house: SqlHouse) -> None:
    """Any calls in any order: the database and its trail are what the model says."""
    _run(_in(sqlite_house), runs=25, steps=30)
