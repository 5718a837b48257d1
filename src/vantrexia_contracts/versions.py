"""What every adapter promises of former versions of records."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vantrexia_contracts.given.builders import (
    a_name,
    a_new_patient,
    a_patient,
    a_patient_id,
    an_actor,
    an_email,
)
from vantrexia_contracts.given.ehr import a_told, an_external_id
from vantrexia_contracts.given.strategies.patients import new_patients, revisions
from vantrexia_contracts.stores import Stores, StoresContract, a_record
from vantrexia_core.audit import Action
from vantrexia_core.ehr import import_patients
from vantrexia_core.kernel import NotFoundError, PageRequest, PatientId, StaleVersionError, UserId
from vantrexia_core.patients import (
    Move,
    Mrn,
    MrnTakenError,
    NewPatient,
    Patient,
    Phone,
    Reason,
    Revision,
    Status,
    StatusChange,
    archive_patient,
    delete_patient,
    list_versions,
    register_patient,
    restore_patient,
    revise_patient,
)

ACTOR = an_actor()
ALL = PageRequest(1, 100)
_MOVES = {Status.ACTIVE: Move.ARCHIVE, Status.ARCHIVED: Move.DELETE, Status.DELETED: Move.RESTORE}
_AFTER = {Move.ARCHIVE: Status.ARCHIVED, Move.DELETE: Status.DELETED, Move.RESTORE: Status.ACTIVE}


def _versions(stores: Stores, patient_id: PatientId, page: PageRequest = ALL) -> list[Patient]:
    with stores.desk.begin(stores.here) as work:
        return list(work.patients.versions(patient_id, page).items)


def _moved(patient: Patient) -> tuple[Patient, StatusChange]:
    move = _MOVES[patient.status]
    at = patient.updated_at + timedelta(minutes=1)
    after = attrs.evolve(patient, status=_AFTER[move], version=patient.version + 1, updated_at=at)
    return after, StatusChange(patient.id, after.version, move, at, UserId(3), an_email("who"), Reason("so"))


def _next(patient: Patient, **changes: Any) -> Patient:
    return attrs.evolve(patient, version=patient.version + 1, **changes)


class VersionsContract(StoresContract):
    """What records said before."""

    @settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        new=new_patients(),
        changes=st.lists(revisions() | st.none(), max_size=8),
        size=st.integers(1, 4),
    )
    def test_each_version_is_what_was_read_at_its_time(
        self, stores: Stores, new: NewPatient, changes: list[Revision | None], size: int
    ) -> None:
        """However a record is revised and moved, every version stays readable as it was, newest first."""
        id_ = stores.desk.ids.new_id()  # all examples share the stores
        new = attrs.evolve(new, mrn=Mrn(str(id_)), external_id=None)
        patient = a_patient(new, id_=PatientId(id_))
        stores.store(patient)
        seen = [stores.read(patient.id)]
        for change in changes:
            with stores.desk.begin(stores.here) as work:
                current = work.patients.get_to_change(patient.id)
                if change is None:
                    work.patients.move(*_moved(current))
                elif current.status is not Status.DELETED:
                    distinct = attrs.evolve(change, mrn=Mrn(f"{id_}-{current.version}"), external_id=None)
                    work.patients.save(
                        current.revise(distinct, now=current.updated_at + timedelta(hours=1))[0]
                    )
                work.commit()
            if stores.read(patient.id) != seen[-1]:
                seen.append(stores.read(patient.id))
        seen.reverse()
        paged: list[Patient] = []
        for number in range(1, -(-len(seen) // size) + 1):
            with stores.desk.begin(stores.here) as work:
                page = work.patients.versions(patient.id, PageRequest(number, size))
            assert page.count == len(seen)
            paged += page.items
        assert paged == seen
        with stores.desk.begin(stores.here) as work:
            assert [work.patients.version_of(patient.id, one.version) for one in seen] == seen

    def test_what_is_undone_leaves_no_version(self, stores: Stores) -> None:
        """A revision that was not committed was never there, and neither is what it replaced kept."""
        stores.store(a_record(1))
        with stores.desk.begin(stores.here) as work:
            work.patients.save(_next(work.patients.get_to_change(a_patient_id(1)), name=a_name("Ann")))
            assert len(work.patients.versions(a_patient_id(1), ALL).items) == 2
        assert _versions(stores, a_patient_id(1)) == [a_record(1)]

    @pytest.mark.parametrize(
        ("refused", "error"),
        [
            (lambda patients: patients.save(_next(a_record(2), mrn=Mrn("M-7"))), MrnTakenError),
            (lambda patients: patients.save(attrs.evolve(a_record(2), version=5)), StaleVersionError),
            (
                lambda patients: patients.move(*_moved(attrs.evolve(a_record(2), version=3))),
                StaleVersionError,
            ),
        ],
        ids=["a taken number", "a stale revision", "a stale move"],
    )
    def test_a_refused_change_leaves_no_version(
        self, stores: Stores, refused: Callable[..., None], error: type[Exception]
    ) -> None:
        """The work may go on and be kept: the record has the versions that it had."""
        stores.store(a_record(1, mrn="M-7"), a_record(2))
        with stores.desk.begin(stores.here) as work:
            with pytest.raises(error):
                refused(work.patients)
            work.patients.save(_next(work.patients.get_to_change(a_patient_id(1)), name=a_name("Ann")))
            work.commit()
        assert _versions(stores, a_patient_id(2)) == [a_record(2)]
        assert _versions(stores, a_patient_id(1))[1:] == [a_record(1, mrn="M-7")]

    def test_versions_of_another_practice_do_not_exist(self, stores: Stores) -> None:
        """Neither as a page, nor one by one."""
        stores.store(a_record(1))
        with stores.desk.begin(stores.here) as work:
            work.patients.save(_next(work.patients.get_to_change(a_patient_id(1)), name=a_name("Ann")))
            work.commit()
        with stores.desk.begin(stores.elsewhere) as work:
            for version in (1, 2):
                with pytest.raises(NotFoundError):
                    work.patients.version_of(a_patient_id(1), version)
            with pytest.raises(NotFoundError):
                work.patients.versions(a_patient_id(1), ALL)

    def test_a_version_that_never_was_is_not_found(self, stores: Stores) -> None:
        """Nor is a page behind the last one."""
        stores.store(a_record(1))
        with stores.desk.begin(stores.here) as work:
            for version in (0, 2):
                with pytest.raises(NotFoundError):
                    work.patients.version_of(a_patient_id(1), version)
            with pytest.raises(NotFoundError):
                work.patients.versions(a_patient_id(1), PageRequest(2, 1))

    def test_the_trail_names_who_made_each_version(self, stores: Stores) -> None:
        """Registration, revision, move and import: whatever makes a version, its maker is told."""
        stores.roster.put(a_told(1))
        (outcome,) = import_patients(stores.desk, ACTOR, [an_external_id(1)]).outcomes
        stores.roster.put(attrs.evolve(a_told(1), phone=Phone("555-0177"), updated_at=None))
        import_patients(stores.desk, ACTOR, [an_external_id(1)], is_refresh=True)
        assert outcome.patient_id is not None
        archive_patient(stores.desk, an_actor(user_id=77), outcome.patient_id, Reason("Moved away"))
        delete_patient(stores.desk, ACTOR, outcome.patient_id)
        restore_patient(stores.desk, ACTOR, outcome.patient_id, Reason("By mistake"))
        told = [one.made_by for one in list_versions(stores.desk, ACTOR, outcome.patient_id).items]
        assert [one.entry.action for one in told if one is not None] == [
            Action.RESTORE,
            Action.DELETE,
            Action.ARCHIVE,
            Action.IMPORT,
            Action.IMPORT,
        ]
        assert told[2] is not None
        assert told[2].entry.actor_id == 77
        assert told[3] is not None
        assert "phone" in told[3].entry.changed

    def test_readings_and_refusals_make_no_version(self, stores: Stores) -> None:
        """Of all the entries about a version, the one that made it is told."""
        patient = register_patient(stores.desk, ACTOR, a_new_patient())
        revise_patient(stores.desk, an_actor(user_id=8), patient.id, Revision(phone=Phone("555-0177")))
        revise_patient(stores.desk, ACTOR, patient.id, Revision(phone=Phone("555-0177")))
        with pytest.raises(StaleVersionError):
            revise_patient(stores.desk, ACTOR, patient.id, Revision(phone=None), expected_version=1)
        with stores.desk.begin(stores.here) as work:
            makers = work.trail_search.makers(patient.id, (1, 2, 3))
        assert {version: one.entry.actor_id for version, one in makers.items()} == {1: ACTOR.user_id, 2: 8}

    def test_entries_of_another_practice_make_no_version(self, stores: Stores) -> None:
        """Nobody learns who works elsewhere."""
        patient = register_patient(stores.desk, ACTOR, a_new_patient())
        with stores.desk.begin(stores.elsewhere) as work:
            assert work.trail_search.makers(patient.id, (1,)) == {}
