"""When the database is busy, broken or away: a clean answer in bounded time, and everything as before."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import a_new_patient, a_practice_id, an_actor
from tests.contracts.stores import at_once
from vantrexia_adapters.sql import open_engine, practices
from vantrexia_core.audit import AuditUnavailableError
from vantrexia_core.kernel import PatientId, UnavailableError, UndoneError
from vantrexia_core.patients import (
    Listing,
    Reason,
    Status,
    archive_patient,
    find_patients,
    look_up_patient,
    register_patient,
)

ACTOR = an_actor()


@contextmanager
def _held(site: Site, statement: str) -> Iterator[None]:
    """A stranger holds a lock for a while."""
    with site.stranger.connect() as connection:
        connection.execute(sa.text(statement))
        yield
        connection.rollback()


def _registered(site: Site) -> PatientId:
    return register_patient(site.desk, ACTOR, a_new_patient()).id


def test_a_busy_database_is_unavailable_and_then_available_again(sqlite_site: Site):
    """A writer of another process holds SQLite's lock for longer than anybody waits."""
    id_ = _registered(sqlite_site)
    with _held(sqlite_site, "SELECT 1"), pytest.raises(UnavailableError):
        archive_patient(sqlite_site.desk, ACTOR, id_, Reason("Moved away"))
    assert look_up_patient(sqlite_site.desk, ACTOR, id_).status is Status.ACTIVE


def test_reading_needs_no_turn_behind_a_writer(sqlite_site: Site):
    """Directory and accounts are read while somebody writes: write-ahead logging lets them."""
    _registered(sqlite_site)
    with _held(sqlite_site, "UPDATE practice SET name = 'x'"):
        assert sqlite_site.desk.directory.find(sqlite_site.here, Listing()).count == 1
        assert sqlite_site.desk.accounts.by_id(ACTOR.user_id) is None


def test_a_writer_of_the_same_process_is_waited_for_no_longer(sqlite_site: Site):
    """Writers of one process queue; the queue has the same patience as the database."""
    with sqlite_site.desk.begin(sqlite_site.here) as work:
        work.patients.next_mrn_number()
        with pytest.raises(UnavailableError):
            _registered(sqlite_site)


def test_a_locked_record_is_unavailable(postgresql_site: Site):
    """Somebody else has the row; lock_timeout ends the wait."""
    id_ = _registered(postgresql_site)
    with _held(postgresql_site, "SELECT 1 FROM patient FOR UPDATE"), pytest.raises(UnavailableError):
        archive_patient(postgresql_site.desk, ACTOR, id_, Reason("Moved away"))
    assert look_up_patient(postgresql_site.desk, ACTOR, id_).status is Status.ACTIVE


@pytest.mark.parametrize(
    "lock", ["SELECT 1 FROM audit_head FOR UPDATE", "LOCK TABLE audit_entry IN ACCESS EXCLUSIVE MODE"]
)
def test_a_locked_trail_lets_nothing_pass(postgresql_site: Site, lock: str):
    """Neither a reading nor a change is answered when its entry cannot be written."""
    id_ = _registered(postgresql_site)
    with _held(postgresql_site, lock):
        with pytest.raises(AuditUnavailableError):
            look_up_patient(postgresql_site.desk, ACTOR, id_)
        with pytest.raises(AuditUnavailableError):
            archive_patient(postgresql_site.desk, ACTOR, id_, Reason("Moved away"))
    assert look_up_patient(postgresql_site.desk, ACTOR, id_).status is Status.ACTIVE


