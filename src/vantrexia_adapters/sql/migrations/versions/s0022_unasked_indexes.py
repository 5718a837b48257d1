"""No index on the hint of a row's key: nobody asks by it, and every change of a row paid for it."""

from typing import Final

from alembic import op

revision: Final = "0022"
down_revision: Final = "0021"

_TABLES: Final = (
    "patient",
    "patient_version",
    "patient_move",
    "patient_merge",
    "suspicion",
    "user_account",
    "second_factor",
    "ehr_record",
    "ehr_loss",
    "import_item",
)


def upgrade() -> None:
    """Drop them. What needs an older key is told by the envelopes themselves."""
    for table in _TABLES:
        op.drop_index(f"ix_{table}_key_version", table)
