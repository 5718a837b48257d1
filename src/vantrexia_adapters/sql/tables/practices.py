"""Practices, and the head of each: the counters whose row lock puts its changes in one order."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.types import Instant

practice: Final = sa.Table(
    "practice",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("timezone", sa.Text(), nullable=False, server_default="UTC"),  # a name of the IANA database
)

practice_head: Final = sa.Table(
    "practice_head",
    metadata,
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), primary_key=True),
    sa.Column("epoch", sa.Uuid(), nullable=False),  # another one after a restore: forget what you derived
    sa.Column("seq", sa.BigInteger(), nullable=False),  # the newest change of the practice's records
    sa.Column("n", sa.BigInteger(), nullable=False),  # records ever added; dense
    sa.Column("mrn_number", sa.BigInteger(), nullable=False),  # the newest generated MRN
    sa.Column("index_version", sa.Integer(), nullable=False, server_default="1"),  # digests are made under
    sa.Column("index_before", sa.Integer()),  # under which there are some still; NULL as a rule
)
