"""What the protocol says to the world and hears from it, as plain values.

The protocol (`vantrexia_adapters.ecw.protocol`) yields these and is sent the answers; whoever drives it owns
the socket, the sleep and the lock. None of the values prints what it holds: URLs carry patients' ids and
names, headers and bodies carry tokens and records.
"""

from collections.abc import Generator, Mapping
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias, TypeVar

import attrs

from vantrexia_core.kernel import MASK

T = TypeVar("T")


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
    UNTRUSTED = "no TLS connection: its certificate is not trusted, or it does not speak our TLS"
    TIMED_OUT = "no whole answer in time"
    CUT_OFF = "the connection broke during the answer"
    TOO_LARGE = "an answer beyond the size limit"
    GARBLED = "an answer that is not HTTP as asked for"


@attrs.frozen
class Pause:
    """Wait so long before going on."""

    seconds: float


@attrs.frozen(repr=False)
class Token:
    """An access token and the moment from which on a new one is asked for."""

    value: str
    renew_at: datetime

    def __repr__(self) -> str:
        return f"Token({MASK})"


@attrs.frozen
class Renew:
    """Have a token that is not ``stale``; of many who want one at a time, one asks for it."""

    stale: Token | None
    until: datetime


Step: TypeAlias = Request | Pause | Renew
Reply: TypeAlias = Response | Trouble | Token | None
Flow: TypeAlias = Generator[Step, Reply, T]
"""`Request` is answered with `Response` or `Trouble`, `Renew` with `Token`, `Pause` with None."""
