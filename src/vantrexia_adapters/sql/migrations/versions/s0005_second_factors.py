"""Former passwords, so that the last ones are not taken again."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0005"
down_revision: Final = "0004"


def upgrade() -> None:
    """Make room for former passwords."""
    op.create_table(
        "former_password",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_former_password"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_former_password_user_id"),
    )
    op.create_index("ix_former_password_user_id", "former_password", ["user_id"])
