"""Bulk exports: what was granted, of which moment. Nothing of anybody lies here, ids apart."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.types import Instant

patient_export: Final = sa.Table(
    "patient_export",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False),
    sa.Column("by_user", sa.BigInteger(), nullable=False),
    sa.Column("at", Instant(), nullable=False),
    sa.Column("as_of", sa.BigInteger(), nullable=False),  # the change number it rests on
    sa.Column("since", Instant()),
    sa.Column("patient_ids", sa.Text(), nullable=False),  # those asked for by name, blank-separated
    sa.Column("elements", sa.Text(), nullable=False),  # names, blank-separated
    sa.Column("request", sa.Text(), nullable=False),  # the address that it was asked for at
    sa.Column("shown", sa.Text(), nullable=False),  # first-last:count, blank-separated
    sa.Column("gone", sa.Text(), nullable=False),
    sa.Index(None, "practice_id", "by_user", "at"),
)
