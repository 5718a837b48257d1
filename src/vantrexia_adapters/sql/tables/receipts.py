"""First answers, kept for calls that are repeated."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.types import Digest, Instant, Sealed

receipt: Final = sa.Table(
    "receipt",
    metadata,
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), primary_key=True),
    sa.Column("user_id", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("key_digest", Digest, primary_key=True),
    sa.Column("request_digest", Digest, nullable=False),
    sa.Column("at", Instant(), nullable=False, index=True),
    sa.Column("answer", Sealed),  # NULL between claim and commit, never after
)
