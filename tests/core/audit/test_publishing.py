"""Publishing: each state of the trail is the one before, grown, or it is not signed."""

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tests.core.audit import rfc6962
from tests.ledger import Ledger, OneKey, an_entry, stored
from vantrexia_adapters.memory import MemoryCheckpoints
from vantrexia_core.audit import (
    EMPTY_ROOT,
    SignedCheckpoint,
    Tile,
    TiledTree,
    TrailDivergedError,
    UntrustedCheckpointError,
)
from vantrexia_core.kernel import UnavailableError


@given(steps=st.lists(st.integers(0, 300), min_size=1, max_size=6))
def test_a_checkpoint_has_the_root_of_the_rfc_over_the_entries(steps: list[int]):
    """However the trail grew between two checkpoints, some of them over nothing new."""
    ledger = Ledger()
    for step in steps:
        ledger.grow(step)
        ledger.publish()
        checkpoint = ledger.notary.newest()
        assert checkpoint is not None
        assert checkpoint.size == len(ledger.rows)
        assert checkpoint.root == rfc6962.mth([row.canonical or b"" for row in ledger.rows])


def test_an_empty_trail_has_a_checkpoint():
    """So that a first entry that is removed is missed."""
    ledger = Ledger()
    assert ledger.publish() == 0
    newest = ledger.notary.newest()
    assert newest is not None
    assert newest.root == EMPTY_ROOT


def test_without_new_entries_nothing_is_signed():
    """The note stays the same, byte for byte, and the day's with it."""
    ledger = Ledger.of(3)
    ledger.publish()
    before = ledger.store.newest()
    ledger.notary.publish(NOW + timedelta(days=1))
    assert ledger.store.newest() == before
    assert list(ledger.store.history()) == [before]


def test_the_last_checkpoint_of_each_day_is_kept():
    """So that an auditor can ask for the trail as of an evening."""
    ledger = Ledger()
    for hours in (1, 2, 30):
        ledger.grow(1)
        ledger.notary.publish(NOW + timedelta(hours=hours))
    sizes = [SignedCheckpoint.decode(note).checkpoint.size for note in ledger.store.history()]
    assert sizes == [3, 2]


def test_partial_tiles_of_older_checkpoints_are_dropped():
    """Or a busy trail would leave a file every few seconds."""
    ledger = Ledger.of(3)
    ledger.publish()
    ledger.grow(4)
    ledger.publish()
    assert isinstance(ledger.store, MemoryCheckpoints)
    assert set(ledger.store._tiles) == {Tile(0, 0, 7)}


@pytest.mark.parametrize("size", [1, 255, 256, 300])
@pytest.mark.parametrize("cut", [1, 5])
def test_a_trail_that_was_cut_is_not_signed(size: int, cut: int):
    """Nor is one that has grown again since, under other entries."""
    ledger = Ledger.of(size)
    ledger.publish()
    before = ledger.store.newest()
    del ledger.rows[-cut:]
    with pytest.raises(TrailDivergedError):
        ledger.publish()
    ledger.grow(cut + 3, start=10_000)
    with pytest.raises(TrailDivergedError):
        ledger.publish()
    assert ledger.store.newest() == before


def test_a_trail_with_a_gap_is_not_signed():
    """Numbers that do not follow each other are no trail."""
    ledger = Ledger.of(5)
    ledger.publish()
    ledger.grow(3)
    del ledger.rows[6]
    with pytest.raises(TrailDivergedError):
        ledger.publish()


def test_tiles_that_were_damaged_are_made_anew():
    """A crash may cost tiles, which are not written durably; the signed root vouches for the new ones."""
    ledger = Ledger.of(600)
    ledger.publish()
    assert isinstance(ledger.store, MemoryCheckpoints)
    for damage in (lambda tiles: tiles.clear(), lambda tiles: tiles.update({Tile(1, 0, 2): bytes(64)})):
        damage(ledger.store._tiles)
        ledger.grow(10)
        ledger.publish()
        newest = ledger.notary.newest()
        assert newest is not None
        assert TiledTree(newest.size, ledger.store.tile).mth(0, newest.size) == newest.root
    assert ledger.inspect().fault is None


def test_damaged_tiles_are_not_made_anew_from_an_altered_trail():
    """Then nothing is signed: the root does not vouch for what lies there now."""
    ledger = Ledger.of(10)
    ledger.publish()
    assert isinstance(ledger.store, MemoryCheckpoints)
    ledger.store._tiles.clear()
    ledger.rows[4] = stored(5, an_entry(99))
    ledger.grow(1)
    with pytest.raises(TrailDivergedError):
        ledger.publish()


