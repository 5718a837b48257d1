"""What a restore may give up, what the trail says of it, and what that explains to whoever verifies."""

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_practice_id, an_actor
from tests.ledger import ORIGIN, Ledger, an_entry, stored
from vantrexia_adapters.crypto import is_signed
from vantrexia_core.audit import (
    Action,
    AuditEntry,
    Checkpoint,
    Fault,
    FaultKind,
    ForeignCheckpointError,
    Frontier,
    GivenUp,
    Inspector,
    Outcome,
    PutBack,
    RollbackReason,
    RollbackRefusedError,
    check_earlier,
    check_refilled,
    checked_rollback,
    encode_entry,
    refilled,
    restore_entries,
    sign,
    told_by,
)
from vantrexia_core.kernel import PermissionDeniedError, Role

SIZE = 300


def _state(ledger: Ledger) -> Checkpoint:
    return Checkpoint(ORIGIN, len(ledger.rows), Frontier().grown([row.leaf for row in ledger.rows]).root)


def _restored(kept: int, lost: Checkpoint | None) -> Ledger:
    """The trail with its first ``kept`` entries, gone on after a restore, and signed again."""
    ledger = Ledger.of(kept)
    reason = None if lost is None else RollbackReason.DATA_LOST
    for entry in restore_entries(an_actor(), [a_practice_id()], _state(ledger), lost, reason, at=NOW):
        ledger.rows.append(stored(len(ledger.rows) + 1, entry))
    ledger.publish()
    return ledger


def _compared(ledger: Ledger, *kept: Checkpoint) -> Fault | None:
    notes = [sign(one, ledger.keys.active()).encode() for one in kept]
    return Inspector(ledger, ledger.store, ledger.keys.verifiers(), is_signed).inspect(kept=notes).fault


def test_what_a_restore_says_is_read_again() -> None:
    """Sizes, root and reason; the rollback comes first, so its number says how much was kept."""
    lost = _state(Ledger.of(SIZE))
    ledger = _restored(200, lost)
    rollback, restore = (told_by(row.seq, row.canonical or b"") for row in ledger.rows[200:])
    assert rollback == GivenUp(201, SIZE, lost.root, "data_lost")
    assert restore == PutBack(202, 200, _state(Ledger.of(200)).root)
    assert "201 to 300" in rollback.sentence


def test_each_practice_is_told_and_the_trail_counts_one_rollback() -> None:
    """A practice reads its own part of the trail alone; there, too, something is missing."""
    lost, ledger = _state(Ledger.of(SIZE)), Ledger.of(200)
    actor, others = an_actor(), [a_practice_id(2), a_practice_id(3)]
    practices = [actor.practice_id, *others]
    reason = RollbackReason.ATTACK
    entries = restore_entries(actor, practices, _state(ledger), lost, reason, at=NOW)
    assert [(entry.action, entry.practice_id, entry.code) for entry in entries] == [
        *((Action.TRAIL_ROLLBACK, practice_id, "attack") for practice_id in practices),
        *((Action.BACKUP_RESTORE, practice_id, None) for practice_id in practices),
    ]
    ledger.rows += [stored(200 + number, entry) for number, entry in enumerate(entries, 1)]
    ledger.publish()
    assert ledger.inspect().rollbacks == [GivenUp(201, SIZE, lost.root, "attack")]
    assert _compared(ledger, lost) == Fault(FaultKind.ROLLED_BACK, 201)
    found = refilled(ledger, _state(Ledger.of(200)))
    assert found is not None
    assert check_refilled(found, {}, [lost], [], reason) == lost


def _another_root(ledger: Ledger) -> None:
    ledger.rows[17] = stored(18, an_entry(9_999))


def _gone_on(ledger: Ledger) -> None:
    ledger.grow(1)


def _cut(ledger: Ledger) -> None:
    del ledger.rows[200:]


def _of_another_size(ledger: Ledger) -> None:
    actor, restored = an_actor(), _state(Ledger.of(100))
    (entry,) = restore_entries(actor, [actor.practice_id], restored, None, None, at=NOW)
    ledger.rows[-1] = stored(len(ledger.rows), entry)


@pytest.mark.parametrize("change", [_another_root, _gone_on, _cut, _of_another_size])
def test_only_what_a_restore_has_written_is_taken_for_it(change: Callable[[Ledger], None]) -> None:
    """The backup's trail, what the restore says of it, and nothing else."""
    restored = _state(Ledger.of(200))
    ledger = _restored(200, None)
    assert refilled(ledger, restored) is not None
    change(ledger)
    assert refilled(ledger, restored) is None


@pytest.mark.parametrize(
    "entry",
    [
        AuditEntry(NOW, Action.TRAIL_ROLLBACK, Outcome.DONE, version=9),
        AuditEntry(NOW, Action.TRAIL_ROLLBACK, Outcome.DONE, version=9, request_id="ff"),
        AuditEntry(NOW, Action.TRAIL_ROLLBACK, Outcome.DONE, request_id="f" * 64),
        AuditEntry(NOW, Action.TRAIL_ROLLBACK, Outcome.REFUSED, version=9, request_id="f" * 64),
        AuditEntry(NOW, Action.READ, Outcome.DONE, version=9, request_id="f" * 64),
    ],
)
def test_what_does_not_say_all_of_it_says_nothing(entry: AuditEntry) -> None:
    """A statement names size and root, and was made."""
    assert told_by(5, encode_entry(entry)) is None


