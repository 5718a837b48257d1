"""What operators see of a running service: numbers (OpenMetrics) and traces (OpenTelemetry), never a person.

Both are told of each exchange when it is over, and know of it what a log line knows: the route and not the
path, so that neither ids nor searches get out.
"""

from vantrexia_adapters.observing.exchange import Exchange, Watcher

__all__ = ["Exchange", "Watcher"]
