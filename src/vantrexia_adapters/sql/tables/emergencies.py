"""Declared emergencies, and who has yet to be told of them."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.types import Digest, Instant, Sealed

emergency: Final = sa.Table(
    "emergency",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False),
    sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("user_account.id"), nullable=False),
    sa.Column("session_id", sa.Uuid(), nullable=False, index=True),  # no foreign key: it outlives the session
    sa.Column("declared_at", Instant(), nullable=False),
    sa.Column("ends_at", Instant(), nullable=False),
    sa.Column("key_version", sa.Integer(), nullable=False),
    sa.Column("reason", Sealed, nullable=False),
    sa.Column("tag", Digest, nullable=False),  # binds all of the above but the last two
    sa.Index(None, "practice_id", "declared_at"),
)

emergency_notice: Final = sa.Table(
    "emergency_notice",
    metadata,
    sa.Column("emergency_id", sa.Uuid(), sa.ForeignKey("emergency.id"), primary_key=True),
    sa.Column(
        "administrator_id",
        sa.BigInteger(),
        sa.ForeignKey("user_account.id"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("due_at", Instant(), nullable=False, index=True),
    sa.Column("attempts", sa.Integer(), nullable=False),
)
