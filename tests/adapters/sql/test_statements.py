"""The price of a call in statements: each one is a round trip on PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite

from tests.adapters.sql.site import Site
from tests.builders import a_new_patient, an_actor
from vantrexia_adapters.sql.statements import Statement
from vantrexia_core.audit import Once
from vantrexia_core.kernel import PatientId, Phi, UserId
from vantrexia_core.patients import (
    Listing,
    PatientDesk,
    Phone,
    Reason,
    Revision,
    archive_patient,
    find_archived_patients,
    find_patients,
    look_up_patient,
    register_patient,
    revise_patient,
)

ACTOR = an_actor()
ONCE = Once(Phi("key"), Phi(b"request"), lambda _: b"answer")
LOOKED_FOR = ["SELECT"] * 3
"""Whether somebody resembles them: the index's head, what changed, the candidates' records."""
QUEUED = ["SELECT", "SELECT", "SELECT", "INSERT"]
"""Somebody does, as everybody of these tests: looked at again under the lock, and put into the queue."""
COSTS: dict[str, tuple[Callable[[PatientDesk, PatientId], object], list[str]]] = {
    "get": (lambda desk, id_: look_up_patient(desk, ACTOR, id_), ["SELECT", "BEGIN", "INSERT", "COMMIT"]),
    "list": (
        lambda desk, _: find_patients(desk, ACTOR, Listing()),
        ["SELECT", "SELECT", "BEGIN", "INSERT", "COMMIT"],  # the head, and the page
    ),
    "list archived": (
        lambda desk, _: find_archived_patients(desk, ACTOR, Listing()),
        ["SELECT", "BEGIN", "INSERT", "COMMIT"],  # the head; nobody is archived here, so no page is read
    ),
    "create": (
        lambda desk, _: register_patient(desk, ACTOR, a_new_patient()),
        [*LOOKED_FOR, "BEGIN", "UPDATE", "INSERT", *QUEUED, "INSERT", "COMMIT"],
    ),
    "create once": (
        lambda desk, _: register_patient(desk, ACTOR, a_new_patient(), once=ONCE),
        [*LOOKED_FOR, "BEGIN", "DELETE", "INSERT", "UPDATE", "INSERT", *QUEUED, "UPDATE", "INSERT", "COMMIT"],
    ),
    "revise": (
        lambda desk, id_: revise_patient(desk, ACTOR, id_, Revision(phone=Phone("555-0199"))),
        # The record, and whom it resembles; then the change, which keeps the version that it replaces.
        ["SELECT", *LOOKED_FOR, "BEGIN", "SELECT", "UPDATE", "INSERT", "UPDATE", "INSERT", "COMMIT"],
    ),
    "archive": (
        lambda desk, id_: archive_patient(desk, ACTOR, id_, Reason("Moved away")),
        ["BEGIN", "SELECT", "UPDATE", "INSERT", "UPDATE", "INSERT", "INSERT", "COMMIT"],
    ),
}


@contextmanager
def _traced(site: Site) -> Iterator[list[str]]:
    """The first words of what SQLite is asked to do, beside triggers and set-up."""
    told: list[str] = []
    before = [""]

    def note(statement: str) -> None:
        # A statement is told once more for each trigger that it sets off.
        if not statement.startswith("PRAGMA") and statement != before[0]:
            told.append(statement.split(maxsplit=1)[0])
        before[0] = statement

    site.engine.dispose()
    event.listen(site.engine, "connect", lambda connection, _: connection.set_trace_callback(note))
    yield told


@pytest.mark.parametrize(("call", "expected"), COSTS.values(), ids=COSTS)
def test_a_call_costs_no_more_statements_than_needed(
    sqlite_site: Site, call: Callable[[PatientDesk, PatientId], object], expected: list[str]
):
    """Change this list on purpose only."""
    id_ = register_patient(sqlite_site.desk, ACTOR, a_new_patient()).id
    sqlite_site.desk.directory.open(sqlite_site.here)
    with _traced(sqlite_site) as told:
        call(sqlite_site.desk, id_)
        assert told == expected


def test_looking_up_an_account_costs_one_statement(sqlite_site: Site):
    """It happens on every request, and needs no transaction."""
    with _traced(sqlite_site) as told:
        sqlite_site.desk.accounts.by_id(UserId(1))
        assert told == ["SELECT"]


def test_an_insert_gives_back_nothing_unasked() -> None:
    """A dialect would add the new key, and what gives rows is not to be executed many times at once."""
    table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    computed = sa.insert(table).values(id=sa.select(sa.func.max(table.c.id)).scalar_subquery())
    for dialect in (sqlite.dialect(), postgresql.dialect()):  # type: ignore[no-untyped-call]
        assert "RETURNING" not in Statement(computed).compiled(dialect).text
        assert "RETURNING" in Statement(computed.returning(table.c.id)).compiled(dialect).text
