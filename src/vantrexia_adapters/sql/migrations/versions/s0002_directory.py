"""Sealed snapshots of directories."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"


def upgrade() -> None:
    """Make room for snapshots and their chunks."""
    op.create_table(
        "directory_snapshot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_directory_snapshot"),
        sa.UniqueConstraint(
            "practice_id", "epoch", "as_of", name="uq_directory_snapshot_practice_id_epoch_as_of"
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_directory_snapshot_practice_id"),
    )
    op.create_table(
        "directory_chunk",
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("snapshot_id", "place", name="pk_directory_chunk"),
        sa.ForeignKeyConstraint(
            ["snapshot_id"],
            ["directory_snapshot.id"],
            name="fk_directory_chunk_snapshot_id",
            ondelete="CASCADE",
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Ciphertext does not compress: do not let the server try.
        op.execute("ALTER TABLE directory_chunk ALTER COLUMN sealed SET STORAGE EXTERNAL")
