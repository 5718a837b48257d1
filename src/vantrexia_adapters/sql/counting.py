"""Looks at whole tables, which may take as long as they take and hold up nobody."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from vantrexia_adapters.sql.database import Database
from vantrexia_adapters.sql.errors import translation
from vantrexia_adapters.sql.statements import Row, Statement


def counted(
    database: Database, counts: sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[*tuple[Any, ...]]
) -> Sequence[Row]:
    """The rows of one statement, which sees everything in one moment.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    if database.turn is not None:
        # By itself: a transaction of SQLAlchemy's would ask for the right to write.
        return database.alone(Statement(counts), {})
    with translation(), database.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        return [tuple(row) for row in connection.execute(counts)]
