"""Files of patients that were taken in: how far each has come. Nothing of what they hold."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.types import Digest, Instant

file_import: Final = sa.Table(
    "file_import",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False),
    sa.Column("by_user", sa.BigInteger(), nullable=False),
    sa.Column("at", Instant(), nullable=False),
    sa.Column("updated_at", Instant(), nullable=False),
    sa.Column("fingerprint_bix", Digest),  # of the content, to find it again by
    sa.Column("lines", sa.BigInteger(), nullable=False),  # those that are settled
    sa.Column("imported", sa.BigInteger(), nullable=False),
    sa.Column("skipped", sa.BigInteger(), nullable=False),
    sa.Column("refused", sa.BigInteger(), nullable=False),
    sa.Column("is_done", sa.Boolean(), nullable=False),
    sa.Index(None, "practice_id", "fingerprint_bix", "at"),
)
