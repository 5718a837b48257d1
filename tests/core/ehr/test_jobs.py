from datetime import timedelta

import attrs
import pytest

from tests.builders import a_new_user, a_practice_id, an_actor, an_origin
from tests.core.ehr.test_importing import House
from tests.desks import entries_of
from tests.ehr import a_told, an_external_id
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.ehr import (
    IDS_AT_ONCE,
    IDS_MAX,
    PAUSES_MAX,
    TRIES_MAX,
    EhrUnavailableError,
    Fault,
    ImportJob,
    JobStatus,
    Verdict,
    Why,
    find_unfinished_import,
    import_batch,
    import_next,
    look_up_import,
    start_import,
)
from vantrexia_core.identity import NewPassword, User, change_user, create_user
from vantrexia_core.kernel import (
    Actor,
    InvalidError,
    NotFoundError,
    PageRequest,
    PermissionDeniedError,
    Role,
)

ADMIN = an_actor(Role.ADMIN)


@pytest.fixture
def house() -> House:
    """A practice whose EHR knows a batch and a half of patients."""
    house = House()
    house.knows(*(a_told(number) for number in range(1, IDS_AT_ONCE + 26)))
    return house


def _user(house: House, role: Role = Role.PROVIDER) -> User:
    return create_user(house.desk, ADMIN, a_new_user(role), NewPassword("correct horse battery staple"))


def _started(house: House, actor: Actor, *numbers: int, **options: bool) -> ImportJob:
    return start_import(house.desk, actor, [an_external_id(number) for number in numbers], **options)


def _finish(house: House, actor: Actor, job: ImportJob) -> ImportJob:
    while job.status is JobStatus.OPEN:
        job = import_batch(house.desk, actor, job.id)
    return job


def _whys(house: House, job: ImportJob) -> list[object]:
    _, page = look_up_import(house.desk, ADMIN, job.id, PageRequest(1, 100))
    return [item.outcome.why if item.outcome else "pending" for item in page.items]


def test_a_job_settles_a_batch_at_a_time(house: House) -> None:
    """And then it is done."""
    job = _started(house, ADMIN, *range(1, IDS_AT_ONCE + 26))
    job = import_batch(house.desk, ADMIN, job.id)
    assert (job.settled, job.status) == (IDS_AT_ONCE, JobStatus.OPEN)
    job = import_batch(house.desk, ADMIN, job.id)
    assert (job.settled, job.status) == (IDS_AT_ONCE + 25, JobStatus.DONE)
    assert job.counts == {Verdict.IMPORTED: IDS_AT_ONCE + 25}
    assert house.count() == IDS_AT_ONCE + 25


def test_a_done_job_is_not_done_again(house: House) -> None:
    """Another batch changes nothing."""
    job = _finish(house, ADMIN, _started(house, ADMIN, 1))
    assert import_batch(house.desk, ADMIN, job.id).status is JobStatus.DONE
    assert house.trail() == [(Outcome.DONE, None)]


def test_ids_that_occur_again_are_one(house: House) -> None:
    """A list is a set with an order."""
    assert _started(house, ADMIN, 1, 2, 1).total == 2


@pytest.mark.parametrize("count", [0, IDS_MAX + 1])
def test_a_list_has_bounds(house: House, count: int) -> None:
    """None, or more than any practice has."""
    with pytest.raises(InvalidError):
        _started(house, ADMIN, *range(count))


def test_a_job_wants_an_ehr(house: House) -> None:
    """It would never end without one."""
    with pytest.raises(EhrUnavailableError):
        _started(house, an_actor(Role.ADMIN, practice_id=a_practice_id(2)), 1)


def test_a_fault_that_may_pass_is_tried_again(house: House) -> None:
    """And then it has passed."""
    house.roster.fail(an_external_id(1), Fault.BUSY)
    job = _started(house, ADMIN, 1, 2)
    job = import_batch(house.desk, ADMIN, job.id)
    assert (job.settled, job.status) == (1, JobStatus.OPEN)
    house.roster.fail(an_external_id(1), None)
    job = import_batch(house.desk, ADMIN, job.id)
    assert (job.settled, job.status) == (2, JobStatus.DONE)


def test_a_fault_that_does_not_pass_is_an_error_in_the_end(house: House) -> None:
    """After so many tries, with one entry."""
    house.roster.fail(an_external_id(1), Fault.TIMED_OUT)
    job = _started(house, ADMIN, 1, 2)
    for _ in range(TRIES_MAX):
        job = import_batch(house.desk, ADMIN, job.id)
    assert job.status is JobStatus.DONE
    assert _whys(house, job) == [Fault.TIMED_OUT, None]
    assert house.trail().count((Outcome.FAILED, "ecw_timed_out")) == 1


def test_an_ehr_that_is_away_settles_only_those_who_are_here(house: House) -> None:
    """The others wait."""
    house.imported(1)
    house.roster.is_reachable = False
    job = _started(house, ADMIN, 1, 2)
    with pytest.raises(EhrUnavailableError):
        import_batch(house.desk, ADMIN, job.id)
    assert _whys(house, job) == [Why.EXISTS, "pending"]
    assert house.trail()[-1] == (Outcome.REFUSED, "ecw_unavailable")


