"""Accounts and sessions, and what is known of failed sign-ins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from vantrexia_core.identity.lockout import Failures
from vantrexia_core.identity.model import (
    Account,
    NewUser,
    Practice,
    Present,
    Session,
    User,
)
from vantrexia_core.kernel import (
    ConflictError,
    Email,
    InvalidError,
    SessionId,
    TokenId,
    UserId,
)


class EmailTakenError(InvalidError):
    """Another account signs in with this address."""

    def __init__(self) -> None:
        super().__init__({"email": ("Another account already uses this email address.",)})


class ForgedAccountError(ConflictError):
    """The stored account is not the one that this service wrote."""

    code = "account_forged"
    sentence = (
        "This account's row was changed by something other than this service. Nobody signs in with it. "
        "Restore it from your backup, and find out who can write to the database."
    )


class UserStore(Protocol):
    """The accounts of one practice, inside one transaction."""

    def add(self, new: NewUser, password_hash: str) -> User:
        """Store an account and give it its id.

        Raises:
            EmailTakenError: an account of any practice has this address.
        """
        ...

    def get(self, user_id: UserId) -> User:
        """One account, as it is now.

        Raises:
            NotFoundError: no such account in this practice.
        """
        ...

    def get_to_change(self, user_id: UserId) -> User:
        """Like `get`; until this transaction ends nobody else can change the account.

        Raises:
            NotFoundError: no such account in this practice.
        """
        ...

    def save(self, user: User) -> None:
        """Store what can change about an account: address, names, phone, role, activity, second factor.

        Raises:
            NotFoundError: no such account in this practice.
            EmailTakenError: another account has this address.
            ForgedAccountError: the stored account is not genuine.
        """
        ...

    def set_password(self, user_id: UserId, password_hash: str) -> None:
        """Store a new password's hash; the one before it is remembered, and the oldest forgotten.

        Raises:
            NotFoundError: no such account in this practice.
            ForgedAccountError: the stored account is not genuine.
        """
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

    def administrators(self) -> Sequence[User]:
        """Those of `all` who can act as administrators now: a practice may have very many accounts."""
        ...

    def all_to_change(self) -> Sequence[User]:
        """Like `all`; until this transaction ends nobody else can change one of them."""
        ...

    def practice(self) -> Practice:
        """The practice these accounts belong to."""
        ...


class SessionStore(Protocol):
    """The sessions of all accounts, inside one transaction. Ended ones are not there any more."""

    def open(self, session: Session) -> None:
        """Store a new session. What has expired of the same user's is cleared away."""
        ...

    def get(self, session_id: SessionId) -> Session | None:
        """A session that has not ended; it may have expired."""
        ...

    def rotate(self, session_id: SessionId, presented: TokenId, successor: TokenId, *, at: datetime) -> bool:
        """Put a successor in the place of the refresh token that was presented.

        False, and nothing is changed, if the session is over or another token is in its place. Of many
        transactions that present the same token, one gets True: the others wait for it to end.
        """
        ...

    def end(self, session_id: SessionId) -> bool:
        """End a session; False if there was none. Its tokens are worth nothing from the next request on."""
        ...

    def end_all(self, user_id: UserId, *, but: SessionId | None = None) -> int:
        """End all sessions of an account, perhaps but one; how many there were."""
        ...


class Lockouts(Protocol):
    """Failed sign-ins by address, known or not, inside one transaction. Kept by a keyed digest alone."""

    def get(self, email: Email) -> Failures:
        """The failures of an address."""
        ...

    def get_to_change(self, email: Email) -> Failures:
        """The failures of an address; until this transaction ends nobody else reads them to change them.

        Take an account's own lock before this one: the order in which everybody takes them.
        """
        ...

    def keep(self, email: Email, failures: Failures, *, at: datetime) -> None:
        """Store what `get_to_change` gave, after another failure at ``at``."""
        ...

    def clear(self, email: Email) -> None:
        """Forget the failures of an address."""
        ...


class Accounts(Protocol):
    """Accounts of every practice, read before anybody is known: for signing in and for each request."""

    def by_email(self, email: Email) -> Account | None:
        """The account that signs in with this address, whatever its case."""
        ...

    def by_id(self, user_id: UserId) -> User | None:
        """An account as it is now."""
        ...

    def in_session(self, user_id: UserId, session_id: SessionId, *, at: datetime) -> Present | None:
        """The account whose session this is, as it is now; None if it is not theirs, has ended or expired."""
        ...

    def failures(self, email: Email) -> Failures:
        """The failed sign-ins of an address as they are now, without waiting for anybody."""
        ...


class SignInStore(Protocol):
    """Accounts of every practice, inside the transaction of a sign-in."""

    def get_to_change(self, email: Email) -> Account | None:
        """The account of an address; until this transaction ends nobody else can change it."""
        ...

    def get(self, user_id: UserId) -> User | None:
        """An account as it is now."""
        ...

    def signed_in(self, user_id: UserId, *, at: datetime, password_hash: str | None = None) -> None:
        """Note the moment of a sign-in, and perhaps keep the password's hash anew."""
        ...
