"""Declared emergencies in SQL. What they open is read in clear, so each row carries a tag, as accounts' do.

Whoever writes to the database can neither plant an emergency nor make one last: such a row opens nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final

import sqlalchemy as sa

from vantrexia_adapters.sql.database import Transaction
from vantrexia_adapters.sql.row_content import encoded_row
from vantrexia_adapters.sql.scope import Scope, SealedColumn, moment_version
from vantrexia_adapters.sql.statements import Row, Statement
from vantrexia_adapters.sql.tables import emergency, emergency_notice
from vantrexia_core.identity import BreakGlass, EmergencyNotice
from vantrexia_core.kernel import EmergencyId, PracticeId, Purpose, Reason, SessionId, UserId
from vantrexia_core.protection import BUCKET_LONG, Place, RowSeal, UnreadableError

_REASON: Final = SealedColumn.of("emergency", "reason", BUCKET_LONG)
_NOT_READABLE: Final = "(cannot be read)"

BOUND: Final = (
    emergency.c.id,
    emergency.c.practice_id,
    emergency.c.user_id,
    emergency.c.session_id,
    emergency.c.declared_at,
    emergency.c.ends_at,
)
"""What the tag covers. The reason is bound to the same id, practice and moment by its envelope."""

_COLUMNS: Final = (*BOUND, emergency.c.tag, emergency.c.reason)
_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_IS_OURS: Final = emergency.c.practice_id == _PRACTICE

_ADD: Final = Statement(sa.insert(emergency))
_ADD_NOTICE: Final = Statement(sa.insert(emergency_notice))
_COUNT: Final = Statement(sa.select(sa.func.count()).select_from(emergency).where(_IS_OURS))
_COUNT_BY: Final = Statement(
    sa.select(sa.func.count())
    .select_from(emergency)
    .where(
        _IS_OURS,
        emergency.c.user_id == sa.bindparam("user", type_=sa.BigInteger()),
        emergency.c.declared_at > sa.bindparam("after", type_=emergency.c.declared_at.type),
    )
)
_NEWEST: Final = Statement(
    sa.select(*_COLUMNS)
    .where(_IS_OURS)
    .order_by(emergency.c.declared_at.desc(), emergency.c.id.desc())
    .limit(sa.bindparam("row_limit", type_=sa.Integer()))
    .offset(sa.bindparam("skip", type_=sa.BigInteger()))
)

_DUE: Final = (
    sa.select(
        emergency_notice.c.administrator_id,
        emergency_notice.c.due_at,
        emergency_notice.c.attempts,
        *BOUND,
        emergency.c.tag,
    )
    .join_from(emergency_notice, emergency, emergency.c.id == emergency_notice.c.emergency_id)
    .where(emergency_notice.c.due_at <= sa.bindparam("at", type_=emergency_notice.c.due_at.type))
    .order_by(emergency_notice.c.due_at)
    .limit(1)
)
# Several processes share the work: each takes what no other one is taking.
_NEXT: Final = Statement(_DUE.with_for_update(of=emergency_notice, skip_locked=True), sqlite=_DUE)
_IS_THE_ONE: Final = sa.and_(
    emergency_notice.c.emergency_id == sa.bindparam("emergency", type_=sa.Uuid()),
    emergency_notice.c.administrator_id == sa.bindparam("administrator", type_=sa.BigInteger()),
)
_POSTPONE: Final = Statement(
    sa.update(emergency_notice)
    .where(_IS_THE_ONE)
    .values(
        {
            emergency_notice.c.due_at: sa.bindparam("new_due_at", type_=emergency_notice.c.due_at.type),
            emergency_notice.c.attempts: sa.bindparam("new_attempts", type_=sa.Integer()),
        }
    )
)
_CLOSE: Final = Statement(sa.delete(emergency_notice).where(_IS_THE_ONE))


def tag_of(seal: RowSeal, bound: Sequence[object]) -> bytes:
    """The tag of a row whose columns `BOUND` hold these values."""
    return seal.tag("emergency", encoded_row(bound))


def _is_genuine(seal: RowSeal, bound: Sequence[object], tag: bytes) -> bool:
    return compare_digest(tag, tag_of(seal, bound))


def lasting_purpose(
    seal: RowSeal, user_id: UserId, rows: Iterable[Sequence[Any]], *, at: datetime
) -> Purpose | None:
    """What for an account acts, by the rows (`BOUND` and the tag) of one of its sessions."""
    for *bound, tag in rows:
        _, _, whose, _, _, ends_at = bound
        if whose == user_id and at < ends_at and _is_genuine(seal, bound, tag):
            return Purpose.EMERGENCY_TREATMENT
    return None


class SqlEmergencies:
    """Implements the core's ``EmergencyStore``."""

    __slots__ = ("_scope",)

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, emergency: BreakGlass, told: Sequence[UserId]) -> None:
        """See `EmergencyStore`."""
        protection, transaction = self._scope.protection, self._scope.transaction
        place = Place(self._scope.practice_id, emergency.id, moment_version(emergency.declared_at))
        bound = {
            "id": emergency.id,
            "practice_id": self._scope.practice_id,
            "user_id": emergency.user_id,
            "session_id": emergency.session_id,
            "declared_at": emergency.declared_at,
            "ends_at": emergency.ends_at,
        }
        transaction.change(
            _ADD,
            {
                **bound,
                "key_version": protection.cipher.key_version(place),
                "reason": _REASON.seal(protection.cipher, place, emergency.reason.reveal()),
                "tag": tag_of(protection.seal, list(bound.values())),
            },
        )
        for administrator in told:
            transaction.change(
                _ADD_NOTICE,
                {
                    "emergency_id": emergency.id,
                    "administrator_id": administrator,
                    "due_at": emergency.declared_at,
                    "attempts": 0,
                },
            )

    def count(self) -> int:
        """See `EmergencyStore`."""
        ((count,),) = self._scope.transaction.read(_COUNT, {"practice": self._scope.practice_id})
        return int(count)

    def count_by(self, user_id: UserId, *, after: datetime) -> int:
        """See `EmergencyStore`."""
        bounds = {"practice": self._scope.practice_id, "user": user_id, "after": after}
        ((count,),) = self._scope.transaction.read(_COUNT_BY, bounds)
        return int(count)

    def newest_first(self, *, skip: int, limit: int) -> Sequence[BreakGlass]:
        """See `EmergencyStore`."""
        bounds = {"practice": self._scope.practice_id, "skip": skip, "row_limit": limit}
        return [self._emergency(row) for row in self._scope.transaction.read(_NEWEST, bounds)]

    def _emergency(self, row: Row) -> BreakGlass:
        *bound, tag, sealed = row
        id_, practice_id, user_id, session_id, declared_at, ends_at = bound
        is_genuine = _is_genuine(self._scope.protection.seal, bound, tag)
        place = Place(practice_id, id_, moment_version(declared_at))
        try:
            reason = Reason.trusted(_REASON.open(self._scope.protection.cipher, place, sealed))
        except UnreadableError:
            # Planted by somebody, or only the reason was changed. The others must be shown all the same.
            reason, is_genuine = Reason.trusted(_NOT_READABLE), False
        return BreakGlass(
            EmergencyId(id_),
            PracticeId(practice_id),
            UserId(user_id),
            SessionId(session_id),
            reason,
            declared_at,
            ends_at,
            is_genuine=is_genuine,
        )


