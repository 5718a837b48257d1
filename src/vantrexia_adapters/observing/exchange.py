"""One request and its answer, reduced to what the operators of the machines may see."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

import attrs


@attrs.frozen
class Exchange:
    """``route`` is the path's template, or None where there is none; ``status`` None if nothing was sent.

    ``seconds`` is how long it took. ``trace_parent`` is what a proxy
    that is trusted said of the trace that this belongs to (W3C Trace Context).
    """

    request_id: str
    method: str
    route: str | None
    status: int | None
    began_at: datetime
    seconds: float
    trace_parent: str | None = None


Watcher: TypeAlias = Callable[[Exchange], None]
"""Is told of every exchange, between the answer and the next request: it must be quick."""
