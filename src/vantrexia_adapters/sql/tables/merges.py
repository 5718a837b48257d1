"""Merges of records. What the two were before is among their kept versions, sealed as it stood."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.types import Instant, Sealed, one_of
from vantrexia_core.patients import MatchGrade

patient_merge: Final = sa.Table(
    "patient_merge",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False),
    sa.Column("survivor_id", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=False, index=True),
    sa.Column("survivor_version", sa.BigInteger(), nullable=False),  # the one before the merge
    sa.Column("loser_id", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=False),
    sa.Column("loser_version", sa.BigInteger(), nullable=False),
    sa.Column("taken", sa.Text(), nullable=False),  # names of fields, blank-separated
    sa.Column("led", sa.Text(), nullable=False),  # ids of records, blank-separated
    sa.Column("at", Instant(), nullable=False),
    sa.Column("by_user", sa.BigInteger(), nullable=False),
    sa.Column("by_email", Sealed, nullable=False),
    sa.Column("reason", Sealed, nullable=False),
    sa.Column("grade", sa.Text()),
    sa.Column("score", sa.Double()),
    sa.Column("model", sa.Text()),
    sa.Column("undone_at", Instant()),
    sa.Column("undone_by", sa.BigInteger()),
    sa.Column("undone_by_email", Sealed),
    sa.Column("undone_reason", Sealed),
    sa.Column("key_version", sa.Integer(), nullable=False),
    sa.Index(None, "loser_id", "at"),
    one_of("grade", MatchGrade),
)

# A record gives way to one other at a time, whatever a use case believes.
sa.Index(
    "uq_patient_merge_loser_id",
    patient_merge.c.loser_id,
    unique=True,
    postgresql_where=patient_merge.c.undone_at.is_(None),
    sqlite_where=patient_merge.c.undone_at.is_(None),
)
