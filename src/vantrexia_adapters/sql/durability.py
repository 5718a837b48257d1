"""Whether a database keeps what it acknowledged when the power fails."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.errors import translation

_DECISIVE: Final = ("fsync", "full_page_writes")
"""PostgreSQL's settings of the whole server; ``synchronous_commit`` is set by each of our connections."""


def unsafe_settings(engine: sa.Engine) -> tuple[str, ...]:
    """The names of the server's settings that let acknowledged changes be lost; none on SQLite.

    Raises:
        UnavailableError: the database cannot be asked now.
    """
    if engine.dialect.name == "sqlite":
        return ()
    with translation(), engine.connect() as connection:
        asked = sa.select(*(sa.func.current_setting(name) for name in _DECISIVE))
        values = connection.execute(asked).one()
    return tuple(name for name, value in zip(_DECISIVE, values, strict=True) if value != "on")
