"""Imports among edits, archives, deletes and restores, in any order: one patient an external id."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.builders import a_new_patient, a_practice_id, an_actor
from tests.databases import SqliteTemplate, quick_engine
from tests.desks import SqlHouse, a_memory_desk
from tests.ehr import a_told, an_external_id
from tests.sources import CountedIds
from vantrexia_adapters.memory import MemoryDesk, MemoryRoster
from vantrexia_adapters.sql import SqlDesk
from vantrexia_core.ehr import Fault, Verdict, import_batch, import_patients, start_import
from vantrexia_core.kernel import NotFoundError, PatientId, PracticeId, VantrexiaError
from vantrexia_core.patients import (
    ExternalId,
    ExternalIdTakenError,
    Patient,
    Phone,
    Reason,
    Revision,
    Status,
    archive_patient,
    delete_patient,
    register_patient,
    restore_patient,
    revise_patient,
    unarchive_patient,
)

Ground = tuple[MemoryDesk | SqlDesk, PracticeId, MemoryRoster]
IDS = [an_external_id(number) for number in range(1, 6)]
SOME_IDS = st.lists(st.sampled_from(IDS), min_size=1, max_size=6)
WHICH = st.integers(0, 30)


class ImportMachine(RuleBasedStateMachine):
    """The model: who holds which external id. A record is found by trying; the store must agree."""

    new_ground: Callable[[], Ground]

    @initialize()
    def begin(self) -> None:
        """An empty practice whose EHR knows five people, one of them under two ids."""
        self.desk, practice_id, self.roster = type(self).new_ground()
        self.actor = an_actor(practice_id=practice_id)
        for number in range(1, 6):
            self.roster.put(a_told(number))
        self.records: list[PatientId] = []
        self.held: dict[str, PatientId] = {}

    @rule(ids=SOME_IDS, is_refresh=st.booleans())
    def import_them(self, ids: list[ExternalId], *, is_refresh: bool) -> None:
        """Whoever is new comes over, whoever is here is skipped or brought up to date."""
        report = import_patients(self.desk, self.actor, ids, is_refresh=is_refresh)
        for external_id, outcome in zip(ids, report.outcomes, strict=True):
            self._learn(external_id.reveal(), outcome.verdict, outcome.patient_id)

    @rule(ids=SOME_IDS)
    def import_them_in_the_background(self, ids: list[ExternalId]) -> None:
        """The same by a job."""
        job = start_import(self.desk, self.actor, ids)
        import_batch(self.desk, self.actor, job.id)
        with self.desk.begin(self.actor.practice_id) as work:
            items = work.import_jobs.pending(job.id, limit=10)
        assert list(items) == []
        self._resync()

    @rule(
        external_id=st.sampled_from(IDS),
        fault=st.none() | st.sampled_from([Fault.NOT_FOUND, Fault.MALFORMED]),
    )
    def have_a_fault(self, external_id: ExternalId, fault: Fault | None) -> None:
        """The EHR fails for an id, or no longer."""
        self.roster.fail(external_id, fault)

    @rule(number=st.integers(1, 5), phone=st.sampled_from(["555-0111", "555-0122"]))
    def change_there(self, number: int, phone: str) -> None:
        """Somebody edits the EHR's record."""
        self.roster.put(a_told(number, phone=phone))

    @rule(number=st.integers(1, 5), has_id=st.booleans())
    def register(self, number: int, *, has_id: bool) -> None:
        """Somebody registers one of them by hand, with or without the id."""
        told, external_id = a_told(number), IDS[number - 1]
        assert told.first_name is not None
        assert told.last_name is not None
        new = a_new_patient(
            first=told.first_name.reveal(),
            last=told.last_name.reveal(),
            external_id=external_id.reveal() if has_id else None,
        )
        try:
            patient = register_patient(self.desk, self.actor, new)
        except ExternalIdTakenError:
            assert external_id.reveal() in self.held
            return
        if has_id:
            assert external_id.reveal() not in self.held
            self.held[external_id.reveal()] = patient.id
        self.records.append(patient.id)

    @rule(which=WHICH, external_id=st.none() | st.sampled_from(IDS))
    def edit(self, which: int, external_id: ExternalId | None) -> None:
        """Somebody changes or removes a record's external id."""
        patient_id = self._some(which)
        if patient_id is None:
            return
        try:
            revision = Revision(external_id=external_id, phone=Phone("555-0133"))
            revise_patient(self.desk, self.actor, patient_id, revision)
        except ExternalIdTakenError:
            assert external_id is not None
            assert self.held[external_id.reveal()] != patient_id
        except NotFoundError:
            assert self._get(patient_id).status is Status.DELETED
        else:
            self.held = {text: holder for text, holder in self.held.items() if holder != patient_id}
            if external_id is not None:
                self.held[external_id.reveal()] = patient_id

    @rule(which=WHICH, move=st.sampled_from(["archive", "unarchive", "delete", "restore"]))
    def move(self, which: int, move: str) -> None:
        """Somebody moves a record along its life; whether it may is not this machine's business."""
        patient_id = self._some(which)
        if patient_id is None:
            return
        moves = {
            "archive": lambda: archive_patient(self.desk, self.actor, patient_id, Reason("x")),
            "unarchive": lambda: unarchive_patient(self.desk, self.actor, patient_id),
            "delete": lambda: delete_patient(self.desk, self.actor, patient_id),
            "restore": lambda: restore_patient(self.desk, self.actor, patient_id, Reason("x")),
        }
        try:
            moves[move]()
        except VantrexiaError as refused:
            assert refused.code != VantrexiaError.code  # noqa: PT017 - others succeed

    @invariant()
    def one_patient_an_external_id(self) -> None:
        """Every record has the id that the model says, and no two have the same."""
        found: dict[str, PatientId] = {}
        for patient_id in self.records:
            external_id = self._get(patient_id).external_id
            if external_id is not None:
                assert external_id.reveal() not in found
                found[external_id.reveal()] = patient_id
        assert found == self.held
        with self.desk.begin(self.actor.practice_id) as work:
            holders = work.patients.holders(IDS)
        assert [None if one is None else one.patient_id for one in holders] == [
            self.held.get(id_.reveal()) for id_ in IDS
        ]

    def _learn(self, text: str, verdict: Verdict, patient_id: PatientId | None) -> None:
        if verdict is Verdict.IMPORTED:
            assert text not in self.held
            assert patient_id is not None
            self.records.append(patient_id)
            self.held[text] = patient_id
        elif patient_id is not None and text not in self.held:
            # Linked to a record that somebody registered without the id.
            assert patient_id in self.records
            self.held[text] = patient_id
        elif patient_id is not None:
            assert self.held[text] == patient_id

    def _resync(self) -> None:
        with self.desk.begin(self.actor.practice_id) as work:
            holders = work.patients.holders(IDS)
        for id_, holder in zip(IDS, holders, strict=True):
            if holder is None:
                assert id_.reveal() not in self.held
            else:
                assert self.held.setdefault(id_.reveal(), holder.patient_id) == holder.patient_id
                if holder.patient_id not in self.records:
                    self.records.append(holder.patient_id)

    def _get(self, patient_id: PatientId) -> Patient:
        with self.desk.begin(self.actor.practice_id) as work:
            return work.patients.get(patient_id)

    def _some(self, which: int) -> PatientId | None:
        return self.records[which % len(self.records)] if self.records else None


