"""The database itself refuses to change the trail, whoever asks."""

import re

import pytest
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import a_new_patient, an_actor
from tests.desks import entries_of
from vantrexia_core.patients import register_patient

DEEDS = {
    "update": "UPDATE audit_entry SET action = 'read' WHERE seq = 1",
    "update all": "UPDATE audit_entry SET code = NULL",
    "delete": "DELETE FROM audit_entry WHERE seq = 2",
    "delete all": "DELETE FROM audit_entry",
}
ON_SQLITE = {
    "replace": "INSERT OR REPLACE INTO audit_entry (seq, at, action, outcome, changed, disclosed)"
    " VALUES (1, '2026-01-01', 'read', 'done', '', '')",
    "leave a gap": "INSERT INTO audit_entry (seq, at, action, outcome, changed, disclosed)"
    " VALUES (9, '2026-01-01', 'read', 'done', '', '')",
    "upsert": "INSERT INTO audit_entry (seq, at, action, outcome, changed, disclosed)"
    " VALUES (1, '2026-01-01', 'read', 'done', '', '') ON CONFLICT DO UPDATE SET action = 'read'",
}
ON_POSTGRESQL = {
    "truncate": "TRUNCATE audit_entry",
    "nobody's": "DELETE FROM audit_entry WHERE seq = 99",
    "upsert": "INSERT INTO audit_entry (seq, at, action, outcome, changed, disclosed)"
    " VALUES (1, now(), 'read', 'done', '', '') ON CONFLICT (seq) DO UPDATE SET action = 'read'",
}


def _refused(site: Site, deed: str) -> None:
    for number in (1, 2):
        register_patient(site.desk, an_actor(), a_new_patient(first=f"N{number}"))
    before = entries_of(site.desk)
    with pytest.raises(sa.exc.DBAPIError) as refusal:
        site.execute(deed)
    assert re.search("The audit trail is append-only: .*", str(refusal.value.orig))
    assert entries_of(site.desk) == before


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_an_entry_is_neither_changed_nor_removed(site: Site, deed: str):
    """One entry or all of them, and the refusal says why."""
    _refused(site, deed)


@pytest.mark.parametrize("deed", ON_SQLITE.values(), ids=ON_SQLITE)
def test_sqlites_other_ways_are_closed_too(sqlite_site: Site, deed: str):
    """Replacing removes without DELETE, and a gap would look like a removal."""
    _refused(sqlite_site, deed)


@pytest.mark.parametrize("deed", ON_POSTGRESQL.values(), ids=ON_POSTGRESQL)
def test_postgresqls_other_ways_are_closed_too(postgresql_site: Site, deed: str):
    """Truncating, a statement that would have hit nothing, and an insert that updates."""
    _refused(postgresql_site, deed)


def test_a_number_is_not_given_out_twice(site: Site):
    """What is inserted by hand under a taken number is refused."""
    register_patient(site.desk, an_actor(), a_new_patient())
    with pytest.raises(sa.exc.DBAPIError):
        site.execute(
            "INSERT INTO audit_entry (seq, at, action, outcome, changed, disclosed)"
            " VALUES (1, '2026-01-01 00:00:00+00', 'read', 'done', '', '')"
        )
    assert len(entries_of(site.desk)) == 1


def test_nothing_cascades_into_the_trail(site: Site):
    """No table refers to it and it refers to none: what is removed elsewhere takes no entry with it."""
    patient = register_patient(site.desk, an_actor(), a_new_patient())
    schema = sa.inspect(site.stranger)
    assert {"audit_entry", "patient"} <= set(schema.get_table_names())
    for table in schema.get_table_names():
        referred = {key["referred_table"] for key in schema.get_foreign_keys(table)}
        assert not (referred if table == "audit_entry" else referred & {"audit_entry"}), table
    before = entries_of(site.desk)
    site.execute("DELETE FROM patient")
    assert entries_of(site.desk) == before
    assert before[-1].patient_id == patient.id
