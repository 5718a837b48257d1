"""Spans, as a collector gets them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import attrs
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.builders import NOW
from vantrexia_adapters.observing import Exchange
from vantrexia_adapters.observing.traces import Traces

EXCHANGE = Exchange("f" * 32, "GET", "/api/v1/patients/{patient_id}/", 200, NOW, 0.25)
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@attrs.frozen
class Collector:
    """A collector on the loopback, and what it was sent."""

    url: str
    bodies: list[bytes]

    @property
    def spans(self) -> list[object]:
        """All spans, in their order."""
        return [
            span
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Takes whatever is posted."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Collector(f"http://127.0.0.1:{server.server_port}/v1/traces", bodies)
    server.shutdown()
    server.server_close()
    thread.join()


def _sent(collector: Collector, *exchanges: Exchange) -> list[object]:
    traces = Traces(collector.url, "1.2.3")
    for exchange in exchanges:
        traces(exchange)
    traces.close()
    return collector.spans


def test_a_span_tells_route_status_and_time(collector: Collector) -> None:
    """Under the names of the semantic conventions, and nothing else of the request."""
    (span,) = _sent(collector, EXCHANGE)
    assert span.name == "GET /api/v1/patients/{patient_id}/"
    assert span.start_time_unix_nano == int(NOW.timestamp()) * 1_000_000_000
    assert span.end_time_unix_nano - span.start_time_unix_nano == 250_000_000
    assert {attribute.key for attribute in span.attributes} == {
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "vantrexia.request_id",
    }


def test_a_span_belongs_to_the_trace_that_a_proxy_began(collector: Collector) -> None:
    """What was passed on (W3C Trace Context) is its parent."""
    (span,) = _sent(collector, attrs.evolve(EXCHANGE, trace_parent=f"00-{TRACE}-{PARENT}-01"))
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)


@pytest.mark.parametrize("said", ["", "00-zz-01", "x" * 10_000, "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_what_is_no_trace_begins_one(collector: Collector, said: str) -> None:
    """Nonsense is not an error and not a parent."""
    (span,) = _sent(collector, attrs.evolve(EXCHANGE, trace_parent=said))
    assert span.parent_span_id == b""


def test_only_our_own_failures_are_errors(collector: Collector) -> None:
    """A refusal is a good answer; a 500, or none at all, is not."""
    statuses = (404, 503, None)
    spans = _sent(collector, *(attrs.evolve(EXCHANGE, status=status) for status in statuses))
    assert [span.status.code for span in spans] == [0, 2, 2]


def test_a_collector_that_is_away_costs_no_answer() -> None:
    """Nobody listens there."""
    traces = Traces("http://127.0.0.1:9/v1/traces", "1.2.3")
    traces(EXCHANGE)
    traces._provider.shutdown()
