"""Where time, fresh ids and secrets come from.

Injected, so that tests can set them and a run can be replayed.
"""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from vantrexia_core.kernel.phi import Phi


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


class SecretSource(Protocol):
    """Fresh secrets."""

    def new_secret(self, byte_count: int) -> Phi[bytes]:
        """Bytes that nobody can guess, from a generator fit for keys; never given out before."""
        ...
