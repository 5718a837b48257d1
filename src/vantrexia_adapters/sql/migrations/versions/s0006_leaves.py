"""Each entry of the trail with its leaf of the tree, and with the version of the record it speaks of."""

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from vantrexia_adapters.sql.tables.types import Instant
from vantrexia_core.audit import Action, AuditEntry, Outcome, entry_hash
from vantrexia_core.kernel import PatientId, Role

revision: Final = "0006"
down_revision: Final = "0005"

_INSTANT: Final = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
_COUNTED: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT_ONCE: Final = 1_000

_OLD: Final = sa.table(
    "audit_entry_without_leaves",
    sa.column("seq", _COUNTED),
    sa.column("at", Instant()),
    *(sa.column(name, sa.Text()) for name in ("action", "outcome")),
    sa.column("practice_id", sa.Uuid()),
    sa.column("actor_id", sa.BigInteger()),
    *(sa.column(name, sa.Text()) for name in ("role", "code")),
    sa.column("patient_id", sa.Uuid()),
    sa.column("user_id", sa.BigInteger()),
    *(sa.column(name, sa.Text()) for name in ("changed", "disclosed", "request_id", "address")),
)
_NEW: Final = sa.table(
    "audit_entry",
    *(sa.column(column.name, column.type) for column in _OLD.c),
    sa.column("leaf", sa.LargeBinary()),
)


def upgrade() -> None:
    """Write the trail anew with its leaves: a table that refuses changes cannot be filled in place."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for trigger in ("refuses_update", "refuses_delete", "grows_by_one") if is_sqlite else ("refuses",):
        op.execute(f"DROP TRIGGER audit_entry_{trigger}" + ("" if is_sqlite else " ON audit_entry"))
    op.execute("CREATE TABLE audit_entry_without_leaves AS SELECT * FROM audit_entry")
    op.drop_table("audit_entry")
    _create()
    _copy()
    op.drop_table(_OLD.name)
    if is_sqlite:
        _guard_sqlite()
    else:
        _guard_postgresql()


def _create() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", _COUNTED, autoincrement=False, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Uuid()),
        sa.Column("actor_id", sa.BigInteger()),
        sa.Column("role", sa.Text()),
        sa.Column("code", sa.Text()),
        sa.Column("patient_id", sa.Uuid()),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("version", sa.BigInteger()),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("disclosed", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text()),
        sa.Column("address", sa.Text()),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entry"),
    )


def _copy() -> None:
    connection, after = op.get_bind(), 0
    question = sa.select(_OLD).order_by(_OLD.c.seq).limit(_AT_ONCE)
    while rows := connection.execute(question.where(_OLD.c.seq > after)).mappings().all():
        connection.execute(sa.insert(_NEW), [{**row, "leaf": _leaf(row)} for row in rows])
        after = rows[-1]["seq"]


def _leaf(row: Any) -> bytes:  # noqa: ANN401 - a row of the old table
    return entry_hash(
        AuditEntry(
            at=row["at"],
            action=Action(row["action"]),
            outcome=Outcome(row["outcome"]),
            practice_id=row["practice_id"],
            actor_id=row["actor_id"],
            role=None if row["role"] is None else Role(row["role"]),
            code=row["code"],
            patient_id=row["patient_id"],
            changed=row["changed"].split(),
            disclosed=tuple(PatientId(UUID(id_)) for id_ in row["disclosed"].split()),
            user_id=row["user_id"],
            request_id=row["request_id"],
            address=row["address"],
        )
    )


def _guard_sqlite() -> None:
    for deed in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_entry_refuses_{deed.lower()} BEFORE {deed} ON audit_entry BEGIN"
            f" SELECT RAISE(ABORT, 'The audit trail is append-only: {deed} is refused.'); END"
        )
    # INSERT OR REPLACE would remove an entry without a DELETE.
    op.execute(
        "CREATE TRIGGER audit_entry_grows_by_one BEFORE INSERT ON audit_entry"
        " WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_entry) BEGIN"
        " SELECT RAISE(ABORT, 'The audit trail is append-only: an entry takes the next number.'); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER audit_entry_refuses BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuses()"
    )
    # Numbers are given out once: a head that went back would give them out again.
    op.execute(
        "CREATE TRIGGER audit_head_refuses BEFORE DELETE OR TRUNCATE ON audit_head"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuses()"
    )
    op.execute(
        "CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head FOR EACH ROW"
        " WHEN (NEW.size <= OLD.size) EXECUTE FUNCTION audit_entry_refuses()"
    )