def _run(new_ground: Callable[[], Ground], *, runs: int, steps: int) -> None:
    machine = attrs.make_class("Machine", [], bases=(ImportMachine,), init=False, eq=False)
    machine.new_ground = staticmethod(new_ground)
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    configured = settings(
        max_examples=runs, stateful_step_count=steps, deadline=None, suppress_health_check=checks
    )
    run_state_machine_as_test(machine, settings=configured)


def test_one_patient_an_external_id_in_memory() -> None:
    """Whatever happens in whichever order."""

    def new_ground() -> Ground:
        roster = MemoryRoster()
        return a_memory_desk(rosters={a_practice_id(): roster}), a_practice_id(), roster

    _run(new_ground, runs=60, steps=30)


@pytest.mark.parametrize("runs", [15])
def test_one_patient_an_external_id_on_sqlite(
    tmp_path: Path, sqlite_template: SqliteTemplate, runs: int
) -> None:
    """The same with a database and its constraints."""
    with closing(SqlHouse(quick_engine(sqlite_template.database(tmp_path)), tmp_path)) as house:
        practices, patients = CountedIds("practices"), CountedIds("patients of all runs")

        def new_ground() -> Ground:
            practice_id, roster = house.found(PracticeId(practices.new_id())), MemoryRoster()
            return house.desk(ids=patients, rosters={practice_id: roster}), practice_id, roster

        _run(new_ground, runs=runs, steps=25)
