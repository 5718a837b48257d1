"""Sessions in SQL. An ended one is a row that is gone: nothing can bring it back but a new sign-in."""

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.database import Transaction
from vantrexia_adapters.sql.statements import Statement
from vantrexia_adapters.sql.tables import user_session
from vantrexia_core.identity import Session
from vantrexia_core.kernel import SessionId, TokenId, UserId

_IS_ONE: Final = user_session.c.id == sa.bindparam("session", type_=sa.Uuid())
_IS_THEIRS: Final = user_session.c.user_id == sa.bindparam("user", type_=sa.BigInteger())
_AT: Final = sa.bindparam("at", type_=user_session.c.expires_at.type)

_OPEN: Final = Statement(sa.insert(user_session))
_CLEAR_EXPIRED: Final = Statement(sa.delete(user_session).where(_IS_THEIRS, user_session.c.expires_at <= _AT))
_GET: Final = Statement(
    sa.select(
        user_session.c.user_id, user_session.c.refresh_id, user_session.c.auth_at, user_session.c.expires_at
    ).where(_IS_ONE)
)
# Judged on the row as it is when its lock is had: of many who present one token, one changes it.
_ROTATE: Final = Statement(
    sa.update(user_session)
    .where(
        _IS_ONE,
        user_session.c.refresh_id == sa.bindparam("presented", type_=sa.Uuid()),
        user_session.c.expires_at > _AT,
    )
    .values({user_session.c.refresh_id: sa.bindparam("successor", type_=sa.Uuid())})
)
_END: Final = Statement(sa.delete(user_session).where(_IS_ONE))
_END_ALL: Final = Statement(sa.delete(user_session).where(_IS_THEIRS))
_END_ALL_BUT: Final = Statement(sa.delete(user_session).where(_IS_THEIRS, sa.not_(_IS_ONE)))


class SqlSessions:
    """Implements the core's ``SessionStore``."""

    __slots__ = ("_transaction",)

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def open(self, session: Session) -> None:
        """See `SessionStore`."""
        self._transaction.change(_CLEAR_EXPIRED, {"user": session.user_id, "at": session.auth_at})
        self._transaction.change(
            _OPEN,
            {
                "id": session.id,
                "user_id": session.user_id,
                "refresh_id": session.refresh_id,
                "auth_at": session.auth_at,
                "expires_at": session.expires_at,
            },
        )

    def get(self, session_id: SessionId) -> Session | None:
        """See `SessionStore`."""
        row = self._transaction.row(_GET, {"session": session_id})
        if row is None:
            return None
        user_id, refresh_id, auth_at, expires_at = row
        return Session(session_id, UserId(user_id), TokenId(refresh_id), auth_at, expires_at)

    def rotate(self, session_id: SessionId, presented: TokenId, successor: TokenId, *, at: datetime) -> bool:
        """See `SessionStore`."""
        parameters = {"session": session_id, "presented": presented, "successor": successor, "at": at}
        return self._transaction.change(_ROTATE, parameters) == 1

    def end(self, session_id: SessionId) -> bool:
        """See `SessionStore`."""
        return self._transaction.change(_END, {"session": session_id}) == 1

    def end_all(self, user_id: UserId, *, but: SessionId | None = None) -> int:
        """See `SessionStore`."""
        if but is None:
            return self._transaction.change(_END_ALL, {"user": user_id})
        return self._transaction.change(_END_ALL_BUT, {"user": user_id, "session": but})
