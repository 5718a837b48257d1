"""Accounts, sessions and failed sign-ins in memory. Nobody writes to it behind our back: all is genuine."""

from collections.abc import Callable, Sequence
from datetime import datetime

import attrs

from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.state import Memory
from vantrexia_core.identity import (
    FORGOTTEN_AFTER,
    PASSWORDS_BARRED,
    Account,
    BreakGlass,
    EmailTakenError,
    EmergencyNotice,
    FactorCode,
    Failures,
    MachineClient,
    NewUser,
    Practice,
    Present,
    ResetRequest,
    SecondFactor,
    Session,
    User,
)
from vantrexia_core.kernel import (
    ClientId,
    Email,
    EmergencyId,
    NotFoundError,
    Phi,
    PracticeId,
    SessionId,
    TokenId,
    UserId,
)


class Identities:
    """What one unit of work changes of accounts, their credentials, sessions and failed sign-ins."""

    def __init__(self, memory: Memory) -> None:
        self.accounts: Draft[UserId, Account] = Draft(memory.accounts)
        self.by_email: Draft[str, UserId] = Draft(memory.by_email)
        self.former_passwords: Draft[UserId, tuple[str, ...]] = Draft(memory.former_passwords)
        self.sessions: Draft[SessionId, Session] = Draft(memory.sessions)
        self.failures: Draft[str, tuple[Failures, datetime]] = Draft(memory.failures)
        self.factors: Draft[UserId, SecondFactor] = Draft(memory.factors)
        self.backup_codes: Draft[UserId, tuple[FactorCode, ...]] = Draft(memory.backup_codes)
        self.reset_tokens: Draft[UserId, tuple[tuple[Phi[str], datetime], ...]] = Draft(memory.reset_tokens)
        self.reset_requests: Draft[bytes, ResetRequest] = Draft(memory.reset_requests)
        self.clients: Draft[ClientId, MachineClient] = Draft(memory.clients)
        self.used_assertions: Draft[tuple[UserId, str], datetime] = Draft(memory.used_assertions)
        self.emergencies: Draft[EmergencyId, BreakGlass] = Draft(memory.emergencies)
        self.notices: Draft[tuple[EmergencyId, UserId], EmergencyNotice] = Draft(memory.notices)

    def merged(self, before: Memory) -> Memory:
        """The memory with these changes."""
        return attrs.evolve(
            before,
            accounts=self.accounts.merged(),
            by_email=self.by_email.merged(),
            former_passwords=self.former_passwords.merged(),
            sessions=self.sessions.merged(),
            failures=self.failures.merged(),
            factors=self.factors.merged(),
            backup_codes=self.backup_codes.merged(),
            reset_tokens=self.reset_tokens.merged(),
            reset_requests=self.reset_requests.merged(),
            clients=self.clients.merged(),
            used_assertions=self.used_assertions.merged(),
            emergencies=self.emergencies.merged(),
            notices=self.notices.merged(),
        )


class MemoryUsers:
    """One practice's accounts in one unit of work."""

    def __init__(self, practice_id: PracticeId, identities: Identities) -> None:
        self._practice_id = practice_id
        self._accounts = identities.accounts
        self._by_email = identities.by_email
        self._former_passwords = identities.former_passwords

    def add(self, new: NewUser, password_hash: str) -> User:
        """See `UserStore`."""
        if self._by_email.get(_folded(new.email)) is not None:
            raise EmailTakenError
        user = User(
            id=UserId(1 + max((id_ for id_, _ in self._accounts.items()), default=0)),
            practice_id=self._practice_id,
            email=new.email,
            name=new.name,
            role=new.role,
            is_active=new.is_active,
            patient_id=new.patient_id,
            phone=new.phone,
        )
        self._accounts.put(user.id, Account(user, password_hash))
        self._by_email.put(_folded(new.email), user.id)
        return user

    def get(self, user_id: UserId) -> User:
        """See `UserStore`."""
        return self._account(user_id).user

    def get_to_change(self, user_id: UserId) -> User:
        """See `UserStore`."""
        return self.get(user_id)

    def save(self, user: User) -> None:
        """See `UserStore`."""
        account = self._account(user.id)
        owner = self._by_email.get(_folded(user.email))
        if owner not in {None, user.id}:
            raise EmailTakenError
        self._by_email.remove(_folded(account.user.email))
        self._by_email.put(_folded(user.email), user.id)
        kept = attrs.evolve(
            account.user,
            email=user.email,
            name=user.name,
            phone=user.phone,
            role=user.role,
            is_active=user.is_active,
            is_2fa_enabled=user.is_2fa_enabled,
        )
        self._accounts.put(user.id, Account(kept, account.password_hash))

    def set_password(self, user_id: UserId, password_hash: str) -> None:
        """See `UserStore`."""
        former = self.password_hashes(user_id)
        self._former_passwords.put(user_id, former[: PASSWORDS_BARRED - 1])
        self._accounts.put(user_id, Account(self._account(user_id).user, password_hash))

    def password_hashes(self, user_id: UserId) -> tuple[str, ...]:
        """See `UserStore`."""
        return (self._account(user_id).password_hash, *(self._former_passwords.get(user_id) or ()))

    def all(self) -> Sequence[User]:
        """See `UserStore`."""
        ours = (
            account.user
            for _, account in self._accounts.items()
            if account.user.practice_id == self._practice_id
        )
        return sorted(ours, key=lambda user: user.id)

    def administrators(self) -> Sequence[User]:
        """See `UserStore`."""
        return [user for user in self.all() if user.is_administrator]

    def all_to_change(self) -> Sequence[User]:
        """See `UserStore`."""
        return self.all()

    def practice(self) -> Practice:
        """See `UserStore`."""
        return Practice(self._practice_id, "Home practice", "UTC")

    def _account(self, user_id: UserId) -> Account:
        account = self._accounts.get(user_id)
        if account is None or account.user.practice_id != self._practice_id:
            raise NotFoundError
        return account


