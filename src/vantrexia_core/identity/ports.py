"""What identity needs from the world."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

import attrs

from vantrexia_core.audit import AuditTrail, Desk, RecordedWork
from vantrexia_core.identity.model import Account, NewUser, TokenPair, User
from vantrexia_core.kernel import Email, InvalidError, NotSignedInError, Phi, UserId


class EmailTakenError(InvalidError):
    """Another account signs in with this address."""

    def __init__(self) -> None:
        super().__init__({"email": ("Another account already uses this email address.",)})


class TokenNotValidError(NotSignedInError):
    """The token is forged, expired, of another kind, or its account is gone."""

    code = "token_not_valid"
    sentence = "This token is not valid or has expired. Sign in again."


@attrs.frozen
class Verdict:
    """Whether a password matches, and whether its hash should be made anew with today's parameters."""

    matches: bool
    needs_rehash: bool = False


class Passwords(Protocol):
    """Password hashing (Argon2id, RFC 9106), and which passwords an attacker tries first.

    What is hashed and compared are `password_bytes`: one password has one form, however it was typed.
    """

    def hash(self, password: Phi[str]) -> str:
        """The PHC string to store. Slow and memory-hungry by design."""
        ...

    def verify(self, password_hash: str | None, password: Phi[str]) -> Verdict:
        """Compare in constant time; None stands for an unknown account and takes just as long."""
        ...

    def is_guessable(self, password: Phi[str]) -> bool:
        """Whether it is among the passwords that are tried first: often used, or made from those by habit."""
        ...


class Tokens(Protocol):
    """Access and refresh tokens (RFC 7519, held to RFC 8725)."""

    def issue(self, user: User, *, at: datetime) -> TokenPair:
        """A fresh pair for a sign-in at ``at``."""
        ...

    def read_access(self, token: Phi[str], *, at: datetime) -> UserId:
        """Whose access token this is.

        Raises:
            TokenNotValidError: it is not a valid access token at ``at``.
        """
        ...


class UserStore(Protocol):
    """The accounts of one practice, inside one transaction."""

    def add(self, new: NewUser, password_hash: str) -> User:
        """Store an account and give it its id.

        Raises:
            EmailTakenError: an account of any practice has this address.
        """
        ...

    def get(self, user_id: UserId) -> User:
        """One account.

        Raises:
            NotFoundError: no such account in this practice.
        """
        ...

    def save(self, user: User) -> None:
        """Store role and activity of an account."""
        ...

    def set_password(self, user_id: UserId, password_hash: str) -> None:
        """Store a new password's hash; the one before it is remembered, and the oldest forgotten."""
        ...

    def password_hashes(self, user_id: UserId) -> Sequence[str]:
        """The hashes of the present password and those before it, newest first: `PASSWORDS_BARRED` at most.

        Raises:
            NotFoundError: no such account in this practice.
        """
        ...

    def all(self) -> Sequence[User]:
        """All accounts of the practice, by id."""
        ...


class Accounts(Protocol):
    """Accounts of every practice, read before anybody is known: for signing in and for each request."""

    def by_email(self, email: Email) -> Account | None:
        """The account that signs in with this address, whatever its case."""
        ...

    def by_id(self, user_id: UserId) -> User | None:
        """An account as it is now."""
        ...


class SignInWork(Protocol):
    """A unit of work before anybody is signed in: it can do nothing but write the trail."""

    @property
    def trail(self) -> AuditTrail:
        """The trail, inside this transaction."""
        ...

    def commit(self) -> None:
        """Keep the entry."""
        ...


class UserWork(RecordedWork, Protocol):
    """The unit of work of account administration."""

    @property
    def users(self) -> UserStore:
        """The practice's accounts, inside this transaction."""
        ...


class UserDesk(Desk[UserWork], Protocol):
    """Where account administration is begun."""

    @property
    def passwords(self) -> Passwords:
        """Password hashing."""
        ...


class SignInDesk(Desk[UserWork], Protocol):
    """Where people are let in."""

    @property
    def accounts(self) -> Accounts:
        """Accounts of every practice."""
        ...

    @property
    def passwords(self) -> Passwords:
        """Password hashing."""
        ...

    @property
    def tokens(self) -> Tokens:
        """Tokens."""
        ...

    def begin_sign_in(self) -> AbstractContextManager[SignInWork]:
        """A unit of work for the trail alone."""
        ...
