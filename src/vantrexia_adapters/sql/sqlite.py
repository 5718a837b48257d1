"""Statements on SQLite, on the cursor of the standard library's driver."""

import sqlite3
from collections.abc import Callable, MutableSequence, Sequence
from functools import cache
from typing import Any, Final, TypeAlias

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.interfaces import Dialect

from vantrexia_adapters.sql.statements import (
    Answer,
    Parameters,
    Row,
    Statement,
    Step,
    columns,
    compiled,
    constants,
)

Conversion: TypeAlias = Callable[[Any], Any]

_DIALECT: Final[Dialect] = SQLiteDialect_pysqlite()


class SqliteSession:
    """Implements `Session`."""

    __slots__ = ("_cursor",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._cursor = connection.cursor()

    def run(self, steps: Sequence[Step], answers: MutableSequence[Answer]) -> None:
        """See `Session`."""
        cursor = self._cursor
        for step in steps:
            form = _form(step.statement)
            cursor.execute(form.text, form.bind(step.parameters))
            answers.append(Answer(form.read(cursor.fetchall()) if form.gives_rows else (), cursor.rowcount))


@attrs.frozen(eq=False)
class _Form:
    """A statement's text, and the conversions of its parameters and columns."""

    text: str
    order: tuple[tuple[str, Conversion | None], ...]
    constants: Parameters
    columns: tuple[tuple[int, Conversion], ...]
    gives_rows: bool

    def bind(self, parameters: Parameters) -> Row:
        """The parameters as the driver takes them."""
        if self.constants:
            parameters = {**self.constants, **parameters}
        return tuple(
            [
                parameters[name] if convert is None else convert(parameters[name])
                for name, convert in self.order
            ]
        )

    def read(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows as Python values."""
        return [self._read(row) for row in rows] if self.columns else rows

    def _read(self, row: Row) -> Row:
        values = list(row)
        for position, convert in self.columns:
            if values[position] is not None:
                values[position] = convert(values[position])
        return tuple(values)


@cache
def _form(statement: Statement) -> _Form:
    expression = statement.sqlite
    made = compiled(expression, _DIALECT)
    binds = {name: _binding(bind.type) for bind, name in made.bind_names.items()}
    readings = ((position, _reading(column.type)) for position, column in enumerate(columns(expression)))
    return _Form(
        text=str(made),
        order=tuple((name, binds[name]) for name in made.positiontup or ()),
        constants=constants(made),
        columns=tuple((position, convert) for position, convert in readings if convert is not None),
        gives_rows=bool(columns(expression)),
    )


def _binding(type_: sa.types.TypeEngine[Any]) -> Conversion | None:
    if isinstance(type_, sa.LargeBinary):
        return None  # the driver takes and gives bytes
    return type_.dialect_impl(_DIALECT).bind_processor(_DIALECT)


def _reading(type_: sa.types.TypeEngine[Any]) -> Conversion | None:
    if isinstance(type_, sa.LargeBinary):
        return None
    return type_.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
