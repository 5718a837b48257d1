"""When an address is locked: the law, and nothing that counts or stores.

Failures are counted for the address that was typed, whether or not an account has it: an outsider cannot tell
the two apart (ASVS 5.0, 6.3.8). The fifth failure in a row locks; each attempt while locked moves the end.
"""

from datetime import datetime, timedelta
from typing import Final

import attrs

from vantrexia_core.kernel import VantrexiaError

FAILURES_MAX: Final = 5
"""The failure that locks. NIST SP 800-63B-4 allows up to a hundred."""
LOCK_LIFE: Final = timedelta(minutes=30)
FORGOTTEN_AFTER: Final = timedelta(days=30)
"""Failures of an address that nobody tries any more are forgotten, or made-up addresses would pile up."""


class AccountLockedError(VantrexiaError):
    """Too many failed attempts with this address; wait, or ask an administrator."""

    code = "account_locked"
    sentence = "Too many failed attempts. Wait until the time given, or ask an administrator to unlock you."

    def __init__(self, locked_until: datetime) -> None:
        super().__init__()
        self.locked_until: Final = locked_until


@attrs.frozen
class Failures:
    """The failed sign-ins of one address since the last success. ``locked_until`` is set by the fifth."""

    count: int = 0
    locked_until: datetime | None = None

    def is_locked(self, at: datetime) -> bool:
        """Whether attempts are refused at this moment."""
        return self.locked_until is not None and at < self.locked_until

    def after_failure(self, at: datetime) -> "Failures":
        """One more, at this moment. A lock that has run out begins a new count."""
        if self.is_locked(at):
            return Failures(self.count + 1, at + LOCK_LIFE)
        count = 1 if self.locked_until is not None else self.count + 1
        return Failures(count, at + LOCK_LIFE if count >= FAILURES_MAX else None)
