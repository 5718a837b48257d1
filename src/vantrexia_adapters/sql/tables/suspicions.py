"""Pairs of records that may be one person, and records that are to be compared.

Nothing of the person: ids, grades, bits, what was decided.
"""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.types import Instant, Sealed, one_of
from vantrexia_core.patients import Decision, MatchGrade, Occasion

suspicion: Final = sa.Table(
    "suspicion",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),  # derived from the two ids
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False),
    sa.Column("low_id", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=False),
    sa.Column("high_id", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=False),
    sa.Column("low_leads_to", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=False, index=True),
    sa.Column("high_leads_to", sa.Uuid(), sa.ForeignKey("patient.id"), nullable=False, index=True),
    sa.Column("grade", sa.Text(), nullable=False),
    sa.Column("score", sa.Double(), nullable=False),  # bits
    sa.Column("compared", sa.Text(), nullable=False),  # field:level:bits, blank-separated
    sa.Column("rival", sa.Text(), nullable=False),
    sa.Column("guards", sa.Text(), nullable=False),  # blank-separated
    sa.Column("model", sa.Text(), nullable=False),
    sa.Column("occasion", sa.Text(), nullable=False),
    sa.Column("found_at", Instant(), nullable=False),
    sa.Column("scored_at", Instant(), nullable=False),
    sa.Column("decision", sa.Text(), nullable=False),
    sa.Column("version", sa.BigInteger(), nullable=False),
    sa.Column("decided_at", Instant()),  # what is sealed is bound to it
    sa.Column("by_user", sa.BigInteger()),
    sa.Column("by_email", Sealed),
    sa.Column("key_version", sa.Integer(), nullable=False),
    sa.Index(None, "practice_id", "decision", "score"),
    one_of("grade", MatchGrade),
    one_of("occasion", Occasion),
    one_of("decision", Decision),
)

uncompared: Final = sa.Table(
    "uncompared",
    metadata,
    sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), primary_key=True),
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False),
    sa.Column("noted_at", Instant(), nullable=False),
    sa.Index(None, "practice_id", "patient_id"),
)
