"""Founding practices, and remembering which keys a database was sealed with."""

from datetime import timedelta

import pytest

from tests.adapters.sql.site import Site
from tests.builders import NOW, a_new_patient, a_practice_id, an_actor
from tests.contracts.stores import at_once
from vantrexia_adapters.sql import (
    StoredKeyCheck,
    add_first_practice,
    add_practice,
    keep_key_checks,
    key_checks,
    practices,
)
from vantrexia_core.kernel import BrokenPromiseError
from vantrexia_core.patients import register_patient

CHECK = StoredKeyCheck("deployment", "index", 1, b"12345678")


def test_a_practice_is_founded_once(site: Site):
    """Founding it again neither renames it nor starts its counters anew."""
    register_patient(site.desk, an_actor(), a_new_patient())
    assert add_practice(site.engine, site.here, "Another name", at=NOW) == site.here
    assert site.execute("SELECT name FROM practice") == [("A practice",)]
    assert register_patient(site.desk, an_actor(), a_new_patient()).mrn.reveal() == "MRN-00002"


def test_practices_are_listed_oldest_first(site: Site):
    """So that the first of a fresh install stays the first."""
    for number, days in ((2, 2), (3, 1)):
        add_practice(site.engine, a_practice_id(number), "x", at=NOW + timedelta(days=days))
    assert list(practices(site.engine)) == [a_practice_id(1), a_practice_id(3), a_practice_id(2)]


def test_the_first_practice_is_founded_by_one_of_many(site: Site):
    """Workers that start at the same moment agree on it."""
    site.execute("DELETE FROM practice_head")
    site.execute("DELETE FROM practice")
    found = at_once(
        [
            lambda number=number: add_first_practice(site.engine, a_practice_id(number), "x", at=NOW)
            for number in range(1, 7)
        ]
    )
    assert list(practices(site.engine)) == [found[0]]
    assert found == [found[0]] * 6


def test_a_practice_that_was_never_founded_has_no_records(site: Site):
    """The program's own mistake, and said so."""
    with site.desk.begin(a_practice_id(99)) as work, pytest.raises(BrokenPromiseError, match="add_practice"):
        work.patients.next_mrn_number()


def test_key_checks_are_kept_once(site: Site):
    """The value stored first stays: a start with another ring must find the difference, not remove it."""
    keep_key_checks(site.engine, [CHECK])
    keep_key_checks(
        site.engine,
        [StoredKeyCheck("deployment", "index", 1, b"another!"), StoredKeyCheck("a", "b", 2, b"x")],
    )
    assert list(key_checks(site.engine)) == [StoredKeyCheck("a", "b", 2, b"x"), CHECK]
