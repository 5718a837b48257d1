"""How much one caller may ask: limits by scope, the log of hits that decides, and the store that keeps it."""

from vantrexia_core.throttling.policy import (
    HITS_MAX,
    PUBLISHED,
    Bucket,
    Limit,
    Limits,
    Scope,
    ThrottledError,
)
from vantrexia_core.throttling.ports import RateStore
from vantrexia_core.throttling.window import (
    MARK_BYTES,
    MARKS_MAX,
    Standing,
    Window,
    group_of,
    hit,
    kept_bytes,
    mark,
    milliseconds,
    oldest_that_counts,
    standing,
)

__all__ = [
    "HITS_MAX",
    "MARKS_MAX",
    "MARK_BYTES",
    "PUBLISHED",
    "Bucket",
    "Limit",
    "Limits",
    "RateStore",
    "Scope",
    "Standing",
    "ThrottledError",
    "Window",
    "group_of",
    "hit",
    "kept_bytes",
    "mark",
    "milliseconds",
    "oldest_that_counts",
    "standing",
]
