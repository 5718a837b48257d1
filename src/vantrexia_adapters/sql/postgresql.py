"""Statements on PostgreSQL, on libpq itself: prepared once for a connection, everything in binary.

psycopg makes and keeps the connections; its cursors are not used. They decide at run time how each value
travels and wait in small steps: measured on a record by its key, 54 µs of CPU a statement, against 20 for
one call of libpq with conversions that are known from the tables. Statements that need not wait for each
other's rows are sent together (libpq's pipeline mode), so that BEGIN and COMMIT cost no round trip.
"""

from collections.abc import Callable, MutableMapping, MutableSequence, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from select import POLLIN, POLLOUT, poll
from struct import Struct
from typing import Any, Final, TypeAlias
from uuid import UUID

import attrs
import psycopg
import sqlalchemy as sa
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy.dialects.postgresql.base import PGDialect
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
from vantrexia_adapters.sql.tables.types import Instant

Dump: TypeAlias = Callable[[Any], bytes]
Load: TypeAlias = Callable[[bytes], Any]

_DIALECT: Final[Dialect] = PGDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_BINARY: Final = 1
_NUMBERS: Final = count()
"""Of prepared statements, so that no connection gets a name twice."""
_LOST: Final = "the connection was lost"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_INT2, _INT4, _INT8 = Struct("!h"), Struct("!i"), Struct("!q")
_ARRAY_HEAD: Final = Struct("!iiIii")
_UUID_BYTES: Final = _INT4.pack(16)
_UUID_OID: Final = 2950


