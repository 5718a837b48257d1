"""The trail in SQL: gapless numbers in the order of commits, written at the very end of a unit of work."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from vantrexia_adapters.sql.database import Transaction
from vantrexia_adapters.sql.errors import StatementFailedError
from vantrexia_adapters.sql.statements import Row, Statement
from vantrexia_adapters.sql.tables import audit_entry, audit_head
from vantrexia_core.audit import Action, AuditEntry, AuditUnavailableError, Outcome, SequencedEntry
from vantrexia_core.kernel import PatientId, PracticeId, RequestId, Role, UnavailableError, UserId

_COLUMNS: Final = tuple(column for column in audit_entry.c if column is not audit_entry.c.seq)
_VALUES: Final = {column: sa.bindparam(f"new_{column.name}", type_=column.type) for column in _COLUMNS}
_ONE: Final[sa.ColumnClause[int]] = sa.literal_column("1")

# One round trip on PostgreSQL: the head's row lock is taken and the number used by the same statement, so
# that numbers are given out in the order of commits and none is lost by a rollback.
_HEAD: Final = (
    sa.update(audit_head).values(size=audit_head.c.size + _ONE).returning(audit_head.c.size).cte("head")
)
_APPEND: Final = Statement(
    sa.insert(audit_entry).values({audit_entry.c.seq: sa.select(_HEAD.c.size).scalar_subquery(), **_VALUES}),
    sqlite=sa.insert(audit_entry).values(
        {
            audit_entry.c.seq: sa.select(
                sa.func.coalesce(sa.func.max(audit_entry.c.seq), sa.literal_column("0")) + _ONE
            ).scalar_subquery(),
            **_VALUES,
        }
    ),
)
_READ: Final = Statement(
    sa.select(audit_entry.c.seq, *_COLUMNS)
    .where(audit_entry.c.seq > sa.bindparam("after", type_=sa.BigInteger()))
    .order_by(audit_entry.c.seq)
    .limit(sa.bindparam("row_limit", type_=sa.Integer()))
)


class SqlTrail:
    """Implements the core's ``AuditTrail``. Entries wait here until `flush`, just before the commit.

    The trail's head is the one lock that all practices share. Taken last, it is held for one statement and
    the commit, and no unit of work that holds it waits for another lock.
    """

    __slots__ = ("_pending", "_transaction")

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._pending: list[AuditEntry] = []

    def append(self, entry: AuditEntry) -> None:
        """See `AuditTrail`; what cannot be written is raised by the commit."""
        self._pending.append(entry)

    def read(self, *, after: int = 0, limit: int = 1000) -> Sequence[SequencedEntry]:
        """See `AuditTrail`."""
        self.flush()
        rows = self._transaction.rows(_READ, {"after": after, "row_limit": limit})
        return [SequencedEntry(row[0], _entry(row)) for row in rows]

    def flush(self) -> None:
        """Write what waits.

        Raises:
            AuditUnavailableError: the database did not take it.
        """
        entries, self._pending = self._pending, []
        try:
            for entry in entries:
                self._transaction.rows(_APPEND, _parameters(entry))
        except (UnavailableError, StatementFailedError) as failure:
            raise AuditUnavailableError from failure


def _parameters(entry: AuditEntry) -> dict[str, object]:
    return {
        "new_at": entry.at,
        "new_action": entry.action.value,
        "new_outcome": entry.outcome.value,
        "new_practice_id": entry.practice_id,
        "new_actor_id": entry.actor_id,
        "new_role": None if entry.role is None else entry.role.value,
        "new_code": entry.code,
        "new_patient_id": entry.patient_id,
        "new_user_id": entry.user_id,
        "new_changed": " ".join(entry.changed),
        "new_disclosed": " ".join(map(str, entry.disclosed)),
        "new_request_id": entry.request_id,
        "new_address": entry.address,
    }


def _entry(row: Row) -> AuditEntry:
    (
        _, at, action, outcome, practice_id, actor_id, role, code, patient_id, user_id, changed, disclosed,
        request_id, address,
    ) = row  # fmt: skip
    return AuditEntry(
        at=at,
        action=Action(action),
        outcome=Outcome(outcome),
        practice_id=None if practice_id is None else PracticeId(practice_id),
        actor_id=None if actor_id is None else UserId(actor_id),
        role=None if role is None else Role(role),
        code=code,
        patient_id=None if patient_id is None else PatientId(patient_id),
        changed=tuple(changed.split()),
        disclosed=tuple(PatientId(UUID(id_)) for id_ in disclosed.split()),
        user_id=None if user_id is None else UserId(user_id),
        request_id=None if request_id is None else RequestId(request_id),
        address=address,
    )
