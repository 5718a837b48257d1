"""Forgotten passwords in SQL: who waits for a mail, which token would do. No address, no token."""

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.database import Transaction
from vantrexia_adapters.sql.identity import email_digest
from vantrexia_adapters.sql.scope import Protection
from vantrexia_adapters.sql.statements import Statement, upsert
from vantrexia_adapters.sql.tables import reset_request, reset_token, user_account
from vantrexia_core.identity import ResetRequest, User
from vantrexia_core.kernel import Email, Phi, UserId
from vantrexia_core.protection import FieldName

_TOKEN: Final = FieldName("reset_token", "token")

_IS_THEIRS: Final = reset_token.c.user_id == sa.bindparam("user", type_=sa.BigInteger())
_IS_GOOD: Final = sa.and_(
    _IS_THEIRS,
    reset_token.c.token_digest == sa.bindparam("digest", type_=sa.LargeBinary()),
    reset_token.c.expires_at > sa.bindparam("at", type_=reset_token.c.expires_at.type),
)
_NEW: Final = {column: sa.bindparam(f"new_{column.name}", type_=column.type) for column in reset_token.c}
_PUT: Final = Statement(sa.insert(reset_token).values(_NEW))
_CLEAR: Final = Statement(
    sa.delete(reset_token).where(
        _IS_THEIRS, reset_token.c.expires_at <= sa.bindparam("at", type_=reset_token.c.expires_at.type)
    )
)
_NEWEST: Final = Statement(
    sa.select(reset_token.c.expires_at).where(_IS_THEIRS).order_by(reset_token.c.expires_at.desc()).limit(1)
)
_HOLDS: Final = Statement(sa.select(reset_token.c.user_id).where(_IS_GOOD))
_TAKE: Final = Statement(sa.delete(reset_token).where(_IS_GOOD))
_REMOVE: Final = Statement(sa.delete(reset_token).where(_IS_THEIRS))

_ASKED: Final = {column: sa.bindparam(f"new_{column.name}", type_=column.type) for column in reset_request.c}
_ASKED_AGAIN: Final = {column.name: _ASKED[column] for column in reset_request.c if not column.primary_key}
_ASK: Final = upsert(
    reset_request,
    lambda insert: insert.values(_ASKED).on_conflict_do_update(
        index_elements=[reset_request.c.email_bix], set_=_ASKED_AGAIN
    ),
)
_DUE: Final = (
    sa.select(
        reset_request.c.email_bix,
        user_account.c.id,
        reset_request.c.requested_at,
        reset_request.c.due_at,
        reset_request.c.attempts,
    )
    .outerjoin_from(reset_request, user_account, user_account.c.email_bix == reset_request.c.email_bix)
    .where(reset_request.c.due_at <= sa.bindparam("at", type_=reset_request.c.due_at.type))
    .order_by(reset_request.c.due_at)
    .limit(1)
)
# Several processes share the work: each takes what no other one is taking.
_NEXT: Final = Statement(_DUE.with_for_update(of=reset_request, skip_locked=True), sqlite=_DUE)
_IS_AS_IT_WAS: Final = sa.and_(
    reset_request.c.email_bix == sa.bindparam("key", type_=sa.LargeBinary()),
    reset_request.c.due_at == sa.bindparam("was_due_at", type_=reset_request.c.due_at.type),
)
_POSTPONE: Final = Statement(
    sa.update(reset_request)
    .where(reset_request.c.email_bix == sa.bindparam("key", type_=sa.LargeBinary()))
    .values(
        {
            reset_request.c.due_at: _ASKED[reset_request.c.due_at],
            reset_request.c.attempts: _ASKED[reset_request.c.attempts],
        }
    )
)
_CLOSE: Final = Statement(sa.delete(reset_request).where(_IS_AS_IT_WAS))
_IS_THE_ONE: Final = reset_request.c.email_bix == sa.bindparam("key", type_=sa.LargeBinary())
_STANDING: Final = Statement(sa.select(reset_request.c.due_at).where(_IS_THE_ONE))
_WITHDRAW: Final = Statement(sa.delete(reset_request).where(_IS_THE_ONE))


