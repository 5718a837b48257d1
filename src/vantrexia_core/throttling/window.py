"""The arithmetic of a limit: a log of admitted hits that slides with time.

A hit is admitted if fewer than ``limit.hits`` were admitted in the ``limit.seconds`` before it. So whoever
kept to the limit is never refused, and no stretch of that length ever has more, wherever it begins: a fixed
window lets twice as many pass around its border. A refused hit is not counted, or a caller that does not
stop would never be let in again. The time to wait is known exactly: until the oldest hit leaves the log.

Time is whole milliseconds, 48 bits of them a mark, so that marks sort as bytes and every store can keep
them as one value and compare them without understanding them.
"""

from datetime import datetime
from typing import Final

import attrs

from vantrexia_core.throttling.policy import Limit

MARK_BYTES: Final = 6
MARKS_MAX: Final = 1_000
"""Up to this limit each hit has a mark. Above it a mark stands for a group of hits, and the group counts
until its last hit leaves: never more than the limit pass, and less than a thousandth of it is let in late."""

_MILLISECONDS: Final = 1_000


@attrs.frozen
class Window:
    """What is remembered of a bucket.

    ``marks`` are oldest first; ``part`` counts the hits since the last of them; ``latest`` is when the newest
    hit was admitted, in milliseconds.
    """

    marks: bytes = b""
    part: int = 0
    latest: int = 0

    def is_over(self, limit: Limit, at: int) -> bool:
        """Whether none of its hits counts any more."""
        return self.latest + limit.seconds * _MILLISECONDS <= at


@attrs.frozen
class Standing:
    """How a bucket stands after a hit. In ``seconds`` (rounded up, at least 1) the next hit becomes free."""

    limit: Limit
    is_admitted: bool
    remaining: int
    seconds: int


def milliseconds(at: datetime) -> int:
    """A moment as stores count it."""
    return int(at.timestamp() * _MILLISECONDS)


def mark(at: int) -> bytes:
    """A moment in milliseconds as it stands in the log."""
    return at.to_bytes(MARK_BYTES, "big")


def oldest_that_counts(limit: Limit, at: int) -> int:
    """The earliest moment whose hits still count at ``at``."""
    return at - limit.seconds * _MILLISECONDS + 1


def kept_bytes(limit: Limit) -> int:
    """How much of a log is kept: no older mark can decide anything."""
    return limit.hits // group_of(limit) * MARK_BYTES


def group_of(limit: Limit) -> int:
    """How many hits a mark stands for."""
    return -(-limit.hits // MARKS_MAX)


def hit(window: Window, limit: Limit, at: int) -> Window | None:
    """The window after one more hit at ``at`` milliseconds, or None if the hit is refused.

    Marks never go back: where hosts' clocks differ, the one behind counts by its own time what the one ahead
    has recorded, and so admits no more than either would alone.
    """
    if _counted(window, limit, at) >= limit.hits:
        return None
    group = group_of(limit)
    part = (0 if window.is_over(limit, at) else window.part) + 1
    if part < group:
        return Window(window.marks, part, max(at, window.latest))
    latest = max(at, window.latest)
    return Window((window.marks + mark(latest))[-kept_bytes(limit) :], 0, latest)


def standing(window: Window, limit: Limit, at: int, *, is_admitted: bool) -> Standing:
    """How a bucket stands whose window was left like this by a hit at ``at`` milliseconds."""
    counted = _counted(window, limit, at)
    free_at = window.latest
    if is_admitted:
        live = _live(window.marks, limit, at)
        if live:
            free_at = _mark(window.marks, len(window.marks) // MARK_BYTES - live)
    else:
        # As many marks as there are hits beyond what the open group leaves: when the first of those goes.
        needed = -(-(limit.hits - window.part) // group_of(limit))
        free_at = _mark(window.marks, max(0, len(window.marks) // MARK_BYTES - needed))
    wait = free_at + limit.seconds * _MILLISECONDS - at
    return Standing(limit, is_admitted, max(0, limit.hits - counted), max(1, -(-wait // _MILLISECONDS)))


def _counted(window: Window, limit: Limit, at: int) -> int:
    if window.is_over(limit, at):
        return 0
    return group_of(limit) * _live(window.marks, limit, at) + window.part


def _live(marks: bytes, limit: Limit, at: int) -> int:
    """How many marks are younger than the window is long: found by halving."""
    oldest = mark(oldest_that_counts(limit, at))
    count = len(marks) // MARK_BYTES
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        start = middle * MARK_BYTES
        if marks[start : start + MARK_BYTES] < oldest:
            low = middle + 1
        else:
            high = middle
    return count - low


def _mark(marks: bytes, position: int) -> int:
    start = position * MARK_BYTES
    return int.from_bytes(marks[start : start + MARK_BYTES], "big")
