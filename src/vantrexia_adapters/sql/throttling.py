"""Windows of hits in SQL: one statement a hit, outside every unit of work.

The statement is the arithmetic of `vantrexia_core.throttling.hit` in SQL. It inserts a first hit or updates
the row, under the row's lock, if the limit admits one more; a refused hit writes nothing.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from vantrexia_adapters.sql.database import Database
from vantrexia_adapters.sql.engine import open_engine
from vantrexia_adapters.sql.statements import Row, Statement
from vantrexia_adapters.sql.tables import rate_window
from vantrexia_core.throttling import (
    MARK_BYTES,
    Bucket,
    Standing,
    Window,
    group_of,
    kept_bytes,
    mark,
    milliseconds,
    oldest_that_counts,
    standing,
)

PURGE_SECONDS: Final = 300
"""How often a process removes what no longer counts."""

_COLUMNS: Final = (rate_window.c.marks, rate_window.c.part, rate_window.c.latest)


def _bytes(name: str) -> sa.BindParameter[bytes]:
    return sa.bindparam(name, type_=sa.LargeBinary())


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.Integer())


def _digits(number: int) -> sa.ColumnClause[int]:
    return sa.literal_column(str(number))


def _hit(insert: Any, greater: Callable[..., Any]) -> Any:  # noqa: ANN401 - two dialects, alike but for their types
    """The statement, where ``greater`` is what the database calls the greater of two values."""
    row, one, mark_bytes = rate_window.c, _digits(1), _digits(MARK_BYTES)
    at, oldest, group = _bytes("at"), _bytes("oldest"), _number("hits_in_group")
    part = sa.case((row.latest < oldest, _digits(0)), else_=row.part)
    # The limit is reached when as many marks count as stand for all hits but those of the open group.
    needed = mark_bytes * ((_number("hits") - part + group - one) // group)
    length = sa.func.length(row.marks)
    deciding = sa.func.substr(row.marks, length - needed + one, mark_bytes)
    latest = greater(row.latest, at)
    # SQLite calls what it has joined a text; the bytes are the same.
    longer = sa.cast(row.marks.op("||")(latest), sa.LargeBinary())
    kept = sa.func.substr(longer, greater(one, length + mark_bytes - _number("kept_bytes") + one))
    is_whole = part + one >= group
    return (
        insert(rate_window)
        .values(
            bucket=_bytes("bucket"),
            marks=_bytes("first_marks"),
            part=_number("first_part"),
            latest=at,
            over_at=sa.bindparam("over_at", type_=sa.BigInteger()),
        )
        .on_conflict_do_update(
            index_elements=[row.bucket],
            set_={
                row.marks: sa.case((is_whole, kept), else_=row.marks),
                row.part: sa.case((is_whole, _digits(0)), else_=part + one),
                row.latest: latest,
                row.over_at: greater(row.over_at, sa.bindparam("over_at", type_=sa.BigInteger())),
            },
            where=sa.or_(length < needed, deciding < oldest),
        )
        .returning(*_COLUMNS)
    )


_HIT: Final = Statement(_hit(postgresql.insert, sa.func.greatest), sqlite=_hit(sqlite.insert, sa.func.max))
_GET: Final = Statement(sa.select(*_COLUMNS).where(rate_window.c.bucket == _bytes("bucket")))
_PURGE: Final = Statement(
    sa.delete(rate_window).where(rate_window.c.over_at <= sa.bindparam("now", type_=sa.BigInteger()))
)


class SqlRateStore:
    """Implements the core's ``RateStore`` for all processes and hosts that share a database.

    ``digest`` is keyed: addresses and e-mails of those who ask do not lie in the table.
    """

    def __init__(self, engine: sa.Engine, digest: Callable[[bytes], bytes]) -> None:
        self._database: Final = Database(engine)
        self._digest: Final = digest
        self._lock: Final = Lock()
        self._purge_at = 0

    def hit(self, bucket: Bucket, *, at: datetime) -> Standing:
        """See `RateStore`."""
        limit, now = bucket.limit, milliseconds(at)
        key, group = self._digest(bucket.key), group_of(bucket.limit)
        rows = self._database.alone(
            _HIT,
            {
                "bucket": key,
                "at": mark(now),
                "oldest": mark(oldest_that_counts(limit, now)),
                "hits": limit.hits,
                "hits_in_group": group,
                "kept_bytes": kept_bytes(limit),
                "first_marks": mark(now) if group == 1 else b"",
                "first_part": 0 if group == 1 else 1,
                "over_at": now + limit.seconds * 1000,
            },
        )
        self._purge(now)
        if rows:
            return standing(_window(rows[0]), limit, now, is_admitted=True)
        rows = self._database.alone(_GET, {"bucket": key})
        # Without a row, all that refused this hit has run out since: the next one is let in.
        return standing(_window(rows[0]) if rows else Window(), limit, now, is_admitted=False)

    def _purge(self, now: int) -> None:
        with self._lock:
            if now < self._purge_at:
                return
            self._purge_at = now + PURGE_SECONDS * 1000
        self._database.alone(_PURGE, {"now": now})


def open_rate_file(path: Path) -> sa.Engine:
    """An SQLite file for counted requests alone, beside the database of which it must not hold up a writer.

    Its commits wait for no disk: a power cut costs an hour's counts at most.

    Raises:
        UnsupportedDatabaseError: the file cannot be created.
        UnavailableError: it is locked for too long.
    """
    engine = open_engine(f"sqlite:///{path}", is_durable=False)
    create = sa.schema.CreateTable(rate_window, if_not_exists=True)
    with engine.begin() as connection:
        connection.exec_driver_sql(str(create.compile(dialect=engine.dialect)).replace("UNLOGGED ", ""))
    return engine


def _window(row: Row) -> Window:
    marks, part, latest = row
    return Window(bytes(marks), part, int.from_bytes(latest, "big"))
