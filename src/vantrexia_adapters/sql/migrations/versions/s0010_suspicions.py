"""Pairs of records that may be one person."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from vantrexia_adapters.sql.tables.types import Instant

revision: Final = "0010"
down_revision: Final = "0009"


def upgrade() -> None:
    """Make the list."""
    records = ("low_id", "high_id", "low_leads_to", "high_leads_to")
    op.create_table(
        "suspicion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in records),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("compared", sa.Text(), nullable=False),
        sa.Column("rival", sa.Text(), nullable=False),
        sa.Column("guards", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("found_at", Instant(), nullable=False),
        sa.Column("scored_at", Instant(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", Instant()),
        sa.Column("by_user", sa.BigInteger()),
        sa.Column("by_email", sa.LargeBinary()),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suspicion"),
        sa.CheckConstraint(
            "grade IN ('certain', 'probable', 'possible', 'certainly-not')", name="ck_suspicion_grade"
        ),
        sa.CheckConstraint(
            "occasion IN ('create', 'import', 'revision', 'sweep', 'unmerge')", name="ck_suspicion_occasion"
        ),
        sa.CheckConstraint(
            "decision IN ('open', 'later', 'same', 'different')", name="ck_suspicion_decision"
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_suspicion_practice_id"),
        *(sa.ForeignKeyConstraint([name], ["patient.id"], name=f"fk_suspicion_{name}") for name in records),
    )
    for name in ("low_leads_to", "high_leads_to", "key_version"):
        op.create_index(f"ix_suspicion_{name}", "suspicion", [name])
    op.create_index(
        "ix_suspicion_practice_id_decision_score", "suspicion", ["practice_id", "decision", "score"]
    )
