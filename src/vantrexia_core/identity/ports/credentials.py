"""What people prove themselves with: passwords, tokens, second factors, and letters that reset a password."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import attrs

from vantrexia_core.identity.clients import (
    ClientClaims,
    MachineClient,
)
from vantrexia_core.identity.letters import Letter
from vantrexia_core.identity.model import (
    Session,
    TokenClaims,
    TokenPair,
    User,
)
from vantrexia_core.identity.resets import ResetRequest
from vantrexia_core.identity.scopes import Scopes
from vantrexia_core.identity.second_factor import FactorCode, SecondFactor
from vantrexia_core.kernel import (
    Email,
    NotSignedInError,
    Phi,
)


class TokenNotValidError(NotSignedInError):
    """The token is forged, expired, of another kind, or its session or account is gone."""

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

    @property
    def session_life(self) -> timedelta:
        """How long a session lasts from its sign-in, however often its tokens are exchanged."""
        ...

    def issue(self, user: User, session: Session, *, at: datetime) -> TokenPair:
        """A pair for a session: an access token, and the refresh token that ``session.refresh_id`` names."""
        ...

    def read_access(self, token: Phi[str], *, at: datetime) -> TokenClaims:
        """What an access token says.

        Raises:
            TokenNotValidError: it is not a valid access token at ``at``.
        """
        ...

    def read_refresh(self, token: Phi[str], *, at: datetime) -> TokenClaims:
        """What a refresh token says.

        Raises:
            TokenNotValidError: it is not a valid refresh token at ``at``.
        """
        ...

    def issue_to_client(
        self, client: MachineClient, scopes: Scopes, *, at: datetime, expires_at: datetime
    ) -> Phi[str]:
        """An access token for a machine client, with what was granted to it. There is nothing to exchange."""
        ...

    def read_client(self, token: Phi[str], *, at: datetime) -> ClientClaims:
        """What a machine client's access token says.

        Raises:
            TokenNotValidError: it is not a valid one at ``at``; an account's is none.
        """
        ...


class SecondFactors(Protocol):
    """Second factors and backup codes of accounts, inside one transaction."""

    def get_to_change(self, user: User) -> SecondFactor | None:
        """The factor of an account, confirmed or not, locked until this transaction ends."""
        ...

    def keep(self, user: User, factor: SecondFactor) -> None:
        """Store a factor, in the place of the one that may be there."""
        ...

    def remove(self, user: User) -> None:
        """Forget an account's factor and its backup codes."""
        ...

    def put_backup_codes(self, user: User, codes: Sequence[FactorCode]) -> None:
        """Store codes, in the place of those that may be there. They cannot be read again."""
        ...

    def take_backup_code(self, user: User, code: FactorCode) -> bool:
        """Use a code up; False if the account has no such code (any more)."""
        ...


class FactorWork(Protocol):
    """A unit of work in which second factors can be used."""

    @property
    def second_factors(self) -> SecondFactors:
        """Second factors, inside this transaction."""
        ...


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

    def is_standing(self, request: ResetRequest) -> bool:
        """Whether its address still waits: nobody has answered or withdrawn it."""
        ...

    def withdraw(self, email: Email) -> None:
        """Forget the request of an address, however new it is."""
        ...


class ResetTokens(Protocol):
    """Tokens that set a new password, inside one transaction, kept by a keyed digest."""

    def put(self, user: User, token: Phi[str], *, at: datetime, expires_at: datetime) -> None:
        """Make a token good, beside those that have not expired at ``at``; the others are cleared away."""
        ...

    def newest_expiry(self, user: User) -> datetime | None:
        """When the last token of an account expires or expired; None if there is none."""
        ...

    def holds(self, user: User, token: Phi[str], *, at: datetime) -> bool:
        """Whether the token is good."""
        ...

    def take(self, user: User, token: Phi[str], *, at: datetime) -> bool:
        """Use the token up, and with it all others of the account; False if it is not good (any more)."""
        ...

    def remove(self, user: User) -> None:
        """Forget the tokens of an account."""
        ...


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
