"""Numbers of exchanges and of the house, as a monitoring system reads them."""

import os
import threading
from pathlib import Path

import attrs
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.openmetrics.exposition import generate_latest

from tests.builders import NOW
from vantrexia_adapters.observing import Exchange
from vantrexia_adapters.observing.metrics import LivingWorkers, RequestMetrics, Sampler, Samples

EXCHANGE = Exchange("f" * 32, "GET", "/api/v1/patients/{patient_id}/", 200, NOW, 0.004)


def _text(registry: CollectorRegistry) -> str:
    return generate_latest(registry).decode()


def test_an_exchange_is_counted_under_its_route() -> None:
    """Method, route and status are the labels; the time falls into its bucket."""
    registry = CollectorRegistry()
    watch = RequestMetrics(registry)
    watch(EXCHANGE)
    watch(attrs.evolve(EXCHANGE, status=404, seconds=0.2))
    text = _text(registry)
    labels = 'method="GET",route="/api/v1/patients/{patient_id}/"'
    assert f'vantrexia_http_requests_total{{{labels},status="200"}} 1.0' in text
    assert f'vantrexia_http_requests_total{{{labels},status="404"}} 1.0' in text
    assert f'vantrexia_http_request_duration_seconds_bucket{{le="0.005",{labels}}} 1.0' in text


def test_what_has_no_route_or_no_answer_is_counted_too() -> None:
    """Neither adds a label that somebody else chose."""
    registry = CollectorRegistry()
    RequestMetrics(registry)(attrs.evolve(EXCHANGE, route=None, status=None))
    assert 'vantrexia_http_requests_total{method="GET",route="none",status="none"} 1.0' in _text(registry)


def test_measurements_are_shown_as_they_are_now() -> None:
    """A gauge is set, not added up."""
    registry = CollectorRegistry()
    samples = Samples(registry)
    samples.set({"directory_bytes": 7.0, "audit_unprotected_entries": 3.0}, {"database": 0.5})
    samples.set({"directory_bytes": 5.0}, {"database": 1.0})
    text = _text(registry)
    assert "vantrexia_directory_bytes 5.0" in text
    assert "vantrexia_audit_unprotected_entries 3.0" in text
    assert 'vantrexia_part_condition{part="database"} 1.0' in text


def test_a_figure_that_nobody_declared_is_a_mistake() -> None:
    """A typo would otherwise be a number that nobody ever sees."""
    with pytest.raises(KeyError):
        Samples(CollectorRegistry()).set({"directory_bites": 1.0}, {})


def test_a_look_that_fails_does_not_end_the_others() -> None:
    """The next one is made all the same, and the end is waited for."""
    looked, looks = threading.Event(), []

    def measure() -> None:
        looks.append(len(looks))
        if len(looks) == 1:
            raise OSError
        looked.set()

    sampler = Sampler(measure, seconds=0.001)
    sampler.start()
    assert looked.wait(10)
    sampler.stop()
    assert len(looks) > 1


def _worker_measures(folder: Path, pid: int, value: float) -> Path:
    file = folder / f"gauge_livesum_{pid}.db"
    kept = MmapedDict(str(file))  # type: ignore[no-untyped-call]
    key = mmap_key("vantrexia_resident_bytes", "vantrexia_resident_bytes", [], [], "Memory.")
    kept.write_value(key, value, 0.0)  # type: ignore[no-untyped-call]
    kept.close()  # type: ignore[no-untyped-call]
    return file


def test_a_worker_in_the_act_of_starting_does_not_fail_a_scrape(tmp_path: Path) -> None:
    """Its file is there and has no size yet: the others are added up."""
    _worker_measures(tmp_path, os.getpid(), 5.0)
    (tmp_path / f"counter_{os.getpid()}.db").touch()
    registry = CollectorRegistry()
    registry.register(LivingWorkers(tmp_path))
    assert "vantrexia_resident_bytes 5.0" in _text(registry)


def test_a_dead_worker_takes_its_measurements_with_it(tmp_path: Path) -> None:
    """Its file is removed; whoever lives stays in the sum."""
    beyond_every_pid = 2**22 + 1
    left = _worker_measures(tmp_path, beyond_every_pid, 7.0)
    _worker_measures(tmp_path, os.getpid(), 5.0)
    registry = CollectorRegistry()
    registry.register(LivingWorkers(tmp_path))
    assert "vantrexia_resident_bytes 5.0" in _text(registry)
    assert not left.exists()
