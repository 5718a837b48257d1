"""The same patients without encryption, and the best ways that SQL has to search and order them.

Three tables hold the same rows: ``plain`` with its primary key alone, ``plain_btree`` with b-trees for prefixes
and orders, ``plain_trigram`` with those and an index of trigrams (PostgreSQL: pg_trgm; SQLite: FTS5). Beside the
names as written there are folded ones, which the indexed ways search. An answer is the exact count and twenty
whole rows, in two statements, as paginators ask.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

import psycopg

from questions import PAGE_SIZE, Question
from vantrexia_core.patients import Ordering, Patient, Status
from vantrexia_core.protection import fold

Row = tuple[Any, ...]
Answer = tuple[int, Sequence[Row]]

TABLES: Final = ("plain", "plain_btree", "plain_trigram")
SCAN, BTREE, TRIGRAM = "scan", "b-tree", "trigram"
_TABLE_OF: Final = {SCAN: "plain", BTREE: "plain_btree", TRIGRAM: "plain_trigram"}

_COLUMNS: Final = (
    "number BIGINT PRIMARY KEY",
    "id UUID NOT NULL UNIQUE",
    "status SMALLINT NOT NULL",
    "created_at TIMESTAMPTZ NOT NULL",
    "updated_at TIMESTAMPTZ NOT NULL",
    "first TEXT NOT NULL",
    "last TEXT NOT NULL",
    "mrn TEXT NOT NULL",
    'first_folded TEXT COLLATE "C" NOT NULL',
    'last_folded TEXT COLLATE "C" NOT NULL',
    'mrn_folded TEXT COLLATE "C" NOT NULL',
    "date_of_birth DATE NOT NULL",
    "gender TEXT NOT NULL",
    *(
        f"{name} TEXT"
        for name in ["phone", "email", "line1", "line2", "city", "state", "zip", "ssn", "external_id"]
    ),
)
_FIELDS: Final = ("last", "first", "mrn")
_UNIQUE: Final = (
    "CREATE UNIQUE INDEX IF NOT EXISTS {table}_mrn ON {table} (mrn)",
    "CREATE UNIQUE INDEX IF NOT EXISTS {table}_external_id ON {table} (external_id)",
)
_BTREES: Final = (
    *(
        f"CREATE INDEX IF NOT EXISTS {{table}}_{name}_folded ON {{table}} ({name}_folded{{pattern}})"
        for name in _FIELDS
    ),
    "CREATE INDEX IF NOT EXISTS {table}_by_name ON {table} (status, last_folded, first_folded, id)",
    "CREATE INDEX IF NOT EXISTS {table}_by_creation ON {table} (status, created_at, id)",
)
_PG_TRIGRAMS: Final = (
    "CREATE INDEX IF NOT EXISTS {table}_trigrams ON {table} USING gin "
    "(last_folded gin_trgm_ops, first_folded gin_trgm_ops, mrn_folded gin_trgm_ops)"
)
_FTS: Final = (
    "CREATE VIRTUAL TABLE {table}_fts USING fts5 (last_folded, first_folded, mrn_folded, "
    "tokenize = 'trigram', content = '{table}', content_rowid = 'number')",
    "INSERT INTO {table}_fts ({table}_fts) VALUES ('rebuild')",
    "CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN "
    "INSERT INTO {table}_fts (rowid, last_folded, first_folded, mrn_folded) "
    "VALUES (new.number, new.last_folded, new.first_folded, new.mrn_folded); END",
)
_STATUSES: Final = {Status.ACTIVE: 1, Status.ARCHIVED: 2, Status.DELETED: 3}
_ORDERS: Final = {
    Ordering.LAST_NAME: "last_folded, first_folded, id",
    Ordering.LAST_NAME_DESCENDING: "last_folded DESC, first_folded DESC, id DESC",
    Ordering.CREATED_AT: "created_at, id",
    Ordering.CREATED_AT_DESCENDING: "created_at DESC, id DESC",
}
_BEHIND_ALL: Final = "\U0010ffff"


class Plaintext(Protocol):
    """The tables in one database."""

    def loaded(self) -> int:
        """The number up to which all tables are filled."""
        ...

    def load(self, rows: Sequence[Row]) -> None:
        """Put the same rows into every table, in one transaction."""
        ...

    def index(self) -> None:
        """Build the indexes that are not there."""
        ...

    def add(self, way: str, rows: Sequence[Row]) -> None:
        """Insert rows into one table, in one transaction."""
        ...

    def ask(self, way: str, question: Question) -> Answer:
        """Answer in one of the ways of `ways_for`."""
        ...

    def index_bytes(self, way: str) -> int:
        """What the way's indexes take, those for uniqueness aside."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


