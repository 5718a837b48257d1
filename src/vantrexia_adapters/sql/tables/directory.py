"""Sealed snapshots of directories: a cache, which can be emptied at any time."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.types import Sealed

directory_snapshot: Final = sa.Table(
    "directory_snapshot",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False),
    sa.Column("epoch", sa.Uuid(), nullable=False),
    sa.Column("as_of", sa.BigInteger(), nullable=False),  # the change number it rests on
    sa.Column("chunks", sa.Integer(), nullable=False),
    sa.UniqueConstraint("practice_id", "epoch", "as_of"),
)

directory_chunk: Final = sa.Table(
    "directory_chunk",
    metadata,
    sa.Column(
        "snapshot_id",
        sa.Uuid(),
        sa.ForeignKey("directory_snapshot.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("place", sa.Integer(), primary_key=True, autoincrement=False),  # from 0
    sa.Column("sealed", Sealed, nullable=False),
)
