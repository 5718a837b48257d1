"""Counted requests: worth an hour, so they are neither logged ahead nor backed up."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import NOT_BACKED_UP, metadata
from vantrexia_adapters.sql.tables.types import Digest

rate_window: Final = sa.Table(
    "rate_window",
    metadata,
    sa.Column("bucket", Digest, primary_key=True),
    sa.Column("marks", sa.LargeBinary(), nullable=False),  # six bytes each, oldest first
    sa.Column("part", sa.Integer(), nullable=False),
    sa.Column("latest", sa.LargeBinary(), nullable=False),  # six bytes
    sa.Column(
        "over_at", sa.BigInteger(), nullable=False
    ),  # milliseconds since 1970; nothing counts from then on
    prefixes=["UNLOGGED"],
    # SQLite has a file of its own for it: see `open_rate_file`.
    info={"only": "postgresql", NOT_BACKED_UP: "worth an hour"},
)
"""On PostgreSQL an unlogged table: a hit waits for no disk, and a crash of the server begins with nothing
counted."""
