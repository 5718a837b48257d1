"""What identity needs from the world."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

import attrs

from vantrexia_core.audit import AuditTrail, Desk, RecordedWork
from vantrexia_core.identity.break_glass import BreakGlass, EmergencyNotice
from vantrexia_core.identity.clients import (
    AssertionClaims,
    ClientClaims,
    ClientKeys,
    MachineClient,
    NewClient,
)
from vantrexia_core.identity.letters import Letter
from vantrexia_core.identity.lockout import Failures
from vantrexia_core.identity.model import (
    Account,
    NewUser,
    Practice,
    Present,
    Session,
    TokenClaims,
    TokenPair,
    User,
)
from vantrexia_core.identity.resets import ResetRequest
from vantrexia_core.identity.scopes import Scopes
from vantrexia_core.identity.second_factor import FactorCode, SecondFactor
from vantrexia_core.kernel import (
    ClientId,
    Clock,
    ConflictError,
    Email,
    InvalidError,
    NotSignedInError,
    Phi,
    SecretSource,
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


class ClientNameTakenError(InvalidError):
    """The practice has registered another client under this name."""

    def __init__(self) -> None:
        complaint = "Another client of this practice has this name, perhaps a revoked one. Choose another."
        super().__init__({"name": (complaint,)})


class ForgedClientError(ConflictError):
    """The stored client is not the one that this service wrote."""

    code = "client_forged"
    sentence = (
        "This client's row was changed by something other than this service. It is not let in. Restore it "
        "from your backup, and find out who can write to the database."
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


class ClientStore(Protocol):
    """The machine clients of one practice, inside one transaction."""

    def add(self, new: NewClient, *, client_id: ClientId, at: datetime) -> MachineClient:
        """Store a client and give it its number.

        Raises:
            ClientNameTakenError: the practice has one of this name.
        """
        ...

    def all(self) -> Sequence[MachineClient]:
        """All clients of the practice, revoked ones too, by number."""
        ...

    def get_to_change(self, client_id: ClientId) -> MachineClient:
        """A client; until this transaction ends nobody else can change it.

        Raises:
            NotFoundError: no such client in this practice.
        """
        ...

    def save(self, client: MachineClient) -> None:
        """Store what can change about a client: scopes, keys, whether it is revoked, its version.

        Raises:
            NotFoundError: no such client in this practice.
            ForgedClientError: the stored client is not genuine.
        """
        ...


class Clients(Protocol):
    """Machine clients of every practice, read before anybody is known: for a token and for each request."""

    def by_id(self, client_id: ClientId) -> MachineClient | None:
        """The client that calls itself so, as it is now."""
        ...

    def by_number(self, number: UserId) -> MachineClient | None:
        """A client as it is now."""
        ...


class UsedAssertions(Protocol):
    """Which client assertions were used, inside one transaction."""

    def use(self, client: MachineClient, jti: str, *, at: datetime, expires_at: datetime) -> bool:
        """Use an assertion up; False if the client used one of this ``jti`` before.

        Of many transactions that use one at once, one gets True. What has expired is forgotten, not before.
        """
        ...


class ClientProofs(Protocol):
    """How machine clients prove who they are: keys, and what is signed with them (RFC 7523)."""

    def admitted_jwks(self, text: str) -> str:
        """A JWK Set in the form in which it is kept.

        Raises:
            InvalidValueError: it is none, or its keys are not of the kind that we take; the text says which.
        """
        ...

    def admitted_url(self, text: str) -> str:
        """The URL of a JWK Set, in the form in which it is kept. Nothing is fetched.

        Raises:
            InvalidValueError: we would not fetch keys from there.
        """
        ...

    def read(self, assertion: Phi[str]) -> AssertionClaims:
        """What an assertion says. Nothing of it is proved.

        Raises:
            InvalidClientError: it is no assertion as we take them.
        """
        ...

    def found(self, keys: ClientKeys) -> Sequence[str]:
        """What is found of a client's keys now, for an administrator: a name and an algorithm for each.

        Raises:
            InvalidValueError: they are not to be had; the text says why.
        """
        ...

    def check(self, assertion: Phi[str], keys: ClientKeys) -> None:
        """Whether one of a client's keys has signed an assertion. Slow where the keys have to be fetched.

        Raises:
            InvalidClientError: none of them has, or they are not to be had.
        """
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


class EmergencyStore(Protocol):
    """The emergencies that a practice's people declared, inside one transaction. They are never removed."""

    def add(self, emergency: BreakGlass, told: Sequence[UserId]) -> None:
        """Store a new one, and whom a letter has to tell of it."""
        ...

    def count(self) -> int:
        """How many there are."""
        ...

    def count_by(self, user_id: UserId, *, after: datetime) -> int:
        """How many of them an account declared after a moment."""
        ...

    def newest_first(self, *, skip: int, limit: int) -> Sequence[BreakGlass]:
        """A part of them, those declared last first."""
        ...


