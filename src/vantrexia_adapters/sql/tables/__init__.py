"""The schema of both databases, as SQLAlchemy Core tables. The migrations must end here; a test compares.

A sealed column holds one envelope (`vantrexia_core.protection.Envelope`) or NULL. A ``…_bix`` column holds a
keyed digest and gives nothing away but equality within its practice. Everything else is meant to be read by
whoever holds a copy of the database: ids, statuses, times, version numbers.
"""

from vantrexia_adapters.sql.tables.audit import audit_entry, audit_head
from vantrexia_adapters.sql.tables.clients import machine_client, used_assertion
from vantrexia_adapters.sql.tables.directory import (
    candidates_chunk,
    candidates_snapshot,
    directory_chunk,
    directory_snapshot,
)
from vantrexia_adapters.sql.tables.ehr import ehr_loss, ehr_record, import_item, import_job
from vantrexia_adapters.sql.tables.emergencies import emergency, emergency_notice
from vantrexia_adapters.sql.tables.exports import patient_export
from vantrexia_adapters.sql.tables.file_imports import file_import
from vantrexia_adapters.sql.tables.identity import (
    backup_code,
    former_password,
    reset_request,
    reset_token,
    second_factor,
    sign_in_failure,
    user_account,
    user_session,
)
from vantrexia_adapters.sql.tables.keys import key_check
from vantrexia_adapters.sql.tables.merges import patient_merge
from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.patients import patient, patient_move, patient_version
from vantrexia_adapters.sql.tables.practices import practice, practice_head
from vantrexia_adapters.sql.tables.receipts import receipt
from vantrexia_adapters.sql.tables.suspicions import suspicion, uncompared
from vantrexia_adapters.sql.tables.throttling import rate_window

__all__ = [
    "audit_entry",
    "audit_head",
    "backup_code",
    "candidates_chunk",
    "candidates_snapshot",
    "directory_chunk",
    "directory_snapshot",
    "ehr_loss",
    "ehr_record",
    "emergency",
    "emergency_notice",
    "file_import",
    "former_password",
    "import_item",
    "import_job",
    "key_check",
    "machine_client",
    "metadata",
    "patient",
    "patient_export",
    "patient_merge",
    "patient_move",
    "patient_version",
    "practice",
    "practice_head",
    "rate_window",
    "receipt",
    "reset_request",
    "reset_token",
    "second_factor",
    "sign_in_failure",
    "suspicion",
    "uncompared",
    "used_assertion",
    "user_account",
    "user_session",
]
