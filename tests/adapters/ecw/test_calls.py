from datetime import timedelta

from tests.contracts.stores import at_once
from tests.sources import EPOCH
from vantrexia_adapters.ecw import CallBudget
from vantrexia_adapters.ecw.calls import Breaker

SECOND = timedelta(seconds=1)


def test_a_minute_s_calls_are_counted_from_its_beginning() -> None:
    """A clock minute, not sixty seconds since the first call: that is how eCW counts."""
    budget = CallBudget(2)
    late = EPOCH + 59 * SECOND
    assert [budget.take(late) for _ in range(3)] == [0, 0, 1]
    assert budget.take(late + SECOND) == 0


def test_waiting_costs_no_call() -> None:
    """Only a call that is made is counted."""
    budget = CallBudget(1)
    budget.take(EPOCH)
    assert [budget.take(EPOCH + n * SECOND) for n in (0, 20, 59)] == [60, 40, 1]


def test_threads_share_the_budget() -> None:
    """Of many that come at once as many pass as there are places."""
    budget = CallBudget(5)
    waits = at_once([lambda: budget.take(EPOCH) for _ in range(8)])
    assert sorted(waits) == [0.0] * 5 + [60.0] * 3


def test_a_used_up_minute_admits_nobody() -> None:
    """They counted more calls than we did."""
    budget = CallBudget(100)
    budget.exhaust(EPOCH)
    assert budget.take(EPOCH + 10 * SECOND) == 50
    assert budget.take(EPOCH + 60 * SECOND) == 0


def test_three_failures_in_a_row_are_an_outage() -> None:
    """One answer in between begins the count anew."""
    breaker = Breaker()
    for _ in range(2):
        breaker.failed(EPOCH, "out")
    breaker.succeeded()
    for _ in range(2):
        breaker.failed(EPOCH, "out")
    assert breaker.why_resting(EPOCH) is None
    breaker.failed(EPOCH, "out")
    assert breaker.why_resting(EPOCH) == "out"
    assert breaker.why_resting(EPOCH + 30 * SECOND) is None


def test_a_refusal_is_believed_at_once() -> None:
    """And asked about again after the rest."""
    breaker = Breaker()
    breaker.refused(EPOCH, "no")
    assert breaker.why_resting(EPOCH + 29 * SECOND) == "no"
    assert breaker.why_resting(EPOCH + 30 * SECOND) is None
