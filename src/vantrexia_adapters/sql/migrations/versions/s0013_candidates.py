"""Sealed snapshots of indexes of candidates."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0013"
down_revision: Final = "0012"


def upgrade() -> None:
    """Make room for snapshots and their chunks."""
    op.create_table(
        "candidates_snapshot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_candidates_snapshot"),
        sa.UniqueConstraint(
            "practice_id", "epoch", "as_of", name="uq_candidates_snapshot_practice_id_epoch_as_of"
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_candidates_snapshot_practice_id"),
    )
    op.create_table(
        "candidates_chunk",
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("snapshot_id", "place", name="pk_candidates_chunk"),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["candidates_snapshot.id"],
            name="fk_candidates_chunk_snapshot_id",
            ondelete="CASCADE",
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Ciphertext does not compress: do not let the server try.
        op.execute("ALTER TABLE candidates_chunk ALTER COLUMN sealed SET STORAGE EXTERNAL")
