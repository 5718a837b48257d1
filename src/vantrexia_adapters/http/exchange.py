"""One HTTP exchange as plain values. None of them prints what it holds.

URLs may carry patients' ids and names, headers and bodies carry tokens, keys and records.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

import attrs

from vantrexia_core.kernel import MASK


@attrs.frozen(repr=False)
class Request:
    """One HTTP request. The answer must be whole after ``seconds_max`` and within ``bytes_max``."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    seconds_max: float
    bytes_max: int

    def __repr__(self) -> str:
        return f"Request({self.method} {MASK})"


@attrs.frozen(repr=False)
class Response:
    """One HTTP response of any status; the names of ``headers`` are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = MappingProxyType({})

    def __repr__(self) -> str:
        return f"Response({self.status} {MASK})"


class Trouble(Enum):
    """Why there is no response."""

    UNREACHABLE = "no connection"
    OUT_OF_REACH = "a host at an address that this service does not call"
    UNTRUSTED = "no TLS connection: its certificate is not trusted, or it does not speak our TLS"
    TIMED_OUT = "no complete answer in time"
    CUT_OFF = "the connection broke during the answer"
    TOO_LARGE = "an answer beyond the size limit"
    GARBLED = "an answer that is not HTTP as asked for"
