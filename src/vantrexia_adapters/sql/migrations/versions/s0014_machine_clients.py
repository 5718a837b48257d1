"""Machine clients, and which of their assertions were used."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from vantrexia_adapters.sql.tables.types import Instant

revision: Final = "0014"
down_revision: Final = "0013"


def upgrade() -> None:
    """Make room for them."""
    op.create_table(
        "machine_client",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("jwks", sa.Text()),
        sa.Column("jwks_url", sa.Text()),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tag", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_machine_client"),
        sa.UniqueConstraint("client_id", name="uq_machine_client_client_id"),
        sa.UniqueConstraint("practice_id", "name", name="uq_machine_client_practice_id_name"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_machine_client_practice_id"),
    )
    op.create_index("ix_machine_client_practice_id", "machine_client", ["practice_id"])
    op.create_table(
        "used_assertion",
        sa.Column("jti_digest", sa.LargeBinary(), nullable=False),
        sa.Column("forget_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("jti_digest", name="pk_used_assertion"),
    )
    op.create_index("ix_used_assertion_forget_at", "used_assertion", ["forget_at"])
