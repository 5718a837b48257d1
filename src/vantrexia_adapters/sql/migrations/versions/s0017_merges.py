"""Records give way to others of the same person, and say so."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from vantrexia_adapters.sql.tables.types import Instant

revision: Final = "0017"
down_revision: Final = "0016"


def upgrade() -> None:
    """Make room. Nothing was merged before."""
    for table in ("patient", "patient_version"):
        op.add_column(table, sa.Column("merged_into", sa.Uuid()))
    is_merged = sa.text("merged_into IS NOT NULL")
    op.create_index(
        "ix_patient_merged_into",
        "patient",
        ["practice_id", "merged_into"],
        postgresql_where=is_merged,
        sqlite_where=is_merged,
    )
    op.create_table(
        "patient_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("survivor_version", sa.BigInteger(), nullable=False),
        sa.Column("loser_id", sa.Uuid(), nullable=False),
        sa.Column("loser_version", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.Text(), nullable=False),
        sa.Column("led", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_user", sa.BigInteger(), nullable=False),
        sa.Column("by_email", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("grade", sa.Text()),
        sa.Column("score", sa.Double()),
        sa.Column("model", sa.Text()),
        sa.Column("undone_at", Instant()),
        sa.Column("undone_by", sa.BigInteger()),
        sa.Column("undone_by_email", sa.LargeBinary()),
        sa.Column("undone_reason", sa.LargeBinary()),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patient_merge"),
        sa.CheckConstraint(
            "grade IN ('certain', 'probable', 'possible', 'certainly-not')", name="ck_patient_merge_grade"
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_patient_merge_practice_id"),
        sa.ForeignKeyConstraint(["survivor_id"], ["patient.id"], name="fk_patient_merge_survivor_id"),
        sa.ForeignKeyConstraint(["loser_id"], ["patient.id"], name="fk_patient_merge_loser_id"),
    )
    for name in ("survivor_id", "key_version"):
        op.create_index(f"ix_patient_merge_{name}", "patient_merge", [name])
    op.create_index("ix_patient_merge_loser_id_at", "patient_merge", ["loser_id", "at"])
    is_standing = sa.text("undone_at IS NULL")
    op.create_index(
        "uq_patient_merge_loser_id",
        "patient_merge",
        ["loser_id"],
        unique=True,
        postgresql_where=is_standing,
        sqlite_where=is_standing,
    )
