"""How the service is: each part probed at most every ten seconds, however often somebody asks.

The answer names parts and speeds, never hosts, versions or errors: anybody may ask.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from threading import Lock
from time import perf_counter
from typing import Final

import attrs

from vantrexia_core.kernel import Clock

FRESH_FOR: Final = timedelta(seconds=10)


class Condition(Enum):
    """How a part, or the whole, is."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    DOWN = "down"


@attrs.frozen
class Observation:
    """What a look at a part may say beyond that it answers: how it is, and numbers that say how much."""

    condition: Condition
    figures: Mapping[str, int] = attrs.Factory(dict)


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
    figures: Mapping[str, int] = attrs.Factory(dict)


@attrs.frozen
class HealthReport:
    """How the service is, and each of its parts by name."""

    condition: Condition
    parts: Mapping[str, PartReport]


class HealthCheck:
    """Looks at the parts and remembers what it saw, so that the public page cannot be used to load them."""

    def __init__(
        self, probes: Mapping[str, Probe], clock: Clock, *, seconds: Callable[[], float] = perf_counter
    ) -> None:
        self._probes: Final = dict(probes)
        self._clock: Final = clock
        self._seconds: Final = seconds
        self._lock: Final = Lock()
        self._latest: tuple[datetime, HealthReport] | None = None

    def __call__(self) -> HealthReport:
        """The report, at most ten seconds old."""
        with self._lock:
            now = self._clock.now()
            if self._latest is None or now - self._latest[0] >= FRESH_FOR:
                self._latest = (now, self._look())
            return self._latest[1]

    def _look(self) -> HealthReport:
        parts = {name: self._look_at(probe) for name, probe in self._probes.items()}
        condition = Condition.HEALTHY
        for name, part in parts.items():
            if part.condition is Condition.DOWN and self._probes[name].is_vital:
                condition = Condition.DOWN
                break
            if part.condition is not Condition.HEALTHY:
                condition = Condition.DEGRADED
        return HealthReport(condition, parts)

    def _look_at(self, probe: Probe) -> PartReport:
        started = self._seconds()
        try:
            seen = probe.look()
            observed = seen if isinstance(seen, Observation) else Observation(Condition.HEALTHY)
        except Exception:  # noqa: BLE001 - whatever it is, the part does not answer
            observed = Observation(Condition.DOWN)
        latency_ms = round((self._seconds() - started) * 1000, 1)
        condition = observed.condition
        if condition is Condition.HEALTHY and latency_ms >= probe.slow_ms:
            condition = Condition.DEGRADED
        return PartReport(condition, latency_ms, self._clock.now(), observed.figures)
