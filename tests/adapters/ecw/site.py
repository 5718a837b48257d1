"""A roster over the fake eCW: real sockets, real signatures, a clock that only sleeping moves."""

import ssl
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from tests.adapters.ecw.server import CLIENT_ID, SCOPES, FakeEcw
from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.ecw import (
    CallBudget,
    ClientAssertions,
    ClientKeyFile,
    EcwConnection,
    EcwProtocol,
    EcwRoster,
    HttpTransport,
)
from vantrexia_core.kernel import Clock

TLS = ssl.create_default_context()
"""Made once: reading the machine's certificates takes longer than most tests."""
_FOLDER = TemporaryDirectory(prefix="vantrexia-test-keys-")


@cache
def a_key_file() -> ClientKeyFile:
    """One key pair for all tests of a process: making one takes a tenth of a second."""
    keys = ClientKeyFile(Path(_FOLDER.name) / "ecw.pem")
    keys.create()
    return keys


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
        keys: ClientKeyFile | None = None,
        **connection: Any,
    ) -> None:
        self.ecw = ecw
        self.clock = ManualClock()
        self.naps = Naps(self.clock)
        self.transport = HttpTransport(tls=TLS)
        known = {"base_url": ecw.base_url, "client_id": CLIENT_ID, "scopes": SCOPES} | connection
        self.protocol = EcwProtocol(
            EcwConnection(**known),
            ClientAssertions(known["client_id"], keys or a_key_file(), CountedIds("jti")),
            clock or self.clock,
            budget=CallBudget(calls_per_minute),
            jitter=lambda: 0.0,
        )
        self.roster = EcwRoster(self.protocol, self.transport, clock or self.clock, self.naps)
        ecw.at_end.append(self.roster.close)
