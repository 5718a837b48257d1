"""How many calls may be made, and when not to call at all.

eCW grants each app 250 calls per clock minute and practice, token calls included, and answers 429 without a
``Retry-After`` for the rest of a minute that was overdrawn. So calls are counted here, before they are made.
"""

from datetime import datetime, timedelta
from threading import Lock
from typing import Final

FAILURES_MAX: Final = 3
"""So many calls in a row that found nobody, each with its repetitions, are an outage."""
REST: Final = timedelta(seconds=30)
"""How long an EHR that is out, or that refuses us, is left alone."""

_MINUTE: Final = timedelta(minutes=1)


class CallBudget:
    """Calls of the current clock minute, shared by all threads of this process."""

    def __init__(self, calls_per_minute: int) -> None:
        self._calls_per_minute: Final = calls_per_minute
        self._lock: Final = Lock()
        self._minute: datetime | None = None
        self._calls = 0

    def take(self, now: datetime) -> float:
        """Count a call and return 0, or return the seconds until the next minute and count nothing."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if self._minute is None or minute > self._minute:
                self._minute, self._calls = minute, 0
            if self._calls < self._calls_per_minute:
                self._calls += 1
                return 0.0
            return (self._minute + _MINUTE - now).total_seconds()

    def exhaust(self, now: datetime) -> None:
        """They say that the minute is used up (429): others count against it too, or our clocks differ."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if self._minute is None or minute >= self._minute:
                self._minute, self._calls = minute, self._calls_per_minute


class Breaker:
    """Leaves an EHR alone for a while that is out or refuses us, so that a long list fails at once."""

    def __init__(self) -> None:
        self._lock: Final = Lock()
        self._failures = 0
        self._rests_until: datetime | None = None
        self._why = ""

    def why_resting(self, now: datetime) -> str | None:
        """Why no call may be made now, as a sentence; None if calls may be made."""
        with self._lock:
            is_resting = self._rests_until is not None and now < self._rests_until
            return self._why if is_resting else None

    def succeeded(self) -> None:
        """Somebody answered."""
        with self._lock:
            self._failures = 0
            self._rests_until = None

    def failed(self, now: datetime, why: str) -> None:
        """A call found nobody, after all its repetitions."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_MAX:
                self._rests_until, self._why = now + REST, why

    def refused(self, now: datetime, why: str) -> None:
        """They do not want us as we are: asking again before somebody has acted helps nobody."""
        with self._lock:
            self._rests_until, self._why = now + REST, why
