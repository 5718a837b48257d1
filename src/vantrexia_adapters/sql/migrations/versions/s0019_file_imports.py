"""Files of patients that are taken in."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from vantrexia_adapters.sql.tables.types import Instant

revision: Final = "0019"
down_revision: Final = "0018"


def upgrade() -> None:
    """Make room."""
    op.create_table(
        "file_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("by_user", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("fingerprint_bix", sa.LargeBinary()),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("imported", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_file_import"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_file_import_practice_id"),
    )
    op.create_index(
        "ix_file_import_practice_id_fingerprint_bix_at",
        "file_import",
        ["practice_id", "fingerprint_bix", "at"],
    )
