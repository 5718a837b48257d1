"""Windows of hits in the memory of one process."""

from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import Final

from vantrexia_core.throttling import Bucket, Standing, Window, hit, milliseconds, standing

BUCKETS_MAX: Final = 50_000
"""Buckets a limit may have in memory: some 250 bytes each when hardly used, 6 KiB more at 1,000 hits."""

_FRESH: Final = Window()


class MemoryRateStore:
    """Implements the core's ``RateStore`` for one process. Threads may share it.

    Bounded: a bucket in which nothing counts any more is dropped, and of too many the one that was hit
    longest ago. Whoever has addresses enough to bring that about has as many buckets anyway.
    """

    def __init__(self, *, buckets_max: int = BUCKETS_MAX) -> None:
        self._buckets_max: Final = buckets_max
        self._lock: Final = Lock()
        # By scope and limit: a flood of addresses must not push out users, nor one window's length another's.
        self._windows: Final[dict[tuple[str, object], OrderedDict[str, Window]]] = {}

    def hit(self, bucket: Bucket, *, at: datetime) -> Standing:
        """See `RateStore`."""
        limit, now = bucket.limit, milliseconds(at)
        with self._lock:
            windows = self._windows.get((bucket.scope, limit))
            if windows is None:
                windows = self._windows[bucket.scope, limit] = OrderedDict()
            window = windows.get(bucket.who, _FRESH)
            after = hit(window, limit, now)
            if after is not None:
                windows[bucket.who] = after
            windows.move_to_end(bucket.who)
            # Two for one: whatever has grown shrinks again, and no call pays for all the others.
            for _ in range(2):
                who = next(iter(windows))
                if who == bucket.who:
                    break
                if not windows[who].is_over(limit, now) and len(windows) <= self._buckets_max:
                    break
                del windows[who]
        return standing(window if after is None else after, limit, now, is_admitted=after is not None)

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._windows.values()))
