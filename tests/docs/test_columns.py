"""The list of what each column gives away is complete, and says rightly how the column rests."""

import re

import sqlalchemy as sa

from tests.docs.pages import DOCS, prose
from vantrexia_adapters.sql.tables import metadata
from vantrexia_adapters.sql.tables.types import Digest, Sealed

PAGE = DOCS / "explanation" / "searching-encrypted-data.md"
RESTS = [
    (column, rests)
    for columns, rests in re.findall(r"^\| ((?:`\w+\.\w+`(?:, )?)+) \| ([^|]+) \|", prose(PAGE), re.MULTILINE)
    for column in re.findall(r"`(\w+\.\w+)`", columns)
]
COLUMNS = {
    f"{column.table.name}.{column.name}": column for table in metadata.sorted_tables for column in table.c
}


def _rests(column: sa.Column[object]) -> str:
    if column.type is Sealed:
        return "sealed"
    if column.type is Digest:
        return "keyed digest"
    return "Argon2id hash" if column.name == "password_hash" else "clear"


def test_every_column_is_listed_once() -> None:
    """A new column cannot come in without a word on what it tells whoever has a copy."""
    assert sorted(column for column, _ in RESTS) == sorted(COLUMNS)


def test_how_a_column_rests_is_what_the_schema_says() -> None:
    """Sealed, a keyed digest, or in clear."""
    assert [(name, rests) for name, rests in RESTS if _rests(COLUMNS[name]) != rests] == []
