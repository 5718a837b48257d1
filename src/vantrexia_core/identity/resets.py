"""Passwords that were forgotten: how long a token is good, and how long a mail is tried.

What waits for the mail server is the request, under a keyed digest of the address, and not the mail: a token
is made when its mail is about to leave. So neither tokens nor texts are stored, and a request for an address
without an account waits in the same way.
"""

from datetime import datetime, timedelta
from typing import Final

import attrs

from vantrexia_core.kernel import UserId

RESET_TOKEN_BYTES: Final = 32
RESET_TOKEN_LIFE: Final = timedelta(hours=1)
"""From the moment its mail leaves (ASVS 5.0, 6.4: short-lived and used once)."""
LETTER_EVERY: Final = timedelta(minutes=5)
"""An account gets one letter in this time, however often it is asked for one: nobody's mailbox is flooded."""
RETRY_AFTER: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60))
"""How long to wait after each attempt to send a mail; the last one goes on."""
GIVEN_UP_AFTER: Final = timedelta(days=1)
"""Nobody waits longer for such a mail; they have asked again or gone to an administrator."""


@attrs.frozen
class ResetRequest:
    """Somebody asked for a reset. ``user_id`` is None where no account has the address.

    ``key`` is the store's own name for it.
    """

    key: bytes = attrs.field(repr=False)
    user_id: UserId | None
    requested_at: datetime
    due_at: datetime
    attempts: int = 0

    def is_given_up(self, at: datetime) -> bool:
        """Whether it is too late to answer it."""
        return at - self.requested_at >= GIVEN_UP_AFTER

    def too_soon_until(self, newest_expiry: datetime | None, at: datetime) -> "ResetRequest | None":
        """The request put off, if the newest token of its account is too young for another letter."""
        if newest_expiry is None:
            return None
        free_at = newest_expiry - RESET_TOKEN_LIFE + LETTER_EVERY
        # Nothing was tried, so no attempt is counted.
        return attrs.evolve(self, due_at=free_at, attempts=self.attempts - 1) if at < free_at else None

    def after_attempt(self, at: datetime) -> "ResetRequest":
        """The request while a mail is on its way: due again, should nobody say that it has left."""
        wait = RETRY_AFTER[min(self.attempts, len(RETRY_AFTER) - 1)]
        return attrs.evolve(self, due_at=at + wait, attempts=self.attempts + 1)
