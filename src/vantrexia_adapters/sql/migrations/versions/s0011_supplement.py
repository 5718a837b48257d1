"""A patient's record has a place for what FHIR clients say beyond its fields."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0011"
down_revision: Final = "0010"


def upgrade() -> None:
    """Make room. Records from before have nothing to put there."""
    op.add_column("patient", sa.Column("supplement", sa.LargeBinary()))
