"""Patients' records and the moves of their lifecycle."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.types import Digest, Instant, Sealed, one_of
from vantrexia_core.patients import Move, Status

patient: Final = sa.Table(
    "patient",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False),
    sa.Column("n", sa.BigInteger(), nullable=False),
    sa.Column("seq", sa.BigInteger(), nullable=False),
    sa.Column("status", sa.Text(), nullable=False),
    sa.Column("version", sa.BigInteger(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("updated_at", Instant(), nullable=False),
    sa.Column("sealed_version", sa.BigInteger(), nullable=False),  # the version the envelopes are bound to
    sa.Column("key_version", sa.Integer(), nullable=False, index=True),
    sa.Column("mrn_bix", Digest, nullable=False),
    sa.Column("external_id_bix", Digest),
    sa.Column("mrn", Sealed, nullable=False),
    sa.Column("first_name", Sealed, nullable=False),
    sa.Column("last_name", Sealed, nullable=False),
    sa.Column("date_of_birth", Sealed, nullable=False),
    sa.Column("gender", Sealed, nullable=False),
    sa.Column("ssn", Sealed, nullable=False),  # an absent one is sealed too: presence is nobody's business
    sa.Column("phone", Sealed),
    sa.Column("email", Sealed),
    sa.Column("line1", Sealed),
    sa.Column("line2", Sealed),
    sa.Column("city", Sealed),
    sa.Column("state", Sealed),
    sa.Column("zip", Sealed),
    sa.Column("external_id", Sealed),
    sa.Column("supplement", Sealed),
    sa.UniqueConstraint("practice_id", "n"),
    sa.UniqueConstraint("practice_id", "mrn_bix"),
    sa.UniqueConstraint("practice_id", "external_id_bix"),
    sa.Index(None, "practice_id", "seq"),
    one_of("status", Status),
)

patient_move: Final = sa.Table(
    "patient_move",
    metadata,
    sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), primary_key=True),
    sa.Column("version", sa.BigInteger(), primary_key=True, autoincrement=False),  # the one it led to
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False),
    sa.Column("move", sa.Text(), nullable=False),
    sa.Column("at", Instant(), nullable=False),
    sa.Column("by_user", sa.BigInteger(), nullable=False),
    sa.Column("by_email", Sealed, nullable=False),
    sa.Column("reason", Sealed),
    sa.Column("key_version", sa.Integer(), nullable=False, index=True),
    one_of("move", (move for move in Move if move is not Move.REVISE)),
)
