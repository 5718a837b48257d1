"""Checkpoints as files: private, whole, and readable by anybody's tools for such logs."""

import os
import stat
from datetime import date
from pathlib import Path

import pytest

from tests.ledger import Ledger
from vantrexia_adapters.checkpoints import FolderCheckpoints
from vantrexia_core.audit import CHECKPOINT_BYTES_MAX, Tile, TiledTree
from vantrexia_core.kernel import UnavailableError

DAY = date(2026, 2, 6)


def test_the_layout_is_that_of_tlog_tiles(tmp_path: Path):
    """Paths as the specification has them; nothing else but the lock and the days."""
    ledger = Ledger(store=FolderCheckpoints(tmp_path))
    for size in (300, 217):
        ledger.grow(size)
        ledger.publish()
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert files == [
        "checkpoint", "days/2026-03-02", "lock", "tile/0/000", "tile/0/001", "tile/0/002.p/5",
        "tile/1/000.p/2",
    ]  # fmt: skip
    newest = ledger.notary.newest()
    assert newest is not None
    assert TiledTree(517, ledger.store.tile).mth(0, 517) == newest.root


def test_everything_is_private(tmp_path: Path):
    """Files 0600, folders 0700: who looked at whom is nobody else's business, nor is how often."""
    store = FolderCheckpoints(tmp_path / "checkpoints")
    with store.lease(is_patient=True):
        store.put(Tile(0, 0, 1), bytes(32))
        store.publish(b"note\n", on=DAY)
    for path in [store.path, *store.path.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_what_cannot_be_written_or_read_is_unavailable(tmp_path: Path):
    """A file stands where the folder should be."""
    (tmp_path / "taken").write_text("")
    store = FolderCheckpoints(tmp_path / "taken")
    for doing in (
        store.newest,
        lambda: store.put(Tile(0, 0, 1), bytes(32)),
        lambda: store.publish(b"note\n", on=DAY),
        lambda: store.lease(is_patient=True).__enter__(),
    ):
        with pytest.raises(UnavailableError):
            doing()


def test_what_a_killed_writer_left_is_no_checkpoint(tmp_path: Path):
    """Half a file lies beside the whole one, and is neither read nor in the way."""
    store = FolderCheckpoints(tmp_path)
    store.publish(b"one\n", on=DAY)
    for name in ("checkpoint.new", "days/2026-02-06.new"):
        (tmp_path / name).write_bytes(b"tw")
    assert (store.newest(), list(store.history())) == (b"one\n", [b"one\n"])
    store.publish(b"two\n", on=DAY)
    assert (store.newest(), list(store.history())) == (b"two\n", [b"two\n"])


@pytest.mark.parametrize(
    "name", ["../x", "days/../../x", "/x", "days/2026-02-06/../x", "lock", "days/", "tile/0/..p", ""]
)
def test_a_name_does_not_lead_out_of_the_folder(tmp_path: Path, name: str):
    """Names may come from a backup."""
    with pytest.raises(ValueError, match=r"^$"):
        FolderCheckpoints(tmp_path / "there").write(name, b"note")
    assert list(tmp_path.iterdir()) == []


def test_what_lies_among_the_days_and_is_no_day_is_none(tmp_path: Path):
    """An editor's copy is in no backup, and is a fault for whoever verifies."""
    store = FolderCheckpoints(tmp_path)
    store.publish(b"one\n", on=DAY)
    (tmp_path / "days" / "2026-02-06~").write_bytes(b"x")
    assert list(store.days()) == [("2026-02-06", b"one\n")]
    assert list(store.history()) == [b"x", b"one\n"]


def test_folders_and_pipes_among_the_days_are_passed_over(tmp_path: Path):
    """A storage system makes folders of its own; a pipe would keep whoever reads it waiting for ever."""
    store = FolderCheckpoints(tmp_path)
    store.publish(b"one\n", on=DAY)
    (tmp_path / "days" / "@eaDir").mkdir()
    os.mkfifo(tmp_path / "days" / "2026-02-07")
    (tmp_path / "days" / "2026-02-08").symlink_to("/dev/zero")
    assert list(store.history()) == [b"one\n"]


def test_what_is_no_file_of_ours_is_not_waited_for(tmp_path: Path):
    """A pipe in the place of the newest checkpoint, or of a tile, says nothing; a file without end is cut."""
    store = FolderCheckpoints(tmp_path)
    tile = Tile(0, 0, 1)
    store.put(tile, bytes(32))
    (tmp_path / tile.path).unlink()
    for path in (tmp_path / "checkpoint", tmp_path / tile.path):
        os.mkfifo(path)
    assert (store.newest(), store.tile(tile)) == (b"", b"")
    (tmp_path / "checkpoint").unlink()
    (tmp_path / "checkpoint").symlink_to("/dev/zero")
    assert len(store.newest() or b"") == CHECKPOINT_BYTES_MAX + 1


def test_who_waits_for_the_lease_does_not_wait_for_ever(tmp_path: Path):
    """A process that hangs with it keeps no command and no server's end waiting."""
    impatient = FolderCheckpoints(tmp_path, wait_seconds=0.03).lease(is_patient=True)
    with FolderCheckpoints(tmp_path).lease(is_patient=False), pytest.raises(UnavailableError):
        impatient.__enter__()