def test_jobs_go_on_by_themselves_in_the_name_of_who_asked(house: House) -> None:
    """As long as there is one."""
    user = _user(house)
    _started(house, user.as_actor(an_origin()), *range(1, IDS_AT_ONCE + 11))
    while import_next(house.desk, an_origin()):
        pass
    assert house.count() == IDS_AT_ONCE + 10
    entries = [one for one in entries_of(house.desk) if one.action is Action.IMPORT]
    assert {entry.actor_id for entry in entries} == {user.id}


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.NURSE}])
def test_whoever_may_not_import_any_more_ends_the_job(house: House, change: dict[str, object]) -> None:
    """A closed account, another role: decided when the work is done, not when it was asked for."""
    user = _user(house)
    job = _started(house, user.as_actor(an_origin()), 1)
    change_user(house.desk, ADMIN, user.id, **change)  # type: ignore[arg-type]
    assert import_next(house.desk, an_origin())
    ended, _ = look_up_import(house.desk, ADMIN, job.id, PageRequest())
    assert (ended.status, ended.code, house.count()) == (JobStatus.HALTED, "permission_denied", 0)
    assert not import_next(house.desk, an_origin())


def test_an_ehr_that_stays_away_is_waited_for_ever_longer_and_then_given_up(house: House) -> None:
    """The job says why, and can be opened again."""
    user = _user(house)
    actor = user.as_actor(an_origin())
    job = _started(house, actor, 1)
    house.roster.is_reachable = False
    waited = []
    assert import_next(house.desk, an_origin())
    for _ in range(PAUSES_MAX):
        minutes = 0
        while not import_next(house.desk, an_origin()):
            house.clock.advance(timedelta(minutes=1))
            minutes += 1
        waited.append(minutes)
    assert waited == [2**number for number in range(PAUSES_MAX)]
    ended, _ = look_up_import(house.desk, ADMIN, job.id, PageRequest())
    assert (ended.status, ended.code) == (JobStatus.HALTED, "ecw_unavailable")
    house.roster.is_reachable = True
    found = find_unfinished_import(house.desk, actor, [an_external_id(1)])
    assert found is not None
    assert _finish(house, actor, found).counts == {Verdict.IMPORTED: 1}


def test_a_store_that_fails_unforeseen_lets_the_job_wait(house: House) -> None:
    """The error goes on to whoever logs it."""

    class BrokenError(Exception):
        pass

    user = _user(house)
    _started(house, user.as_actor(an_origin()), 1)

    class Broken:
        def fetch(self, ids: object, *, seconds_max: float) -> object:
            raise BrokenError

    house.desk.rosters = {ADMIN.practice_id: Broken()}  # type: ignore[dict-item]
    with pytest.raises(BrokenError):
        import_next(house.desk, an_origin())
    assert not import_next(house.desk, an_origin())


def test_two_workers_settle_each_id_once(house: House) -> None:
    """The second finds the batch settled, and records that."""
    job = _started(house, ADMIN, 1, 2)
    asked = []

    class Overtaken:
        """While one worker waits for the EHR, another does the whole batch."""

        def fetch(self, ids: object, *, seconds_max: float) -> object:
            if not asked:
                asked.append(1)
                _finish(house, ADMIN, job)
            return house.roster.fetch(ids, seconds_max=seconds_max)  # type: ignore[arg-type]

    house.desk.rosters = {ADMIN.practice_id: Overtaken()}  # type: ignore[dict-item]
    assert import_batch(house.desk, ADMIN, job.id).counts == {Verdict.IMPORTED: 2}
    assert house.count() == 2
    assert house.trail()[-1] == (Outcome.REFUSED, "import_settled_elsewhere")


def test_another_practices_job_is_not_found(house: House) -> None:
    """Neither its progress nor its ids."""
    job = _started(house, ADMIN, 1)
    elsewhere = an_actor(Role.ADMIN, practice_id=a_practice_id(2))
    with pytest.raises(NotFoundError):
        look_up_import(house.desk, elsewhere, job.id, PageRequest())
    with pytest.raises(NotFoundError):
        import_batch(house.desk, elsewhere, job.id)


def test_progress_is_shown_to_those_who_may_import(house: House) -> None:
    """It tells ids at the EHR, so it is recorded with whom it shows."""
    job = _finish(house, ADMIN, _started(house, ADMIN, 1, 2))
    with pytest.raises(PermissionDeniedError):
        look_up_import(house.desk, an_actor(Role.NURSE), job.id, PageRequest())
    _, page = look_up_import(house.desk, ADMIN, job.id, PageRequest())
    shown = {item.outcome.patient_id for item in page.items if item.outcome}
    assert set(entries_of(house.desk)[-1].disclosed) == shown


def test_an_unfinished_job_is_found_by_whoever_started_it(house: House) -> None:
    """And by nobody else."""
    job = _started(house, ADMIN, 1)
    find = [an_external_id(1)]
    assert find_unfinished_import(house.desk, ADMIN, find) == job
    assert find_unfinished_import(house.desk, an_actor(Role.PROVIDER), find) is None
    assert find_unfinished_import(house.desk, ADMIN, [an_external_id(2)]) is None


def test_a_job_refreshes_whoever_is_here(house: House) -> None:
    """If it was started so."""
    house.imported(1)
    house.knows(a_told(1, phone="555-0188"))
    job = _finish(house, ADMIN, _started(house, ADMIN, 1, is_refresh=True))
    assert job.counts == {Verdict.UPDATED: 1}


def test_a_job_does_not_print_its_ids(house: House) -> None:
    """They are PHI."""
    job = _started(house, ADMIN, 1)
    _, page = look_up_import(house.desk, ADMIN, job.id, PageRequest())
    assert "ECW-" not in repr((job, page, attrs.asdict(job)))
