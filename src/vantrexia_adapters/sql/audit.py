"""The trail in SQL: gapless numbers in the order of commits, written at the very end of a unit of work."""

from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.sql.errors import StatementFailedError
from vantrexia_adapters.sql.statements import Adding, Row, Statement
from vantrexia_adapters.sql.tables import audit_entry, audit_head
from vantrexia_core.audit import (
    Action,
    AuditEntry,
    AuditUnavailableError,
    Outcome,
    SequencedEntry,
    entry_hash,
)
from vantrexia_core.kernel import (
    PatientId,
    PracticeId,
    Purpose,
    RequestId,
    UnavailableError,
    UndoneError,
    UserId,
    acting_role,
)

ENTRIES_AT_ONCE_MAX: Final = 32
"""How many entries share a statement: each number of them is a statement of its own to the server."""
WORTH_COPYING: Final = 5
"""How many entries of one unit of work are cheaper by COPY than by a statement with all their values."""

_NO_HEAD: Final = "the trail has no head"

_COLUMNS: Final = tuple(column for column in audit_entry.c if column is not audit_entry.c.seq)
_SHOWN: Final = tuple(column for column in audit_entry.c if column is not audit_entry.c.leaf)


def _number(number: int) -> sa.ColumnClause[int]:
    return sa.literal_column(str(number))


def _values(position: int) -> dict[sa.Column[Any], sa.BindParameter[Any]]:
    return {column: sa.bindparam(f"{column.name}_{position}", type_=column.type) for column in _COLUMNS}


@cache
def _append(count: int) -> Statement:
    """The statement that adds ``count`` entries; on SQLite, which has no round trips to save, one of them.

    One round trip on PostgreSQL: the head's row lock is taken and the numbers used by the same statement, so
    that numbers are given out in the order of commits and none is lost by a rollback.
    """
    size = audit_head.c.size + _number(count)
    head = sa.update(audit_head).values(size=size).returning(audit_head.c.size).cte("head")
    before = sa.select(head.c.size - _number(count)).scalar_subquery()
    newest = sa.select(sa.func.coalesce(sa.func.max(audit_entry.c.seq), _number(0))).scalar_subquery()
    return Statement(
        sa.insert(audit_entry).values(
            [{audit_entry.c.seq: before + _number(at + 1), **_values(at)} for at in range(count)]
        ),
        sqlite=sa.insert(audit_entry).values({audit_entry.c.seq: newest + _number(1), **_values(0)}),
    )


_TAKE: Final = Statement(
    sa.update(audit_head)
    .values(size=audit_head.c.size + sa.bindparam("count", type_=sa.BigInteger()))
    .returning(audit_head.c.size)
)
_ADD: Final = Adding(audit_entry)

ENTRY_COLUMNS: Final = _SHOWN
"""What a statement selects so that `sequenced` can make an entry of it."""

_READ: Final = Statement(
    sa.select(*ENTRY_COLUMNS)
    .where(audit_entry.c.seq > sa.bindparam("after", type_=sa.BigInteger()))
    .order_by(audit_entry.c.seq)
    .limit(sa.bindparam("row_limit", type_=sa.Integer()))
)


