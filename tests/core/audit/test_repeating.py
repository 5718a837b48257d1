"""What the store undid because of others is begun again, a few times and not for long."""

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest

from tests.sources import ManualClock
from vantrexia_core.audit import again_if_undone, repeated_if_undone
from vantrexia_core.audit.repeating import TRIES_MAX, TRY_AGAIN_SECONDS_MAX
from vantrexia_core.kernel import UnavailableError, UndoneError


@attrs.define
class Undone:
    """Fails so many times, each of which takes so long, and then says how often it was called."""

    failures: int
    clock: ManualClock = attrs.Factory(ManualClock)
    seconds: float = 0.0
    error: Callable[[], Exception] = UndoneError
    calls: int = 0

    def __call__(self) -> int:
        """Fail or answer."""
        self.calls += 1
        self.clock.advance(timedelta(seconds=self.seconds))
        if self.calls <= self.failures:
            raise self.error()
        return self.calls


@pytest.mark.parametrize("failures", range(TRIES_MAX))
def test_what_was_undone_is_done_again(failures: int) -> None:
    """The caller notices nothing."""
    act = Undone(failures)
    assert again_if_undone(act.clock, act) == failures + 1


def test_after_the_last_try_the_caller_is_told() -> None:
    """Tries are bounded."""
    act = Undone(TRIES_MAX)
    with pytest.raises(UndoneError):
        again_if_undone(act.clock, act)
    assert act.calls == TRIES_MAX


def test_nothing_is_tried_again_when_somebody_has_waited_for_long() -> None:
    """A try that took too long is the last."""
    act = Undone(1, seconds=TRY_AGAIN_SECONDS_MAX + 1)
    with pytest.raises(UndoneError):
        again_if_undone(act.clock, act)
    assert act.calls == 1


def test_what_may_have_happened_is_not_done_again() -> None:
    """Only what is undone for certain is begun anew: anything else might be done twice."""
    act = Undone(1, error=UnavailableError)
    with pytest.raises(UnavailableError):
        again_if_undone(act.clock, act)
    assert act.calls == 1


def test_a_marked_use_case_is_called_with_what_it_was_given() -> None:
    """The mark changes neither arguments nor name."""
    act = Undone(1)

    @repeated_if_undone
    def doubled(desk: Undone, number: int, *, plus: int = 0) -> int:
        """Twice as much."""
        return desk() * number + plus

    assert doubled(act, 10, plus=3) == 23
    assert (doubled.__name__, doubled.__doc__) == ("doubled", "Twice as much.")
