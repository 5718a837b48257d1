"""Imports on every store: at once, in long lists, beside other writers."""

import random
from functools import partial

import attrs
import pytest

from vantrexia_contracts.given.builders import a_new_patient, a_new_user, an_actor, an_origin
from vantrexia_contracts.given.ehr import a_told, an_external_id
from vantrexia_contracts.stores import Stores, StoresContract, at_once, entries_of
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.ehr import (
    IDS_AT_ONCE,
    ImportReport,
    JobStatus,
    Verdict,
    import_batch,
    import_next,
    import_patients,
    start_import,
)
from vantrexia_core.identity import NewPassword, create_user
from vantrexia_core.kernel import PageRequest, PersonName, Role
from vantrexia_core.patients import (
    ExternalId,
    Listing,
    Patient,
    Phone,
    Revision,
    register_patient,
    revise_patient,
)

ADMIN = an_actor(Role.ADMIN)
COUNT = 60


def _everybody(stores: Stores) -> list[Patient]:
    found = stores.desk.directory.find(stores.here, Listing(page=PageRequest(1, 100)))
    with stores.desk.begin(stores.here) as work:
        patients = work.patients.fetch(found.numbers, as_of=found.as_of)
    assert patients is not None
    return list(patients)


def _external_ids(stores: Stores) -> list[str]:
    return sorted(one.external_id.reveal() for one in _everybody(stores) if one.external_id is not None)


def _ids(*numbers: int) -> list[ExternalId]:
    return [an_external_id(number) for number in numbers]


def _name(number: int) -> PersonName:
    told = a_told(number)
    assert told.first_name is not None
    assert told.last_name is not None
    return attrs.evolve(a_new_patient().name, first=told.first_name, last=told.last_name)


