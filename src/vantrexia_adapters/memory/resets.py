"""Forgotten passwords in memory."""

import hashlib
from datetime import datetime

import attrs

from vantrexia_adapters.memory.draft import Draft
from vantrexia_core.identity import ResetRequest, User
from vantrexia_core.kernel import Email, Phi, UserId


@attrs.frozen
class MemoryResetTokens:
    """Reset tokens in one unit of work."""

    _tokens: Draft[UserId, tuple[tuple[Phi[str], datetime], ...]]

    def put(self, user: User, token: Phi[str], *, at: datetime, expires_at: datetime) -> None:
        """See `ResetTokens`."""
        live = tuple(one for one in self._of(user) if at < one[1])
        self._tokens.put(user.id, (*live, (token, expires_at)))

    def newest_expiry(self, user: User) -> datetime | None:
        """See `ResetTokens`."""
        return max((expires_at for _, expires_at in self._of(user)), default=None)

    def holds(self, user: User, token: Phi[str], *, at: datetime) -> bool:
        """See `ResetTokens`."""
        typed = Phi(token.reveal())
        return any(kept == typed and at < expires_at for kept, expires_at in self._of(user))

    def take(self, user: User, token: Phi[str], *, at: datetime) -> bool:
        """See `ResetTokens`."""
        is_good = self.holds(user, token, at=at)
        if is_good:
            self._tokens.remove(user.id)
        return is_good

    def remove(self, user: User) -> None:
        """See `ResetTokens`."""
        self._tokens.remove(user.id)

    def _of(self, user: User) -> tuple[tuple[Phi[str], datetime], ...]:
        return self._tokens.get(user.id) or ()


@attrs.frozen
class MemoryResetRequests:
    """Reset requests in one unit of work."""

    _requests: Draft[bytes, ResetRequest]
    _by_email: Draft[str, UserId]

    def ask(self, email: Email, *, at: datetime) -> None:
        """See `ResetRequests`."""
        key = _key(email.reveal().casefold())
        self._requests.put(key, ResetRequest(key, None, requested_at=at, due_at=at))

    def next_due(self, at: datetime) -> ResetRequest | None:
        """See `ResetRequests`."""
        due = [request for _, request in self._requests.items() if request.due_at <= at]
        if not due:
            return None
        first = min(due, key=lambda request: request.due_at)
        owners = (user_id for email, user_id in self._by_email.items() if _key(email) == first.key)
        return attrs.evolve(first, user_id=next(owners, None))

    def postpone(self, request: ResetRequest) -> None:
        """See `ResetRequests`."""
        self._requests.put(request.key, request)

    def close(self, request: ResetRequest) -> None:
        """See `ResetRequests`."""
        kept = self._requests.get(request.key)
        if kept is not None and kept.due_at == request.due_at:
            self._requests.remove(request.key)

    def is_standing(self, request: ResetRequest) -> bool:
        """See `ResetRequests`."""
        return self._requests.get(request.key) is not None

    def withdraw(self, email: Email) -> None:
        """See `ResetRequests`."""
        self._requests.remove(_key(email.reveal().casefold()))


def _key(folded: str) -> bytes:
    return hashlib.sha256(folded.encode()).digest()
