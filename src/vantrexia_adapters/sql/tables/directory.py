"""Sealed snapshots of directories and of indexes of candidates: caches, which can be emptied at any time."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import NOT_BACKED_UP, metadata
from vantrexia_adapters.sql.tables.types import Sealed


def _snapshot(name: str) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),  # the change number it rests on
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.UniqueConstraint("practice_id", "epoch", "as_of"),
        info={NOT_BACKED_UP: "a cache, of an epoch that ends with the restore"},
    )


def _chunk(name: str, snapshot: sa.Table) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column(
            "snapshot_id", sa.Uuid(), sa.ForeignKey(snapshot.c.id, ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("place", sa.Integer(), primary_key=True, autoincrement=False),  # from 0
        sa.Column("sealed", Sealed, nullable=False),
        info={NOT_BACKED_UP: "a cache, of an epoch that ends with the restore"},
    )


directory_snapshot: Final = _snapshot("directory_snapshot")
directory_chunk: Final = _chunk("directory_chunk", directory_snapshot)

candidates_snapshot: Final = _snapshot("candidates_snapshot")
candidates_chunk: Final = _chunk("candidates_chunk", candidates_snapshot)
