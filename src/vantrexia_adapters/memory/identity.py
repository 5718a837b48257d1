"""Accounts in memory."""

from collections.abc import Callable, Sequence

import attrs

from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.state import Memory
from vantrexia_core.identity import PASSWORDS_BARRED, Account, EmailTakenError, NewUser, User
from vantrexia_core.kernel import Email, NotFoundError, PracticeId, UserId


class MemoryUsers:
    """One practice's accounts in one unit of work."""

    def __init__(self, practice_id: PracticeId, memory: Memory) -> None:
        self._practice_id = practice_id
        self.accounts: Draft[UserId, Account] = Draft(memory.accounts)
        self.by_email: Draft[str, UserId] = Draft(memory.by_email)
        self.former_passwords: Draft[UserId, tuple[str, ...]] = Draft(memory.former_passwords)

    def add(self, new: NewUser, password_hash: str) -> User:
        """See `UserStore`."""
        if self.by_email.get(_folded(new.email)) is not None:
            raise EmailTakenError
        user = User(
            id=UserId(1 + max((id_ for id_, _ in self.accounts.items()), default=0)),
            practice_id=self._practice_id,
            email=new.email,
            name=new.name,
            role=new.role,
            patient_id=new.patient_id,
        )
        self.accounts.put(user.id, Account(user, password_hash))
        self.by_email.put(_folded(new.email), user.id)
        return user

    def get(self, user_id: UserId) -> User:
        """See `UserStore`."""
        return self._account(user_id).user

    def save(self, user: User) -> None:
        """See `UserStore`."""
        account = self._account(user.id)
        kept = attrs.evolve(account.user, role=user.role, is_active=user.is_active)
        self.accounts.put(user.id, Account(kept, account.password_hash))

    def set_password(self, user_id: UserId, password_hash: str) -> None:
        """See `UserStore`."""
        former = self.password_hashes(user_id)
        self.former_passwords.put(user_id, former[: PASSWORDS_BARRED - 1])
        self.accounts.put(user_id, Account(self._account(user_id).user, password_hash))

    def password_hashes(self, user_id: UserId) -> tuple[str, ...]:
        """See `UserStore`."""
        return (self._account(user_id).password_hash, *(self.former_passwords.get(user_id) or ()))

    def all(self) -> Sequence[User]:
        """See `UserStore`."""
        ours = (
            account.user
            for _, account in self.accounts.items()
            if account.user.practice_id == self._practice_id
        )
        return sorted(ours, key=lambda user: user.id)

    def _account(self, user_id: UserId) -> Account:
        account = self.accounts.get(user_id)
        if account is None or account.user.practice_id != self._practice_id:
            raise NotFoundError
        return account


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


def _folded(email: Email) -> str:
    return email.reveal().casefold()
