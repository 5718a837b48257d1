"""A roster over the fake eCW: real sockets, real signatures, a clock that only sleeping moves."""

import ssl
from datetime import timedelta
from functools import cache
from threading import Lock
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from tests.adapters.ecw.server import CLIENT_ID, SCOPES, FakeEcw
from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.ecw import (
    CallBudget,
    ClientAssertions,
    ClientKeys,
    EcwConnection,
    EcwProtocol,
    EcwRoster,
    SigningKey,
    Use,
)
from vantrexia_adapters.ecw.client_keys import KEY_BITS, ClientKey
from vantrexia_adapters.http import HttpTransport
from vantrexia_core.kernel import Clock

TLS = ssl.create_default_context()
"""Made once: reading the machine's certificates takes longer than most tests."""


class OneClientKey:
    """A key that is never replaced and lies in no file."""

    def __init__(self) -> None:
        self._key = ClientKey(Use.SIGNS, generate_private_key(65537, KEY_BITS))

    def signing(self) -> SigningKey:
        """The key."""
        return SigningKey(self._key.thumbprint, self._key.private)

    def published(self) -> list[dict[str, str]]:
        """Its public half."""
        return [self._key.published(self._key.thumbprint)]


@cache
def a_client_key() -> OneClientKey:
    """One for all tests of a process: making one takes a tenth of a second."""
    return OneClientKey()


class Naps:
    """Sleep that takes no time: it moves the clock and remembers how long it would have been."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._lock = Lock()
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        """Sleep."""
        with self._lock:
            self.taken.append(seconds)
            self._clock.advance(timedelta(seconds=seconds))


class Site:
    """A fake eCW and our roster over it."""

    def __init__(
        self,
        ecw: FakeEcw,
        *,
        calls_per_minute: int = 250,
        clock: Clock | None = None,
        keys: ClientKeys | None = None,
        **connection: Any,
    ) -> None:
        self.ecw = ecw
        self.clock = ManualClock()
        self.naps = Naps(self.clock)
        self.transport = HttpTransport(tls=TLS)
        known = {"base_url": ecw.base_url, "client_id": CLIENT_ID, "scopes": SCOPES} | connection
        self.protocol = EcwProtocol(
            EcwConnection(**known),
            ClientAssertions(known["client_id"], keys or a_client_key(), CountedIds("jti")),
            clock or self.clock,
            budget=CallBudget(calls_per_minute),
            jitter=lambda: 0.0,
        )
        self.roster = EcwRoster(self.protocol, self.transport, clock or self.clock, self.naps)
        ecw.at_end.append(self.roster.close)
