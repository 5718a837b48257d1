"""Indexes for whoever reads the trail: by practice, by patient, and by whom a list showed."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0008"
down_revision: Final = "0007"


def upgrade() -> None:
    """Add them; the trail itself stays as it is."""
    op.create_index("ix_audit_entry_practice_id", "audit_entry", ["practice_id", "seq"])
    op.create_index("ix_audit_entry_patient_id", "audit_entry", ["patient_id", "seq"])
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(
            "ix_audit_entry_disclosed_beside",
            "audit_entry",
            ["practice_id", "seq"],
            sqlite_where=sa.text(
                "disclosed <> '' AND (patient_id IS NULL OR replace(disclosed, '-', '') <> patient_id)"
            ),
        )
    else:
        op.execute(
            "CREATE INDEX ix_audit_entry_disclosed ON audit_entry USING gin (string_to_array(disclosed, ' '))"
            " WITH (fastupdate = off)"
            " WHERE disclosed <> '' AND (patient_id IS NULL OR disclosed <> CAST(patient_id AS text))"
        )