@attrs.frozen
class MemorySignIns:
    """Every practice's accounts in one unit of work."""

    _identities: Identities

    def get_to_change(self, email: Email) -> Account | None:
        """See `SignInStore`."""
        user_id = self._identities.by_email.get(_folded(email))
        return None if user_id is None else self._identities.accounts.get(user_id)

    def get(self, user_id: UserId) -> User | None:
        """See `SignInStore`."""
        account = self._identities.accounts.get(user_id)
        return account.user if account else None

    def signed_in(self, user_id: UserId, *, at: datetime, password_hash: str | None = None) -> None:
        """See `SignInStore`."""
        account = self._identities.accounts.get(user_id)
        if account is None:
            raise NotFoundError
        user = attrs.evolve(account.user, last_login_at=at)
        self._identities.accounts.put(user_id, Account(user, password_hash or account.password_hash))


@attrs.frozen
class MemorySessions:
    """Sessions in one unit of work."""

    _sessions: Draft[SessionId, Session]

    def open(self, session: Session) -> None:
        """See `SessionStore`."""
        for id_, other in self._sessions.items():
            if other.user_id == session.user_id and other.expires_at <= session.auth_at:
                self._sessions.remove(id_)
        self._sessions.put(session.id, session)

    def get(self, session_id: SessionId) -> Session | None:
        """See `SessionStore`."""
        return self._sessions.get(session_id)

    def rotate(self, session_id: SessionId, presented: TokenId, successor: TokenId, *, at: datetime) -> bool:
        """See `SessionStore`."""
        session = self._sessions.get(session_id)
        if session is None or session.refresh_id != presented or session.expires_at <= at:
            return False
        self._sessions.put(session_id, attrs.evolve(session, refresh_id=successor))
        return True

    def end(self, session_id: SessionId) -> bool:
        """See `SessionStore`."""
        was_open = self._sessions.get(session_id) is not None
        self._sessions.remove(session_id)
        return was_open

    def end_all(self, user_id: UserId, *, but: SessionId | None = None) -> int:
        """See `SessionStore`."""
        ending = [id_ for id_, one in self._sessions.items() if one.user_id == user_id and id_ != but]
        for id_ in ending:
            self._sessions.remove(id_)
        return len(ending)


@attrs.frozen
class MemoryLockouts:
    """Failed sign-ins in one unit of work."""

    _failures: Draft[str, tuple[Failures, datetime]]

    def get(self, email: Email) -> Failures:
        """See `Lockouts`."""
        kept = self._failures.get(_folded(email))
        return Failures() if kept is None else kept[0]

    def get_to_change(self, email: Email) -> Failures:
        """See `Lockouts`."""
        return self.get(email)

    def keep(self, email: Email, failures: Failures, *, at: datetime) -> None:
        """See `Lockouts`."""
        for address, (_, last_at) in self._failures.items():
            if last_at <= at - FORGOTTEN_AFTER:
                self._failures.remove(address)
        self._failures.put(_folded(email), (failures, at))

    def clear(self, email: Email) -> None:
        """See `Lockouts`."""
        self._failures.remove(_folded(email))


@attrs.frozen
class MemoryAccounts:
    """Every practice's committed accounts."""

    _committed: Callable[[], Memory]

    def by_email(self, email: Email) -> Account | None:
        """See `Accounts`."""
        memory = self._committed()
        user_id = memory.by_email.get(_folded(email))
        return None if user_id is None else memory.accounts[user_id]

    def by_id(self, user_id: UserId) -> User | None:
        """See `Accounts`."""
        account = self._committed().accounts.get(user_id)
        return account.user if account else None

    def in_session(self, user_id: UserId, session_id: SessionId, *, at: datetime) -> Present | None:
        """See `Accounts`."""
        memory = self._committed()
        session = memory.sessions.get(session_id)
        if session is None or session.user_id != user_id or session.expires_at <= at:
            return None
        lasting = (
            one.purpose(at)
            for one in memory.emergencies.values()
            if one.session_id == session_id and one.user_id == user_id
        )
        return Present(memory.accounts[user_id].user, next(filter(None, lasting), None))

    def failures(self, email: Email) -> Failures:
        """See `Accounts`."""
        kept = self._committed().failures.get(_folded(email))
        return Failures() if kept is None else kept[0]


def _folded(email: Email) -> str:
    return email.reveal().casefold()