def ways_for(question: Question) -> Sequence[str]:
    """The ways to answer a question: b-trees know no pieces, trigrams nothing shorter than three letters."""
    if not question.search:
        return (SCAN, BTREE)
    return (
        SCAN,
        *((BTREE,) if question.is_of_prefixes else ()),
        *((TRIGRAM,) if min(map(len, question.words)) >= 3 else ()),  # noqa: PLR2004 - a trigram has three
    )


def row_of(number: int, patient: Patient) -> Row:
    """A patient as a row of the tables."""
    first, last, mrn = patient.name.first.reveal(), patient.name.last.reveal(), patient.mrn.reveal()
    address = patient.address
    lines = (
        () if address is None else (address.line1, address.line2, address.city, address.state, address.zip)
    )
    others = (patient.phone, patient.email, *(lines or (None,) * 5), patient.ssn, patient.external_id)
    return (
        number,
        patient.id,
        _STATUSES[patient.status],
        patient.created_at,
        patient.updated_at,
        first,
        last,
        mrn,
        fold(first),
        fold(last),
        fold(mrn),
        patient.date_of_birth.reveal(),
        patient.gender.reveal().value,
        *(None if value is None else value.reveal() for value in others),
    )


class PostgresqlPlaintext:
    """On PostgreSQL, by psycopg, its automatic server-side prepare off.

    With it the server would settle for one plan for all words, and trigram searches be far slower.
    """

    def __init__(self, url: str) -> None:
        self._connection: Final = psycopg.connect(url, autocommit=True, prepare_threshold=None)
        self._run("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for table in TABLES:
            self._run(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(_COLUMNS)})")

    def loaded(self) -> int:
        """See `Plaintext`."""
        return min(self._number(f"SELECT coalesce(max(number), 0) FROM {table}") for table in TABLES)

    def load(self, rows: Sequence[Row]) -> None:
        """See `Plaintext`."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            for table in TABLES:
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)

    def index(self) -> None:
        """See `Plaintext`."""
        self._run("SET maintenance_work_mem = '256MB'")
        for table in TABLES[1:]:
            trigrams = (_PG_TRIGRAMS,) if table == _TABLE_OF[TRIGRAM] else ()
            for statement in (*_UNIQUE, *_BTREES, *trigrams):
                self._run(statement.format(table=table, pattern=" text_pattern_ops"))
        for table in TABLES:
            if self._number(f"SELECT count(*) FROM pg_stats WHERE tablename = '{table}'") == 0:
                self._run(f"VACUUM ANALYZE {table}")

    def add(self, way: str, rows: Sequence[Row]) -> None:
        """See `Plaintext`."""
        statement = f"INSERT INTO {_TABLE_OF[way]} VALUES ({', '.join(['%s'] * len(_COLUMNS))})"
        with self._connection.transaction(), self._connection.cursor() as cursor:
            if len(rows) == 1:
                cursor.execute(statement, rows[0])
            else:
                cursor.executemany(statement, rows)

    def ask(self, way: str, question: Question) -> Answer:
        """See `Plaintext`."""
        where, parameters = _condition(question, _POSTGRESQL_CONDITIONS[way])
        count, page = _statements(way, where, question)
        return self._number(count, parameters), self._run(page, parameters).fetchall()

    def plan(self, way: str, question: Question) -> Iterator[str]:
        """How the server goes about it, for whoever doubts a comparison."""
        where, parameters = _condition(question, _POSTGRESQL_CONDITIONS[way])
        for statement in _statements(way, where, question):
            for (line,) in self._run(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters):
                yield line

    def index_bytes(self, way: str) -> int:
        """See `Plaintext`."""
        return self._number(
            "SELECT coalesce(sum(pg_relation_size(indexrelid)), 0)::bigint FROM pg_index "
            "WHERE indrelid = %s::regclass AND NOT indisunique",
            [_TABLE_OF[way]],
        )

    def close(self) -> None:
        """See `Plaintext`."""
        self._connection.close()

    def _run(self, statement: str, parameters: Sequence[object] = ()) -> "psycopg.Cursor[Row]":
        return self._connection.execute(statement, parameters or None)

    def _number(self, statement: str, parameters: Sequence[object] = ()) -> int:
        row = self._run(statement, parameters).fetchone()
        return int(row[0]) if row is not None else 0


class SqlitePlaintext:
    """On SQLite, by Python's own driver, as durable as our own store."""

    def __init__(self, file: Path) -> None:
        self._connection: Final = sqlite3.connect(file, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._run(f"PRAGMA {pragma}")
        for table in TABLES:
            columns = ", ".join(_COLUMNS).replace("BIGINT", "INTEGER").replace('COLLATE "C" ', "")
            self._run(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")

    def loaded(self) -> int:
        """See `Plaintext`."""
        return min(self._number(f"SELECT coalesce(max(number), 0) FROM {table}") for table in TABLES)

    def load(self, rows: Sequence[Row]) -> None:
        """See `Plaintext`."""
        self._insert(TABLES, rows)

    def index(self) -> None:
        """See `Plaintext`."""
        for table in TABLES[1:]:
            for statement in (*_UNIQUE, *_BTREES):
                self._run(statement.format(table=table, pattern=""))
        table = _TABLE_OF[TRIGRAM]
        if self._number(f"SELECT count(*) FROM sqlite_schema WHERE name = '{table}_added'") == 0:
            self._run(f"DROP TABLE IF EXISTS {table}_fts")
            for statement in _FTS:
                self._run(statement.format(table=table))
            self._run("ANALYZE")

    def add(self, way: str, rows: Sequence[Row]) -> None:
        """See `Plaintext`."""
        self._insert((_TABLE_OF[way],), rows)

    def ask(self, way: str, question: Question) -> Answer:
        """See `Plaintext`."""
        where, parameters = _condition(question, _SQLITE_CONDITIONS[way])
        count, page = _statements(way, where.replace("%s", "?"), question)
        return self._number(count, parameters), self._run(page, parameters).fetchall()

    def index_bytes(self, way: str) -> int:
        """See `Plaintext`. 0 where SQLite was built without its table of pages."""
        table = _TABLE_OF[way]
        named = [
            f"{table}_{name}"
            for name in ("last_folded", "first_folded", "mrn_folded", "by_name", "by_creation")
        ]
        try:
            return self._number(
                f"SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN ({', '.join('?' * len(named))}) "
                f"OR name GLOB '{table}_fts_*'",
                named,
            )
        except sqlite3.OperationalError:
            return 0

    def close(self) -> None:
        """See `Plaintext`."""
        self._connection.close()

    def _insert(self, tables: Sequence[str], rows: Sequence[Row]) -> None:
        values = [tuple(map(_as_sqlite, row)) for row in rows]
        self._run("BEGIN IMMEDIATE")
        for table in tables:
            statement = f"INSERT INTO {table} VALUES ({', '.join('?' * len(_COLUMNS))})"
            self._connection.executemany(statement, values)
        self._run("COMMIT")

    def _run(self, statement: str, parameters: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._connection.execute(statement, parameters)

    def _number(self, statement: str, parameters: Sequence[object] = ()) -> int:
        row = self._run(statement, parameters).fetchone()
        return int(row[0])


def _as_sqlite(value: object) -> object:
    if isinstance(value, UUID):
        return value.bytes
    return value.isoformat() if isinstance(value, date) else value


Condition = Callable[[str, bool], tuple[str, Sequence[str]]]
"""What one word, which may have to stand at a start, asks of a row, and its parameters."""


def _any_field(comparison: str) -> str:
    return "(" + " OR ".join(comparison.format(name) for name in _FIELDS) + ")"


def _pattern(word: str, *, is_prefix: bool) -> str:
    return f"{word}%" if is_prefix else f"%{word}%"


def _like(comparison: str) -> Condition:
    return lambda word, is_prefix: (
        _any_field(comparison),
        [_pattern(word, is_prefix=is_prefix)] * len(_FIELDS),
    )


_POSTGRESQL_CONDITIONS: Final[dict[str, Condition]] = {
    SCAN: _like("{0} ILIKE %s"),
    BTREE: _like("{0}_folded LIKE %s"),
    TRIGRAM: _like("{0}_folded LIKE %s"),
}
_SQLITE_CONDITIONS: Final[dict[str, Condition]] = {
    SCAN: _like("{0} LIKE %s"),  # takes ASCII letters of either case for equal
    BTREE: lambda word, _: (
        _any_field("{0}_folded >= %s AND {0}_folded < %s"),
        [word, word + _BEHIND_ALL] * len(_FIELDS),
    ),
    TRIGRAM: lambda word, is_prefix: (
        "number IN (SELECT rowid FROM plain_trigram_fts WHERE plain_trigram_fts MATCH %s)",
        [f'^ "{word}"' if is_prefix else f'"{word}"'],
    ),
}


def _condition(question: Question, of_word: Condition) -> tuple[str, Sequence[str]]:
    parts: list[str] = ["status = 1"]
    parameters: list[str] = []
    for word, typed in zip(question.words, question.search.split(), strict=True):
        part, values = of_word(word, typed.startswith("^"))
        parts.append(part)
        parameters += values
    return " AND ".join(parts), parameters


def _statements(way: str, where: str, question: Question) -> tuple[str, str]:
    table = _TABLE_OF[way]
    return (
        f"SELECT count(*) FROM {table} WHERE {where}",
        f"SELECT * FROM {table} WHERE {where} ORDER BY {_ORDERS[question.ordering]} "
        f"LIMIT {PAGE_SIZE} OFFSET {question.offset}",
    )
