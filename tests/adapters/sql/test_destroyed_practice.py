"""A practice that left: nobody reads what it stored, everybody else goes on, the trail verifies."""

import json
from uuid import UUID

import attrs
import pytest

from tests.adapters.sql.everything import ACTOR, another_process, fill
from tests.adapters.sql.site import Site
from tests.builders import NOW, a_new_patient, a_new_user, a_password, a_practice_id, an_actor
from tests.credentials import Tray
from tests.desks import entries_of
from tests.ehr import an_external_id
from vantrexia_adapters.sql import SqlDesk
from vantrexia_core.audit import Action
from vantrexia_core.ehr import ImportJob, JobStatus, import_next
from vantrexia_core.identity import answer_resets, create_user, list_users, request_reset, sign_in
from vantrexia_core.kernel import Email, Origin, Phi, Role
from vantrexia_core.patients import Listing, find_patients, look_up_patient, register_patient
from vantrexia_core.protection import PracticeDestroyedError, Purpose, destroy_practice

ELSEWHERE = a_practice_id(2)
NEIGHBOUR = an_actor(practice_id=ELSEWHERE)


def _noticed(desk: SqlDesk) -> SqlDesk:
    """The desk of a process whose second is over."""
    desk._protection.cipher._ring._look_at = 0.0  # type: ignore[attr-defined]
    return desk


def test_nothing_of_it_is_read_again_and_nothing_is_written(site: Site) -> None:
    """By a process that was there and by one that starts; the error says what has happened."""
    ids = fill(site)
    there = another_process(site)
    assert look_up_patient(there, ACTOR, ids[0])
    assert destroy_practice(site.desk, ACTOR, site.house.custody(site.here)) == 3
    for desk in (_noticed(there), another_process(site)):
        with pytest.raises(PracticeDestroyedError, match="destroyed when it left"):
            look_up_patient(desk, ACTOR, ids[0])
        with pytest.raises(PracticeDestroyedError):
            find_patients(desk, ACTOR, Listing(search=Phi("Okafor")))
        with pytest.raises(PracticeDestroyedError):
            list_users(desk, ACTOR)
        with pytest.raises(PracticeDestroyedError):
            register_patient(desk, ACTOR, a_new_patient())


def test_its_users_are_told_when_they_sign_in(site: Site) -> None:
    """Not that their password is wrong."""
    new = a_new_user()
    create_user(site.desk, ACTOR, new, a_password())
    destroy_practice(site.desk, ACTOR, site.house.custody(site.here))
    with pytest.raises(PracticeDestroyedError):
        sign_in(another_process(site), new.email, Phi("correct horse battery"), Origin())


def test_its_neighbour_goes_on(site: Site) -> None:
    """Reads, writes and signs in."""
    site.house.found(ELSEWHERE)
    fill(site)
    kept = register_patient(site.desk, NEIGHBOUR, a_new_patient()).id
    destroy_practice(site.desk, ACTOR, site.house.custody(site.here))
    fresh = another_process(site)
    assert look_up_patient(fresh, NEIGHBOUR, kept)
    assert register_patient(fresh, NEIGHBOUR, a_new_patient())
    assert find_patients(fresh, NEIGHBOUR, Listing()).count == 2


def test_its_trail_is_kept_and_says_so(site: Site) -> None:
    """Before and after, without a key."""
    fill(site)
    before = entries_of(site.desk)
    destroy_practice(site.desk, ACTOR, site.house.custody(site.here))
    after = entries_of(another_process(site))
    assert after[: len(before)] == before
    assert [entry.action for entry in after[len(before) :]] == [
        Action.PRACTICE_DESTROY_ORDER,
        Action.PRACTICE_DESTROY,
    ]


def test_no_key_of_it_is_left_in_the_ring_and_none_is_made_again(site: Site) -> None:
    """Names and check values stay: the database still knows the ring for its own."""
    fill(site)
    checks = site.house.ring.checks()
    destroy_practice(site.desk, ACTOR, site.house.custody(site.here))
    content = json.loads(site.house.ring.path.read_text())
    ours = [key for key in content["keys"] if key["scope"] == str(site.here)]
    assert [key["state"] for key in ours] == ["destroyed"] * 3
    assert not any("wrapped" in key for key in ours)
    assert {attrs.astuple(check) for check in site.house.ring.checks()} == {
        attrs.astuple(check) for check in checks
    }
    with pytest.raises(PracticeDestroyedError):
        site.house.ring.ensure_scope(site.here)
    with pytest.raises(PracticeDestroyedError):
        site.house.ring.rotate(site.here, Purpose.FIELD)


def test_letters_of_its_users_hold_up_nobody_else_s(site: Site) -> None:
    """Who forgot a password there is not answered; who waits behind them is."""
    site.house.found(ELSEWHERE)
    gone = create_user(site.desk, ACTOR, a_new_user(email="gone@example.org"), a_password())
    create_user(site.desk, NEIGHBOUR, a_new_user(email="here@example.org"), a_password())
    destroy_practice(site.desk, ACTOR, site.house.custody(site.here))
    desk = another_process(site)
    for address in ("gone@example.org", "here@example.org"):
        request_reset(desk, Email(address), Origin())
    tray = Tray()
    answer_resets(desk, tray)
    user_id, _ = tray.token()
    assert user_id != gone.id


def test_an_import_of_it_ends(site: Site) -> None:
    """It is not taken again and again."""
    user = create_user(site.desk, ACTOR, a_new_user(Role.PROVIDER), a_password())
    job = ImportJob(
        UUID(int=1, version=4), practice_id=site.here, by=user.id, total=1, created_at=NOW, updated_at=NOW
    )
    with site.desk.begin(site.here) as work:
        work.import_jobs.add(job, [an_external_id()])
        work.commit()
    destroy_practice(site.desk, ACTOR, site.house.custody(site.here))
    desk = another_process(site)
    assert import_next(desk, Origin())
    with desk.begin(site.here) as work:
        assert work.import_jobs.get(job.id).status is JobStatus.HALTED
    assert not import_next(desk, Origin())
