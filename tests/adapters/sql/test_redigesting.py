"""Index keys that are replaced: values stay unique, and are found, under the old and the new one at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest
import sqlalchemy as sa

from tests.adapters.sql.everything import ACTOR, ONCE, another_process
from tests.adapters.sql.site import Site
from tests.builders import a_new_patient, a_patient, a_patient_id
from vantrexia_adapters.crypto import KeyRingError
from vantrexia_adapters.custody import RingCustody
from vantrexia_adapters.sql import SqlDesk, redigesting
from vantrexia_adapters.sql.tables import patient, practice_head
from vantrexia_core.kernel import PatientId
from vantrexia_core.patients import (
    ExternalId,
    ExternalIdTakenError,
    Mrn,
    MrnTakenError,
    Revision,
    register_patient,
    revise_patient,
)
from vantrexia_core.protection import (
    SETTLE_TIME,
    KeyNeededError,
    Purpose,
    destroy_key,
    retire_key,
    rotate_key,
)

COUNT = 6


@pytest.fixture
def custody(site: Site) -> RingCustody:
    """The keys of the site's practice."""
    return site.house.custody(site.here, site.stranger)


def fill(site: Site, count: int = COUNT) -> list[PatientId]:
    """Records with a number and a link each."""
    return [
        register_patient(site.desk, ACTOR, a_new_patient(mrn=f"M-{n}", external_id=f"E-{n}")).id
        for n in range(count)
    ]


def found(desk: SqlDesk, site: Site, count: int = COUNT) -> list[PatientId | None]:
    """Who is found by the numbers and links."""
    with desk.begin(site.here) as work:
        links = work.patients.holders([ExternalId(f"E-{n}") for n in range(count)])
        numbers = work.patients.mrn_holders([Mrn(f"M-{n}") for n in range(count)])
    assert [one and one.patient_id for one in links] == [one and one.patient_id for one in numbers]
    return [one and one.patient_id for one in links]


def versions(site: Site) -> list[int]:
    """Under which version each digest was made."""
    return [row[0] for row in site.execute(sa.select(patient.c.index_version).order_by(patient.c.id))]


def nobody_comes_twice(desk: SqlDesk, site: Site) -> None:
    """No way in which a record gets a number or a link leads to one that is taken."""
    for n in range(COUNT):
        with pytest.raises(MrnTakenError):
            register_patient(desk, ACTOR, a_new_patient(mrn=f"M-{n}"))
        with pytest.raises(ExternalIdTakenError):
            register_patient(desk, ACTOR, a_new_patient(external_id=f"E-{n}"))
    other = register_patient(desk, ACTOR, a_new_patient()).id
    with pytest.raises(MrnTakenError):
        revise_patient(desk, ACTOR, other, Revision(mrn=Mrn("M-0")))
    with pytest.raises(ExternalIdTakenError):
        revise_patient(desk, ACTOR, other, Revision(external_id=ExternalId("E-1")))
    many = [
        a_patient(a_new_patient(mrn=mrn, external_id=link), id_=a_patient_id(900 + n), practice_id=site.here)
        for n, (mrn, link) in enumerate([("N-1", "F-1"), ("N-2", "E-2")])
    ]
    with desk.begin(site.here) as work, pytest.raises(ExternalIdTakenError):
        work.patients.add_many(many)


def test_the_whole_life_of_an_index_key(site: Site, custody: RingCustody) -> None:
    """Everybody is found and nobody comes twice at every step, and at the end without the old key."""
    ids = fill(site)
    assert rotate_key(site.desk, ACTOR, custody, Purpose.INDEX) == 2
    assert found(site.desk, site) == ids
    nobody_comes_twice(site.desk, site)
    with pytest.raises(KeyNeededError):
        retire_key(site.desk, ACTOR, custody, Purpose.INDEX, 1)
    # The one record that was added meanwhile is under the new key already.
    assert sum(custody.reencrypt(Purpose.INDEX)) == COUNT
    assert set(versions(site)) == {2}
    assert custody.needs(Purpose.INDEX) == []
    nobody_comes_twice(site.desk, site)
    retire_key(site.desk, ACTOR, custody, Purpose.INDEX, 1)
    site.clock.advance(SETTLE_TIME)
    destroy_key(site.desk, ACTOR, custody, Purpose.INDEX, 1)
    fresh = another_process(site)
    assert found(fresh, site) == ids
    nobody_comes_twice(fresh, site)