class SqlResetTokens:
    """Implements the core's ``ResetTokens``."""

    __slots__ = ("_protection", "_transaction")

    def __init__(self, transaction: Transaction, protection: Protection) -> None:
        self._transaction = transaction
        self._protection = protection

    def put(self, user: User, token: Phi[str], *, at: datetime, expires_at: datetime) -> None:
        """See `ResetTokens`."""
        self._transaction.change(_CLEAR, {"user": user.id, "at": at})
        digest = self._digest(user, token)
        new = {"new_user_id": user.id, "new_token_digest": digest, "new_expires_at": expires_at}
        self._transaction.change(_PUT, new)

    def newest_expiry(self, user: User) -> datetime | None:
        """See `ResetTokens`."""
        row = self._transaction.row(_NEWEST, {"user": user.id})
        return None if row is None else row[0]

    def holds(self, user: User, token: Phi[str], *, at: datetime) -> bool:
        """See `ResetTokens`."""
        return self._transaction.row(_HOLDS, self._good(user, token, at)) is not None

    def take(self, user: User, token: Phi[str], *, at: datetime) -> bool:
        """See `ResetTokens`. Of many transactions at once, one deletes the row."""
        is_taken = self._transaction.change(_TAKE, self._good(user, token, at)) == 1
        if is_taken:
            self.remove(user)
        return is_taken

    def remove(self, user: User) -> None:
        """See `ResetTokens`."""
        self._transaction.change(_REMOVE, {"user": user.id})

    def _good(self, user: User, token: Phi[str], at: datetime) -> dict[str, object]:
        return {"user": user.id, "digest": self._digest(user, token), "at": at}

    def _digest(self, user: User, token: Phi[str]) -> bytes:
        # Keyed, and bound to the account: whoever writes to the database cannot make a token good.
        value = user.id.to_bytes(8, "big") + token.reveal().encode("utf-8", "surrogatepass")
        # Under the key that is not rotated: a token is not stored to digest it anew.
        return self._protection.index.digest_across_practices(_TOKEN, user.practice_id.bytes + value)


class SqlResetRequests:
    """Implements the core's ``ResetRequests``."""

    __slots__ = ("_protection", "_transaction")

    def __init__(self, transaction: Transaction, protection: Protection) -> None:
        self._transaction = transaction
        self._protection = protection

    def ask(self, email: Email, *, at: datetime) -> None:
        """See `ResetRequests`."""
        self._transaction.change(
            _ASK,
            {
                "new_email_bix": email_digest(self._protection, email),
                "new_requested_at": at,
                "new_due_at": at,
                "new_attempts": 0,
            },
        )

    def next_due(self, at: datetime) -> ResetRequest | None:
        """See `ResetRequests`."""
        row = self._transaction.row(_NEXT, {"at": at})
        if row is None:
            return None
        key, user_id, requested_at, due_at, attempts = row
        owner = None if user_id is None else UserId(user_id)
        return ResetRequest(bytes(key), owner, requested_at, due_at, attempts)

    def postpone(self, request: ResetRequest) -> None:
        """See `ResetRequests`."""
        self._transaction.change(
            _POSTPONE,
            {"key": request.key, "new_due_at": request.due_at, "new_attempts": request.attempts},
        )

    def close(self, request: ResetRequest) -> None:
        """See `ResetRequests`."""
        self._transaction.change(_CLOSE, {"key": request.key, "was_due_at": request.due_at})

    def is_standing(self, request: ResetRequest) -> bool:
        """See `ResetRequests`."""
        return self._transaction.row(_STANDING, {"key": request.key}) is not None

    def withdraw(self, email: Email) -> None:
        """See `ResetRequests`."""
        self._transaction.change(_WITHDRAW, {"key": email_digest(self._protection, email)})