@given(st.integers(0, SIZE - 1), st.integers(1, SIZE))
def test_whoever_kept_a_checkpoint_finds_the_rollback_and_nothing_else(kept: int, size: int) -> None:
    """Of what was kept, nothing is wrong; of what was given up, the entry that says so is named."""
    before = Ledger.of(SIZE)
    ledger = _restored(kept, _state(before))
    fault = _compared(ledger, _state(Ledger.of(size)))
    assert fault == (None if size <= kept else Fault(FaultKind.ROLLED_BACK, kept + 1))


def test_a_rollback_that_names_another_state_explains_nothing() -> None:
    """The root is part of the statement: another trail of that size was not given up here."""
    ledger = _restored(200, attrs.evolve(_state(Ledger.of(SIZE)), root=bytes(32)))
    fault = _compared(ledger, _state(Ledger.of(SIZE)))
    assert fault == Fault(FaultKind.PUT_BACK, 202)


def test_tampering_after_a_rollback_is_still_tampering() -> None:
    """The statement explains what was given up, not what was altered before it."""
    lost = _state(Ledger.of(SIZE))
    ledger = _restored(200, lost)
    ledger.rows[17] = stored(18, attrs.evolve(restore_entries(
        an_actor(), [a_practice_id()], lost, None, None, at=NOW
    )[0]))  # fmt: skip
    assert _compared(ledger, lost) == Fault(FaultKind.ALTERED, 18)


def test_an_old_folder_of_checkpoints_shows_the_rollback_too() -> None:
    """The newest checkpoint here is of what was given up: that is named, with the entry that says so."""
    before = Ledger.of(SIZE)
    before.publish()
    after = _restored(200, _state(before))
    after.store = before.store
    assert after.inspect().fault == Fault(FaultKind.ROLLED_BACK, 201)


@given(st.lists(st.integers(0, 2 * SIZE), max_size=4))
def test_the_largest_state_that_is_given_up_is_the_one_that_is_named(sizes: list[int]) -> None:
    """Whatever else is known, and only if there is one."""
    ledger = Ledger.of(2 * SIZE)
    roots = {size: Frontier().grown([row.leaf for row in ledger.rows[:size]]).root for size in {*sizes, SIZE}}
    known = [Checkpoint(ORIGIN, size, roots[size]) for size in sizes]
    restored = Checkpoint(ORIGIN, SIZE, roots[SIZE])
    lost = checked_rollback(restored, roots, known, [], RollbackReason.ATTACK)
    newer = [size for size in sizes if size > SIZE]
    assert (None if lost is None else lost.size) == max(newer, default=None)
    if newer:
        with pytest.raises(RollbackRefusedError, match=str(max(newer))):
            checked_rollback(restored, roots, known, [], None)


def test_a_checkpoint_of_what_was_given_up_before_is_no_stranger() -> None:
    """A trail that was rolled back once can be backed up and restored like any other."""
    lost = _state(Ledger.of(SIZE))
    earlier = [GivenUp(201, SIZE, lost.root, "mistake")]
    restored = Checkpoint(ORIGIN, SIZE + 100, bytes(32))
    roots = {SIZE: bytes(32)}
    assert checked_rollback(restored, roots, [lost], earlier, None) is None
    with pytest.raises(ForeignCheckpointError):
        checked_rollback(restored, roots, [lost], [], None)


def test_a_backup_of_a_branch_is_refused() -> None:
    """A rehearsal's, or one from before a rollback: smaller than what is known, and no beginning of it."""
    known = Ledger.of(SIZE)
    known.publish()
    newer, read = _state(known), known.store.tile
    check_earlier(_state(Ledger.of(200)), newer, read)
    check_earlier(_state(known), newer, read)
    branch = _restored(150, None)
    with pytest.raises(ForeignCheckpointError):
        check_earlier(_state(branch), newer, read)
    # Without the hashes nobody can tell.
    check_earlier(_state(branch), newer, Ledger().store.tile)


def test_a_checkpoint_of_another_origin_is_a_stranger() -> None:
    """Whatever it says."""
    restored = Checkpoint(ORIGIN, 3, bytes(32))
    with pytest.raises(ForeignCheckpointError):
        checked_rollback(restored, {3: bytes(32)}, [attrs.evolve(restored, origin="another")], [], None)


def test_only_an_administrator_restores() -> None:
    """The core decides, so an embedding program has it too."""
    with pytest.raises(PermissionDeniedError):
        restore_entries(
            attrs.evolve(an_actor(), role=Role.NURSE),
            [],
            Checkpoint(ORIGIN, 3, bytes(32)),
            None,
            None,
            at=NOW,
        )
