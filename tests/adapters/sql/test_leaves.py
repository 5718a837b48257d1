"""Each stored entry has its leaf, the entries of before there were leaves included."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import a_new_patient, a_patient_id, an_actor
from tests.databases import PostgresqlServer
from vantrexia_adapters.sql import migrate, open_engine, schema
from vantrexia_adapters.sql.tables import audit_entry
from vantrexia_core.audit import Action, AuditEntry, Outcome, entry_hash
from vantrexia_core.patients import look_up_patient, register_patient

BEFORE = "0002"
AT = datetime(2026, 2, 6, 14, 30, 0, 1, UTC)


def test_an_entry_is_stored_with_its_leaf(site: Site):
    """Of a change, written in its transaction, and of a reading, written on its own."""
    patient = register_patient(site.desk, an_actor(), a_new_patient())
    look_up_patient(site.desk, an_actor(), patient.id)
    with site.desk.begin(site.here) as work:
        entries = [entry_hash(sequenced.entry) for sequenced in work.trail.read()]
    assert [row[0] for row in site.execute("SELECT leaf FROM audit_entry ORDER BY seq")] == entries
    assert len(entries) == 2


def test_many_entries_of_one_work_are_stored_with_their_leaves(site: Site):
    """Each has the leaf that it would have alone."""
    entries = [
        AuditEntry(
            AT, Action.READ, Outcome.DONE, patient_id=a_patient_id(number), disclosed=(a_patient_id(number),)
        )
        for number in range(1, 40)
    ]
    with site.desk.begin(site.here) as work:
        for entry in entries:
            work.trail.append(entry)
        work.commit()
    leaves = [row[0] for row in site.execute("SELECT leaf FROM audit_entry ORDER BY seq")]
    assert leaves == list(map(entry_hash, entries))


@pytest.fixture(params=["sqlite", "postgresql"])
def older(request: pytest.FixtureRequest, tmp_path: Path):
    """A database with a trail from before there were leaves."""

    def made(url: str) -> sa.Engine:
        engine = open_engine(url)
        with engine.begin() as connection:
            schema.upgrade(connection, to=BEFORE)
        return engine

    if request.param == "sqlite":
        engine = made(f"sqlite:///{tmp_path / 'older.sqlite3'}")
        yield engine
        engine.dispose()
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.database(is_migrated=False) as url:
        engine = made(url)
        yield engine
        engine.dispose()


def test_older_entries_get_their_leaves(older: sa.Engine):
    """The migration changes nothing else in them, and the table refuses changes again afterwards."""
    entries = [
        AuditEntry(AT, Action.READ, Outcome.DONE, patient_id=a_patient_id(), disclosed=(a_patient_id(),)),
        AuditEntry(AT, Action.UPDATE, Outcome.REFUSED, code="not_found", changed=("first_name", "ssn")),
    ]
    with older.begin() as connection:
        for seq, entry in enumerate(entries, 1):
            connection.execute(
                sa.insert(audit_entry),
                {
                    "seq": seq,
                    "at": entry.at,
                    "action": entry.action.value,
                    "outcome": entry.outcome.value,
                    "code": entry.code,
                    "patient_id": entry.patient_id,
                    "changed": " ".join(entry.changed),
                    "disclosed": " ".join(map(str, entry.disclosed)),
                },
            )
    migrate(older)
    with older.connect() as connection:
        rows = connection.execute(sa.select(audit_entry).order_by(audit_entry.c.seq)).all()
    assert [(row.seq, row.leaf, row.at, row.version) for row in rows] == [
        (seq, entry_hash(entry), AT, None) for seq, entry in enumerate(entries, 1)
    ]
    for deed in ("UPDATE audit_entry SET code = NULL", "DELETE FROM audit_entry"):
        with pytest.raises(sa.exc.DBAPIError) as refusal, older.begin() as connection:
            connection.execute(sa.text(deed))
        assert re.search("The audit trail is append-only", str(refusal.value.orig))


@pytest.mark.parametrize(
    "deed", ["UPDATE audit_head SET size = size - 1", "DELETE FROM audit_head", "TRUNCATE audit_head"]
)
def test_the_head_does_not_go_back(postgresql_site: Site, deed: str):
    """PostgreSQL counts entries in a row of its own: were it set back, numbers would be given out twice."""
    register_patient(postgresql_site.desk, an_actor(), a_new_patient())
    with pytest.raises(sa.exc.DBAPIError) as refusal:
        postgresql_site.execute(deed)
    assert re.search("The audit trail is append-only", str(refusal.value.orig))
