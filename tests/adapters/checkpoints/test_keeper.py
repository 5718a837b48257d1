"""The keeper publishes in rounds, verifies now and then, and tells what it found; it refuses nothing."""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event

import attrs
import pytest

from tests.ledger import Ledger, an_entry, stored
from tests.sources import ManualClock
from vantrexia_adapters.checkpoints import FolderCheckpoints, TrailHealth, TrailKeeper
from vantrexia_adapters.memory import MemoryCheckpoints
from vantrexia_core.audit import Tile

SOUND = TrailHealth(unprotected=0, is_sound=True, is_current=True)


class Rounds:
    """Stands in for the pause between two rounds: does something in each, and ends after some."""

    def __init__(self, *doings: Callable[[], None]) -> None:
        self._doings = list(doings)
        self.over = Event()

    def __call__(self, _: Event, __: float) -> bool:
        """Whether it is over."""
        if not self._doings:
            self.over.set()
            return True
        self._doings.pop(0)()
        return False


def _keeper(ledger: Ledger, *doings: Callable[[], None], seconds: float = 5.0) -> TrailKeeper:
    """A keeper that has lived through its rounds."""
    rounds = Rounds(*doings)
    keeper = TrailKeeper(ledger.notary, ManualClock(), publish_seconds=seconds, pause=rounds)
    keeper.start()
    assert rounds.over.wait(30)
    return keeper


def test_every_round_covers_what_is_new():
    """After the last there is nothing unprotected."""
    ledger = Ledger.of(3)
    assert _keeper(ledger, lambda: ledger.grow(300), lambda: ledger.grow(1)).health() == SOUND
    newest = ledger.notary.newest()
    assert newest is not None
    assert newest.size == 304


def test_what_no_checkpoint_covers_is_counted():
    """It is what somebody could take away unnoticed."""
    ledger = Ledger.of(3)
    keeper = _keeper(ledger)
    ledger.grow(7)
    assert keeper.health() == attrs.evolve(SOUND, unprotected=7)


def test_ending_covers_everything():
    """Started or not: a command that has written something leaves nothing unprotected."""
    for is_started in (True, False):
        ledger = Ledger.of(3)
        rounds = Rounds()
        keeper = TrailKeeper(ledger.notary, ManualClock(), publish_seconds=5.0, pause=rounds)
        if is_started:
            keeper.start()
            assert rounds.over.wait(30)
        ledger.grow(4)
        keeper.stop()
        assert keeper.health() == SOUND


def test_a_fault_at_the_start_is_told_and_stays(caplog: pytest.LogCaptureFixture):
    """Verified before anything is signed; the log names the entry and the health says so until a restart."""
    ledger = Ledger.of(20)
    ledger.publish()
    good = ledger.rows[11]
    ledger.rows[11] = stored(12, an_entry(99))
    with caplog.at_level(logging.ERROR):
        keeper = _keeper(ledger)
    assert "Entry 12 is not what it was" in caplog.text
    ledger.rows[11] = good
    assert not keeper.health().is_sound


def test_a_fault_that_comes_later_is_found_within_a_minute():
    """The newest part is verified on a timer, here in the second round."""
    ledger = Ledger.of(20)

    def tamper() -> None:
        ledger.rows[11] = stored(12, an_entry(99))

    assert not _keeper(ledger, tamper, seconds=60.0).health().is_sound
    assert _keeper(Ledger.of(20), lambda: None, seconds=60.0).health().is_sound


def test_a_trail_that_was_cut_is_told_when_the_next_state_should_be_signed():
    """Without waiting for the timer."""
    ledger = Ledger.of(20)

    def cut() -> None:
        del ledger.rows[15:]

    assert not _keeper(ledger, cut, seconds=0.1).health().is_sound


def test_a_first_checkpoint_over_an_older_trail_is_no_fault(caplog: pytest.LogCaptureFixture):
    """It is how an upgrade begins; but it is not passed over in silence."""
    with caplog.at_level(logging.WARNING):
        assert _keeper(Ledger.of(5)).health() == SOUND
    assert "5 entries and no checkpoint" in caplog.text


def test_a_newest_checkpoint_that_is_gone_is_told(caplog: pytest.LogCaptureFixture):
    """The trail goes on from the day's, and a trail without entries lacks nothing."""
    store = MemoryCheckpoints()
    ledger = Ledger(store=store)
    assert _keeper(ledger).health() == SOUND
    ledger.grow(5)
    ledger.publish()
    store._newest = None
    with caplog.at_level(logging.WARNING):
        assert _keeper(ledger).health() == SOUND
    assert [record.getMessage() for record in caplog.records] == [
        "the newest checkpoint of the audit trail is gone; it has to go on from the last one of a day"
    ]


def test_being_unable_to_publish_degrades_after_a_minute(caplog: pytest.LogCaptureFixture):
    """A short outage is none of anybody's concern, a long one is; both are logged, once each."""
    ledger = Ledger.of(5)

    def lose() -> None:
        ledger.is_away = True

    def find() -> None:
        ledger.is_away = False

    short = _keeper(ledger, lose, find, seconds=30.0)
    assert short.health() == SOUND
    keeper = TrailKeeper(ledger.notary, ManualClock(), publish_seconds=30.0)
    lose()
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            keeper.publish()
    find()
    assert not keeper.health().is_current
    assert caplog.text.count("can be published") == 1
    keeper.publish()
    assert keeper.health() == SOUND


def test_a_lease_that_somebody_keeps_degrades_after_a_minute(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """A process that hangs, or one that is not ours: nothing is signed, and that must not look healthy."""
    store = FolderCheckpoints(tmp_path)
    ledger = Ledger(store=store)
    ledger.grow(3)
    keeper = TrailKeeper(ledger.notary, ManualClock(), publish_seconds=30.0)
    keeper.publish()
    ledger.grow(4)
    with FolderCheckpoints(tmp_path).lease(is_patient=False), caplog.at_level(logging.WARNING):
        keeper.publish()
        assert keeper.health() == attrs.evolve(SOUND, unprotected=4)
        for _ in range(2):
            keeper.publish()
        assert not keeper.health().is_current
    assert caplog.text.count("keeps the lock") == 1
    keeper.publish()
    assert keeper.health() == SOUND


def test_an_error_that_nobody_foresaw_does_not_end_the_rounds():
    """The next round tries again."""
    ledger = Ledger.of(5)
    ledger.publish()

    def broken(_: Tile) -> bytes:
        raise ZeroDivisionError

    whole = ledger.store.tile
    ledger.grow(1)
    notary = attrs.evolve(ledger.notary)
    keeper = TrailKeeper(notary, ManualClock(), publish_seconds=60.0)
    object.__setattr__(ledger.store, "tile", broken)
    keeper.publish()
    assert not keeper.health().is_current
    object.__setattr__(ledger.store, "tile", whole)
    keeper.publish()
    assert keeper.health() == SOUND
