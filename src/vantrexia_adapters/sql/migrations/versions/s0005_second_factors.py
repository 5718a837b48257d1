"""Former passwords, second factors, and what becomes of forgotten passwords."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from vantrexia_adapters.sql.tables.types import Instant

revision: Final = "0005"
down_revision: Final = "0004"


def upgrade() -> None:
    """Make room for them."""
    op.create_table(
        "former_password",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_former_password"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_former_password_user_id"),
    )
    op.create_index("ix_former_password_user_id", "former_password", ["user_id"])
    op.create_table(
        "second_factor",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_second_factor"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_second_factor_user_id"),
    )
    op.create_index("ix_second_factor_key_version", "second_factor", ["key_version"])
    op.create_table(
        "backup_code",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "code_digest", name="pk_backup_code"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_backup_code_user_id"),
    )
    op.create_table(
        "reset_token",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_reset_token"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_reset_token_user_id"),
    )
    op.create_table(
        "reset_request",
        sa.Column("email_bix", sa.LargeBinary(), nullable=False),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("email_bix", name="pk_reset_request"),
    )
    op.create_index("ix_reset_request_due_at", "reset_request", ["due_at"])