class EmergencyNotices(Protocol):
    """Who has yet to be told of emergencies, in every practice, inside one transaction."""

    def next_due(self, at: datetime) -> EmergencyNotice | None:
        """The notice that has been due the longest; nobody else gets it until this transaction ends."""
        ...

    def postpone(self, notice: EmergencyNotice) -> None:
        """Store when it is due again, and how often it was tried."""
        ...

    def close(self, notice: EmergencyNotice) -> None:
        """Forget it: the letter has left, or there is nobody to tell."""
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


class CredentialWork(FactorWork, Protocol):
    """What a unit of work holds of people's credentials, whoever begins it."""

    @property
    def sessions(self) -> SessionStore:
        """Sessions, inside this transaction."""
        ...

    @property
    def lockouts(self) -> Lockouts:
        """Failed sign-ins, inside this transaction."""
        ...

    @property
    def reset_requests(self) -> ResetRequests:
        """Requests for a new password, inside this transaction."""
        ...


class SignInWork(CredentialWork, Protocol):
    """A unit of work before anybody is signed in, of no practice."""

    @property
    def trail(self) -> AuditTrail:
        """The trail, inside this transaction."""
        ...

    @property
    def accounts(self) -> SignInStore:
        """Accounts, inside this transaction."""
        ...

    @property
    def used_assertions(self) -> UsedAssertions:
        """Assertions of machine clients, inside this transaction."""
        ...

    @property
    def emergency_notices(self) -> EmergencyNotices:
        """Who has yet to be told of emergencies, inside this transaction."""
        ...

    def commit(self) -> None:
        """Keep everything done in this work, trail included, or nothing."""
        ...


class UserWork(RecordedWork, CredentialWork, Protocol):
    """The unit of work of account administration."""

    @property
    def users(self) -> UserStore:
        """The practice's accounts, inside this transaction."""
        ...

    @property
    def reset_tokens(self) -> ResetTokens:
        """Tokens that set a new password, inside this transaction."""
        ...

    @property
    def emergencies(self) -> EmergencyStore:
        """The emergencies that the practice's people declared, inside this transaction."""
        ...


class ClientWork(RecordedWork, Protocol):
    """The unit of work of the administration of machine clients."""

    @property
    def clients(self) -> ClientStore:
        """The practice's machine clients, inside this transaction."""
        ...


class ClientDesk(Desk[ClientWork], Protocol):
    """Where the administration of machine clients is begun."""

    @property
    def proofs(self) -> ClientProofs:
        """How clients prove who they are."""
        ...


class UserDesk(Desk[UserWork], Protocol):
    """Where account administration is begun."""

    @property
    def secrets(self) -> SecretSource:
        """Fresh secrets."""
        ...

    @property
    def passwords(self) -> Passwords:
        """Password hashing."""
        ...


class AccountDesk(Protocol):
    """Where an account is looked up before its holder acts, whatever practice it belongs to."""

    @property
    def clock(self) -> Clock:
        """The present."""
        ...

    @property
    def accounts(self) -> Accounts:
        """Accounts of every practice."""
        ...

    def begin_sign_in(self) -> AbstractContextManager[SignInWork]:
        """A unit of work of no practice: nobody is known yet."""
        ...


class StandingDesk(Protocol):
    """Where it is looked up whether somebody who acts would still be let in."""

    @property
    def clock(self) -> Clock:
        """The present."""
        ...

    @property
    def accounts(self) -> Accounts:
        """Accounts of every practice."""
        ...

    @property
    def clients(self) -> Clients:
        """Machine clients of every practice."""
        ...


class SignInDesk(UserDesk, AccountDesk, Protocol):
    """Where people are let in."""

    @property
    def tokens(self) -> Tokens:
        """Tokens."""
        ...

    @property
    def proofs(self) -> ClientProofs:
        """How machine clients prove who they are."""
        ...

    @property
    def clients(self) -> Clients:
        """Machine clients of every practice."""
        ...
