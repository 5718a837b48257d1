"""What the stores ask of a database: statements of SQLAlchemy Core, built at import, run by the driver.

SQLAlchemy describes tables, builds and compiles the statements, and pools the connections. It does not
execute the ones of the hot path: measured on a read with its audit entry, its execution layer took 200 to
250 µs of CPU a request, more than the driver and everything else in this package. How a statement is compiled
and run is in `vantrexia_adapters.sql.sqlite` and `vantrexia_adapters.sql.postgresql`.
"""

from collections.abc import Mapping, MutableSequence, Sequence
from typing import Any, Final, Protocol, TypeAlias

import attrs
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import Executable

from vantrexia_core.kernel import VantrexiaError

Row: TypeAlias = tuple[Any, ...]
Parameters: TypeAlias = Mapping[str, Any]


class Statement:
    """A statement of this package, built at import. ``sqlite`` is its other form where the two differ.

    Parameters are `bindparam` without a value; an INSERT without values takes all columns by name. A form
    uses those that it knows of the parameters that it is given.
    """

    __slots__ = ("postgresql", "sqlite")

    def __init__(self, expression: Executable, *, sqlite: Executable | None = None) -> None:
        self.postgresql: Final = expression
        self.sqlite: Final = expression if sqlite is None else sqlite


@attrs.frozen
class Step:
    """A statement with its parameters. ``failure`` is what is raised instead when it fails."""

    statement: Statement
    parameters: Parameters = attrs.field(factory=dict, repr=False)
    failure: type[VantrexiaError] | None = None


@attrs.frozen
class Answer:
    """The rows that a statement gave, and how many it changed."""

    rows: Sequence[Row] = attrs.field(default=(), repr=False)
    changed: int = 0


class Session(Protocol):
    """A connection, as far as running statements goes."""

    def run(self, steps: Sequence[Step], answers: MutableSequence[Answer]) -> None:
        """Run some statements in order and add their answers, up to the first that fails.

        Raises the driver's error. What follows the one that failed was not run.
        """
        ...


def compiled(expression: Executable, dialect: Dialect) -> SQLCompiler:
    """The text of a statement and the names and types of its parameters."""
    result = expression.compile(dialect=dialect)  # type: ignore[attr-defined]
    if not isinstance(result, SQLCompiler):
        message = "only statements are compiled"
        raise TypeError(message)
    return result


def constants(statement: SQLCompiler) -> Parameters:
    """Parameters with a value of their own, such as the offset 0 that SQLite's compiler adds to a limit."""
    return {name: bind.value for bind, name in statement.bind_names.items() if not bind.required}


def columns(expression: Executable) -> Sequence[sa.ColumnElement[Any]]:
    """What a statement gives rows of; empty if it gives none."""
    return tuple(getattr(expression, "exported_columns", ()))
