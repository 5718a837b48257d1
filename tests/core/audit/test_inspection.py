"""Whatever is done to a trail is found, and the first entry that is not what it was is named."""

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tests.ledger import Ledger, OneKey, an_entry, copied, stored
from vantrexia_adapters.crypto import is_signed
from vantrexia_adapters.memory import MemoryCheckpoints
from vantrexia_core.audit import Fault, FaultKind, Inspector, StoredEntry, Tile

SIZE, COVERED = 620, 600
"""Three tiles, the last one partial, and twenty entries that no checkpoint covers."""


def _grown() -> Ledger:
    ledger = Ledger.of(300)
    ledger.publish()
    ledger.grow(COVERED - 300)
    ledger.publish()
    ledger.grow(SIZE - COVERED)
    return ledger


_GROWN = _grown()


def _trail() -> Ledger:
    """A copy for one example."""
    return Ledger(list(_GROWN.rows), copied(_GROWN.store))


def _renumbered(rows: list[StoredEntry]) -> list[StoredEntry]:
    return [attrs.evolve(row, seq=seq) for seq, row in enumerate(rows, 1)]


def test_a_trail_that_was_left_alone_is_sound():
    """And the verification says what it has seen."""
    found = _trail().inspect()
    assert found.fault is None
    assert (found.size, found.checked, found.unprotected) == (SIZE, SIZE, SIZE - COVERED)
    assert found.checkpoint is not None
    assert found.checkpoint.size == COVERED


@pytest.mark.parametrize("newest", [0, 1, 20, 256, 257, 599, 600, 10_000])
def test_the_newest_part_can_be_verified_alone(newest: int):
    """The tiles stand for the older part, and the signed root vouches for both."""
    found = _trail().inspect(newest)
    assert found.fault is None
    assert found.checked == min(SIZE, newest + SIZE - COVERED)


def _alter(ledger: Ledger, at: int) -> None:
    ledger.rows[at] = stored(at + 1, an_entry(9_999))


def _alter_without_leaf(ledger: Ledger, at: int) -> None:
    ledger.rows[at] = attrs.evolve(stored(at + 1, an_entry(9_999)), leaf=ledger.rows[at].leaf)


def _alter_leaf(ledger: Ledger, at: int) -> None:
    ledger.rows[at] = attrs.evolve(ledger.rows[at], leaf=bytes(32))


def _unread(ledger: Ledger, at: int) -> None:
    ledger.rows[at] = attrs.evolve(ledger.rows[at], canonical=None)


def _delete(ledger: Ledger, at: int) -> None:
    del ledger.rows[at]


def _delete_and_renumber(ledger: Ledger, at: int) -> None:
    del ledger.rows[at]
    ledger.rows = _renumbered(ledger.rows)


def _insert(ledger: Ledger, at: int) -> None:
    ledger.rows = _renumbered([*ledger.rows[:at], stored(0, an_entry(9_999)), *ledger.rows[at:]])


def _duplicate(ledger: Ledger, at: int) -> None:
    ledger.rows.insert(at, ledger.rows[at - 1])


def _swap(ledger: Ledger, at: int) -> None:
    rows = ledger.rows
    rows[at], rows[at + 1] = rows[at + 1], rows[at]
    ledger.rows = _renumbered(rows)


NAMED: dict[str, tuple[Callable[[Ledger, int], None], FaultKind]] = {
    "alter": (_alter, FaultKind.ALTERED),
    "alter without its leaf": (_alter_without_leaf, FaultKind.ALTERED),
    "alter the leaf": (_alter_leaf, FaultKind.ALTERED),
    "make it unreadable": (_unread, FaultKind.ALTERED),
    "delete": (_delete, FaultKind.MISSING),
    "delete and close the gap": (_delete_and_renumber, FaultKind.ALTERED),
    "insert": (_insert, FaultKind.ALTERED),
    "swap": (_swap, FaultKind.ALTERED),
}


@pytest.mark.parametrize("deed", NAMED)
@given(at=st.integers(0, COVERED - 2))
def test_the_entry_that_was_tampered_with_is_named(deed: str, at: int):
    """Any entry under the checkpoint, by its number."""
    tamper, kind = NAMED[deed]
    ledger = _trail()
    tamper(ledger, at)
    assert ledger.inspect().fault == Fault(kind, at + 1)


@given(at=st.integers(1, COVERED - 1))
def test_an_entry_that_stands_there_twice_is_named(at: int):
    """Under its own number."""
    ledger = _trail()
    _duplicate(ledger, at)
    assert ledger.inspect().fault == Fault(FaultKind.OUT_OF_ORDER, at)


@given(places=st.lists(st.integers(0, COVERED - 2), min_size=2, max_size=4, unique=True), data=st.data())
def test_of_several_the_first_is_named(places: list[int], data: st.DataObject):
    """Whatever was done to each."""
    ledger = _trail()
    quiet = [_alter, _alter_without_leaf, _alter_leaf, _unread]
    for at in places:
        data.draw(st.sampled_from(quiet))(ledger, at)
    fault = ledger.inspect().fault
    assert fault is not None
    assert fault.seq == min(places) + 1


@given(size=st.integers(0, COVERED - 1))
def test_a_trail_that_was_cut_names_the_first_missing_entry(size: int):
    """The tail cut off, an older copy restored, the table emptied."""
    ledger = _trail()
    del ledger.rows[size:]
    assert ledger.inspect().fault == Fault(FaultKind.MISSING, size + 1)
    assert ledger.inspect(newest=10).fault is not None


