"""What the settings want to be watched, set up in a worker process: numbers, traces, both or neither."""

import os
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from vantrexia_adapters.assembly import Service, StartRefusedError
from vantrexia_adapters.observing import Watcher
from vantrexia_adapters.settings import Settings
from vantrexia_web.health import Condition, HealthReport

if TYPE_CHECKING:
    from vantrexia_adapters.observing.metrics import Samples

_CONDITIONS: Final = {Condition.HEALTHY: 1.0, Condition.DEGRADED: 0.5, Condition.DOWN: 0.0}


@attrs.frozen
class Watching:
    """Who is told of each exchange, and how it all ends."""

    watchers: Sequence[Watcher] = ()
    _ends: Sequence[Callable[[], None]] = ()

    def stop(self) -> None:
        """Measure no more, and send what waits."""
        for end in self._ends:
            end()


def watched(settings: Settings, service: Service, health: Callable[[], HealthReport]) -> Watching:
    """Start what the settings ask for.

    Raises:
        StartRefusedError: something they ask for is not installed.
    """
    watchers: list[Watcher] = []
    ends: list[Callable[[], None]] = []
    if settings.metrics_port is not None:
        # What is kept of a number is settled by the first import: only where numbers are wanted.
        from vantrexia_adapters.observing.metrics import RequestMetrics, Sampler, Samples  # noqa: PLC0415

        samples = Samples()
        sampler = Sampler(lambda: _measure(samples, service, health))
        sampler.start()
        watchers.append(RequestMetrics())
        ends.append(sampler.stop)
    if settings.otlp_endpoint is not None:
        try:
            from vantrexia_adapters.observing.traces import Traces  # noqa: PLC0415 - an extra
        except ImportError:
            message = (
                "VANTREXIA_OTLP_ENDPOINT is set, and what it needs is not installed. Install it with the "
                "extra: pip install 'vantrexia[traces]'."
            )
            raise StartRefusedError(message) from None
        traces = Traces(settings.otlp_endpoint, version("vantrexia"))
        watchers.append(traces)
        ends.append(traces.close)
    return Watching(watchers, ends)


def _measure(samples: "Samples", service: Service, health: Callable[[], HealthReport]) -> None:
    directories = service.desk.directory.figures()
    samples.set(
        {
            "resident_bytes": _resident_bytes(),
            "database_connections_in_use": service.connections_in_use(),
            "directory_bytes": sum(one.memory_bytes for one in directories),
            "directory_unreadable": sum(one.unreadable for one in directories),
            "audit_unprotected_entries": service.trail.health().unprotected,
        },
        {name: _CONDITIONS[part.condition] for name, part in health().parts.items()},
    )


def _resident_bytes() -> int:
    """Linux tells a process its pages; elsewhere the number is missing rather than wrong."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
