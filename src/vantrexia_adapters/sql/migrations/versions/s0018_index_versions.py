"""Digests say under which version of the index key they were made, and a practice which versions it uses."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0018"
down_revision: Final = "0017"


def upgrade() -> None:
    """Everything so far was made under the first."""
    for table in ("patient", "patient_version", "practice_head"):
        op.add_column(table, sa.Column("index_version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("practice_head", sa.Column("index_before", sa.Integer()))
