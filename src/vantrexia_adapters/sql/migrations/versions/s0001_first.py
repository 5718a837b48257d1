"""Practices, patients, accounts, the trail, receipts, key checks."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None

_INSTANT: Final = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
_COUNTED: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SEALED: Final = sa.LargeBinary()


def upgrade() -> None:
    """Make everything."""
    _practices()
    _patients()
    _accounts()
    _rest()
    _trail()


def _practices() -> None:
    op.create_table(
        "practice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_practice"),
    )
    op.create_table(
        "practice_head",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("mrn_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", name="pk_practice_head"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_practice_head_practice_id"),
    )


def _patients() -> None:
    op.create_table(
        "patient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("sealed_version", sa.BigInteger(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("mrn_bix", sa.LargeBinary(), nullable=False),
        sa.Column("external_id_bix", sa.LargeBinary()),
        *(
            sa.Column(name, _SEALED, nullable=False)
            for name in ("mrn", "first_name", "last_name", "date_of_birth", "gender", "ssn")
        ),
        *(
            sa.Column(name, _SEALED)
            for name in ("phone", "email", "line1", "line2", "city", "state", "zip", "external_id")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_patient"),
        sa.UniqueConstraint("practice_id", "n", name="uq_patient_practice_id_n"),
        sa.UniqueConstraint("practice_id", "mrn_bix", name="uq_patient_practice_id_mrn_bix"),
        sa.UniqueConstraint("practice_id", "external_id_bix", name="uq_patient_practice_id_external_id_bix"),
        sa.CheckConstraint("status IN ('active', 'archived', 'deleted')", name="ck_patient_status"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_patient_practice_id"),
    )
    op.create_index("ix_patient_key_version", "patient", ["key_version"])
    op.create_index("ix_patient_practice_id_seq", "patient", ["practice_id", "seq"])
    op.create_table(
        "patient_move",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by_user", sa.BigInteger(), nullable=False),
        sa.Column("by_email", _SEALED, nullable=False),
        sa.Column("reason", _SEALED),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", "version", name="pk_patient_move"),
        sa.CheckConstraint(
            "move IN ('archive', 'unarchive', 'delete', 'restore')", name="ck_patient_move_move"
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_patient_move_patient_id"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_patient_move_practice_id"),
    )
    op.create_index("ix_patient_move_key_version", "patient_move", ["key_version"])


def _accounts() -> None:
    roles = (
        "'admin', 'clinical_manager', 'provider', 'nurse', 'ma', 'data_monitor', 'billing_manager', 'patient'"
    )
    op.create_table(
        "user_account",
        sa.Column("id", _COUNTED, sa.Identity(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("email_bix", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("patient_id", sa.Uuid()),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("email", _SEALED, nullable=False),
        sa.Column("first_name", _SEALED, nullable=False),
        sa.Column("last_name", _SEALED, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("record_id", name="uq_user_account_record_id"),
        sa.UniqueConstraint("email_bix", name="uq_user_account_email_bix"),
        sa.CheckConstraint(f"role IN ({roles})", name="ck_user_account_role"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_user_account_practice_id"),
    )
    op.create_index("ix_user_account_key_version", "user_account", ["key_version"])
    op.create_index("ix_user_account_practice_id", "user_account", ["practice_id"])


def _rest() -> None:
    op.create_table(
        "receipt",
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("answer", _SEALED),
        sa.PrimaryKeyConstraint("practice_id", "user_id", "key_digest", name="pk_receipt"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_receipt_practice_id"),
    )
    op.create_index("ix_receipt_at", "receipt", ["at"])
    op.create_table(
        "key_check",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "purpose", "version", name="pk_key_check"),
    )


def _trail() -> None:
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
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("disclosed", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text()),
        sa.Column("address", sa.Text()),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entry"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


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
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
        sa.CheckConstraint("id = 1", name="ck_audit_head_id"),
    )
    op.execute("INSERT INTO audit_head (id, size) VALUES (1, 0)")
    op.execute(
        "CREATE FUNCTION audit_entry_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'The audit trail is append-only: % is refused.', TG_OP; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_refuses BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuses()"
    )
