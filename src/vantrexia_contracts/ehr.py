"""What every adapter promises of what an EHR told, and of the jobs that ask it."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from vantrexia_contracts.given.builders import NOW, a_patient_id, a_user_id, an_actor, an_address
from vantrexia_contracts.given.ehr import an_external_id
from vantrexia_contracts.stores import HERE, Stores, StoresContract, a_record, at_once
from vantrexia_core.ehr import (
    JOB_LIFE,
    LEASE,
    Conflict,
    Demographics,
    EhrUnavailableError,
    Fault,
    ImportJob,
    ImportOutcome,
    JobStatus,
    LastTold,
    LostValues,
    NoRoster,
    Side,
    Verdict,
    Why,
)
from vantrexia_core.identity import OPERATOR_ID
from vantrexia_core.kernel import Email, NamePart, NotFoundError, PageRequest, Phi, UserId
from vantrexia_core.patients import (
    DateOfBirth,
    Gender,
    Holder,
    Listing,
    Phone,
    Revision,
    Status,
    delete_patient,
    revise_patient,
)

IDS = [an_external_id(number) for number in range(1, 6)]

FULL = Demographics(
    first_name=NamePart("Zoë"),
    last_name=NamePart("Núñez"),
    date_of_birth=DateOfBirth.parse("1961-04-09"),
    gender=Phi(Gender.OTHER),
    phone=Phone("555-0142"),
    email=Email("zoe@example.org"),
    address=an_address(),
)


def _job(number: int = 1, *, by: UserId | None = None, ids: int = len(IDS), **changes: Any) -> ImportJob:
    values = {"created_at": NOW, "updated_at": NOW} | changes
    return ImportJob(
        UUID(int=number, version=4),
        practice_id=HERE,
        by=a_user_id() if by is None else by,
        total=ids,
        **values,
    )


def _add(stores: Stores, *jobs: ImportJob) -> None:
    for job in jobs:
        with stores.desk.begin(job.practice_id) as work:
            work.import_jobs.add(job, IDS[: job.total])
            work.commit()


def _places(stores: Stores, job: ImportJob, limit: int = 100) -> list[int]:
    with stores.desk.begin(stores.here) as work:
        return [item.place for item in work.import_jobs.pending(job.id, limit=limit)]


def _settle(stores: Stores, job: ImportJob, *outcomes: tuple[int, ImportOutcome]) -> None:
    with stores.desk.begin(stores.here) as work:
        work.import_jobs.settle(job.id, outcomes)
        work.commit()


def _save(stores: Stores, job: ImportJob, **options: Any) -> None:
    with stores.desk.begin(stores.here) as work:
        work.import_jobs.save(job, **options)
        work.commit()


def _get(stores: Stores, job: ImportJob) -> ImportJob:
    with stores.desk.begin(stores.here) as work:
        return work.import_jobs.get(job.id)


SKIPPED = ImportOutcome(IDS[1], Verdict.SKIPPED, Why.EXISTS, a_patient_id(7))
MISSED = ImportOutcome(IDS[2], Verdict.FAILED, Fault.NOT_FOUND)

UPDATED = ImportOutcome(
    IDS[0],
    Verdict.UPDATED,
    None,
    a_patient_id(1),
    ("phone", "address"),
    (Conflict("phone", Side.EHR), Conflict("email", Side.HERE)),
)


class EhrRecordsContract(StoresContract):
    """What an EHR told, and the jobs that ask it."""

    def test_a_job_is_as_it_was_added(self, stores: Stores) -> None:
        """With its ids in order, none of them settled."""
        job = _job(is_refresh=True)
        _add(stores, job)
        assert _get(stores, job) == job
        with stores.desk.begin(stores.here) as work:
            items = work.import_jobs.items(job.id, PageRequest())
        assert [(item.place, item.external_id, item.tries, item.outcome) for item in items] == [
            (place, external_id, 0, None) for place, external_id in enumerate(IDS)
        ]

    def test_a_job_that_was_not_committed_is_gone(self, stores: Stores) -> None:
        """Like everything else."""
        with stores.desk.begin(stores.here) as work:
            work.import_jobs.add(_job(), IDS)
        with pytest.raises(NotFoundError):
            _get(stores, _job())

    def test_another_practices_job_does_not_exist(self, stores: Stores) -> None:
        """However it is asked for."""
        job = _job()
        _add(stores, job)
        with stores.desk.begin(stores.elsewhere) as work:
            jobs = work.import_jobs
            for ask in (
                lambda: jobs.get(job.id),
                lambda: jobs.get_to_change(job.id),
                lambda: jobs.pending(job.id, limit=1),
                lambda: jobs.unsettled(job.id, [0]),
                lambda: jobs.items(job.id, PageRequest()),
            ):
                with pytest.raises(NotFoundError):
                    ask()
            assert jobs.find_open(job.by, IDS, is_refresh=False) is None

    def test_an_outcome_is_kept_whole(self, stores: Stores) -> None:
        """Verdict, reason, record, fields and conflicts; the counts follow."""
        job = _job()
        _add(stores, job)
        _settle(stores, job, (0, UPDATED), (1, SKIPPED), (2, MISSED))
        with stores.desk.begin(stores.here) as work:
            items = work.import_jobs.items(job.id, PageRequest())
        assert [item.outcome for item in items] == [UPDATED, SKIPPED, MISSED, None, None]
        counted = _get(stores, job)
        assert dict(counted.counts) == {Verdict.UPDATED: 1, Verdict.SKIPPED: 1, Verdict.FAILED: 1}
        assert counted.settled == 3

    def test_what_is_settled_is_not_pending(self, stores: Stores) -> None:
        """The others are, in their order."""
        job = _job()
        _add(stores, job)
        _settle(stores, job, (1, SKIPPED), (2, MISSED))
        assert _places(stores, job) == [0, 3, 4]
        with stores.desk.begin(stores.here) as work:
            assert work.import_jobs.unsettled(job.id, [0, 1, 4]) == {0, 4}
            assert work.import_jobs.unsettled(job.id, []) == frozenset()

    def test_what_was_tried_waits_behind_the_others(self, stores: Stores) -> None:
        """One bad id does not hold up a list."""
        job = _job()
        _add(stores, job)
        with stores.desk.begin(stores.here) as work:
            work.import_jobs.try_again(job.id, [0, 1])
            work.import_jobs.try_again(job.id, [0])
            work.import_jobs.try_again(job.id, [])
            work.commit()
        assert _places(stores, job) == [2, 3, 4, 1, 0]
        assert _places(stores, job, limit=2) == [2, 3]

    def test_items_come_by_the_page(self, stores: Stores) -> None:
        """In the order of the list."""
        job = _job()
        _add(stores, job)
        with stores.desk.begin(stores.here) as work:
            items = work.import_jobs.items(job.id, PageRequest(2, 2))
        assert [item.place for item in items] == [2, 3]

    def test_an_unfinished_job_is_found_by_its_list(self, stores: Stores) -> None:
        """The newest of this account's, over the same ids in the same order, done the same way."""
        old, new = _job(1), _job(2, created_at=NOW + timedelta(hours=1))
        _add(stores, old, new)
        with stores.desk.begin(stores.here) as work:
            find = work.import_jobs.find_open
            assert find(old.by, IDS, is_refresh=False) == new
            assert find(old.by, IDS, is_refresh=True) is None
            assert find(old.by, IDS[:-1], is_refresh=False) is None
            assert find(old.by, IDS[::-1], is_refresh=False) is None
            assert find(a_user_id(99), IDS, is_refresh=False) is None

    def test_a_finished_job_is_not_found_by_its_list(self, stores: Stores) -> None:
        """One that was given up is."""
        job = _job()
        _add(stores, job)
        halted = _job(status=JobStatus.HALTED, code="ecw_unavailable", pauses=3)
        _save(stores, halted)
        with stores.desk.begin(stores.here) as work:
            assert work.import_jobs.find_open(job.by, IDS, is_refresh=False) == halted
        _save(stores, _job(status=JobStatus.DONE))
        with stores.desk.begin(stores.here) as work:
            assert work.import_jobs.find_open(job.by, IDS, is_refresh=False) is None

    def test_a_finished_job_is_forgotten_in_the_end(self, stores: Stores) -> None:
        """When another is added; an open one is kept for ever."""
        _add(stores, _job(1), _job(2))
        _save(stores, _job(1, status=JobStatus.DONE))
        later = NOW + JOB_LIFE
        _add(stores, _job(3, created_at=later, updated_at=later))
        with pytest.raises(NotFoundError):
            _get(stores, _job(1))
        assert _get(stores, _job(2)).status is JobStatus.OPEN

    def test_the_queue_gives_the_oldest_job_to_one_taker(self, stores: Stores) -> None:
        """The next taker gets the next job, and then there is none."""
        _add(stores, _job(2, updated_at=NOW + timedelta(seconds=1)), _job(1))
        queue = stores.desk.import_queue
        first, second = queue.take(now=NOW), queue.take(now=NOW)
        assert first is not None
        assert second is not None
        assert [first.id, second.id] == [_job(1).id, _job(2).id]
        assert queue.take(now=NOW) is None

    def test_a_taken_job_is_free_again_after_its_lease(self, stores: Stores) -> None:
        """Its taker may have been killed."""
        _add(stores, _job())
        queue = stores.desk.import_queue
        assert queue.take(now=NOW) is not None
        assert queue.take(now=NOW + LEASE - timedelta(seconds=1)) is None
        assert queue.take(now=NOW + LEASE) is not None

    def test_a_job_is_not_taken_before_its_time(self, stores: Stores) -> None:
        """It waits for an EHR to come back; or is given back at once."""
        job = _job()
        _add(stores, job)
        queue = stores.desk.import_queue
        _save(stores, job, not_before=NOW + timedelta(minutes=4))
        assert queue.take(now=NOW + timedelta(minutes=3)) is None
        _save(stores, job, not_before=NOW)
        assert queue.take(now=NOW) == job

    @pytest.mark.parametrize("status", [JobStatus.DONE, JobStatus.HALTED])
    def test_what_is_over_is_not_taken(self, stores: Stores, status: JobStatus) -> None:
        """Done or given up."""
        _add(stores, _job())
        _save(stores, _job(status=status))
        assert stores.desk.import_queue.take(now=NOW) is None

    def test_the_operators_jobs_are_not_taken(self, stores: Stores) -> None:
        """Whoever runs a command at the console runs it again."""
        _add(stores, _job(by=OPERATOR_ID))
        assert stores.desk.import_queue.take(now=NOW) is None

    def test_of_takers_who_come_at_once_one_gets_the_job(self, stores: Stores) -> None:
        """The others get nothing."""
        _add(stores, _job())
        taken = at_once([lambda: stores.desk.import_queue.take(now=NOW)] * 4)
        assert sorted(one is None for one in taken) == [False, True, True, True]

    def test_what_the_ehr_told_is_kept_and_replaced(self, stores: Stores) -> None:
        """Every field, or none; the newest is what counts."""
        stores.store(a_record(1), a_record(2))
        first = LastTold(FULL, NOW, NOW - timedelta(days=1), ("phone", "address"))
        second = LastTold(Demographics(), NOW + timedelta(hours=1))
        for told in (first, second):
            with stores.desk.begin(stores.here) as work:
                work.ehr_records.keep([(a_patient_id(1), told), (a_patient_id(2), first)])
                work.commit()
            with stores.desk.begin(stores.here) as work:
                assert work.ehr_records.last(a_patient_id(1)) == told
                assert work.ehr_records.last(a_patient_id(2)) == first

    def test_what_is_told_of_many_replaces_what_some_had(self, stores: Stores) -> None:
        """Together, whoever of them was known before, and whoever comes twice."""
        stores.store(*(a_record(number) for number in range(1, 5)))
        then, now = LastTold(FULL, NOW), LastTold(Demographics(phone=Phone("555-0199")), NOW)
        for told in (
            [(a_patient_id(2), then), (a_patient_id(3), then)],
            [(a_patient_id(1), now), (a_patient_id(2), now), (a_patient_id(4), then), (a_patient_id(4), now)],
        ):
            with stores.desk.begin(stores.here) as work:
                work.ehr_records.keep(told)
                work.commit()
        with stores.desk.begin(stores.here) as work:
            kept = [work.ehr_records.last(a_patient_id(number)) for number in range(1, 5)]
        assert kept == [now, now, then, now]

    def test_nothing_was_told_of_a_patient_who_was_never_read(self, stores: Stores) -> None:
        """None, and keeping nothing keeps nothing."""
        with stores.desk.begin(stores.here) as work:
            work.ehr_records.keep([])
            assert work.ehr_records.last(a_patient_id(1)) is None
            assert list(work.ehr_records.lost(a_patient_id(1))) == []

    def test_what_lost_is_kept_in_order(self, stores: Stores) -> None:
        """A history, oldest first."""
        stores.store(a_record(1))
        history = [
            LostValues(FULL, {"phone": Side.EHR, "email": Side.HERE}, 2, NOW),
            LostValues(Demographics(phone=Phone("555-0199")), {"phone": Side.EHR}, 3, NOW),
        ]
        for lost in history:
            with stores.desk.begin(stores.here) as work:
                work.ehr_records.lose(a_patient_id(1), lost)
                work.commit()
        with stores.desk.begin(stores.here) as work:
            assert list(work.ehr_records.lost(a_patient_id(1))) == history

    def test_another_practice_was_told_nothing(self, stores: Stores) -> None:
        """Records of another practice are not there."""
        stores.store(a_record(1))
        with stores.desk.begin(stores.here) as work:
            work.ehr_records.keep([(a_patient_id(1), LastTold(FULL, NOW))])
            work.ehr_records.lose(a_patient_id(1), LostValues(FULL, {}, 1, NOW))
            work.commit()
        with stores.desk.begin(stores.elsewhere) as work:
            assert work.ehr_records.last(a_patient_id(1)) is None
            assert list(work.ehr_records.lost(a_patient_id(1))) == []

    def test_holders_are_told_in_the_order_of_the_ids(self, stores: Stores) -> None:
        """Whatever the record's status; None for whoever is not here."""
        count = 530
        stores.store(
            *(a_record(number, external_id=an_external_id(number).reveal()) for number in (1, 2, 529))
        )
        asked = [an_external_id(number) for number in range(count, 0, -1)]
        with stores.desk.begin(stores.here) as work:
            holders = work.patients.holders(asked)
            assert list(work.patients.holders([])) == []
            assert list(work.patients.holders(asked[-1:])) == [Holder(a_patient_id(1), Status.ACTIVE)]
        found = {place: holder.patient_id for place, holder in enumerate(holders) if holder is not None}
        assert found == {
            count - 1: a_patient_id(1),
            count - 2: a_patient_id(2),
            count - 529: a_patient_id(529),
        }

    def test_records_without_an_external_id_are_told(self, stores: Stores) -> None:
        """Of those asked for; and whether there are any, deleted ones not counted."""
        with stores.desk.begin(stores.here) as work:
            assert not work.patients.has_unlinked()
        stores.store(a_record(1, external_id="ECW-1"), a_record(2), a_record(3))
        found = stores.desk.directory.find(stores.here, Listing())
        with stores.desk.begin(stores.here) as work:
            assert work.patients.has_unlinked()
            assert list(work.patients.unlinked([])) == []
            unlinked = {one.id for one in work.patients.unlinked(found.numbers)}
        assert unlinked == {a_patient_id(2), a_patient_id(3)}
        with stores.desk.begin(stores.elsewhere) as work:
            assert not work.patients.has_unlinked()
            assert list(work.patients.unlinked(found.numbers)) == []
        for number in (2, 3):
            delete_patient(stores.desk, an_actor(practice_id=stores.here), a_patient_id(number))
        with stores.desk.begin(stores.here) as work:
            assert not work.patients.has_unlinked()

    def test_who_is_without_an_external_id_is_read_once_and_then_what_changes(self, stores: Stores) -> None:
        """First those alone, then all that changed, so that whoever got one can be told apart."""
        stores.store(a_record(1, external_id="ECW-1"), a_record(2), a_record(3, last="Nakamura"))
        with stores.desk.begin(stores.here) as work:
            seen = work.patients.unlinked_since(0, limit=10)
            assert len(work.patients.unlinked_since(0, limit=1)) == 1
            newest = work.patients.change_number()
        assert [one.patient_id for one in seen] == [a_patient_id(2), a_patient_id(3)]
        assert newest >= max(one.seq for one in seen)
        record = a_record(3, last="Nakamura")
        assert seen[1].identity == (record.name, record.date_of_birth, record.gender)
        revise_patient(stores.desk, an_actor(), a_patient_id(2), Revision(external_id=an_external_id(2)))
        delete_patient(stores.desk, an_actor(), a_patient_id(3))
        stores.store(a_record(4))
        with stores.desk.begin(stores.here) as work:
            later = work.patients.unlinked_since(newest, limit=10)
            assert work.patients.change_number() == max(one.seq for one in later)
        assert [(one.patient_id, one.identity is None) for one in later] == [
            (a_patient_id(2), True),
            (a_patient_id(3), True),
            (a_patient_id(4), False),
        ]
        with stores.desk.begin(stores.elsewhere) as work:
            assert list(work.patients.unlinked_since(0, limit=10)) == []
            assert work.patients.change_number() == 0

    def test_another_practices_holders_are_not_told(self, stores: Stores) -> None:
        """The same id may be somebody else's there."""
        stores.store(a_record(1, external_id=an_external_id(1).reveal()))
        with stores.desk.begin(stores.elsewhere) as work:
            assert list(work.patients.holders([an_external_id(1)])) == [None]

    def test_a_practice_without_an_ehr_has_one_that_is_never_there(self, stores: Stores) -> None:
        """And not another practice's."""
        roster = stores.desk.roster(stores.elsewhere)
        assert isinstance(roster, NoRoster)
        assert stores.desk.roster(stores.here) is stores.roster
        with pytest.raises(EhrUnavailableError):
            roster.fetch([an_external_id(1)], seconds_max=1.0)

    def test_whoever_is_alone_keeps_other_writers_out(self, stores: Stores) -> None:
        """A second importer waits for the first, and then knows what the first has added."""

        def add(number: int) -> bool:
            with stores.desk.begin(stores.here) as work:
                work.patients.be_alone()
                (holder,) = work.patients.holders([an_external_id(1)])
                if holder is None:
                    work.patients.add(a_record(number, external_id=an_external_id(1).reveal()))
                    work.commit()
                return holder is None

        results = at_once([partial(add, number) for number in range(1, 5)])
        assert sorted(map(str, results)) == ["False", "False", "False", "True"]
