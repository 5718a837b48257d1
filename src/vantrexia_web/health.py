"""How the service is: each part probed at most every ten seconds, however often somebody asks.

The answer names parts and speeds, never hosts, versions or errors: anybody may ask.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final

import attrs

from vantrexia_core.kernel import Clock, UnavailableError
from vantrexia_web.logs import LOGGER, why

FRESH_SECONDS: Final = 10.0
LOOK_SECONDS_MAX: Final = 3.0
"""How long the page waits for the parts. One that takes longer is down, whatever it says in the end."""


class Condition(Enum):
    """How a part, or the whole, is."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    DOWN = "down"


@attrs.frozen
class Observation:
    """What a look at a part may say beyond that it answers: how it is."""

    condition: Condition


@attrs.frozen
class Probe:
    """A look at a part: ``look`` raises if the part does not answer; from ``slow_ms`` on it is degraded.

    A look that returns an `Observation` has judged the part itself, and speed can only make it worse.
    """

    look: Callable[[], object]
    slow_ms: float
    is_vital: bool = True
    """Whether the whole is down when this part is; otherwise it is degraded."""


@attrs.frozen
class PartReport:
    """How one part was when it was last looked at."""

    condition: Condition
    latency_ms: float
    checked_at: datetime


@attrs.frozen
class HealthReport:
    """How the service is, and each of its parts by name."""

    condition: Condition
    parts: Mapping[str, PartReport]


class HealthCheck:
    """Looks at the parts and remembers what it saw, so that the public page cannot be used to load them.

    It always answers within `LOOK_SECONDS_MAX`: each part is looked at in a thread of its own, and one that
    does not come back is down, and is not looked at again before it has. Age is measured by a clock that
    nobody can set.
    """

    def __init__(
        self,
        probes: Mapping[str, Probe],
        clock: Clock,
        *,
        seconds: Callable[[], float] = monotonic,
        look_seconds_max: float = LOOK_SECONDS_MAX,
    ) -> None:
        self._probes: Final = dict(probes)
        self._clock: Final = clock
        self._seconds: Final = seconds
        self._look_seconds_max: Final = look_seconds_max
        self._lock: Final = Lock()
        self._looks: dict[str, _Look] = {}
        self._latest: tuple[float, HealthReport] | None = None

    def __call__(self) -> HealthReport:
        """The report, some ten seconds old at most."""
        latest = self._latest
        # While somebody looks, the others get what was seen before.
        if not self._lock.acquire(blocking=latest is None):
            return latest[1] if latest is not None else self()
        try:
            if self._latest is None or self._seconds() - self._latest[0] >= FRESH_SECONDS:
                started = self._seconds()
                self._latest = (started, self._look())
            return self._latest[1]
        finally:
            self._lock.release()

    def _look(self) -> HealthReport:
        for name, probe in self._probes.items():
            before = self._looks.get(name)
            if before is None or before.is_over.is_set():
                self._looks[name] = _Look(probe, self._seconds)
        until = monotonic() + self._look_seconds_max
        parts = {name: self._report(name, until) for name in self._probes}
        self._tell(parts)
        condition = Condition.HEALTHY
        for name, part in parts.items():
            if part.condition is Condition.DOWN and self._probes[name].is_vital:
                condition = Condition.DOWN
                break
            if part.condition is not Condition.HEALTHY:
                condition = Condition.DEGRADED
        return HealthReport(condition, parts)

    def _tell(self, parts: Mapping[str, PartReport]) -> None:
        """Log what has gone down since the last look, and why: the page does not say that to anybody."""
        before = {} if self._latest is None else self._latest[1].parts
        for name, part in parts.items():
            was_down = name in before and before[name].condition is Condition.DOWN
            if part.condition is Condition.DOWN and not was_down:
                LOGGER.warning("the part %s is down: %s", name, self._looks[name].reason)

    def _report(self, name: str, until: float) -> PartReport:
        look, probe = self._looks[name], self._probes[name]
        is_back = look.is_over.wait(max(0.0, until - monotonic()))
        latency_ms = look.latency_ms if is_back else self._look_seconds_max * 1000
        seen = look.seen if is_back else Observation(Condition.DOWN)
        condition = seen.condition
        if condition is Condition.HEALTHY and latency_ms >= probe.slow_ms:
            condition = Condition.DEGRADED
        return PartReport(condition, round(latency_ms, 1), self._clock.now())


class _Look:
    """One look at a part, in a thread of its own."""

    def __init__(self, probe: Probe, seconds: Callable[[], float]) -> None:
        self._probe: Final = probe
        self._seconds: Final = seconds
        self.is_over: Final = Event()
        self.seen = Observation(Condition.DOWN)
        self.reason = "it does not answer"
        self.latency_ms = 0.0
        Thread(target=self._take, name="vantrexia-health", daemon=True).start()

    def _take(self) -> None:
        started = self._seconds()
        try:
            seen = self._probe.look()
            self.seen = seen if isinstance(seen, Observation) else Observation(Condition.HEALTHY)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the part does not answer
            self.seen = Observation(Condition.DOWN)
            self.reason = why(failure) if isinstance(failure, UnavailableError) else type(failure).__name__
        self.latency_ms = (self._seconds() - started) * 1000
        self.is_over.set()
