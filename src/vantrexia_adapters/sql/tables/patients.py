"""Patients' records and the moves of their lifecycle."""

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.types import Digest, Instant, Sealed, one_of
from vantrexia_core.patients import Move, Status


def _version_columns(*, is_former: bool = False) -> Iterator[sa.Column[Any]]:
    """What a version of a record consists of: one list for the one that counts and for those it replaced."""
    of_today = (sa.ForeignKey("patient.id"),) if is_former else ()
    yield sa.Column("id", sa.Uuid(), *of_today, primary_key=True)
    yield sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False)
    yield sa.Column("n", sa.BigInteger(), nullable=False)
    yield sa.Column("seq", sa.BigInteger(), nullable=False)
    yield sa.Column("status", sa.Text(), nullable=False)
    yield sa.Column("version", sa.BigInteger(), primary_key=is_former, autoincrement=False, nullable=False)
    yield sa.Column("created_at", Instant(), nullable=False)
    yield sa.Column("updated_at", Instant(), nullable=False)
    yield sa.Column("sealed_version", sa.BigInteger(), nullable=False)  # what the envelopes are bound to
    yield sa.Column("key_version", sa.Integer(), nullable=False)
    yield sa.Column("mrn_bix", Digest, nullable=False)
    yield sa.Column("external_id_bix", Digest)
    yield sa.Column("mrn", Sealed, nullable=False)
    yield sa.Column("first_name", Sealed, nullable=False)
    yield sa.Column("last_name", Sealed, nullable=False)
    yield sa.Column("date_of_birth", Sealed, nullable=False)
    yield sa.Column("gender", Sealed, nullable=False)
    # An absent one is sealed too: presence is nobody's business.
    yield sa.Column("ssn", Sealed, nullable=False)
    yield sa.Column("phone", Sealed)
    yield sa.Column("email", Sealed)
    yield sa.Column("line1", Sealed)
    yield sa.Column("line2", Sealed)
    yield sa.Column("city", Sealed)
    yield sa.Column("state", Sealed)
    yield sa.Column("zip", Sealed)
    yield sa.Column("external_id", Sealed)
    yield sa.Column("supplement", Sealed)


def _index_version() -> sa.Column[int]:
    """Under which version of the practice's index key the digests were made."""
    return sa.Column("index_version", sa.Integer(), nullable=False, server_default="1")


patient: Final = sa.Table(
    "patient",
    metadata,
    *_version_columns(),
    sa.Column("merged_into", sa.Uuid()),  # the record that stands for this one
    _index_version(),
    sa.UniqueConstraint("practice_id", "n"),
    sa.UniqueConstraint("practice_id", "mrn_bix"),
    sa.UniqueConstraint("practice_id", "external_id_bix"),
    sa.Index(None, "practice_id", "seq"),
    one_of("status", Status),
)

# Few records are merged, and few of a practice are asked for.
sa.Index(
    "ix_patient_merged_into",
    patient.c.practice_id,
    patient.c.merged_into,
    postgresql_where=patient.c.merged_into.is_not(None),
    sqlite_where=patient.c.merged_into.is_not(None),
)

# Replaced versions, copied as they stood: the same envelopes, bound to the same place. So they open under the
# names of the table that they were sealed for, which `sealed_as` tells to whoever seals them anew.
patient_version: Final = sa.Table(
    "patient_version",
    metadata,
    *_version_columns(is_former=True),
    sa.Column("replaced_seq", sa.BigInteger(), nullable=False),  # the change that replaced it
    sa.Column("merged_into", sa.Uuid()),
    _index_version(),
    sa.Index(None, "practice_id", "replaced_seq"),
    one_of("status", Status),
    info={"sealed_as": patient.name},
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
    sa.Column("key_version", sa.Integer(), nullable=False),
    one_of("move", (move for move in Move if move not in {Move.REVISE, Move.MERGE})),
)
