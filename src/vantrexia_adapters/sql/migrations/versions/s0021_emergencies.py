"""Declared emergencies, and the mark that their entries bear on the trail."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from vantrexia_adapters.sql.tables.types import Instant

revision: Final = "0021"
down_revision: Final = "0019"


def upgrade() -> None:
    """Make room. Entries that are there have no purpose, and stay byte for byte what they were."""
    op.add_column("audit_entry", sa.Column("purpose", sa.Text()))
    op.create_table(
        "emergency",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("declared_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_emergency"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_emergency_practice_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_emergency_user_id"),
    )
    op.create_index("ix_emergency_session_id", "emergency", ["session_id"])
    op.create_index("ix_emergency_practice_id_declared_at", "emergency", ["practice_id", "declared_at"])
    op.create_table(
        "emergency_notice",
        sa.Column("emergency_id", sa.Uuid(), nullable=False),
        sa.Column("administrator_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("emergency_id", "administrator_id", name="pk_emergency_notice"),
        sa.ForeignKeyConstraint(["emergency_id"], ["emergency.id"], name="fk_emergency_notice_emergency_id"),
        sa.ForeignKeyConstraint(
            ["administrator_id"], ["user_account.id"], name="fk_emergency_notice_administrator_id"
        ),
    )
    op.create_index("ix_emergency_notice_due_at", "emergency_notice", ["due_at"])
