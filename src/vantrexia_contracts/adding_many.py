"""What every adapter promises of adding many records at once."""

from collections.abc import Callable
from contextlib import suppress

import attrs
import pytest

from vantrexia_contracts.given.builders import a_new_patient, a_patient_id, an_actor
from vantrexia_contracts.stores import Stores, StoresContract, a_record, at_once
from vantrexia_core.kernel import BrokenPromiseError, NotFoundError, PageRequest
from vantrexia_core.patients import ExternalIdTakenError, Listing, MrnTakenError, Patient, register_patient

MANY = 30
STORED = a_record(1, mrn="M-7", external_id="E-7")

REFUSED: dict[str, tuple[list[Patient], type[Exception]]] = {
    "an MRN that is taken": ([a_record(2), a_record(3, mrn="M-7")], MrnTakenError),
    "an external id that is taken": ([a_record(2), a_record(3, external_id="E-7")], ExternalIdTakenError),
    "an MRN twice": ([a_record(2, mrn="M-8"), a_record(3, mrn="M-8")], MrnTakenError),
    "an external id twice": (
        [a_record(2, external_id="E-8"), a_record(3, external_id="E-8")],
        ExternalIdTakenError,
    ),
    "an id that is taken": ([a_record(2), attrs.evolve(a_record(3), id=a_patient_id(1))], BrokenPromiseError),
    "an id twice": ([a_record(2), attrs.evolve(a_record(3), id=a_patient_id(2))], BrokenPromiseError),
}


def _numbers(stores: Stores) -> tuple[int, ...]:
    return stores.desk.directory.find(stores.here, Listing(page=PageRequest(1, 100))).numbers


def _listed(stores: Stores) -> list[Patient]:
    """Who is listed, as stored."""
    found = stores.desk.directory.find(stores.here, Listing(page=PageRequest(1, 100)))
    with stores.desk.begin(stores.here) as work:
        return list(work.patients.fetch(found.numbers, as_of=found.as_of) or ())


class AddingManyContract(StoresContract):
    """How many new records are added at once."""

    def test_many_are_stored_as_one_would_be(self, stores: Stores) -> None:
        """Each is read back equal, listed, and numbered without a gap, before and after single ones."""
        many = [a_record(number, external_id=f"E-{number}") for number in range(2, MANY)]
        with stores.desk.begin(stores.here) as work:
            work.patients.add(a_record(1))
            work.patients.add_many(many)
            work.patients.add(a_record(MANY))
            assert work.patients.get(many[3].id) == many[3]
            work.commit()
        assert [stores.read(patient.id) for patient in many] == many
        assert sorted(_numbers(stores)) == list(range(1, MANY + 1))
        with stores.desk.begin(stores.here) as work:
            in_turn = work.patients.fetch(range(2, MANY), as_of=1)
        assert in_turn == many

    def test_many_of_none_is_nothing(self, stores: Stores) -> None:
        """Nothing to store, nothing stored, and the work goes on."""
        with stores.desk.begin(stores.here) as work:
            work.patients.add_many([])
            work.patients.add(a_record(1))
            work.commit()
        assert _numbers(stores) == (1,)

    @pytest.mark.parametrize(("some", "error"), REFUSED.values(), ids=REFUSED)
    def test_all_are_refused_when_one_is(
        self, stores: Stores, some: list[Patient], error: type[Exception]
    ) -> None:
        """Of these nothing is stored; what the work did before and does afterwards is kept."""
        stores.store(STORED)
        with stores.desk.begin(stores.here) as work:
            work.patients.add(a_record(8))
            with pytest.raises(error):
                work.patients.add_many(some)
            with pytest.raises(NotFoundError):
                work.patients.get(a_patient_id(2))
            work.patients.add_many([a_record(9)])
            work.commit()
        assert {patient.id for patient in _listed(stores)} == {a_patient_id(number) for number in (1, 8, 9)}
        assert _listed(stores)[0] == STORED

    def test_another_practices_record_is_refused(self, stores: Stores) -> None:
        """It would be sealed under the wrong practice's keys."""
        some = [a_record(1), a_record(2, practice_id=stores.elsewhere)]
        with stores.desk.begin(stores.here) as work:
            with pytest.raises(BrokenPromiseError):
                work.patients.add_many(some)
            work.commit()
        assert _numbers(stores) == ()

    def test_many_that_are_not_committed_are_gone(self, stores: Stores) -> None:
        """All or nothing, together with the rest of the work."""
        with stores.desk.begin(stores.here) as work:
            work.patients.add_many([a_record(1), a_record(2)])
        assert _numbers(stores) == ()

    def test_those_who_add_at_once_get_numbers_of_their_own(self, stores: Stores) -> None:
        """Single ones and many at a time, all at the same moment: dense numbers, nobody's taken."""

        def many(begin: int) -> Callable[[], None]:
            def add() -> None:
                with stores.desk.begin(stores.here) as work:
                    work.patients.add_many([a_record(number) for number in range(begin, begin + 5)])
                    work.commit()

            return add

        def one() -> None:
            register_patient(stores.desk, an_actor(), a_new_patient())

        results = at_once([many(100), one, many(200), one, many(300)])
        assert [result for result in results if isinstance(result, Exception)] == []
        assert sorted(_numbers(stores)) == list(range(1, 18))

    def test_a_number_held_for_a_record_is_not_given_to_the_many(self, stores: Stores) -> None:
        """A unit of work that has drawn an MRN keeps that record's place while others are added."""
        with stores.desk.begin(stores.here) as work:
            work.patients.next_mrn_number()
            work.patients.add_many([a_record(1), a_record(2)])
            with suppress(NotFoundError):
                work.patients.get(a_patient_id(99))
            work.patients.add(a_record(3))
            work.commit()
        assert sorted(_numbers(stores)) == [1, 2, 3]