def test_nothing_is_signed_behind_a_strangers_checkpoint():
    """Whoever put it there, the trail's own key does not continue it."""
    ledger = Ledger.of(4)
    ledger.publish()
    other = attrs.evolve(ledger, keys=OneKey(2))
    other.rows.append(stored(5, an_entry(5)))
    with pytest.raises(UntrustedCheckpointError):
        other.publish()


@pytest.mark.parametrize("note", [b"", b"nonsense", "\u2014 a b\n".encode()])
def test_a_damaged_checkpoint_is_not_overwritten(note: bytes):
    """It is evidence, of a crash or of somebody's hand."""
    ledger = Ledger.of(4)
    ledger.publish()
    ledger.store.publish(note, on=NOW.date())
    with pytest.raises(UntrustedCheckpointError):
        ledger.publish()
    assert ledger.store.newest() == note


@attrs.frozen
class Kept:
    """A day on which the trail grew from 4 to 7 entries, the day before on which it grew to 4; in memory."""

    ledger: Ledger
    store: MemoryCheckpoints

    @classmethod
    def of(cls) -> "Kept":
        """Both were signed."""
        store = MemoryCheckpoints()
        ledger = Ledger(store=store)
        for by, at in ((4, NOW - timedelta(days=1)), (3, NOW)):
            ledger.grow(by)
            ledger.notary.publish(at)
        return cls(ledger, store)

    def lose_the_newest(self) -> None:
        """The file is gone."""
        self.store._newest = None

    def put_yesterdays_back(self) -> None:
        """An older one lies in its place."""
        self.store._newest = list(self.store.history())[-1]


LOSSES = {"gone": Kept.lose_the_newest, "older": Kept.put_yesterdays_back}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=list(LOSSES))
@pytest.mark.parametrize("grown", [0, 5])
def test_without_the_newest_checkpoint_a_rollback_is_not_signed(lose: Callable[[Kept], None], grown: int):
    """The day's checkpoint says how long the trail was, and stays; however much is written meanwhile."""
    kept = Kept.of()
    lose(kept)
    before = list(kept.store.history())
    del kept.ledger.rows[5:]
    kept.ledger.grow(grown, start=100)
    with pytest.raises(TrailDivergedError):
        kept.ledger.notary.publish(NOW + timedelta(hours=1))
    assert list(kept.store.history()) == before


@pytest.mark.parametrize("lose", LOSSES.values(), ids=list(LOSSES))
@pytest.mark.parametrize("grown", [0, 5])
def test_without_the_newest_checkpoint_the_trail_goes_on_from_the_days(
    lose: Callable[[Kept], None], grown: int
):
    """It is there again afterwards, also where nothing was written since."""
    kept = Kept.of()
    lose(kept)
    kept.ledger.grow(grown)
    assert kept.ledger.publish() == 7 + grown
    newest = kept.ledger.notary.newest()
    assert newest is not None
    assert (newest.size, kept.ledger.inspect().fault) == (7 + grown, None)


def test_a_newest_checkpoint_without_days_is_gone_on_from():
    """As a restore may leave it."""
    kept = Kept.of()
    kept.store._days.clear()
    kept.ledger.grow(1)
    assert kept.ledger.publish() == 8


def test_days_that_nobody_has_signed_are_no_reason_to_begin_anew():
    """Without one that is ours among them, nothing tells what was there."""
    kept = Kept.of()
    kept.lose_the_newest()
    for day in kept.store._days:
        kept.store._days[day] = b"nonsense"
    with pytest.raises(UntrustedCheckpointError):
        kept.ledger.publish()
    assert kept.store.newest() is None


def test_who_does_not_wait_leaves_it_to_whoever_publishes():
    """Two processes do not sign at the same time."""
    ledger = Ledger.of(4)
    ledger.publish()
    ledger.grow(1)
    with ledger.store.lease(is_patient=False) as is_ours:
        assert is_ours
        checkpoint = ledger.notary.publish(NOW)
    assert checkpoint is not None
    assert checkpoint.size == 4


def test_a_trail_out_of_reach_is_said_to_be():
    """Not being able to look is no fault of the trail."""
    ledger = Ledger.of(4)
    ledger.is_away = True
    with pytest.raises(UnavailableError):
        ledger.publish()
