"""What every store promises of the records that are to be compared later."""

from datetime import timedelta

from vantrexia_contracts.given.builders import NOW, a_patient_id, an_actor
from vantrexia_contracts.stores import Stores, StoresContract, a_record
from vantrexia_core.kernel import PatientId
from vantrexia_core.patients import Noted, delete_patient

LATER = NOW + timedelta(seconds=1)


def _note(stores: Stores, *numbers: int) -> None:
    with stores.desk.begin(stores.here) as work:
        work.patients.be_alone()
        work.uncompared.add([a_patient_id(number) for number in numbers], at=NOW)
        work.commit()


def _noted(stores: Stores) -> list[PatientId]:
    with stores.desk.begin(stores.here) as work:
        noted = work.uncompared.first(100)
        assert work.uncompared.count() == len(noted)
        return [one.patient_id for one in noted]


class UncomparedStoreContract(StoresContract):
    """Records that are to be compared later."""

    def test_noted_records_are_given_with_their_numbers(self, stores: Stores) -> None:
        """No more than asked for, each once, always in one order."""
        stores.store(a_record(1), a_record(2), a_record(3))
        _note(stores, 3, 1)
        _note(stores, 1)
        noted = _noted(stores)
        assert set(noted) == {a_patient_id(1), a_patient_id(3)}
        with stores.desk.begin(stores.here) as work:
            assert [one.patient_id for one in work.uncompared.first(1)] == noted[:1]
            assert work.uncompared.of(a_patient_id(3)) == Noted(a_patient_id(3), 3, NOW)
            assert work.uncompared.of(a_patient_id(2)) is None
            assert work.uncompared.count() == 2

    def test_a_note_belongs_to_its_transaction(self, stores: Stores) -> None:
        """Left without a commit, nothing is noted; nor is a record that is another practice's."""
        stores.store(a_record(1), a_record(2, practice_id=stores.elsewhere))
        with stores.desk.begin(stores.here) as work:
            work.patients.be_alone()
            work.uncompared.add([a_patient_id(1)], at=NOW)
        _note(stores, 2)
        assert _noted(stores) == []

    def test_everybody_but_the_deleted_is_noted(self, stores: Stores) -> None:
        """Once each, whoever is noted already with the time that is known."""
        stores.store(a_record(1), a_record(2), a_record(3), a_record(4, practice_id=stores.elsewhere))
        delete_patient(stores.desk, an_actor(), a_patient_id(2))
        _note(stores, 1)
        with stores.desk.begin(stores.here) as work:
            work.patients.be_alone()
            work.uncompared.add_everybody(at=LATER)
            work.commit()
        assert set(_noted(stores)) == {a_patient_id(1), a_patient_id(3)}
        with stores.desk.begin(stores.here) as work:
            assert [one.at for one in work.uncompared.first(9) if one.patient_id == a_patient_id(1)] == [NOW]

    def test_what_was_noted_anew_is_not_forgotten(self, stores: Stores) -> None:
        """It changed while it was compared."""
        stores.store(a_record(1), a_record(2))
        _note(stores, 1, 2)
        with stores.desk.begin(stores.here) as work:
            read = work.uncompared.first(9)
        with stores.desk.begin(stores.here) as work:
            work.patients.be_alone()
            work.uncompared.add([a_patient_id(2)], at=LATER)
            work.uncompared.remove(read)
            work.commit()
        assert _noted(stores) == [a_patient_id(2)]
