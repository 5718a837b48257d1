"""Readings that are recorded at the same time share a commit, and nothing else."""

import threading
from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import an_actor
from tests.desks import entries_of
from vantrexia_adapters.sql.audit import ENTRIES_AT_ONCE_MAX
from vantrexia_core.audit import Action, AuditEntry, AuditUnavailableError, Outcome
from vantrexia_core.kernel import PracticeId

READERS = ENTRIES_AT_ONCE_MAX + 5
UNWRITABLE = "unwritable"


def _entry(site: Site, code: str) -> AuditEntry:
    return AuditEntry(at=site.clock.now(), action=Action.READ, outcome=Outcome.DONE, code=code)


def _record(site: Site, code: str) -> None:
    """A unit of work that changes nothing, as a reading or a refusal is."""
    with site.desk.begin(PracticeId(an_actor().practice_id)) as work:
        work.trail.append(_entry(site, code))
        work.commit()


def _behind_the_first(site: Site, codes: list[str]) -> dict[str, BaseException | None]:
    """Everybody waits until the first, whom a stranger holds up, is through. Says how each of them fared."""
    fared: dict[str, BaseException | None] = {}

    def attempt(code: str) -> None:
        try:
            _record(site, code)
        except AuditUnavailableError as error:
            fared[code] = error
        else:
            fared[code] = None

    with site.stranger.connect() as stranger:
        stranger.execute(sa.text("SELECT 1 FROM audit_head FOR UPDATE"))
        threads = [threading.Thread(target=partial(attempt, code)) for code in ("first", *codes)]
        waiting = site.desk._writer
        threads[0].start()
        _until(lambda: waiting._is_led and not waiting._waiting)
        for thread in threads[1:]:
            thread.start()
        _until(lambda: len(waiting._waiting) == len(codes))
        stranger.rollback()
    for thread in threads:
        thread.join()
    return fared


def _until(is_so: Callable[[], bool]) -> None:
    turn = threading.Event()
    while not is_so():
        turn.wait(0.001)


@pytest.fixture
def patient_site(postgresql_site: Site) -> Site:
    """PostgreSQL, and a desk that waits long enough for a test to arrange things."""
    postgresql_site.desk = postgresql_site.another_desk(wait_seconds=30)
    return postgresql_site


def _commits(site: Site) -> set[int]:
    """The transactions that wrote the trail (PostgreSQL notes in each row which one it was)."""
    return {row[0] for row in site.execute("SELECT DISTINCT xmin::text::bigint FROM audit_entry")}


def test_those_who_wait_share_the_next_commit(patient_site: Site):
    """As many as fit: the first alone, then a full one, then the rest. Each has its own number."""
    codes = [f"reader_{number}" for number in range(READERS)]
    fared = _behind_the_first(patient_site, codes)
    assert fared == dict.fromkeys(("first", *codes))
    assert sorted(str(entry.code) for entry in entries_of(patient_site.desk)) == sorted(("first", *codes))
    assert len(_commits(patient_site)) == 3


def test_an_entry_that_cannot_be_written_fails_alone(patient_site: Site):
    """Those who shared a commit with it are recorded all the same."""
    refuse = f"ALTER TABLE audit_entry ADD CONSTRAINT by_a_stranger CHECK (code <> '{UNWRITABLE}')"
    patient_site.execute(refuse)
    fared = _behind_the_first(patient_site, ["second", UNWRITABLE, "third"])
    assert {code for code, error in fared.items() if error is not None} == {UNWRITABLE}
    assert sorted(str(entry.code) for entry in entries_of(patient_site.desk)) == ["first", "second", "third"]


def test_nobody_is_answered_when_the_commit_fails(patient_site: Site):
    """All who shared it are told, and the next one who comes is served again."""
    patient_site.execute("ALTER TABLE audit_entry RENAME TO away")
    fared = _behind_the_first(patient_site, ["second", "third"])
    assert all(isinstance(error, AuditUnavailableError) for error in fared.values())
    assert len(fared) == 3
    patient_site.execute("ALTER TABLE away RENAME TO audit_entry")
    _record(patient_site, "later")
    assert [entry.code for entry in entries_of(patient_site.desk)] == ["later"]
