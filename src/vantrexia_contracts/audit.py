"""What every adapter promises of the trail."""

import threading
from datetime import timedelta

import attrs
import pytest

from vantrexia_contracts.given.builders import NOW, a_patient_id, a_practice_id, a_user_id
from vantrexia_contracts.stores import Stores, StoresContract, at_once
from vantrexia_core.audit import Action, AuditEntry, Outcome
from vantrexia_core.kernel import RequestId, Role

WRITERS, AT_ONCE = 4, (1, 1, 7, 1, 40, 2, 1, 5, 1, 1)
MANY = 70

FULL = AuditEntry(
    at=NOW + timedelta(microseconds=1),
    action=Action.LIST,
    outcome=Outcome.DONE,
    practice_id=a_practice_id(),
    actor_id=a_user_id(7),
    role=Role.NURSE,
    code="permission_denied",
    patient_id=a_patient_id(1),
    changed=("first_name", "ssn"),
    disclosed=(a_patient_id(3), a_patient_id(1), a_patient_id(2)),
    user_id=a_user_id(8),
    version=4,
    request_id=RequestId("req-0001"),
    address="2001:db8::1",
)

EMPTY = AuditEntry(at=NOW, action=Action.LOGIN_FAILED, outcome=Outcome.REFUSED)


def _append(stores: Stores, *entries: AuditEntry) -> None:
    with stores.desk.begin(stores.here) as work:
        for entry in entries:
            work.trail.append(entry)
        work.commit()


def _numbered(stores: Stores, **asked: int) -> list[tuple[int, AuditEntry]]:
    with stores.desk.begin(stores.here) as work:
        return [(sequenced.seq, sequenced.entry) for sequenced in work.trail.read(**asked)]


class AuditTrailContract(StoresContract):
    """The trail, as a unit of work writes and reads it."""

    @pytest.mark.parametrize("entry", [FULL, EMPTY], ids=["full", "empty"])
    def test_an_entry_is_read_back_as_it_was_written(self, stores: Stores, entry: AuditEntry) -> None:
        """Every part of an entry is kept exactly, the order of what was disclosed included."""
        _append(stores, entry)
        assert _numbered(stores) == [(1, entry)]

    @pytest.mark.parametrize("action", list(Action))
    def test_every_action_and_outcome_can_be_written(self, stores: Stores, action: Action) -> None:
        """The trail takes whatever the core can do and however it can end."""
        entries = [attrs.evolve(EMPTY, action=action, outcome=outcome) for outcome in Outcome]
        _append(stores, *entries)
        assert [entry for _, entry in _numbered(stores)] == entries

    def test_entries_are_numbered_from_one_in_the_order_written(self, stores: Stores) -> None:
        """Within a unit of work and from one to the next."""
        entries = [attrs.evolve(EMPTY, code=f"e{number}") for number in range(4)]
        _append(stores, *entries[:2])
        _append(stores, *entries[2:])
        assert _numbered(stores) == list(enumerate(entries, 1))

    def test_many_entries_of_one_work_are_numbered_like_single_ones(self, stores: Stores) -> None:
        """Few or many, full and empty ones, before and after others: no gap, and nothing of them is lost."""
        entries: list[AuditEntry] = []
        for count in (1, MANY, 2, MANY - 1, 1):
            some = [
                attrs.evolve(FULL if number % 2 else EMPTY, version=len(entries) + number)
                for number in range(count)
            ]
            _append(stores, *some)
            entries += some
        assert _numbered(stores) == list(enumerate(entries, 1))

    def test_many_entries_of_an_unfinished_work_leave_no_gap(self, stores: Stores) -> None:
        """The numbers they had are given to others."""
        with stores.desk.begin(stores.here) as work:
            for _ in range(MANY):
                work.trail.append(EMPTY)
            assert len(work.trail.read()) == MANY
        _append(stores, FULL)
        assert _numbered(stores) == [(1, FULL)]

    def test_an_entry_of_an_unfinished_work_never_was(self, stores: Stores) -> None:
        """It leaves no line and no gap in the numbers."""
        with stores.desk.begin(stores.here) as work:
            work.trail.append(EMPTY)
            assert [sequenced.seq for sequenced in work.trail.read()] == [1]
        _append(stores, FULL)
        assert _numbered(stores) == [(1, FULL)]

    def test_a_work_reads_its_own_entries_behind_the_committed_ones(self, stores: Stores) -> None:
        """Read-your-writes holds for the trail too, and reading does not write twice."""
        _append(stores, EMPTY)
        with stores.desk.begin(stores.here) as work:
            work.trail.append(FULL)
            assert [sequenced.seq for sequenced in work.trail.read(after=1)] == [2]
            assert [sequenced.entry for sequenced in work.trail.read()] == [EMPTY, FULL]
            work.commit()
        assert _numbered(stores) == [(1, EMPTY), (2, FULL)]

    def test_reading_goes_on_after_a_number_and_stops_at_a_limit(self, stores: Stores) -> None:
        """A long trail is read in pieces that join without overlap."""
        entries = [attrs.evolve(EMPTY, code=f"e{number}") for number in range(7)]
        _append(stores, *entries)
        pieces = [_numbered(stores, after=after, limit=3) for after in (0, 3, 6, 7)]
        assert [len(piece) for piece in pieces] == [3, 3, 1, 0]
        assert [pair for piece in pieces for pair in piece] == list(enumerate(entries, 1))

    def test_the_trail_is_one_for_all_practices(self, stores: Stores) -> None:
        """Its numbers run on from practice to practice, and before anybody is known."""
        _append(stores, EMPTY)
        with stores.desk.begin(stores.elsewhere) as work:
            work.trail.append(FULL)
            work.commit()
        with stores.desk.begin_sign_in() as work:
            work.trail.append(EMPTY)
            work.commit()
        assert _numbered(stores) == [(1, EMPTY), (2, FULL), (3, EMPTY)]

    def test_a_sign_in_that_is_not_committed_leaves_nothing(self, stores: Stores) -> None:
        """The rule of every unit of work."""
        with stores.desk.begin_sign_in() as work:
            work.trail.append(EMPTY)
        assert _numbered(stores) == []

    def test_simultaneous_writers_make_one_gapless_sequence(self, stores: Stores) -> None:
        """Who follows the trail by its numbers while others write to it misses nothing."""
        done = threading.Event()
        followed: list[int] = []

        def write() -> None:
            for count in AT_ONCE:
                _append(stores, *[EMPTY] * count)

        def follow() -> None:
            is_last = False
            while not is_last:
                is_last = done.is_set()
                followed.extend(seq for seq, _ in _numbered(stores, after=followed[-1] if followed else 0))

        follower = threading.Thread(target=follow)
        follower.start()
        errors = [result for result in at_once([write] * WRITERS) if result is not None]
        done.set()
        follower.join()
        assert not errors
        assert followed == list(range(1, WRITERS * sum(AT_ONCE) + 1))
