"""Which keys this database was sealed with: a value that recognises each, and no key."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata

key_check: Final = sa.Table(
    "key_check",
    metadata,
    sa.Column("scope", sa.Text(), primary_key=True),
    sa.Column("purpose", sa.Text(), primary_key=True),
    sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("value", sa.LargeBinary(), nullable=False),
)
