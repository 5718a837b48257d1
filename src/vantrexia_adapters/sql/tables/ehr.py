"""What the EHR told of patients, what lost in a refresh, and imports in the background.

An id at the EHR identifies a person (45 CFR 164.514(b)(2)(i)), so it is sealed in an import's list as it is
in a record.
"""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.types import Digest, Instant, Sealed, one_of
from vantrexia_core.ehr import JobStatus, Verdict

ehr_record: Final = sa.Table(
    "ehr_record",
    metadata,
    sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), primary_key=True),
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False),
    sa.Column("at", Instant(), nullable=False),  # when we read it; what is told is bound to it
    sa.Column("source_updated_at", Instant()),
    sa.Column("taken", sa.Text(), nullable=False),  # names of fields, blank-separated
    sa.Column("told", Sealed, nullable=False),
    sa.Column("key_version", sa.Integer(), nullable=False),
)

ehr_loss: Final = sa.Table(
    "ehr_loss",
    metadata,
    sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), primary_key=True),
    sa.Column("place", sa.Integer(), primary_key=True, autoincrement=False),  # in the history, from 1
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False),
    sa.Column("version", sa.BigInteger(), nullable=False),  # the record's after the refresh
    sa.Column("at", Instant(), nullable=False),
    sa.Column("winners", sa.Text(), nullable=False),  # field:side, blank-separated
    sa.Column("lost", Sealed, nullable=False),
    sa.Column("key_version", sa.Integer(), nullable=False),
)

import_job: Final = sa.Table(
    "import_job",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False, index=True),
    sa.Column("by_user", sa.BigInteger(), nullable=False),
    sa.Column("ids_bix", Digest, nullable=False),  # of the whole list, to find it again by
    sa.Column("is_refresh", sa.Boolean(), nullable=False),
    sa.Column("status", sa.Text(), nullable=False),
    sa.Column("code", sa.Text()),
    sa.Column("pauses", sa.Integer(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("updated_at", Instant(), nullable=False),
    sa.Column("free_at", Instant(), nullable=False),  # nobody takes it before
    sa.Column("total", sa.Integer(), nullable=False),
    *(
        sa.Column(f"{verdict.name.lower()}_count", sa.Integer(), nullable=False, server_default="0")
        for verdict in Verdict
    ),
    sa.Index(None, "status", "free_at"),
    one_of("status", JobStatus),
)

import_item: Final = sa.Table(
    "import_item",
    metadata,
    sa.Column("job_id", sa.Uuid(), sa.ForeignKey("import_job.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("place", sa.Integer(), primary_key=True, autoincrement=False),  # in the list, from 0
    sa.Column("external_id", Sealed, nullable=False),
    sa.Column("key_version", sa.Integer(), nullable=False),
    sa.Column("tries", sa.Integer(), nullable=False),
    sa.Column("verdict", sa.Text()),  # NULL until it is settled
    sa.Column("why", sa.Text()),
    sa.Column("patient_id", sa.Uuid()),
    sa.Column("changed", sa.Text(), nullable=False),  # names of fields, blank-separated
    sa.Column("conflicts", sa.Text(), nullable=False),  # field:side, blank-separated
    sa.Index(None, "job_id", "verdict", "tries", "place"),
    one_of("verdict", Verdict),
)
