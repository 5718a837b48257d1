"""Where all tables are collected, with names for constraints that do not depend on the database."""

from typing import Final

import sqlalchemy as sa

NOT_BACKED_UP: Final = "not_backed_up"
"""In a table's ``info``: why a backup leaves it out. Every table without it is copied: none is forgotten."""

metadata: Final = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
