"""Whether a database would take a change: looked at for the health check, which must cost next to nothing."""

import os
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.database import Database
from vantrexia_adapters.sql.statements import Statement
from vantrexia_core.kernel import DiskFullError, UnavailableError

FREE_BYTES_MIN: Final = 16 * 1024 * 1024
"""Less room than this is none: a migration or a checkpoint of SQLite's log may need it at once."""

_IS_READ_ONLY: Final = Statement(
    sa.select(sa.cast(sa.func.current_setting("transaction_read_only"), sa.Boolean()).label("is_read_only"))
)
# It passes through the log to the disk and leaves nothing behind. A full disk, or a standby, refuses it.
_TOUCH: Final = Statement(
    sa.select(sa.func.pg_logical_emit_message(sa.true(), "vantrexia", "health").cast(sa.Text()).label("lsn"))
)
_READ: Final = Statement(sa.select(sa.literal_column("1").label("one")))


class WritabilityCheck:
    """Looks whether a database answers and takes changes. Safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._database: Final = Database(engine)
        is_file = engine.dialect.name == "sqlite" and engine.url.database is not None
        self._folder: Final = Path(str(engine.url.database)).parent if is_file else None

    def __call__(self) -> None:
        """Look.

        On PostgreSQL an empty message is committed to the log. On SQLite nothing is written, since a writer
        would have to wait for its turn: the file system is asked instead.

        Raises:
            UnavailableError: it does not answer, or is read-only.
            DiskFullError: it has no room left.
        """
        if self._folder is None:
            if self._database.alone(_IS_READ_ONLY, {})[0][0]:
                raise UnavailableError
            self._database.alone(_TOUCH, {})
            return
        self._database.alone(_READ, {})
        try:
            state = os.statvfs(self._folder)
        except OSError:
            raise UnavailableError from None
        if state.f_flag & os.ST_RDONLY:
            raise UnavailableError
        if state.f_bavail * state.f_frsize < FREE_BYTES_MIN:
            raise DiskFullError(str(self._folder))
