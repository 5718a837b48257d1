"""Repeating a use case that the store undid because of other transactions.

A deadlock or a serialization failure is nobody's mistake, and neither is a connection that broke before the
end: the store has kept nothing, and a second try usually succeeds. It is the whole use case that is tried
again, because what it has read may have changed. Tries are bounded by number and by time; after the last one
the caller learns that the service cannot answer now, and over HTTP when to come back (503, ``Retry-After``).
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar

from vantrexia_core.kernel import Clock, UndoneError

P = ParamSpec("P")
T = TypeVar("T")

TRIES_MAX: Final = 4
TRY_AGAIN_SECONDS_MAX: Final = 5.0
"""After this long nothing is tried again: somebody is waiting for the answer."""


class Timed(Protocol):
    """Any desk: it has a clock."""

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...


D = TypeVar("D", bound=Timed)


def again_if_undone(clock: Clock, act: Callable[[], T]) -> T:
    """What ``act`` returns. It is called again when the store undid it.

    Raises:
        UndoneError: it was undone each time, or for too long.
    """
    began = clock.now()
    for _ in range(TRIES_MAX - 1):
        try:
            return act()
        except UndoneError:
            if (clock.now() - began).total_seconds() > TRY_AGAIN_SECONDS_MAX:
                raise
    return act()


def repeated_if_undone(use_case: Callable[Concatenate[D, P], T]) -> Callable[Concatenate[D, P], T]:
    """Mark a use case that may be repeated as a whole: outside its unit of work it only reads."""

    @wraps(use_case)
    def repeated(desk: D, /, *arguments: P.args, **named: P.kwargs) -> T:
        return again_if_undone(desk.clock, lambda: use_case(desk, *arguments, **named))

    return repeated
