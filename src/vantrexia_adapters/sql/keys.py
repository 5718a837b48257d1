"""Which keys this database was sealed with, so that a start with another ring can be refused."""

from collections.abc import Iterable, Sequence

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from vantrexia_adapters.sql.errors import translation
from vantrexia_adapters.sql.tables import key_check


@attrs.frozen
class StoredKeyCheck:
    """A key's name and a value that recognises it. Not the key, and no secret."""

    scope: str
    purpose: str
    version: int
    value: bytes


def key_checks(engine: sa.Engine) -> Sequence[StoredKeyCheck]:
    """What was kept.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    columns = (key_check.c.scope, key_check.c.purpose, key_check.c.version, key_check.c.value)
    with translation(), engine.connect() as connection:
        rows = connection.execute(sa.select(*columns).order_by(*columns))
        return [
            StoredKeyCheck(scope, purpose, version, bytes(value)) for scope, purpose, version, value in rows
        ]


def keep_key_checks(engine: sa.Engine, checks: Iterable[StoredKeyCheck]) -> None:
    """Keep those that are not kept yet; compare the others first (`key_checks`), they stay as they are.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    insert = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert
    with translation(), engine.begin() as connection:
        for check in checks:
            connection.execute(insert(key_check).values(attrs.asdict(check)).on_conflict_do_nothing())
