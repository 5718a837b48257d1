"""Numbers for a monitoring system, in OpenMetrics, added up over all worker processes.

Each worker writes its numbers into small files that it shares with the process which started it; that one
answers scrapes, on a port of its own, so that no request of a client can read them and no scrape takes a
worker's time. A worker that died leaves what it counted, and takes what it measured with it.

Which kind of value the library keeps is settled when it is first imported, by a variable that names the
folder (``PROMETHEUS_MULTIPROC_DIR``): whoever starts workers sets it before.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from vantrexia_adapters.observing.exchange import Exchange

SAMPLE_SECONDS: Final = 5.0
_LATENCY_SECONDS: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
)  # fmt: skip
_LOG: Final = logging.getLogger(__name__)


class RequestMetrics:
    """Counts exchanges and how long they took (a `Watcher`)."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = registry or CollectorRegistry()
        self._count: Final = Counter(
            "vantrexia_http_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self._seconds: Final = Histogram(
            "vantrexia_http_request_duration_seconds",
            "From the first byte of a request to the last of its answer.",
            ("method", "route"),
            buckets=_LATENCY_SECONDS,
            registry=registry,
        )

    def __call__(self, exchange: Exchange) -> None:
        """Count one."""
        # Without a route the path is anything that anybody typed.
        route = exchange.route or "none"
        self._count.labels(exchange.method, route, str(exchange.status or "none")).inc()
        self._seconds.labels(exchange.method, route).observe(exchange.seconds)


class Samples:
    """What is measured now and then, in each worker: sizes, connections, how the parts are."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = registry or CollectorRegistry()
        self._condition: Final = Gauge(
            "vantrexia_part_condition",
            "How a part of the service is: 1 healthy, 0.5 degraded, 0 down.",
            ("part",),
            multiprocess_mode="livemin",
            registry=registry,
        )
        self._totals: Final = {
            name: Gauge(f"vantrexia_{name}", meaning, multiprocess_mode="livesum", registry=registry)
            for name, meaning in (
                ("resident_bytes", "Memory of all workers."),
                ("database_connections_in_use", "Database connections that somebody works on."),
                ("directory_bytes", "Memory of the directories in all workers."),
            )
        }
        self._greatest: Final = {
            name: Gauge(f"vantrexia_{name}", meaning, multiprocess_mode="livemax", registry=registry)
            for name, meaning in (
                ("directory_unreadable", "Patients whose rows do not open, so that no search finds them."),
                ("audit_unprotected_entries", "Entries of the trail that no checkpoint covers yet."),
            )
        }

    def set(self, figures: Mapping[str, float], conditions: Mapping[str, float]) -> None:
        """Note what was measured; a figure of another name is a mistake of the program."""
        for name, figure in figures.items():
            (self._totals.get(name) or self._greatest[name]).set(figure)
        for part, condition in conditions.items():
            self._condition.labels(part).set(condition)


class Sampler:
    """Measures every few seconds, in a thread, until it is told to stop."""

    def __init__(self, measure: Callable[[], None], *, seconds: float = SAMPLE_SECONDS) -> None:
        self._measure: Final = measure
        self._seconds: Final = seconds
        self._is_over: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._work, name="vantrexia-samples", daemon=True)

    def start(self) -> None:
        """Begin with a first look."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while True:
            try:
                self._measure()
            except Exception as error:  # noqa: BLE001 - a look that fails must not end all others
                _LOG.warning("a measurement failed: %s", type(error).__name__)
            if self._is_over.wait(self._seconds):
                return


class LivingWorkers(Collector):
    """The numbers of all workers; what a worker that is gone had measured is left out."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder
        # Scrapes are answered side by side; two must not take away one dead worker's files.
        self._lock: Final = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        """Add up."""
        with self._lock:
            for pid in {int(file.stem.rpartition("_")[2]) for file in self._folder.glob("gauge_live*_*.db")}:
                if not Path(f"/proc/{pid}").exists() and not _is_alive(pid):
                    mark_process_dead(pid, str(self._folder))  # type: ignore[no-untyped-call]
            # A worker that opens its file is a moment away from giving it a size; the library
            # cannot read an empty one.
            begun = [str(file) for file in self._folder.glob("*.db") if file.stat().st_size]
            merged: Iterable[Metric] = MultiProcessCollector.merge(begun)  # type: ignore[no-untyped-call]
            return merged


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def published(folder: Path, host: str, port: int) -> Iterator[None]:
    """Answer scrapes at ``/metrics`` (every path, in fact) while this lasts.

    Raises:
        OSError: the port cannot be had.
    """
    registry = CollectorRegistry()
    registry.register(LivingWorkers(folder))
    server, thread = start_http_server(port, host, registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
