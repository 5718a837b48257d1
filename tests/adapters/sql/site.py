"""A database under test, a desk on it, and a stranger's connection to the same database."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa

from tests.builders import a_practice_id
from tests.databases import quick_engine
from tests.desks import SqlHouse
from tests.sources import ManualClock
from vantrexia_adapters.sql import SqlDesk

WAIT_SECONDS = 0.2


class Site:
    """``desk`` waits for locks a fifth of a second; ``execute`` is somebody with the database's password."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.clock = ManualClock()
        self.engine = quick_engine(url, wait_seconds=WAIT_SECONDS)
        self.house = SqlHouse(self.engine, folder)
        self.here = self.house.found(a_practice_id())
        self.desk: SqlDesk = self.house.desk(self.clock)
        self.stranger = quick_engine(url)
        self._stack = ExitStack()

    @property
    def is_sqlite(self) -> bool:
        """Which of the two databases it is, where a stranger has to speak its language."""
        return self.engine.dialect.name == "sqlite"

    def another_desk(self, *, wait_seconds: float = WAIT_SECONDS) -> SqlDesk:
        """The desk of another process: it shares nothing with the first but database and keys."""
        other = quick_engine(self.url, wait_seconds=wait_seconds)
        self._stack.callback(other.dispose)
        house = object.__new__(SqlHouse)
        house.__dict__.update(self.house.__dict__, engine=other)
        return house.desk(self.clock)

    def execute(self, statement: sa.Executable | str, **parameters: Any) -> list[Any]:
        """Run and commit one statement behind the adapter's back."""
        with self.stranger.begin() as connection:
            executable = sa.text(statement) if isinstance(statement, str) else statement
            result = connection.execute(executable, parameters)
            return list(result) if result.returns_rows else []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self.stranger.dispose()
        self.house.close()
