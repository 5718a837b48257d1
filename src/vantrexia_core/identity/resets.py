"""Passwords that were forgotten: how long a token is good, and how long a mail is tried.

What waits for the mail server is the request, by a keyed digest of the address, and not the mail: a token is
made when a mail is about to leave, so neither tokens nor texts rest anywhere, and a request for an address
that nobody has waits in the same way.
"""

from datetime import datetime, timedelta
from typing import Final, Protocol

import attrs

from vantrexia_core.identity.model import User
from vantrexia_core.kernel import Email, Phi, UserId

RESET_TOKEN_BYTES: Final = 32
RESET_TOKEN_LIFE: Final = timedelta(hours=1)
"""From the moment its mail leaves (ASVS 5.0, 6.4: short-lived and used once)."""
RETRY_AFTER: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
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

    def after_attempt(self, at: datetime) -> "ResetRequest":
        """The request while a mail is on its way: due again, should nobody say that it has left."""
        wait = RETRY_AFTER[min(self.attempts, len(RETRY_AFTER) - 1)]
        return attrs.evolve(self, due_at=at + wait, attempts=self.attempts + 1)


class ResetRequests(Protocol):
    """Requests that wait for their mail, inside one transaction. Kept by a keyed digest of the address."""

    def ask(self, email: Email, *, at: datetime) -> None:
        """Note that somebody asked; the same for every address, known or not. Asking again begins anew."""
        ...

    def next_due(self, at: datetime) -> ResetRequest | None:
        """The request that has been due the longest; nobody else gets it until this transaction ends."""
        ...

    def postpone(self, request: ResetRequest) -> None:
        """Store when it is due again, and how often it was tried."""
        ...

    def close(self, request: ResetRequest) -> None:
        """Forget it, unless somebody has asked again since."""
        ...


class ResetTokens(Protocol):
    """Tokens that set a new password, inside one transaction: one for an account, kept by a keyed digest."""

    def put(self, user: User, token: Phi[str], *, expires_at: datetime) -> None:
        """Make a token good, in the place of the one before it."""
        ...

    def holds(self, user: User, token: Phi[str], *, at: datetime) -> bool:
        """Whether the token is good."""
        ...

    def take(self, user: User, token: Phi[str], *, at: datetime) -> bool:
        """Use the token up; False if it is not good (any more)."""
        ...

    def remove(self, user: User) -> None:
        """Forget the token of an account."""
        ...


@attrs.frozen
class Letter:
    """A mail to one person. Its text holds a secret and does not print."""

    to: Email
    subject: str
    text: Phi[str]


class MailUnavailableError(Exception):
    """A letter did not leave. The text says why, for an operator, and repeats nothing of the letter.

    Deliberately outside the `VantrexiaError` tree: letters leave behind the caller's back.
    """


class Mailer(Protocol):
    """Lets letters leave."""

    def send(self, letter: Letter) -> None:
        """Hand a letter over. Slow: never called while a transaction is open.

        Raises:
            MailUnavailableError: it was not handed over, and should be tried again later.
        """
        ...
