"""Records that are to be compared with the others."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from vantrexia_adapters.sql.tables.types import Instant

revision: Final = "0016"
down_revision: Final = "0015"


def upgrade() -> None:
    """Make the list. Nobody is on it: a practice that has records says itself when to compare them all."""
    op.create_table(
        "uncompared",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name="pk_uncompared"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_uncompared_patient_id"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_uncompared_practice_id"),
    )
    op.create_index("ix_uncompared_practice_id_patient_id", "uncompared", ["practice_id", "patient_id"])