def _dump_instant(value: datetime) -> bytes:
    if value.tzinfo is None:
        message = "a moment without a time zone is no moment"
        raise ValueError(message)
    return _INT8.pack((value - _EPOCH) // _MICROSECOND)


def _dump_uuids(values: Sequence[UUID]) -> bytes:
    """An array of one dimension, without NULL, counted from 1."""
    head = _ARRAY_HEAD.pack(1, 0, _UUID_OID, len(values), 1)
    return head + b"".join([_UUID_BYTES + value.bytes for value in values])


def _no_rows(_: bytes) -> Any:  # noqa: ANN401 - never returns
    message = "arrays are given to the database, not taken from it"
    raise TypeError(message)


@attrs.frozen
class _Kind:
    """How one type travels: its number in PostgreSQL's catalogue, and its binary form in both directions."""

    oid: int
    dump: Dump
    load: Load


_KINDS: Final[tuple[tuple[type[sa.types.TypeEngine[Any]], _Kind], ...]] = (
    # The first that fits: SQLAlchemy's types of integers derive from each other.
    (Instant, _Kind(1184, _dump_instant, lambda raw: _EPOCH + timedelta(microseconds=_INT8.unpack(raw)[0]))),
    (sa.ARRAY, _Kind(2951, _dump_uuids, _no_rows)),
    (sa.Uuid, _Kind(_UUID_OID, lambda value: value.bytes, lambda raw: UUID(bytes=raw))),
    (sa.SmallInteger, _Kind(21, _INT2.pack, lambda raw: _INT2.unpack(raw)[0])),
    (sa.BigInteger, _Kind(20, _INT8.pack, lambda raw: _INT8.unpack(raw)[0])),
    (sa.Integer, _Kind(23, _INT4.pack, lambda raw: _INT4.unpack(raw)[0])),
    (sa.Boolean, _Kind(16, lambda value: b"\1" if value else b"\0", lambda raw: raw == b"\1")),
    (sa.LargeBinary, _Kind(17, bytes, bytes)),
    (sa.Text, _Kind(25, str.encode, bytes.decode)),
)


_Call: TypeAlias = tuple[bytes, list[bytes | None], tuple[int, ...]]
"""A prepared statement's name, its parameters, and the format of each."""


@attrs.frozen(eq=False)
class _Form:
    """A statement's text with the kinds of its parameters and columns."""

    text: bytes
    parameters: tuple[tuple[str, _Kind], ...]
    constants: Parameters
    columns: tuple[_Kind, ...]
    formats: tuple[int, ...]

    def bind(self, parameters: Parameters) -> list[bytes | None]:
        """The parameters as they travel."""
        if self.constants:
            parameters = {**self.constants, **parameters}
        return [
            None if (value := parameters[name]) is None else kind.dump(value)
            for name, kind in self.parameters
        ]

    def rows(self, result: PGresult) -> Sequence[Row]:
        """The rows as Python values."""
        if not self.columns:
            return ()
        value, loads = result.get_value, [(at, kind.load) for at, kind in enumerate(self.columns)]
        return [
            tuple([None if (raw := value(row, at)) is None else load(raw) for at, load in loads])
            for row in range(result.ntuples)
        ]


class PostgresqlSession:
    """Implements `Session`. ``names`` are what this connection has prepared: names by text."""

    __slots__ = ("_connection", "_names")

    def __init__(self, connection: PGconn, names: MutableMapping[bytes, bytes]) -> None:
        self._connection = connection
        self._names = names

    def run(self, steps: Sequence[Step], answers: MutableSequence[Answer]) -> None:
        """See `Session`."""
        forms = [_form(step.statement) for step in steps]
        calls: list[_Call] = []
        for form, step in zip(forms, steps, strict=True):
            try:
                calls.append((self._name(form), form.bind(step.parameters), form.formats))
            except psycopg.Error:
                # The fault is this step's. That those before it were not run either is all the same now.
                answers.extend([Answer()] * len(calls))
                raise
        if len(calls) == 1:
            name, values, formats = calls[0]
            # None stands for NULL here as in the other calls; the driver's types forgot.
            result = self._connection.exec_prepared(name, values, formats, _BINARY)  # type: ignore[arg-type]
            answers.append(_answer(forms[0], result))
            return
        results = _sent_together(self._connection, calls)
        for form, result in zip(forms, results, strict=False):
            answers.append(_answer(form, result))
        if len(results) < len(forms):
            raise psycopg.OperationalError(_LOST)

    def _name(self, form: _Form) -> bytes:
        """The name under which this connection has prepared the statement; prepares it if need be."""
        name = self._names.get(form.text)
        if name is None:
            name = b"vantrexia_%d" % next(_NUMBERS)
            _answer(
                form, self._connection.prepare(name, form.text, [kind.oid for _, kind in form.parameters])
            )
            described = self._connection.describe_prepared(name)
            given = [described.ftype(at) for at in range(described.nfields)]
            if given != [kind.oid for kind in form.columns]:
                message = f"a statement does not give the types that it declares, but {given}"
                raise TypeError(message)
            self._names[form.text] = name
        return name


def _sent_together(connection: PGconn, calls: Sequence[_Call]) -> Sequence[PGresult]:
    """Send several calls at once and take their results; fewer, if the connection is lost on the way."""
    connection.enter_pipeline_mode()
    for name, values, formats in calls:
        connection.send_query_prepared(name, values, formats, _BINARY)
    connection.pipeline_sync()
    results: list[PGresult] = []
    while True:
        _wait(connection)
        result = connection.get_result()
        if result is None and connection.status == ConnStatus.BAD:
            return results
        if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
            connection.exit_pipeline_mode()
            return results
        if result is not None:  # None ends the results of a call; each has but one
            results.append(result)


def _wait(connection: PGconn) -> None:
    """Block until there is a result to take; other threads run meanwhile."""
    while (is_unsent := connection.flush()) or connection.is_busy():
        waiting = poll()
        waiting.register(connection.socket, POLLIN | POLLOUT if is_unsent else POLLIN)
        waiting.poll()
        connection.consume_input()


def _answer(form: _Form, result: PGresult) -> Answer:
    if result.status == ExecStatus.TUPLES_OK:
        return Answer(form.rows(result), result.ntuples)
    if result.status == ExecStatus.COMMAND_OK:
        return Answer((), result.command_tuples or 0)
    if result.error_field(DiagnosticField.SQLSTATE) is None:
        # No server said this.
        raise psycopg.OperationalError(_LOST)
    raise error_from_result(result)


@cache
def _form(statement: Statement) -> _Form:
    expression = statement.postgresql
    made = compiled(expression, _DIALECT)
    types = {name: bind.type for bind, name in made.bind_names.items()}
    parameters = tuple((name, _kind(types[name])) for name in made.positiontup or ())
    return _Form(
        text=str(made).encode(),
        parameters=parameters,
        constants=constants(made),
        columns=tuple(_kind(column.type) for column in columns(expression)),
        formats=(_BINARY,) * len(parameters),
    )


def _kind(type_: sa.types.TypeEngine[Any]) -> _Kind:
    for class_, kind in _KINDS:
        if isinstance(type_, class_):
            return kind
    message = f"no statement of this package may have a {type_!r}"
    raise TypeError(message)
