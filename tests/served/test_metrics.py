"""A served practice under monitoring: numbers of all workers on a port of their own, and nobody in them."""

import time
from http.client import HTTPResponse
from pathlib import Path

from tests.programs import SECONDS_MAX, ask, free_port, run, serving
from tests.served.test_ending import CREATE_ADMIN

MARK = "Zqmark"
OPEN_METRICS = "application/openmetrics-text"
TOLD = (
    'vantrexia_http_requests_total{method="GET",route="/api/v1/patients/",status="401"} 20.0',
    'route="none",status="404"} 1.0',
    'vantrexia_part_condition{part="database"} 1.0',
    "vantrexia_resident_bytes",
)


def _numbers(port: int) -> tuple[HTTPResponse, str]:
    """What monitoring is told, asked until all is in it: exchanges count at their last byte."""
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        answer, content = ask(port, "GET", "/metrics", headers={"Accept": OPEN_METRICS})
        text = content.decode()
        if all(line in text for line in TOLD) or time.monotonic() > deadline:
            return answer, text


def test_monitoring_reads_all_workers_and_nobodys_data(tmp_path: Path) -> None:
    """Requests that went to either of two workers add up; what callers typed is nowhere."""
    data, port = tmp_path / "data", free_port()
    assert run(data, *CREATE_ADMIN, stdin="a long pass phrase\n").status == 0
    settings = {"VANTREXIA_METRICS_PORT": str(port)}
    arguments = ("serve", "--workers", "2")
    with serving(data, *arguments, log=tmp_path / "service.log", **settings) as (_, api):
        for _ in range(20):
            assert ask(api, "GET", f"/api/v1/patients/?search={MARK}")[0].status == 401
        assert ask(api, "GET", f"/{MARK}/")[0].status == 404
        answer, text = _numbers(port)
        assert ask(api, "GET", "/metrics")[0].status == 404
    assert answer.getheader("Content-Type", "").startswith(OPEN_METRICS)
    assert [line for line in TOLD if line not in text] == []
    assert text.endswith("# EOF\n")
    assert MARK not in text


def test_a_taken_port_is_said_before_anything_is_served(tmp_path: Path) -> None:
    """The operator learns which port, not a traceback of a worker."""
    data, log = tmp_path / "data", tmp_path / "service.log"
    with serving(data, log=log) as (_, taken):
        failed = run(data, "serve", "--port", str(free_port()), VANTREXIA_METRICS_PORT=str(taken))
    assert failed.status == 1
    assert f"Cannot listen on 127.0.0.1 port {taken}" in failed.err
    assert "Choose another with VANTREXIA_METRICS_PORT." in failed.err
