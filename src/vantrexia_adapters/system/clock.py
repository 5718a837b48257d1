"""The present, as this machine believes it to be."""

from datetime import UTC, datetime
from threading import Lock


class SystemClock:
    """Implements the core's ``Clock``: UTC, microseconds, never earlier than the call before.

    The machine's clock may be set back (NTP, a leap second, an operator). Within one process, time then
    stands still until the machine has caught up, so that no record is older than the one it follows.
    """

    __slots__ = ("_latest", "_lock")

    def __init__(self) -> None:
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._lock = Lock()

    def now(self) -> datetime:
        """The present in UTC, timezone-aware."""
        with self._lock:
            self._latest = max(self._latest, datetime.now(UTC))
            return self._latest