class ImportingContract(StoresContract):
    """Imports from an EHR, with everything that a store does for them."""

    @pytest.fixture
    def known(self, stores: Stores) -> Stores:
        """Stores whose EHR knows patients 1 to `COUNT`."""
        for number in range(1, COUNT + 1):
            stores.roster.put(a_told(number))
        return stores

    def test_overlapping_lists_that_come_at_once_import_each_patient_once(self, known: Stores) -> None:
        """Nobody waits for ever, nobody is refused, and each id is imported by exactly one of the callers."""
        shuffled = random.Random(7)  # noqa: S311 - the same orders on every run
        lists = []
        for start in (1, 11, 21, 1):
            numbers = list(range(start, start + 40))
            shuffled.shuffle(numbers)
            lists.append(_ids(*numbers))
        reports = at_once([partial(import_patients, known.desk, ADMIN, ids) for ids in lists])
        assert all(isinstance(report, ImportReport) for report in reports), reports
        verdicts = [one.verdict for report in reports for one in report.outcomes]  # type: ignore[union-attr]
        assert verdicts.count(Verdict.IMPORTED) == COUNT
        assert verdicts.count(Verdict.SKIPPED) == 4 * 40 - COUNT
        assert _external_ids(known) == [f"ECW-{number:05d}" for number in range(1, COUNT + 1)]

    def test_imports_beside_links_refreshes_and_edits_do_not_lock_each_other(self, known: Stores) -> None:
        """A batch, links and refreshes of the same people, and people at work on their records."""
        alike = [
            register_patient(
                known.desk, ADMIN, attrs.evolve(a_new_patient(), name=_name(number), phone=None, email=None)
            )
            for number in range(1, 11)
        ]
        import_patients(known.desk, ADMIN, _ids(*range(30, 41)))
        for number in range(30, 41):
            known.roster.put(a_told(number, phone="555-0188"))
        calls = [
            lambda: import_patients(known.desk, ADMIN, _ids(*range(1, 21))),
            lambda: import_patients(known.desk, ADMIN, _ids(*range(20, 0, -1))),
            lambda: import_patients(known.desk, ADMIN, _ids(*range(30, 45)), is_refresh=True),
            lambda: import_patients(known.desk, ADMIN, _ids(*range(44, 29, -1)), is_refresh=True),
            lambda: [
                revise_patient(known.desk, ADMIN, one.id, Revision(phone=Phone("555-0177"))) for one in alike
            ],
            lambda: [
                revise_patient(known.desk, ADMIN, one.id, Revision(phone=Phone("555-0166")))
                for one in alike[::-1]
            ],
        ]
        results = at_once(calls)
        assert [one for one in results if isinstance(one, Exception)] == []
        held = _external_ids(known)
        assert held == sorted(set(held))
        assert set(held) == {f"ECW-{number:05d}" for number in (*range(1, 21), *range(30, 45))}

    def test_a_long_list_comes_over_whole(self, known: Stores) -> None:
        """Batch after batch, with dense numbers and an entry each."""
        report = import_patients(known.desk, ADMIN, _ids(*range(1, COUNT + 1)))
        assert report.counts == {Verdict.IMPORTED: COUNT}
        assert COUNT > IDS_AT_ONCE
        mrns = sorted(one.mrn.reveal() for one in _everybody(known))
        assert mrns == [f"MRN-{number:05d}" for number in range(1, COUNT + 1)]
        entries = [one for one in entries_of(known.desk) if one.action is Action.IMPORT]
        assert [entry.outcome for entry in entries] == [Outcome.DONE] * COUNT
        assert {entry.patient_id for entry in entries} == {one.id for one in _everybody(known)}

    def test_numbers_that_others_have_do_not_stop_a_batch(self, known: Stores) -> None:
        """The batch goes on one by one, inside one transaction."""
        register_patient(known.desk, ADMIN, a_new_patient(mrn="CHART-7"))
        register_patient(known.desk, ADMIN, a_new_patient(mrn="MRN-00003"))
        known.roster.put(a_told(5, mrn="CHART-7"))
        report = import_patients(known.desk, ADMIN, _ids(*range(1, 11)))
        assert report.counts == {Verdict.IMPORTED: 10}
        assert len({one.mrn.reveal() for one in _everybody(known)}) == 12
        # Nothing of the batch's first try is left behind: the next patient gets the next place.
        assert register_patient(known.desk, ADMIN, a_new_patient()).external_id is None
        assert len(_everybody(known)) == 13

    def test_a_job_and_two_workers_import_each_patient_once(self, known: Stores) -> None:
        """Both take batches of one job as fast as they can."""
        job = start_import(known.desk, ADMIN, _ids(*range(1, COUNT + 1)))

        def work() -> JobStatus:
            status = JobStatus.OPEN
            while status is JobStatus.OPEN:
                status = import_batch(known.desk, ADMIN, job.id).status
            return status

        assert at_once([work, work, work]) == [JobStatus.DONE] * 3
        with known.desk.begin(known.here) as unit:
            done = unit.import_jobs.get(job.id)
        assert dict(done.counts) == {Verdict.IMPORTED: COUNT}
        assert len(_external_ids(known)) == COUNT

    def test_jobs_go_on_by_themselves(self, known: Stores) -> None:
        """From the queue, in the name of the account that asked."""
        user = create_user(
            known.desk, ADMIN, a_new_user(Role.PROVIDER), NewPassword("correct horse battery 9")
        )
        start_import(known.desk, user.as_actor(an_origin()), _ids(*range(1, COUNT + 1)))
        rounds = 0
        while import_next(known.desk, an_origin()):
            rounds += 1
        assert rounds == 2
        assert len(_external_ids(known)) == COUNT

    def test_a_refresh_keeps_what_lost(self, known: Stores) -> None:
        """Sealed, and readable for the practice alone."""
        import_patients(known.desk, ADMIN, _ids(1))
        (patient,) = _everybody(known)
        revise_patient(known.desk, ADMIN, patient.id, Revision(phone=Phone("555-0166")))
        known.roster.put(a_told(1, phone="555-0188"))
        report = import_patients(known.desk, ADMIN, _ids(1), is_refresh=True)
        assert report.counts == {Verdict.UPDATED: 1}
        with known.desk.begin(known.here) as work:
            (lost,) = work.ehr_records.lost(patient.id)
        assert lost.values.phone == Phone("555-0166")
