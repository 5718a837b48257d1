"""What every adapter promises of a unit of work: everything or nothing, and an end."""

from collections.abc import Callable

import pytest

from vantrexia_contracts.given.builders import NOW, a_new_user, a_patient_id, a_user_id
from vantrexia_contracts.receipts import ANSWER, a_once
from vantrexia_contracts.stores import Stores, StoresContract, WholeWork, a_record, at_once
from vantrexia_core.audit import Action, AuditEntry, Outcome
from vantrexia_core.kernel import BrokenPromiseError, NotFoundError
from vantrexia_core.patients import Listing

ENTRY = AuditEntry(at=NOW, action=Action.CREATE, outcome=Outcome.DONE)
NURSE = a_user_id(4)


class DropError(Exception):
    """Something unforeseen in the middle of a unit of work."""


def _do_everything(stores: Stores, work: WholeWork) -> None:
    number = work.patients.next_mrn_number()
    work.patients.add(a_record(number))
    work.users.add(a_new_user(), "hash")
    work.receipts.claim(NURSE, a_once(), at=stores.clock.now())
    work.trail.append(ENTRY)
    work.receipts.keep(NURSE, a_once(), ANSWER)


def _what_is_there(stores: Stores) -> tuple[int, int, int, bool, int]:
    """Records, accounts, entries, whether there is a receipt, and the next number."""
    records = stores.desk.directory.find(stores.here, Listing()).count
    with stores.desk.begin(stores.here) as work:
        kept = work.receipts.claim(NURSE, a_once(), at=stores.clock.now())
        return (
            records,
            len(work.users.all()),
            len(work.trail.read()),
            kept is not None,
            work.patients.next_mrn_number(),
        )


AFTER_THE_END: dict[str, Callable[[WholeWork], object]] = {
    "patients": lambda work: work.patients.get(a_patient_id(1)),
    "counter": lambda work: work.patients.next_mrn_number(),
    "users": lambda work: work.users.all(),
    "receipts": lambda work: work.receipts.claim(NURSE, a_once(), at=NOW),
    "trail": lambda work: work.trail.append(ENTRY),
    "commit": lambda work: work.commit(),
}


class UnitOfWorkContract(StoresContract):
    """A unit of work: all or nothing, seen by others as a whole."""

    def test_a_committed_work_leaves_everything(self, stores: Stores) -> None:
        """All stores of a unit of work are one transaction."""
        with stores.desk.begin(stores.here) as work:
            _do_everything(stores, work)
            work.commit()
        assert _what_is_there(stores) == (1, 1, 1, True, 2)

    def test_a_work_that_is_only_left_leaves_nothing(self, stores: Stores) -> None:
        """Trail, receipts and counters included."""
        with stores.desk.begin(stores.here) as work:
            _do_everything(stores, work)
        assert _what_is_there(stores) == (0, 0, 0, False, 1)

    def test_a_work_that_fails_leaves_nothing(self, stores: Stores) -> None:
        """An exception undoes the work and passes through unchanged."""
        with pytest.raises(DropError), stores.desk.begin(stores.here) as work:
            _do_everything(stores, work)
            raise DropError
        assert _what_is_there(stores) == (0, 0, 0, False, 1)

    def test_a_failed_work_stands_in_nobodys_way(self, stores: Stores) -> None:
        """Locks end with the work, however it ends."""
        with pytest.raises(DropError), stores.desk.begin(stores.here) as work:
            _do_everything(stores, work)
            raise DropError
        with stores.desk.begin(stores.here) as work:
            _do_everything(stores, work)
            work.commit()
        assert _what_is_there(stores)[0] == 1

    def test_an_empty_work_can_be_committed(self, stores: Stores) -> None:
        """Committing nothing is no error."""
        with stores.desk.begin(stores.here) as work:
            work.commit()
        assert _what_is_there(stores) == (0, 0, 0, False, 1)

    @pytest.mark.parametrize("deed", AFTER_THE_END.values(), ids=AFTER_THE_END)
    @pytest.mark.parametrize("is_committed", [True, False], ids=["committed", "left"])
    def test_nothing_can_be_done_after_the_end(
        self, stores: Stores, deed: Callable[[WholeWork], object], *, is_committed: bool
    ) -> None:
        """A work that was committed or left is over: what came after would be in no transaction."""
        with stores.desk.begin(stores.here) as work:
            work.patients.add(a_record(1))
            if is_committed:
                work.commit()
                with pytest.raises(BrokenPromiseError):
                    deed(work)
        with pytest.raises(BrokenPromiseError):
            deed(work)

    def test_others_see_a_work_as_a_whole(self, stores: Stores) -> None:
        """A record and its entry appear together, however many write at once."""

        def write(number: int) -> None:
            with stores.desk.begin(stores.here) as work:
                work.patients.add(a_record(number))
                work.trail.append(ENTRY)
                work.commit()

        def look() -> None:
            for _ in range(10):
                with stores.desk.begin(stores.here) as work:
                    entries = len(work.trail.read())
                assert stores.desk.directory.find(stores.here, Listing()).count >= entries

        results = at_once([*(lambda number=number: write(number) for number in range(1, 9)), look, look])
        assert results == [None] * len(results)

    def test_a_work_does_not_see_what_others_have_not_committed(self, stores: Stores) -> None:
        """Two practices at work at the same time do not look into each other's drafts."""
        with stores.desk.begin(stores.here) as work:
            work.patients.add(a_record(1))
        with stores.desk.begin(stores.here) as work, pytest.raises(NotFoundError):
            work.patients.get(a_patient_id(1))
