"""A clock and an id source that keep the promises of `vantrexia_core.kernel.sources` and can be replayed."""

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from vantrexia_core.kernel import Phi

EPOCH = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
"""A Monday in March, away from midnight and from every change of the clocks."""


class ManualClock:
    """Stands still until it is told to go on; never goes back."""

    def __init__(self, at: datetime = EPOCH) -> None:
        if at.utcoffset() != timedelta(0):
            message = "a clock shows UTC"
            raise ValueError(message)
        self._now = at

    def now(self) -> datetime:
        """The present, as last set."""
        return self._now

    def advance(self, by: timedelta = timedelta(seconds=1)) -> datetime:
        """Let time pass and return the new present."""
        if by < timedelta(0):
            message = "time does not go back"
            raise ValueError(message)
        self._now += by
        return self._now


class CountedSecrets:
    """The same secrets in the same order on every run: digests of a counter."""

    def __init__(self, series: str = "secrets") -> None:
        self._series = series
        self._numbers = count(1)

    def new_secret(self, byte_count: int) -> Phi[bytes]:
        """The next one."""
        series = f"{self._series}/{next(self._numbers)}".encode()
        return Phi(hashlib.shake_256(series).digest(byte_count))


class CountedIds:
    """The same version-4 UUIDs in the same order on every run.

    They are digests of a counter, so that their own order is not that of their making: a list that is
    accidentally in order of creation cannot pass for one in order of id.
    """

    def __init__(self, series: str = "ids") -> None:
        self._series = series
        self._numbers = count(1)

    def new_id(self) -> UUID:
        """The next one."""
        digest = hashlib.sha256(f"{self._series}/{next(self._numbers)}".encode()).digest()
        return UUID(bytes=digest[:16], version=4)
