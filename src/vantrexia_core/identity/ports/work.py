"""Units of work and desks: what a use case of identity can reach, and where it begins."""

from contextlib import AbstractContextManager
from typing import Protocol

from vantrexia_core.audit import AuditTrail, Desk, RecordedWork
from vantrexia_core.identity.ports.accounts import Accounts, Lockouts, SessionStore, SignInStore, UserStore
from vantrexia_core.identity.ports.clients import ClientProofs, Clients, ClientStore, UsedAssertions
from vantrexia_core.identity.ports.credentials import (
    FactorWork,
    Passwords,
    ResetRequests,
    ResetTokens,
    Tokens,
)
from vantrexia_core.identity.ports.emergencies import EmergencyNotices, EmergencyStore
from vantrexia_core.kernel import (
    Clock,
    SecretSource,
)


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
