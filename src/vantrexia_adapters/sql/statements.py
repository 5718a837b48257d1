"""Core statements, compiled once for each database and run on the driver's own cursor.

SQLAlchemy describes tables, builds and compiles the statements, and pools the connections. It does not
execute the ones of the hot path: measured on a read with its audit entry, its execution layer took 200 to
250 µs of CPU a request, more than the driver and everything else in this package. What remains of its work
per statement is the conversion of ids and times.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.expression import Executable

from vantrexia_core.kernel import NotFoundError

Row: TypeAlias = tuple[Any, ...]
Parameters: TypeAlias = Mapping[str, Any]
Conversion: TypeAlias = Callable[[Any], Any]


@attrs.frozen
class Compiled:
    """One statement's text for one driver, with its conversions. ``order`` is None for named parameters."""

    text: str
    order: tuple[tuple[str, Conversion | None], ...] | None
    named: tuple[tuple[str, Conversion], ...]
    columns: tuple[tuple[int, Conversion], ...]
    constants: Parameters
    gives_rows: bool

    def bind(self, parameters: Parameters) -> Parameters | tuple[Any, ...]:
        """The parameters as the driver takes them."""
        if self.constants:
            parameters = {**self.constants, **parameters}
        if self.order is not None:
            return tuple(
                [
                    parameters[name] if convert is None else convert(parameters[name])
                    for name, convert in self.order
                ]
            )
        if self.named:
            return {**parameters, **{name: convert(parameters[name]) for name, convert in self.named}}
        return parameters

    def read(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows as Python values."""
        if not self.columns:
            return rows
        return [self._read(row) for row in rows]

    def _read(self, row: Row) -> Row:
        values = list(row)
        for position, convert in self.columns:
            if values[position] is not None:
                values[position] = convert(values[position])
        return tuple(values)


class Statement:
    """A statement of this package, built at import. ``sqlite`` is its other form where the two differ.

    Parameters are `bindparam` without a value; an INSERT without values takes all columns by name.
    """

    __slots__ = ("_compiled", "_forms", "is_select")

    def __init__(self, expression: Executable, *, sqlite: Executable | None = None) -> None:
        self._forms: Final = {"postgresql": expression, "sqlite": expression if sqlite is None else sqlite}
        self._compiled: Final[dict[str, Compiled]] = {}
        self.is_select: Final = isinstance(expression, sa.SelectBase)

    def compiled(self, dialect: Dialect) -> Compiled:
        """The statement for this database."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._forms[dialect.name], dialect)
        return compiled


class Adding:
    """Whole new rows of a table: one by one as an INSERT that skips what collides, or many by COPY."""

    __slots__ = ("copying", "names", "statement", "types")

    def __init__(self, table: sa.Table) -> None:
        self.statement: Final = Statement(
            postgresql.insert(table).on_conflict_do_nothing(),
            sqlite=sqlite.insert(table).on_conflict_do_nothing(),
        )
        self.names: Final = tuple(column.name for column in table.columns)
        self.copying: Final = f"COPY {table.name} ({', '.join(self.names)}) FROM STDIN (FORMAT BINARY)"
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        self.types: Final = tuple(column.type.compile(dialect).lower() for column in table.columns)


def upsert(table: sa.Table, said: Callable[[postgresql.Insert | sqlite.Insert], Executable]) -> Statement:
    """An INSERT that says what happens to a row that is there already: once, for both databases' dialects."""
    return Statement(said(postgresql.insert(table)), sqlite=said(sqlite.insert(table)))


def first(rows: Sequence[Row]) -> Row:
    """The first row.

    Raises:
        NotFoundError: there is none.
    """
    if not rows:
        raise NotFoundError
    return rows[0]


def _compile(expression: Executable, dialect: Dialect) -> Compiled:
    gives_rows = bool(getattr(expression, "exported_columns", ()))
    if isinstance(expression, sa.Insert) and not gives_rows:
        # Or else the key comes back unasked, and Python 3.13's sqlite3 executes no such one many times.
        expression = expression.inline()
    compiled = expression.compile(dialect=dialect)  # type: ignore[attr-defined]
    if not isinstance(compiled, sa.sql.compiler.SQLCompiler):
        message = "only statements are compiled"
        raise TypeError(message)
    binds = {name: _binding(bind.type, dialect) for bind, name in compiled.bind_names.items()}
    order = None
    if compiled.positional:
        order = tuple((name, binds[name]) for name in compiled.positiontup or ())
    return Compiled(
        text=str(compiled),
        order=order,
        named=tuple((name, convert) for name, convert in binds.items() if convert is not None),
        columns=_columns(expression, dialect),
        # Such as the offset 0 that SQLite's compiler adds to a limit.
        constants={name: bind.value for bind, name in compiled.bind_names.items() if not bind.required},
        gives_rows=gives_rows,
    )


def _columns(expression: Executable, dialect: Dialect) -> tuple[tuple[int, Conversion], ...]:
    columns = getattr(expression, "exported_columns", ())
    conversions = ((position, _reading(column.type, dialect)) for position, column in enumerate(columns))
    return tuple((position, convert) for position, convert in conversions if convert is not None)


def _binding(type_: sa.types.TypeEngine[Any], dialect: Dialect) -> Conversion | None:
    item = type_.item_type if isinstance(type_, sa.ARRAY) else type_
    if isinstance(item, sa.LargeBinary | sa.Float):
        return None  # both drivers take and give bytes and floats
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _reading(type_: sa.types.TypeEngine[Any], dialect: Dialect) -> Conversion | None:
    if isinstance(type_, sa.LargeBinary | sa.Float):
        return None
    return type_.dialect_impl(dialect).result_processor(dialect, None)
