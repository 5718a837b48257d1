"""What every adapter promises of the patient store."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

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
    an_address,
    an_email,
)
from vantrexia_contracts.given.strategies.patients import new_patients
from vantrexia_contracts.stores import Stores, StoresContract, a_record, at_once
from vantrexia_core.kernel import (
    BrokenPromiseError,
    ConflictError,
    NamePart,
    NotFoundError,
    PatientId,
    StaleVersionError,
    UserId,
)
from vantrexia_core.patients import (
    AlreadyArchivedError,
    ExternalId,
    ExternalIdTakenError,
    Listing,
    Move,
    Mrn,
    MrnTakenError,
    NewPatient,
    Patient,
    Reason,
    Revision,
    Status,
    StatusChange,
    archive_patient,
    register_patient,
    revise_patient,
)

MANY = 6


def _revised(patient: Patient, **changes: Any) -> Patient:
    return attrs.evolve(patient, version=patient.version + 1, **changes)


def _moved(patient: Patient, move: Move, status: Status, minutes: int = 1) -> tuple[Patient, StatusChange]:
    at = patient.updated_at + timedelta(minutes=minutes)
    after = attrs.evolve(patient, status=status, version=patient.version + 1, updated_at=at)
    reason = Reason("Moved away") if move is Move.ARCHIVE else None
    return after, StatusChange(patient.id, after.version, move, at, UserId(3), an_email("who"), reason)


def _move(stores: Stores, patient: Patient, move: Move, status: Status) -> Patient:
    after, change = _moved(patient, move, status)
    with stores.desk.begin(patient.practice_id) as work:
        work.patients.move(after, change)
        work.commit()
    return after


class PatientStoreContract(StoresContract):
    """The records of a practice."""

    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(new=new_patients(), id_=st.uuids(version=4))
    def test_a_record_is_read_back_as_it_was_stored(self, stores: Stores, new: NewPatient, id_: UUID) -> None:
        """Whatever a patient may be called and live, the store gives back an equal value."""
        patient = a_patient(new, id_=PatientId(id_))
        with stores.desk.begin(stores.here) as work:
            work.patients.add(patient)
            assert work.patients.get(patient.id) == patient

    def test_a_full_record_survives_its_unit_of_work(self, stores: Stores) -> None:
        """What was committed is there for the next unit of work, every field of it."""
        patient = a_patient()
        stores.store(patient)
        assert stores.read(patient.id) == patient

    def test_times_keep_their_microseconds_and_their_zone(self, stores: Stores) -> None:
        """A moment comes back exact, aware, and in UTC."""
        at = datetime(2026, 3, 2, 14, 30, 59, 123457, tzinfo=UTC)
        stores.store(a_patient(created_at=at, updated_at=at.replace(microsecond=0)))
        read = stores.read(a_patient_id())
        assert read.created_at.isoformat() == "2026-03-02T14:30:59.123457+00:00"
        assert read.updated_at.isoformat() == "2026-03-02T14:30:59+00:00"

    @pytest.mark.parametrize("way", ["get", "get_to_change"])
    def test_an_unknown_record_is_not_found(self, stores: Stores, way: str) -> None:
        """Reading what is not there says so, for showing as for changing."""
        with stores.desk.begin(stores.here) as work, pytest.raises(NotFoundError):
            getattr(work.patients, way)(a_patient_id(99))

    @pytest.mark.parametrize("way", ["get", "get_to_change"])
    def test_a_record_of_another_practice_is_not_found(self, stores: Stores, way: str) -> None:
        """Another practice's record does not exist here, not even for somebody who knows its id."""
        stores.store(a_record(1))
        with stores.desk.begin(stores.elsewhere) as work, pytest.raises(NotFoundError):
            getattr(work.patients, way)(a_patient_id(1))

    def test_a_record_of_another_practice_cannot_be_changed(self, stores: Stores) -> None:
        """A unit of work refuses a record that names another practice than its own."""
        stores.store(a_record(1))
        foreign = _revised(a_record(1))
        after, change = _moved(a_record(1), Move.ARCHIVE, Status.ARCHIVED)
        with stores.desk.begin(stores.elsewhere) as work:
            with pytest.raises(BrokenPromiseError):
                work.patients.add(foreign)
            with pytest.raises(BrokenPromiseError):
                work.patients.save(foreign)
            with pytest.raises(BrokenPromiseError):
                work.patients.move(after, change)

    def test_a_record_moved_under_another_practices_name_is_stale(self, stores: Stores) -> None:
        """Claiming the practice does not make another practice's record this one's."""
        stores.store(a_record(1))
        forged = attrs.evolve(_revised(a_record(1)), practice_id=stores.elsewhere)
        with stores.desk.begin(stores.elsewhere) as work, pytest.raises(StaleVersionError):
            work.patients.save(forged)
        assert stores.read(a_patient_id(1)) == a_record(1)

    # ------------------------------------------------------------------ unique values
    @pytest.mark.parametrize("status", [Status.ACTIVE, Status.ARCHIVED, Status.DELETED])
    def test_an_mrn_is_taken_whatever_became_of_its_record(self, stores: Stores, status: Status) -> None:
        """An archived or deleted record keeps its number."""
        stores.store(attrs.evolve(a_record(1, mrn="M-7"), status=status))
        with stores.desk.begin(stores.here) as work, pytest.raises(MrnTakenError):
            work.patients.add(a_record(2, mrn="M-7"))

    def test_an_external_id_is_taken(self, stores: Stores) -> None:
        """Two records of a practice cannot be the same patient of the EMR."""
        stores.store(a_record(1, external_id="E-7"))
        with stores.desk.begin(stores.here) as work, pytest.raises(ExternalIdTakenError):
            work.patients.add(a_record(2, external_id="E-7"))

    def test_records_without_external_id_do_not_collide(self, stores: Stores) -> None:
        """Absence is not a value."""
        stores.store(a_record(1), a_record(2))
        assert stores.read(a_patient_id(2)).external_id is None

    def test_unique_values_are_unique_within_a_practice_only(self, stores: Stores) -> None:
        """Two practices may give out the same numbers."""
        stores.store(a_record(1, mrn="M-7", external_id="E-7"))
        other = a_record(2, mrn="M-7", external_id="E-7", practice_id=stores.elsewhere)
        stores.store(other)
        assert stores.read(other.id, stores.elsewhere) == other

    def test_after_a_refused_record_the_work_goes_on(self, stores: Stores) -> None:
        """A taken number ends neither the transaction nor what was done before it."""
        stores.store(a_record(1, mrn="M-7"))
        with stores.desk.begin(stores.here) as work:
            work.patients.add(a_record(2))
            with pytest.raises(MrnTakenError):
                work.patients.add(a_record(3, mrn="M-7"))
            work.patients.add(a_record(4))
            work.commit()
        assert {stores.read(a_patient_id(number)).mrn.reveal() for number in (2, 4)} == {
            "MRN-00002",
            "MRN-00004",
        }
        with pytest.raises(NotFoundError):
            stores.read(a_patient_id(3))

    @pytest.mark.parametrize(
        ("change", "error"),
        [({"mrn": Mrn("M-7")}, MrnTakenError), ({"external_id": ExternalId("E-7")}, ExternalIdTakenError)],
    )
    def test_a_revision_cannot_take_what_another_record_has(
        self, stores: Stores, change: dict[str, Any], error: type[ConflictError]
    ) -> None:
        """The rule of registration holds for revision, and the refused one changes nothing."""
        stores.store(a_record(1, mrn="M-7", external_id="E-7"), a_record(2))
        with stores.desk.begin(stores.here) as work, pytest.raises(error):
            work.patients.save(_revised(work.patients.get_to_change(a_patient_id(2)), **change))
        assert stores.read(a_patient_id(2)) == a_record(2)

    def test_a_revision_keeps_its_own_unique_values(self, stores: Stores) -> None:
        """A record does not collide with itself."""
        stores.store(a_record(1, mrn="M-7", external_id="E-7"))
        revised = _revised(a_record(1, mrn="M-7", external_id="E-7"), name=a_name("Ann"))
        with stores.desk.begin(stores.here) as work:
            work.patients.save(revised)
            work.commit()
        assert stores.read(a_patient_id(1)) == revised

    def test_of_many_who_type_the_same_number_one_gets_it(self, stores: Stores) -> None:
        """Simultaneous registrations under one MRN leave one record and say to the others what is wrong."""
        actor = an_actor()
        news = [a_new_patient(first=f"N{number}", mrn="M-7") for number in range(MANY)]
        results = at_once([partial(register_patient, stores.desk, actor, new) for new in news])
        refused = [result for result in results if isinstance(result, MrnTakenError)]
        assert len(refused) == MANY - 1
        assert sum(isinstance(result, Patient) for result in results) == 1

    # ------------------------------------------------------------------ versions
    def test_a_revision_replaces_every_field(self, stores: Stores) -> None:
        """What a revision leaves out is gone, what it brings is there."""
        stores.store(a_patient())
        new = a_new_patient(first="Ann", last="Lee", mrn="M-8", phone=None, email=None)
        revised = a_patient(new, version=2)
        with stores.desk.begin(stores.here) as work:
            work.patients.save(revised)
            work.commit()
        assert stores.read(revised.id) == revised

    @pytest.mark.parametrize("version", [1, 3])
    def test_a_revision_of_another_version_is_stale(self, stores: Stores, version: int) -> None:
        """Only the version right after the stored one is taken; the record stays as it was."""
        stores.store(a_record(1))
        with stores.desk.begin(stores.here) as work, pytest.raises(StaleVersionError):
            work.patients.save(attrs.evolve(a_record(1), version=version, name=a_name("Ann")))
        assert stores.read(a_patient_id(1)) == a_record(1)

    @pytest.mark.parametrize("version", [1, 3])
    def test_a_move_from_another_version_is_stale(self, stores: Stores, version: int) -> None:
        """A move that started from something else changes neither the record nor its history."""
        stores.store(a_record(1))
        after, change = _moved(a_record(1), Move.ARCHIVE, Status.ARCHIVED)
        with stores.desk.begin(stores.here) as work, pytest.raises(StaleVersionError):
            work.patients.move(attrs.evolve(after, version=version), attrs.evolve(change, version=version))
        assert stores.read(a_patient_id(1)) == a_record(1)

    def test_an_unknown_record_cannot_be_saved(self, stores: Stores) -> None:
        """There is nothing that the revision could have started from."""
        with stores.desk.begin(stores.here) as work, pytest.raises(StaleVersionError):
            work.patients.save(_revised(a_record(1)))

    def test_simultaneous_revisions_happen_one_after_another(self, stores: Stores) -> None:
        """No revision is lost: each starts from the one before, and the version counts them all."""
        actor = an_actor()
        patient = register_patient(stores.desk, actor, a_new_patient())
        names = [NamePart(f"Name{number}") for number in range(MANY)]
        results = at_once(
            [
                partial(revise_patient, stores.desk, actor, patient.id, Revision(first_name=name))
                for name in names
            ]
        )
        assert sorted(result.version for result in results if isinstance(result, Patient)) == list(
            range(2, MANY + 2)
        )
        assert stores.read(patient.id).version == MANY + 1

    def test_of_many_who_archive_one_does(self, stores: Stores) -> None:
        """Simultaneous archiving has one winner; the others learn that it is done."""
        actor = an_actor()
        patient = register_patient(stores.desk, actor, a_new_patient())
        results = at_once(
            [
                lambda: archive_patient(stores.desk, actor, patient.id, Reason("Moved away"))
                for _ in range(MANY)
            ]
        )
        assert sum(isinstance(result, AlreadyArchivedError) for result in results) == MANY - 1
        with stores.desk.begin(stores.here) as work:
            assert len(work.patients.history(patient.id)) == 1

    # ------------------------------------------------------------------ moves
    def test_a_move_changes_status_and_nothing_of_the_person(self, stores: Stores) -> None:
        """After a move every sealed field is still readable."""
        stores.store(a_patient())
        after = _move(stores, a_patient(), Move.ARCHIVE, Status.ARCHIVED)
        assert stores.read(after.id) == after
        assert (
            attrs.evolve(after, status=Status.ACTIVE, version=1, updated_at=a_patient().updated_at)
            == a_patient()
        )

    def test_a_record_can_be_revised_after_a_move_and_moved_after_that(self, stores: Stores) -> None:
        """Versions of demographics and of the lifecycle run on one counter."""
        stores.store(a_patient())
        archived = _move(stores, a_patient(), Move.ARCHIVE, Status.ARCHIVED)
        revised = _revised(archived, name=a_name("Ann"))
        with stores.desk.begin(stores.here) as work:
            work.patients.save(revised)
            work.commit()
        restored = _move(stores, revised, Move.UNARCHIVE, Status.ACTIVE)
        assert stores.read(restored.id) == restored
        assert restored.version == 4

    def test_the_history_is_complete_and_oldest_first(self, stores: Stores) -> None:
        """Every move is there as it was made, reason and e-mail address included."""
        stores.store(a_record(1))
        archived, first = _moved(a_record(1), Move.ARCHIVE, Status.ARCHIVED)
        active, second = _moved(archived, Move.UNARCHIVE, Status.ACTIVE)
        with stores.desk.begin(stores.here) as work:
            work.patients.move(archived, first)
            work.patients.move(active, second)
            assert list(work.patients.history(a_patient_id(1))) == [first, second]
            work.commit()
        with stores.desk.begin(stores.here) as work:
            assert list(work.patients.history(a_patient_id(1))) == [first, second]

    def test_the_last_changes_are_the_newest_of_each_record(self, stores: Stores) -> None:
        """A page asks for many records at once; those that never moved are left out."""
        for number in (1, 2, 3):
            stores.store(a_record(number))
        archived = _move(stores, a_record(1), Move.ARCHIVE, Status.ARCHIVED)
        _move(stores, archived, Move.DELETE, Status.DELETED)
        _move(stores, a_record(2), Move.ARCHIVE, Status.ARCHIVED)
        with stores.desk.begin(stores.here) as work:
            changes = work.patients.last_changes([a_patient_id(number) for number in (3, 2, 1)])
        assert {id_: change.move for id_, change in changes.items()} == {
            a_patient_id(1): Move.DELETE,
            a_patient_id(2): Move.ARCHIVE,
        }

    def test_the_history_of_another_practice_is_empty(self, stores: Stores) -> None:
        """Moves are no more visible across practices than records are."""
        stores.store(a_record(1))
        _move(stores, a_record(1), Move.ARCHIVE, Status.ARCHIVED)
        with stores.desk.begin(stores.elsewhere) as work:
            assert list(work.patients.history(a_patient_id(1))) == []
            assert dict(work.patients.last_changes([a_patient_id(1)])) == {}

    # ------------------------------------------------------------------ pages
    def test_a_page_comes_in_the_order_asked_for(self, stores: Stores) -> None:
        """The store does not sort: the directory has."""
        stores.store(*(a_record(number) for number in range(1, 6)))
        with stores.desk.begin(stores.here) as work:
            page = work.patients.fetch([4, 1, 5, 3], as_of=1000)
        assert page is not None
        assert [patient.id for patient in page] == [a_patient_id(number) for number in (4, 1, 5, 3)]

    def test_an_empty_page_is_empty(self, stores: Stores) -> None:
        """Nothing asked for, nothing given."""
        with stores.desk.begin(stores.here) as work:
            assert list(work.patients.fetch([], as_of=0) or ()) == []
            assert dict(work.patients.last_changes([])) == {}

    def test_a_page_with_an_unknown_record_is_not_found(self, stores: Stores) -> None:
        """A number that no record has is not passed over in silence."""
        stores.store(a_record(1))
        with stores.desk.begin(stores.here) as work, pytest.raises(NotFoundError):
            work.patients.fetch([1, 2], as_of=1000)

    def test_each_practice_numbers_its_own_records(self, stores: Stores) -> None:
        """Numbers count a practice's records from 1, so another practice's are out of reach by number too."""
        stores.store(a_record(1), a_record(2, practice_id=stores.elsewhere), a_record(3))
        with stores.desk.begin(stores.here) as work:
            assert work.patients.fetch([1, 2], as_of=1000) == [a_record(1), a_record(3)]

    @pytest.mark.parametrize("way", ["save", "move"])
    def test_a_page_is_refused_when_one_of_its_records_has_changed_since(
        self, stores: Stores, way: str
    ) -> None:
        """The directory's answer rests on a moment; what changed since would be shown in the wrong place."""
        stores.store(a_record(1), a_record(2))
        with stores.desk.begin(stores.here) as work:
            before = stores.desk.directory.find(stores.here, Listing()).as_of
            assert work.patients.fetch([1], as_of=before) is not None
        if way == "save":
            with stores.desk.begin(stores.here) as work:
                work.patients.save(_revised(a_record(1), name=a_name("Ann")))
                work.commit()
        else:
            _move(stores, a_record(1), Move.ARCHIVE, Status.ARCHIVED)
        with stores.desk.begin(stores.here) as work:
            assert work.patients.fetch([2, 1], as_of=before) is None
            assert work.patients.fetch([2], as_of=before) == [a_record(2)]

    # ------------------------------------------------------------------ the counter
    def test_the_counter_starts_at_one_and_counts_on(self, stores: Stores) -> None:
        """Numbers go up by one, within a unit of work and from one to the next."""
        numbers = []
        for _ in range(2):
            with stores.desk.begin(stores.here) as work:
                numbers += [work.patients.next_mrn_number(), work.patients.next_mrn_number()]
                work.commit()
        assert numbers == [1, 2, 3, 4]

    def test_the_counter_passes_over_numbers_when_asked_to(self, stores: Stores) -> None:
        """They are not given out later."""
        with stores.desk.begin(stores.here) as work:
            numbers = [work.patients.next_mrn_number(skip=skip) for skip in (0, 3, 0)]
            work.commit()
        assert numbers == [1, 5, 6]

    def test_each_practice_counts_for_itself(self, stores: Stores) -> None:
        """A busy practice does not use up another one's numbers."""
        for practice_id in (stores.here, stores.elsewhere):
            with stores.desk.begin(practice_id) as work:
                assert work.patients.next_mrn_number() == 1
                work.commit()

    def test_a_number_that_nobody_kept_is_given_out_again(self, stores: Stores) -> None:
        """Undoing a unit of work undoes the counter."""
        with stores.desk.begin(stores.here) as work:
            work.patients.next_mrn_number()
        with stores.desk.begin(stores.here) as work:
            assert work.patients.next_mrn_number() == 1

    def test_simultaneous_registrations_get_different_numbers(self, stores: Stores) -> None:
        """The counter is race-free, and no number is skipped."""
        actor = an_actor()
        results = at_once(
            [lambda: register_patient(stores.desk, actor, a_new_patient(address=an_address()))] * 12
        )
        assert sorted(one.mrn.reveal() for one in results if isinstance(one, Patient)) == [
            f"MRN-{n:05d}" for n in range(1, 13)
        ]
