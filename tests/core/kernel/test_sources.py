"""The clock and the ids that the tests inject keep the promises of the ports."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources import EPOCH, CountedIds, ManualClock
from vantrexia_core.kernel import Clock, IdSource

_CLOCK: Clock = ManualClock()
_IDS: IdSource = CountedIds()


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=400)), max_size=10))
def test_the_clock_shows_utc_and_never_goes_back(steps: list[timedelta]) -> None:
    """Every reading is aware, in UTC, and not before the one before."""
    clock = ManualClock()
    readings = [clock.now(), *(clock.advance(step) for step in steps), clock.now()]
    assert readings == sorted(readings)
    assert all(reading.utcoffset() == timedelta(0) for reading in readings)
    assert readings[-1] == EPOCH + sum(steps, timedelta())


def test_the_clock_refuses_to_go_back() -> None:
    """Time travel in a test would prove nothing."""
    with pytest.raises(ValueError, match="back"):
        ManualClock().advance(timedelta(microseconds=-1))


def test_the_clock_refuses_local_time() -> None:
    """Neither another zone nor none at all."""
    with pytest.raises(ValueError, match="UTC"):
        ManualClock(datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    with pytest.raises(ValueError, match="UTC"):
        ManualClock(datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None))


def test_ids_are_fresh_version_4_and_the_same_on_every_run() -> None:
    """Two sources of one series agree; no id comes twice; each is a version-4 UUID."""
    one, same, other = CountedIds(), CountedIds(), CountedIds("other")
    ids = [one.new_id() for _ in range(1_000)]
    assert len(set(ids)) == len(ids)
    assert {id_.version for id_ in ids} == {4}
    assert [same.new_id() for _ in ids] == ids
    assert other.new_id() not in ids
    assert ids != sorted(ids)
