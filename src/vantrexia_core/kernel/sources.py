"""Where time and fresh ids come from. Injected, so that a whole run can be replayed from a seed."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    """The present."""

    def now(self) -> datetime:
        """The present in UTC, timezone-aware, microsecond precision; never earlier than the call before."""
        ...


class IdSource(Protocol):
    """Fresh identifiers."""

    def new_id(self) -> UUID:
        """A UUID that was never given out before (RFC 9562, version 4)."""
        ...
