"""The files beside a backup and a restore: nobody else's is touched, and nothing is left lying about."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.adapters.backups.deployment import KEY, Backup, EmptyPlace
from vantrexia_adapters.backups import read_backup, writing
from vantrexia_adapters.checkpoints import FolderCheckpoints
from vantrexia_adapters.crypto import BackupFileError


def test_another_name_of_somebody_elses_file_is_not_written_to(sqlite_backup: Backup, tmp_path: Path) -> None:
    """A link with the name that the backup would have while it is written."""
    victim = tmp_path / "victim"
    victim.write_text("keep")
    name = f"{tmp_path.name}.backup"
    (sqlite_backup.here.folder / f"{name}.part").hardlink_to(victim)
    with pytest.raises(BackupFileError, match="remove it"):
        sqlite_backup.here.back_up(name)
    assert victim.read_text() == "keep"


def test_a_backup_that_comes_to_its_end_meanwhile_is_left_alone(
    sqlite_backup: Backup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two to one name: the other one gets its name between our opening the file and our locking it."""
    name = f"{tmp_path.name}.backup"
    path = sqlite_backup.here.folder / name

    class Late:
        LOCK_EX, LOCK_NB = fcntl.LOCK_EX, fcntl.LOCK_NB

        @staticmethod
        def flock(file: IO[bytes], how: int) -> None:
            path.with_name(f"{name}.part").rename(path)
            path.write_bytes(sqlite_backup.path.read_bytes())
            fcntl.flock(file, how)

    monkeypatch.setattr(writing, "fcntl", Late)
    with pytest.raises(BackupFileError, match="Name another one"):
        sqlite_backup.here.back_up(name)
    assert read_backup(path, KEY).end == sqlite_backup.contents.end


def test_a_key_ring_that_was_tried_does_not_stay(sqlite_backup: Backup, sqlite_place: EmptyPlace) -> None:
    """A restore that is killed at its checks leaves the whole ring; the next one takes it away, also here."""
    tried = sqlite_place.folder / "keyring.json.restored"
    tried.write_text("a whole key ring")
    sqlite_place.place.ring_path.write_bytes(sqlite_backup.contents.files["keyring.json"])
    sqlite_place.place.ring_path.chmod(0o600)
    assert not sqlite_place.restore(sqlite_backup.path).are_keys_restored
    assert not tried.exists()


def test_whose_key_ring_it_is_is_said_also_by_whoever_finishes(
    sqlite_backup: Backup, sqlite_place: EmptyPlace
) -> None:
    """Keys that were destroyed after the backup are there again."""

    @contextmanager
    def cut(shown: str, _total: int) -> Iterator[Callable[[int], None]]:
        if shown == "Verifying the trail":
            raise KeyboardInterrupt
        yield lambda _: None

    with pytest.raises(KeyboardInterrupt):
        sqlite_place.restore(sqlite_backup.path, progress=cut)
    assert sqlite_place.restore(sqlite_backup.path).are_keys_restored


def test_a_state_can_be_put_aside_again(tmp_path: Path) -> None:
    """What lies there already is evidence, and stays; what was cut off half-way is finished in its place."""
    store = FolderCheckpoints(tmp_path)
    for note in (b"one", b"two"):
        store.write("days/2026-02-06", note)
        store.write("checkpoint", note)
        if note == b"two":
            (tmp_path / "given-up" / "state-2").mkdir()
            (tmp_path / "days").rename(tmp_path / "given-up" / "state-2" / "days")
        store.put_aside("state")
    found = {
        str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    }
    assert found == {
        "given-up/state/checkpoint": b"one",
        "given-up/state/days/2026-02-06": b"one",
        "given-up/state-2/checkpoint": b"two",
        "given-up/state-2/days/2026-02-06": b"two",
    }