def test_half_way_everybody_is_found_and_nobody_comes_twice(
    site: Site, custody: RingCustody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was left, by Ctrl-C or kill -9, has some of both; the next one does the rest."""
    monkeypatch.setattr(redigesting, "ROWS_AT_ONCE", 2)
    ids = fill(site)
    custody.rotate(Purpose.INDEX)
    run = custody.reencrypt(Purpose.INDEX)
    assert next(run) == 2
    run.close()
    assert sorted(versions(site)) == [1, 1, 1, 1, 2, 2]
    assert found(another_process(site), site) == ids
    nobody_comes_twice(another_process(site), site)
    assert sum(custody.reencrypt(Purpose.INDEX)) == COUNT - 2
    assert custody.needs(Purpose.INDEX) == []


def test_a_process_that_has_not_noticed_is_of_the_same_mind(site: Site, custody: RingCustody) -> None:
    """The practice's head says which version counts, to whoever stores anything."""
    ids = fill(site)
    stale = another_process(site)
    assert found(stale, site) == ids
    ring = stale._protection.index._ring  # type: ignore[attr-defined]
    custody.rotate(Purpose.INDEX)
    sum(custody.reencrypt(Purpose.INDEX))
    for desk in (stale, site.desk):
        ring._look_at = float("inf")
        with pytest.raises(MrnTakenError):
            register_patient(desk, ACTOR, a_new_patient(mrn="M-1"))
    assert register_patient(stale, ACTOR, a_new_patient(mrn="M-new"))
    assert set(versions(site)) == {2}


def test_of_many_who_want_one_number_meanwhile_one_gets_it(site: Site, custody: RingCustody) -> None:
    """While digests are made anew, by processes that know the new key and ones that do not."""
    fill(site, 40)
    desks = [another_process(site, series) for series in ("one", "two", "three")]
    custody.rotate(Purpose.INDEX)
    start = Barrier(len(desks) + 1)

    def register(desk: SqlDesk) -> list[str]:
        got = []
        start.wait()
        for n in range(30, 60):
            with suppress(MrnTakenError):
                register_patient(desk, ACTOR, a_new_patient(mrn=f"M-{n}"))
                got.append(f"M-{n}")
        return got

    with ThreadPoolExecutor(len(desks)) as threads:
        runs = [threads.submit(register, desk) for desk in desks]
        start.wait()
        for _ in custody.reencrypt(Purpose.INDEX):
            pass
        got = [mrn for run in runs for mrn in run.result()]
    assert sorted(got) == sorted(f"M-{n}" for n in range(40, 60))
    assert set(versions(site)) == {2}


def test_what_is_not_stored_is_found_all_the_same(site: Site, custody: RingCustody) -> None:
    """A repeated call is answered as before: its digest is under a key that is not rotated."""
    first = register_patient(site.desk, ACTOR, a_new_patient(), once=ONCE)
    custody.rotate(Purpose.INDEX)
    sum(custody.reencrypt(Purpose.INDEX))
    with pytest.raises(Exception, match="already answered"):
        register_patient(another_process(site), ACTOR, a_new_patient(), once=ONCE)
    assert first


def test_a_rotation_waits_for_the_one_before(site: Site, custody: RingCustody) -> None:
    """Three versions at once are not looked for."""
    fill(site)
    custody.rotate(Purpose.INDEX)
    with pytest.raises(KeyRingError, match="reencrypt index"):
        custody.rotate(Purpose.INDEX)
    sum(custody.reencrypt(Purpose.INDEX))
    assert custody.rotate(Purpose.INDEX) == 3


@pytest.mark.parametrize("step", ["published", "in the head"])
def test_a_rotation_that_was_killed_goes_on(site: Site, custody: RingCustody, step: str) -> None:
    """Between any two of its steps."""
    ids = fill(site)
    site.house.ring.prepare(site.here, Purpose.INDEX)
    if step == "in the head":
        assert custody._redigesting.begin(2)
    nobody_comes_twice(site.desk, site)
    assert found(another_process(site), site) == ids
    assert custody.rotate(Purpose.INDEX) == 2
    assert site.execute(sa.select(practice_head.c.index_version, practice_head.c.index_before)) == [(2, 1)]
    sum(custody.reencrypt(Purpose.INDEX))
    assert site.execute(sa.select(practice_head.c.index_version, practice_head.c.index_before)) == [(2, None)]


def test_a_record_that_does_not_open_keeps_its_key(site: Site, custody: RingCustody) -> None:
    """And the practice goes on looking for it."""
    ids = fill(site)
    broken = sa.update(patient).where(patient.c.id == ids[0])
    site.execute(broken.values(mrn=b"\x01\x00\x01" + bytes(60)))
    custody.rotate(Purpose.INDEX)
    assert sum(custody.reencrypt(Purpose.INDEX)) == COUNT - 1
    assert {(need.table, need.rows) for need in custody.needs(Purpose.INDEX)} == {
        ("patient", 1),
        ("practice_head", 1),
    }
    with pytest.raises(MrnTakenError):
        register_patient(site.desk, ACTOR, a_new_patient(mrn="M-0"))
