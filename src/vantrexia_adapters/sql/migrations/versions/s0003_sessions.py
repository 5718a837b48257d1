"""Sessions, failed sign-ins, and what binds an account's row to this deployment."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"

_INSTANT: Final = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Make room. An account from before has no tag and lets nobody in: none was ever released."""
    op.add_column("practice", sa.Column("timezone", sa.Text(), nullable=False, server_default="UTC"))
    for column in (
        sa.Column("phone", sa.LargeBinary()),
        sa.Column("is_2fa_enabled", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("last_login_at", _INSTANT),
        sa.Column("tag", sa.LargeBinary()),
    ):
        op.add_column("user_account", column)
    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("refresh_id", sa.Uuid(), nullable=False),
        sa.Column("auth_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_session"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_user_session_user_id"),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])
    op.create_table(
        "sign_in_failure",
        sa.Column("email_bix", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("locked_until", _INSTANT),
        sa.Column("last_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("email_bix", name="pk_sign_in_failure"),
    )
    op.create_index("ix_sign_in_failure_last_at", "sign_in_failure", ["last_at"])
