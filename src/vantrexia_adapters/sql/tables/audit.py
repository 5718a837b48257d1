"""The trail. Triggers, which the migration makes, refuse to change or remove what it holds."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import NOT_BACKED_UP, metadata
from vantrexia_adapters.sql.tables.types import Counted, Instant

audit_entry: Final = sa.Table(
    "audit_entry",
    metadata,
    sa.Column("seq", Counted, primary_key=True, autoincrement=False),
    sa.Column("at", Instant(), nullable=False),
    sa.Column("action", sa.Text(), nullable=False),
    sa.Column("outcome", sa.Text(), nullable=False),
    # No foreign keys: an entry outlives whatever it speaks of.
    sa.Column("practice_id", sa.Uuid()),
    sa.Column("actor_id", sa.BigInteger()),
    sa.Column("role", sa.Text()),
    sa.Column("code", sa.Text()),
    sa.Column("patient_id", sa.Uuid()),
    sa.Column("user_id", sa.BigInteger()),
    sa.Column("version", sa.BigInteger()),  # of the record: the one shown, or the one made
    sa.Column("changed", sa.Text(), nullable=False),  # names of fields, blank-separated
    sa.Column("disclosed", sa.Text(), nullable=False),  # ids of patients, sorted, blank-separated
    sa.Column("request_id", sa.Text()),
    sa.Column("address", sa.Text()),
    sa.Column("leaf", sa.LargeBinary(), nullable=False),  # the hash of all but the number (RFC 6962)
    sa.Column("purpose", sa.Text()),  # of what was done in an emergency
    sa.Index("ix_audit_entry_practice_id", "practice_id", "seq"),
    sa.Index("ix_audit_entry_patient_id", "patient_id", "seq"),
)

# Entries that show somebody else than whom they are about: lists. How their ids are searched differs.
sa.Index(
    "ix_audit_entry_disclosed",
    sa.text("string_to_array(disclosed, ' ')"),
    postgresql_using="gin",
    # Without a list of what waits to be sorted in: emptying it would hold up whoever writes next.
    postgresql_with={"fastupdate": "off"},
    postgresql_where=sa.text(
        "disclosed <> '' AND (patient_id IS NULL OR disclosed <> CAST(patient_id AS text))"
    ),
    _table=audit_entry,
).ddl_if(dialect="postgresql")
sa.Index(
    "ix_audit_entry_disclosed_beside",
    audit_entry.c.practice_id,
    audit_entry.c.seq,
    sqlite_where=sa.text(
        "disclosed <> '' AND (patient_id IS NULL OR replace(disclosed, '-', '') <> patient_id)"
    ),
).ddl_if(dialect="sqlite")

audit_head: Final = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
    sa.Column("size", sa.BigInteger(), nullable=False),  # entries so far
    sa.CheckConstraint("id = 1", name="id"),
    # SQLite has one writer at a time, so its trail is in order without a lock of its own.
    info={"only": "postgresql", NOT_BACKED_UP: "the entries are counted when they are put back"},
)
