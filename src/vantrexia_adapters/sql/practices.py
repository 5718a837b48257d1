"""Practices: founded once, before their first record."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from vantrexia_adapters.sql.errors import translation
from vantrexia_adapters.sql.tables import practice, practice_head
from vantrexia_core.kernel import PracticeId


def practices(engine: sa.Engine) -> Sequence[PracticeId]:
    """The practices of this database, oldest first.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    with translation(), engine.connect() as connection:
        ids = connection.scalars(sa.select(practice.c.id).order_by(practice.c.created_at, practice.c.id))
        return [PracticeId(id_) for id_ in ids]


def add_practice(engine: sa.Engine, practice_id: PracticeId, name: str, *, at: datetime) -> PracticeId:
    """Found a practice; one that exists stays as it is. Its keys must exist before its first record.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    with translation(), engine.begin() as connection:
        _insert(connection, practice_id, name, at)
    return practice_id


def add_first_practice(engine: sa.Engine, practice_id: PracticeId, name: str, *, at: datetime) -> PracticeId:
    """Found a practice unless there is one, and say which is the oldest now: of two starts at once, one wins.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    with translation(), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE practice IN SHARE ROW EXCLUSIVE MODE")
        oldest = connection.scalar(
            sa.select(practice.c.id).order_by(practice.c.created_at, practice.c.id).limit(1)
        )
        if oldest is not None:
            return PracticeId(oldest)
        _insert(connection, practice_id, name, at)
        return practice_id


def _insert(connection: sa.Connection, practice_id: PracticeId, name: str, at: datetime) -> None:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(
        insert(practice).values(id=practice_id, name=name, created_at=at).on_conflict_do_nothing()
    )
    connection.execute(
        insert(practice_head)
        # The first epoch needs to differ from later ones only.
        .values(practice_id=practice_id, epoch=practice_id, seq=0, n=0, mrn_number=0)
        .on_conflict_do_nothing()
    )
