"""Statements on libpq: every type there and back, and several statements in one go."""

from datetime import UTC
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.databases import PostgresqlServer
from vantrexia_adapters.sql import StatementFailedError, open_engine
from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.sql.statements import Statement, Step
from vantrexia_adapters.sql.tables.types import Instant
from vantrexia_core.kernel import ConflictError, NotFoundError

KINDS = {
    "instant": (Instant(), st.datetimes(timezones=st.just(UTC))),
    "uuid": (sa.Uuid(), st.uuids()),
    "small integer": (sa.SmallInteger(), st.integers(-(2**15), 2**15 - 1)),
    "integer": (sa.Integer(), st.integers(-(2**31), 2**31 - 1)),
    "big integer": (sa.BigInteger(), st.integers(-(2**63), 2**63 - 1)),
    "boolean": (sa.Boolean(), st.booleans()),
    "bytes": (sa.LargeBinary(), st.binary(max_size=100)),
    "text": (sa.Text(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
}
FAILS = Statement(sa.select(sa.cast(sa.literal_column("'no number'"), sa.Integer())))
WORKS = Statement(sa.select(sa.cast(sa.bindparam("value", type_=sa.Integer()), sa.Integer())))


@pytest.fixture(scope="module")
def database(postgresql: PostgresqlServer):
    """An empty database; its tables are not needed."""
    with postgresql.database() as url:
        engine = open_engine(url)
        yield Database(engine)
        engine.dispose()


def _given_back(database: Database, type_: sa.types.TypeEngine, value: object) -> object:
    parameter = sa.bindparam("value", type_=type_)
    [(back,)] = database.alone(Statement(sa.select(sa.cast(parameter, type_))), {"value": value})
    return back


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_comes_back_as_it_went(database: Database, kind: str):
    """Of every type that a statement has, and the absent one."""
    type_, values = KINDS[kind]

    @given(st.none() | values)
    def check(value: object) -> None:
        assert _given_back(database, type_, value) == value

    check()


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_means_what_the_driver_would_have_said(database: Database, kind: str):
    """The database writes the same text for it whether it is ours or the driver's own."""
    type_, values = KINDS[kind]
    name = type_.compile(dialect=database.engine.dialect)
    as_text = Statement(sa.select(sa.cast(sa.cast(sa.bindparam("value", type_=type_), type_), sa.Text())))

    @given(values)
    def check(value: object) -> None:
        connection = database.engine.raw_connection()
        [theirs] = connection.driver_connection.execute(
            f"SELECT CAST(%s AS {name})::text", (value,)
        ).fetchone()
        connection.close()
        assert database.alone(as_text, {"value": value}) == [(theirs,)]

    check()


@given(ids=st.lists(st.uuids(), max_size=5), other=st.uuids())
def test_an_array_holds_what_it_was_given(database: Database, ids: list[UUID], other: UUID):
    """Each of its ids, and no other."""
    one, array = sa.bindparam("one", type_=sa.Uuid()), sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid()))
    is_among = Statement(sa.select(sa.cast(one == sa.any_(array), sa.Boolean())))
    for id_ in (*ids, other):
        assert database.alone(is_among, {"one": id_, "ids": ids}) == [(id_ in ids,)]


def test_a_declared_type_that_is_not_given_is_noticed(database: Database):
    """A sum of integers is no integer to PostgreSQL: better said at once than read wrongly."""
    wrong = Statement(sa.select(sa.literal_column("1::numeric", sa.BigInteger())))
    for _ in range(2):
        with pytest.raises(TypeError, match="does not give the types that it declares"):
            database.alone(wrong, {})


def test_a_type_without_a_form_is_refused(database: Database):
    """Before anything is sent."""
    with pytest.raises(TypeError, match="may have a Date"):
        database.alone(Statement(sa.select(sa.literal_column("now()::date", sa.Date()))), {})


@pytest.mark.parametrize("at", [0, 1, 2])
def test_the_step_that_fails_says_how(database: Database, at: int):
    """Sent in one go with others, before the first statement of the transaction or behind it."""
    kinds = [NotFoundError, None, ConflictError]
    steps = [
        Step(FAILS if position == at else WORKS, {"value": position}, kinds[position])
        for position in range(3)
    ]
    transaction = Transaction(database)
    with pytest.raises(kinds[at] or StatementFailedError) as failure:
        transaction.run(*steps)
    told = failure.value.__cause__ if kinds[at] else failure.value
    assert str(told) == "InvalidTextRepresentation 22P02"
    transaction.close()
    assert database.alone(WORKS, {"value": 7}) == [(7,)]


def test_steps_are_answered_with_the_last(database: Database):
    """The others are run for what they change."""
    transaction = Transaction(database)
    for first in (1, 4):
        steps = [Step(WORKS, {"value": first + more}) for more in range(3)]
        assert transaction.run(*steps).rows == [(first + 2,)]
    transaction.commit(Step(WORKS, {"value": 9}))


def test_a_statement_that_the_database_does_not_know_fails_where_it_stands(database: Database):
    """Refused when it is prepared, before those in front of it were sent; the blame is still its own."""
    unknown = Statement(sa.select(sa.literal_column("no_such_thing", sa.Integer())))
    transaction = Transaction(database)
    with pytest.raises(ConflictError):
        transaction.run(Step(WORKS, {"value": 1}), Step(unknown, {}, ConflictError))
    transaction.close()
