"""Calls to other systems: one exchange at a time, bounded in time and size, over TLS.

`transport` is the one file that owns sockets. Whom to call, and what an answer means, is the callers' to say.
"""

from vantrexia_adapters.http.address import (
    Address,
    Network,
    checked_url,
    has_dot_segment,
    public_or,
    split_url,
)
from vantrexia_adapters.http.exchange import Request, Response, Trouble
from vantrexia_adapters.http.transport import HttpTransport

__all__ = [
    "Address",
    "HttpTransport",
    "Network",
    "Request",
    "Response",
    "Trouble",
    "checked_url",
    "has_dot_segment",
    "public_or",
    "split_url",
]
