"""Replaced versions of patients' records are kept."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from vantrexia_adapters.sql.tables.types import Instant

revision: Final = "0012"
down_revision: Final = "0011"

_SEALED: Final = sa.LargeBinary()


def upgrade() -> None:
    """Make room. What was replaced before this is gone: a history begins with the record as it stands."""
    op.create_table(
        "patient_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("sealed_version", sa.BigInteger(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("mrn_bix", sa.LargeBinary(), nullable=False),
        sa.Column("external_id_bix", sa.LargeBinary()),
        *(
            sa.Column(name, _SEALED, nullable=False)
            for name in ("mrn", "first_name", "last_name", "date_of_birth", "gender", "ssn")
        ),
        *(
            sa.Column(name, _SEALED)
            for name in (
                "phone",
                "email",
                "line1",
                "line2",
                "city",
                "state",
                "zip",
                "external_id",
                "supplement",
            )
        ),
        sa.Column("replaced_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_patient_version"),
        sa.CheckConstraint("status IN ('active', 'archived', 'deleted')", name="ck_patient_version_status"),
        sa.ForeignKeyConstraint(["id"], ["patient.id"], name="fk_patient_version_id"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_patient_version_practice_id"),
    )
    op.create_index("ix_patient_version_key_version", "patient_version", ["key_version"])
    op.create_index(
        "ix_patient_version_practice_id_replaced_seq", "patient_version", ["practice_id", "replaced_seq"]
    )
