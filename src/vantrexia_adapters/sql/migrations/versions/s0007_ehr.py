"""What the EHR told, what lost in a refresh, imports in the background."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0007"
down_revision: Final = "0006"

_INSTANT: Final = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
_SEALED: Final = sa.LargeBinary()


def upgrade() -> None:
    """Make everything."""
    _records()
    _imports()


def _records() -> None:
    op.create_table(
        "ehr_record",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("source_updated_at", _INSTANT),
        sa.Column("taken", sa.Text(), nullable=False),
        sa.Column("told", _SEALED, nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name="pk_ehr_record"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_ehr_record_patient_id"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_ehr_record_practice_id"),
    )
    op.create_index("ix_ehr_record_key_version", "ehr_record", ["key_version"])
    op.create_table(
        "ehr_loss",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("winners", sa.Text(), nullable=False),
        sa.Column("lost", _SEALED, nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", "place", name="pk_ehr_loss"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_ehr_loss_patient_id"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_ehr_loss_practice_id"),
    )
    op.create_index("ix_ehr_loss_key_version", "ehr_loss", ["key_version"])


def _imports() -> None:
    counts = ("imported_count", "updated_count", "skipped_count", "failed_count")
    op.create_table(
        "import_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("by_user", sa.BigInteger(), nullable=False),
        sa.Column("ids_bix", sa.LargeBinary(), nullable=False),
        sa.Column("is_refresh", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("pauses", sa.Integer(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("free_at", _INSTANT, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in counts),
        sa.PrimaryKeyConstraint("id", name="pk_import_job"),
        sa.CheckConstraint("status IN ('running', 'completed', 'failed')", name="ck_import_job_status"),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name="fk_import_job_practice_id"),
    )
    op.create_index("ix_import_job_practice_id", "import_job", ["practice_id"])
    op.create_index("ix_import_job_status_free_at", "import_job", ["status", "free_at"])
    op.create_table(
        "import_item",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("external_id", _SEALED, nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text()),
        sa.Column("why", sa.Text()),
        sa.Column("patient_id", sa.Uuid()),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("conflicts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "place", name="pk_import_item"),
        sa.CheckConstraint(
            "verdict IN ('imported', 'updated', 'skipped', 'error')", name="ck_import_item_verdict"
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["import_job.id"], name="fk_import_item_job_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_import_item_key_version", "import_item", ["key_version"])
    op.create_index(
        "ix_import_item_job_id_verdict_tries_place", "import_item", ["job_id", "verdict", "tries", "place"]
    )