class SqlTrail:
    """Implements the core's ``AuditTrail``. Entries wait here until `flush`, just before the commit.

    The trail's head is the one lock that all practices share. Taken last, it is held for one statement, or
    one COPY of rows that are ready, and the commit; no unit of work that holds it waits for another lock.
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
        return [sequenced(row) for row in rows]

    def flush(self) -> None:
        """Write what waits.

        Raises:
            AuditUnavailableError: the database did not take it.
        """
        entries, self._pending = self._pending, []
        try:
            _write(self._transaction, entries)
        except UndoneError:
            raise
        except (UnavailableError, StatementFailedError) as failure:
            raise AuditUnavailableError from failure

    def taken(self) -> Sequence[AuditEntry]:
        """What waits, for somebody else to write."""
        entries, self._pending = self._pending, []
        return entries


class _Ticket:
    """Entries that a caller waits for, and the lock it waits on. They count as lost until they are kept."""

    __slots__ = ("called", "entries", "failure", "is_leader")

    def __init__(self, entries: Sequence[AuditEntry]) -> None:
        self.entries = entries
        self.failure: Exception | None = UnavailableError()
        self.is_leader = False
        self.called = Lock()
        self.called.acquire()


class TrailWriter:
    """Writes the entries of units of work that changed nothing else, several with one commit.

    A commit waits for the disk, and the trail's head lets commits through one by one. Whoever comes while one
    is under way waits for it, and then shares the next with all others who came. Each caller returns when its
    own entries are durable. There is no thread behind this: of those who wait, one does the writing.
    """

    __slots__ = ("_database", "_gate", "_is_led", "_waiting")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gate = Lock()
        self._waiting: list[_Ticket] = []
        self._is_led = False

    def write(self, entries: Sequence[AuditEntry]) -> None:
        """Keep entries, and return when they are kept.

        Raises:
            AuditUnavailableError: the database did not take them.
        """
        if not entries:
            return
        ticket = _Ticket(entries)
        with self._gate:
            self._waiting.append(ticket)
            ticket.is_leader = not self._is_led
            self._is_led = True
        if not ticket.is_leader:
            # Until somebody has written them, or it is this caller's turn to write.
            ticket.called.acquire()
        if ticket.is_leader:
            self._lead()
        if isinstance(ticket.failure, UndoneError):
            raise UndoneError from ticket.failure
        if ticket.failure is not None:
            raise AuditUnavailableError from ticket.failure

    def _lead(self) -> None:
        """Write what waits, this caller's own first, and hand over to the next."""
        with self._gate:
            batch, self._waiting = self._waiting[:ENTRIES_AT_ONCE_MAX], self._waiting[ENTRIES_AT_ONCE_MAX:]
        try:
            self._keep(batch)
        finally:
            with self._gate:
                following = self._waiting[0] if self._waiting else None
                self._is_led = following is not None
            if following is not None:
                following.is_leader = True
                following.called.release()
            for ticket in batch[1:]:
                ticket.called.release()

    def _keep(self, batch: Sequence[_Ticket]) -> None:
        failure: Exception | None = None
        try:
            self._commit([entry for ticket in batch for entry in ticket.entries])
        except UnavailableError as error:
            failure = error
        except StatementFailedError as error:
            if len(batch) > 1:
                # One of them is to blame, and the others shall not suffer for it.
                for ticket in batch:
                    self._keep([ticket])
                return
            failure = error
        for ticket in batch:
            ticket.failure = failure

    def _commit(self, entries: Sequence[AuditEntry]) -> None:
        if self._database.turn is None and len(entries) <= ENTRIES_AT_ONCE_MAX:
            # One statement is a transaction by itself.
            self._database.alone(_append(len(entries)), _parameters(entries))
            return
        transaction = Transaction(self._database)
        try:
            _write(transaction, entries)
            transaction.commit()
        finally:
            transaction.close()


def _write(transaction: Transaction, entries: Sequence[AuditEntry]) -> None:
    """Add entries to the trail, in their order."""
    if transaction.has_one_writer:
        transaction.change_all(_append(1), [_parameters([entry]) for entry in entries])
    elif len(entries) >= WORTH_COPYING:
        # Made before the head is locked: the others shall not wait for our hashing.
        rows = list(map(_columns, entries))
        head = transaction.row(_TAKE, {"count": len(rows)})
        if head is None:
            raise StatementFailedError(_NO_HEAD)
        for seq, row in enumerate(rows, start=head[0] - len(rows) + 1):
            row["seq"] = seq
        transaction.add_all(_ADD, rows)
    elif entries:
        transaction.rows(_append(len(entries)), _parameters(entries))


def _parameters(entries: Sequence[AuditEntry]) -> dict[str, object]:
    return {
        f"{name}_{position}": value
        for position, entry in enumerate(entries)
        for name, value in _columns(entry).items()
    }


def _columns(entry: AuditEntry) -> dict[str, object]:
    return {
        "at": entry.at,
        "action": entry.action.value,
        "outcome": entry.outcome.value,
        "practice_id": entry.practice_id,
        "actor_id": entry.actor_id,
        "role": None if entry.role is None else entry.role.value,
        "code": entry.code,
        "patient_id": entry.patient_id,
        "user_id": entry.user_id,
        "version": entry.version,
        "changed": " ".join(entry.changed),
        "disclosed": " ".join(map(str, entry.disclosed)),
        "request_id": entry.request_id,
        "address": entry.address,
        "leaf": entry_hash(entry),
        "purpose": None if entry.purpose is None else entry.purpose.value,
    }


def sequenced(row: Row) -> SequencedEntry:
    """The entry of a row of `ENTRY_COLUMNS`, with its number."""
    return SequencedEntry(row[0], _entry(row))


def _entry(row: Row) -> AuditEntry:
    (
        _, at, action, outcome, practice_id, actor_id, role, code, patient_id, user_id, version, changed,
        disclosed, request_id, address, purpose,
    ) = row  # fmt: skip
    return AuditEntry(
        at=at,
        action=Action(action),
        outcome=Outcome(outcome),
        practice_id=None if practice_id is None else PracticeId(practice_id),
        actor_id=None if actor_id is None else UserId(actor_id),
        role=None if role is None else acting_role(role),
        code=code,
        patient_id=None if patient_id is None else PatientId(patient_id),
        changed=changed.split(),
        disclosed=tuple(PatientId(UUID(id_)) for id_ in disclosed.split()),
        user_id=None if user_id is None else UserId(user_id),
        version=version,
        request_id=None if request_id is None else RequestId(request_id),
        address=address,
        purpose=None if purpose is None else Purpose(purpose),
    )
