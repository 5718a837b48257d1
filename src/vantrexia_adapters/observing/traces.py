"""A span for each exchange, sent to a collector over OTLP (OpenTelemetry), when the settings name one.

Attributes are those of the semantic conventions for HTTP that say nothing of a person: method, route and
status. The path, the query, addresses and accounts are left out. Sampling and batching follow OpenTelemetry's
own variables (``OTEL_TRACES_SAMPLER``, ``OTEL_BSP_…``).
"""

from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from vantrexia_adapters.observing.exchange import Exchange

NANOSECONDS: Final = 1_000_000_000
SERVER_ERROR: Final = 500


class Traces:
    """Makes a span of each exchange (a `Watcher`). ``endpoint`` is the collector's URL for traces.

    Spans leave in the background. A collector that is away costs spans, never an answer.
    """

    def __init__(self, endpoint: str, version: str) -> None:
        resource = Resource.create({"service.name": "vantrexia", "service.version": version})
        self._provider: Final = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        self._tracer: Final = self._provider.get_tracer("vantrexia", version)
        self._propagator: Final = TraceContextTextMapPropagator()

    def __call__(self, exchange: Exchange) -> None:
        """Note one."""
        carrier = {} if exchange.trace_parent is None else {"traceparent": exchange.trace_parent}
        began_at = int(exchange.began_at.timestamp() * NANOSECONDS)
        span = self._tracer.start_span(
            exchange.method if exchange.route is None else f"{exchange.method} {exchange.route}",
            context=self._propagator.extract(carrier),
            kind=SpanKind.SERVER,
            start_time=began_at,
        )
        span.set_attribute("http.request.method", exchange.method)
        span.set_attribute("vantrexia.request_id", exchange.request_id)
        if exchange.route is not None:
            span.set_attribute("http.route", exchange.route)
        if exchange.status is not None:
            span.set_attribute("http.response.status_code", exchange.status)
        if exchange.status is None or exchange.status >= SERVER_ERROR:
            span.set_status(Status(StatusCode.ERROR))
        span.end(began_at + int(exchange.seconds * NANOSECONDS))

    def close(self) -> None:
        """Send what waits, and end."""
        self._provider.shutdown()
