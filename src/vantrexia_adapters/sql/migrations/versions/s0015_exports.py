"""Bulk exports."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from vantrexia_adapters.sql.tables.types import Instant

revision: Final = "0015"
down_revision: Final = "0014"


def upgrade() -> None:
    """Make room."""
    op.create_table(
        "patient_export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("by_user", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("since", Instant()),
        sa.Column("patient_ids", sa.Text(), nullable=False),
        sa.Column("elements", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("gone", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patient_export"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_patient_export_practice_id"),
    )
    op.create_index(
        "ix_patient_export_practice_id_by_user_at", "patient_export", ["practice_id", "by_user", "at"]
    )
