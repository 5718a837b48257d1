"""An account has a reset token for each letter of the last hour."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from vantrexia_adapters.sql.tables.types import Instant

revision: Final = "0009"
down_revision: Final = "0008"


def upgrade() -> None:
    """Make room. Tokens from before are good for an hour at most: their owners ask again."""
    op.drop_table("reset_token")
    op.create_table(
        "reset_token",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "token_digest", name="pk_reset_token"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_reset_token_user_id"),
    )
