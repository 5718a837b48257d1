"""What the protocol says to the world and hears from it, as plain values.

The protocol (`vantrexia_adapters.ecw.protocol`) yields these and is sent the answers; whoever drives it owns
the socket, the sleep and the lock.
"""

from collections.abc import Generator
from datetime import datetime
from typing import TypeAlias, TypeVar

import attrs

from vantrexia_adapters.http import Request, Response, Trouble
from vantrexia_core.kernel import MASK

T = TypeVar("T")


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
