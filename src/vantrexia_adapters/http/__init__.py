"""Calls to other systems: one exchange at a time, bounded in time and size, over TLS.

`transport` is the one file that owns sockets. Whom to call, and what an answer means, is the callers' to say.
"""

from vantrexia_adapters.http.address import checked_url, has_dot_segment, split_url
from vantrexia_adapters.http.exchange import Request, Response, Trouble
from vantrexia_adapters.http.transport import HttpTransport

__all__ = ["HttpTransport", "Request", "Response", "Trouble", "checked_url", "has_dot_segment", "split_url"]
