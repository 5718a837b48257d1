"""Counted requests, on PostgreSQL: SQLite keeps them in a file of their own."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"


def upgrade() -> None:
    """Make room for the windows of rate limits."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "rate_window",
        sa.Column("bucket", sa.LargeBinary(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("latest", sa.LargeBinary(), nullable=False),
        sa.Column("over_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name="pk_rate_window"),
        prefixes=["UNLOGGED"],
    )
    # Six thousand bytes fit a page: inside the row they are written once, outside it in four pieces.
    op.execute("ALTER TABLE rate_window ALTER COLUMN marks SET STORAGE MAIN")