@given(size=st.integers(0, COVERED - 1), more=st.integers(1, 700))
def test_an_older_copy_that_grew_again_is_found(size: int, more: int):
    """The first entry that is another is named, or the first that is missing."""
    ledger = _trail()
    del ledger.rows[size:]
    ledger.grow(more, start=20_000)
    assert ledger.inspect().fault == Fault(FaultKind.ALTERED, size + 1)


def test_an_entry_that_no_checkpoint_covers_is_compared_with_its_leaf():
    """That is all there is: it shows who was not thorough."""
    ledger = _trail()
    _alter_without_leaf(ledger, SIZE - 5)
    assert ledger.inspect().fault == Fault(FaultKind.ALTERED, SIZE - 4)


def test_what_is_no_entry_is_found_in_the_tail_too():
    """With a leaf that fits: a sentence in a column, say."""
    ledger = _trail()
    canonical = b'{"action":"read","note":"Jane"}'
    leaf = stored(0, an_entry(1)).leaf
    ledger.rows[-1] = StoredEntry(SIZE, canonical, leaf)
    assert ledger.inspect().fault == Fault(FaultKind.ALTERED, SIZE)


def test_a_tail_that_the_store_has_counted_is_missed():
    """Where entries are counted apart from them, even those are missed that no checkpoint covers."""
    ledger = _trail()
    del ledger.rows[-3:]
    ledger.claimed = SIZE
    assert ledger.inspect().fault == Fault(FaultKind.MISSING, SIZE - 2)


def test_a_trail_that_was_signed_with_another_key_is_not_believed():
    """Somebody has altered an entry and signed the whole anew."""
    ledger, ours = _trail(), OneKey().verifiers()
    _alter(ledger, 100)
    forged = Ledger(rows=ledger.rows, keys=OneKey(2))
    forged.publish()
    found = attrs.evolve(ledger, store=forged.store)
    assert found.keys.verifiers() == ours
    assert found.inspect().fault == Fault(FaultKind.UNTRUSTED)


def test_the_trail_of_another_deployment_is_not_believed():
    """The same key, but another name."""
    other = Ledger.of(5)
    other.keys = OneKey(origin="vantrexia.com/audit/fedcba9876543210")
    other.publish()
    assert attrs.evolve(_trail(), store=other.store).inspect().fault == Fault(FaultKind.UNTRUSTED)


def test_without_a_checkpoint_a_trail_is_not_called_sound():
    """Nothing from outside vouches for it. Nothing needs to vouch for an empty one."""
    assert Ledger.of(5).inspect().fault == Fault(FaultKind.NO_CHECKPOINT)
    assert Ledger().inspect().fault is None


def test_checkpoints_that_contradict_each_other_are_found():
    """The key has signed two states of the same size: it has been misused."""
    ledger, other = _trail(), Ledger.of(COVERED)
    _alter(other, 3)
    other.publish()
    note = other.store.newest()
    ledger.store._days[NOW.date().replace(year=2020)] = note
    assert ledger.inspect().fault == Fault(FaultKind.DIVERGED)


def test_an_older_checkpoint_that_is_no_beginning_is_found():
    """The trail fits the newest checkpoint and not the one of an earlier day."""
    ledger, other = _trail(), Ledger.of(200)
    _alter(other, 3)
    other.publish()
    ledger.store._days[NOW.date().replace(year=2020)] = other.store.newest()
    assert ledger.inspect().fault == Fault(FaultKind.DIVERGED)


@pytest.mark.parametrize("left", [None, 300])
def test_a_day_tells_how_long_the_trail_was(left: int | None):
    """The newest checkpoint was taken away, or an older one put in its place; and the trail was cut."""
    ledger, older = _trail(), Ledger.of(300)
    older.publish()
    ledger.store._newest = None if left is None else older.store.newest()
    ledger.store._tiles = dict(older.store._tiles)
    assert ledger.inspect().fault == (Fault(FaultKind.NO_CHECKPOINT) if left is None else None)
    del ledger.rows[400:]
    assert ledger.inspect().fault == Fault(FaultKind.MISSING, 401)
    assert ledger.inspect(newest=10).fault == Fault(FaultKind.MISSING, 401)


@pytest.mark.parametrize("newest", [None, 10])
def test_damaged_tiles_alone_are_no_fault_of_the_trail(newest: int | None):
    """They can be made anew. Without them an altered trail is found all the same, only without a name."""
    ledger = _trail()
    assert isinstance(ledger.store, MemoryCheckpoints)
    ledger.store._tiles[Tile(1, 0, 2)] = bytes(64)
    ledger.store._tiles[Tile(0, 0)] = bytes(256 * 32)
    assert ledger.inspect(newest).fault is None
    _alter(ledger, 5)
    assert ledger.inspect(newest).fault == Fault(FaultKind.DIVERGED)
    ledger.store._tiles.clear()
    assert ledger.inspect(newest).fault == Fault(FaultKind.DIVERGED)


def test_progress_adds_up_to_what_was_read():
    """A bar reaches its end."""
    ledger, told = _trail(), []
    Inspector(ledger, ledger.store, ledger.keys.verifiers(), is_signed).inspect(progress=told.append)
    assert sum(told) == SIZE


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault(FaultKind.ALTERED, 7), "Entry 7 is not what it was when it was written."),
        (Fault(FaultKind.DIVERGED), "The entries are not those that the checkpoint was signed for."),
    ],
)
def test_a_fault_is_said_in_a_sentence(fault: Fault, sentence: str):
    """With the entry's number where there is one."""
    assert fault.sentence == sentence
