"""Clock and ids: what the core is promised, by the machine's and by those that tests set by hand."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.system import RandomIds, SystemClock
from vantrexia_core.kernel import Clock, IdSource


@pytest.mark.parametrize("make", [SystemClock, ManualClock])
def test_a_clock_shows_utc_and_never_goes_back(make: Callable[[], Clock]) -> None:
    """Aware, offset zero, and no reading before the one before."""
    clock = make()
    readings = [clock.now() for _ in range(1_000)]
    assert {reading.utcoffset() for reading in readings} == {timedelta(0)}
    assert readings == sorted(readings)


@pytest.mark.parametrize("make", [RandomIds, CountedIds])
def test_ids_are_fresh_and_of_version_4(make: Callable[[], IdSource]) -> None:
    """RFC 9562, and none of them twice."""
    ids = make()
    given_out = [ids.new_id() for _ in range(1_000)]
    assert len(set(given_out)) == 1_000
    assert {(id_.version, id_.variant) for id_ in given_out} == {(4, "specified in RFC 4122")}