def _refuse_entries(site: Site) -> None:
    if site.is_sqlite:
        site.execute(
            "CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    else:
        site.execute("ALTER TABLE audit_entry ADD CONSTRAINT full_up CHECK (seq < 0) NOT VALID")


def test_a_trail_that_refuses_an_entry_lets_nothing_pass(site: Site):
    """Fail closed: no reading, no change, no sign-in without a line in the trail."""
    id_ = _registered(site)
    _refuse_entries(site)
    with pytest.raises(AuditUnavailableError):
        look_up_patient(site.desk, ACTOR, id_)
    with pytest.raises(AuditUnavailableError):
        archive_patient(site.desk, ACTOR, id_, Reason("Moved away"))
    with pytest.raises(AuditUnavailableError):
        _registered(site)
    assert site.desk.directory.find(site.here, Listing()).count == 1
    assert site.execute("SELECT count(*) FROM audit_entry") == [(1,)]


def _terminate_all(site: Site) -> None:
    site.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_a_lost_connection_undoes_the_work(postgresql_site: Site):
    """The server ends a connection in the middle: unavailable, nothing kept, and the next work succeeds."""
    with pytest.raises(UnavailableError), postgresql_site.desk.begin(postgresql_site.here) as work:
        work.patients.next_mrn_number()
        _terminate_all(postgresql_site)
        with pytest.raises(UnavailableError):
            work.patients.next_mrn_number()
        work.patients.next_mrn_number()
    with postgresql_site.desk.begin(postgresql_site.here) as work:
        assert work.patients.next_mrn_number() == 1


def test_one_lost_connection_warns_of_all_that_idle(postgresql_site: Site):
    """After the server was restarted one call fails, not one for each connection in the pool."""
    connections = [postgresql_site.engine.raw_connection() for _ in range(4)]
    for connection in connections:
        connection.close()
    _terminate_all(postgresql_site)
    with pytest.raises(UnavailableError):
        postgresql_site.desk.directory.find(postgresql_site.here, Listing())
    connections = [postgresql_site.engine.raw_connection() for _ in range(4)]
    for connection in connections:
        connection.cursor().execute("SELECT 1")
        connection.close()


def test_a_use_case_outlives_a_restart_of_the_server(postgresql_site: Site):
    """Connections that died in the pool are found out, and what was begun on one is begun again."""
    id_ = _registered(postgresql_site)
    _terminate_all(postgresql_site)
    assert look_up_patient(postgresql_site.desk, ACTOR, id_).status is Status.ACTIVE
    _terminate_all(postgresql_site)
    archive_patient(postgresql_site.desk, ACTOR, id_, Reason("Moved away"))
    _terminate_all(postgresql_site)
    assert find_patients(postgresql_site.desk, ACTOR, Listing(Status.ARCHIVED)).count == 1


def test_the_victim_of_a_deadlock_begins_again(postgresql_site: Site):
    """PostgreSQL ends one of two that wait for each other; ours waits for the other, and then is done."""
    id_ = _registered(postgresql_site)
    # Longer than PostgreSQL takes to look for a deadlock, which is a second.
    desk = postgresql_site.another_desk(wait_seconds=20)
    found = threading.Event()

    def hold() -> None:
        with postgresql_site.stranger.begin() as connection:
            connection.execute(sa.text("SET LOCAL deadlock_timeout = '60s'"))
            connection.execute(sa.text("SELECT 1 FROM practice_head FOR UPDATE"))
            found.set()
            # Ours holds the record by the time that this is asked for, or comes to it later: both end well.
            connection.execute(sa.text("SELECT pg_sleep(0.2)"))
            connection.execute(sa.text("SELECT 1 FROM patient FOR UPDATE"))

    stranger = threading.Thread(target=hold)
    stranger.start()
    found.wait()
    archive_patient(desk, ACTOR, id_, Reason("Moved away"))
    stranger.join()
    deadlocks = postgresql_site.execute(
        "SELECT deadlocks FROM pg_stat_database, pg_stat_force_next_flush()"
        " WHERE datname = current_database()"
    )
    assert look_up_patient(desk, ACTOR, id_).status is Status.ARCHIVED
    assert deadlocks == [(1,)]


def test_a_commit_whose_answer_is_lost_is_not_made_again(postgresql_site: Site):
    """Whether it was kept nobody knows: the caller is told, and nothing happens twice."""
    with pytest.raises(UnavailableError) as told, postgresql_site.desk.begin(postgresql_site.here) as work:
        work.patients.next_mrn_number()
        _terminate_all(postgresql_site)
        work.commit()
    assert not isinstance(told.value, UndoneError)


def test_a_database_that_is_gone_is_unavailable():
    """Nobody answers at that address."""
    engine = open_engine("postgresql://somebody@localhost:1/nowhere", wait_seconds=1)
    with pytest.raises(UnavailableError):
        practices(engine)


def test_the_second_change_of_a_practice_waits_for_the_first(site: Site):
    """Change numbers are given out under a lock that lasts until the commit: that is what orders them."""
    other = site.another_desk()
    with site.desk.begin(site.here) as first:
        first.patients.next_mrn_number()
        with other.begin(site.here) as second, pytest.raises(UnavailableError):
            second.patients.next_mrn_number()
        first.commit()
    with other.begin(site.here) as second:
        assert second.patients.next_mrn_number() == 2


def test_practices_do_not_wait_for_each_other(postgresql_site: Site):
    """The lock that orders changes is one for each practice; the trail's is held for the commit alone."""
    elsewhere = postgresql_site.house.found(a_practice_id(2))
    with postgresql_site.desk.begin(postgresql_site.here) as first:
        first.patients.next_mrn_number()
        register_patient(postgresql_site.desk, an_actor(practice_id=elsewhere), a_new_patient())
        first.commit()


def test_more_callers_than_connections_all_get_their_turn(site: Site):
    """Nobody holds one connection while waiting for a second one."""
    id_ = _registered(site)
    desk = site.another_desk(wait_seconds=20)

    def read() -> None:
        for _ in range(3):
            look_up_patient(desk, ACTOR, id_)
            find_patients(desk, ACTOR, Listing())

    assert at_once([read] * 40) == [None] * 40