class SqlEmergencyNotices:
    """Implements the core's ``EmergencyNotices``."""

    __slots__ = ("_seal", "_transaction")

    def __init__(self, transaction: Transaction, seal: RowSeal) -> None:
        self._transaction = transaction
        self._seal = seal

    def next_due(self, at: datetime) -> EmergencyNotice | None:
        """See `EmergencyNotices`."""
        row = self._transaction.row(_NEXT, {"at": at})
        if row is None:
            return None
        administrator_id, due_at, attempts, *bound, tag = row
        emergency_id, practice_id, by, _, declared_at, ends_at = bound
        return EmergencyNotice(
            EmergencyId(emergency_id),
            PracticeId(practice_id),
            UserId(administrator_id),
            UserId(by),
            declared_at,
            ends_at,
            due_at,
            attempts,
            is_genuine=_is_genuine(self._seal, bound, tag),
        )

    def postpone(self, notice: EmergencyNotice) -> None:
        """See `EmergencyNotices`."""
        new = {"new_due_at": notice.due_at, "new_attempts": notice.attempts}
        self._transaction.change(_POSTPONE, _one(notice) | new)

    def close(self, notice: EmergencyNotice) -> None:
        """See `EmergencyNotices`."""
        self._transaction.change(_CLOSE, _one(notice))


def _one(notice: EmergencyNotice) -> dict[str, object]:
    return {"emergency": notice.emergency_id, "administrator": notice.administrator_id}
