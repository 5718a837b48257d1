"""A restore that was cut off is finished by the same command, and vouches for nothing but itself."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa

from tests.adapters.backups.deployment import Backup, EmptyPlace
from vantrexia_adapters.backups import OtherwiseRestoredError, Progress
from vantrexia_adapters.checkpoints import FolderCheckpoints
from vantrexia_adapters.sql import NotEmptyError, is_empty, open_engine
from vantrexia_adapters.sql.tables import audit_entry
from vantrexia_core.audit import RollbackReason, RollbackRefusedError, SignedCheckpoint
from vantrexia_core.kernel import DiskFullError

LOST = RollbackReason.DATA_LOST


class CutOffError(BaseException):
    """As Ctrl-C, at a known place."""


def _cut(label: str) -> Progress:
    """Ends at the first step under the label."""

    @contextmanager
    def progress(shown: str, _total: int) -> Iterator[Callable[[int], None]]:
        def step(_: int) -> None:
            if shown == label:
                raise CutOffError

        yield step

    return progress


class CutOffFolder(FolderCheckpoints):
    """Cut off when the old checkpoints were put aside."""

    __slots__ = ()

    def put_aside(self, name: str) -> None:
        """See `FolderCheckpoints`."""
        super().put_aside(name)
        raise CutOffError


def _newest(place: EmptyPlace) -> bytes:
    note = place.place.checkpoints.newest()
    assert note is not None
    return note


def _copied(backup: Backup, to: Path, *, size: int) -> sa.Engine:
    """The database that was backed up, as it is now, with a trail that somebody has cut."""
    url = backup.here.site.engine.url
    with closing(sqlite3.connect(url.database or "")) as here, closing(sqlite3.connect(to)) as there:
        here.backup(there)
    engine = open_engine(f"sqlite:///{to}")
    with engine.begin() as connection:
        names = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
        )
        for (name,) in names.fetchall():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.execute(sa.delete(audit_entry).where(audit_entry.c.seq > size))
    return engine


@pytest.mark.parametrize("behind", [0, 1])
def test_another_database_is_not_taken_for_what_was_restored(
    behind: int, sqlite_backup: Backup, sqlite_place: EmptyPlace, tmp_path: Path
) -> None:
    """It is named after a restore was cut off; its trail was cut. No checkpoint is signed for that."""
    note = sqlite_backup.newer(tmp_path.name)
    sqlite_place.place.checkpoints.write("checkpoint", note)
    with pytest.raises(CutOffError):
        sqlite_place.restore(sqlite_backup.path, reason=LOST, progress=_cut("Restoring"))
    size = sqlite_backup.contents.trail.size + behind
    sqlite_place.name(_copied(sqlite_backup, tmp_path / "damaged.sqlite3", size=size))
    for reason in (None, LOST):
        with pytest.raises(NotEmptyError):
            sqlite_place.restore(sqlite_backup.path, reason=reason)
    assert _newest(sqlite_place) == note
    assert sqlite_place.place.marker.exists()


def test_the_same_command_finishes_a_rollback_and_says_so(
    sqlite_backup: Backup, place: EmptyPlace, tmp_path: Path
) -> None:
    """What is given up stands in the database by then; whoever does not say the same is not believed."""
    note = sqlite_backup.newer(tmp_path.name)
    place.place.checkpoints.write("checkpoint", note)
    with pytest.raises(CutOffError):
        place.restore(sqlite_backup.path, reason=LOST, progress=_cut("Verifying the trail"))
    signed = _newest(place)
    with pytest.raises(RollbackRefusedError):
        place.restore(sqlite_backup.path)
    with pytest.raises(OtherwiseRestoredError):
        place.restore(sqlite_backup.path, reason=RollbackReason.MISTAKE)
    done = place.restore(sqlite_backup.path, reason=LOST)
    assert (done.lost, done.inspection.fault) == (SignedCheckpoint.decode(note).checkpoint, None)
    # It was signed before it was cut off, and is not evidence against itself.
    assert _newest(place) == signed
    assert len(list((place.folder / "checkpoints" / "given-up").iterdir())) == 1
    assert not place.place.marker.exists()


def test_what_was_filled_before_a_newer_checkpoint_was_known_is_not_finished(
    sqlite_backup: Backup, sqlite_place: EmptyPlace, tmp_path: Path
) -> None:
    """Its trail does not say that anything is given up, and cannot say so any more."""
    with pytest.raises(CutOffError):
        sqlite_place.restore(sqlite_backup.path, progress=_cut("Verifying the trail"))
    kept = [sqlite_backup.newer(tmp_path.name)]
    with pytest.raises(RollbackRefusedError):
        sqlite_place.restore(sqlite_backup.path, kept=kept)
    with pytest.raises(OtherwiseRestoredError):
        sqlite_place.restore(sqlite_backup.path, kept=kept, reason=LOST)


def test_what_is_given_up_is_known_until_a_restore_has_ended(
    sqlite_backup: Backup, sqlite_place: EmptyPlace, tmp_path: Path
) -> None:
    """The folder is turned over when it is cut off; the next one, into another database, is told."""
    note = sqlite_backup.newer(tmp_path.name)
    folder = sqlite_place.place.checkpoints
    folder.write("checkpoint", note)
    sqlite_place.place = attrs.evolve(sqlite_place.place, checkpoints=CutOffFolder(folder.path))
    with pytest.raises(CutOffError):
        sqlite_place.restore(sqlite_backup.path, reason=LOST)
    sqlite_place.place = attrs.evolve(sqlite_place.place, checkpoints=folder)
    assert folder.newest() is None
    sqlite_place.name(open_engine(f"sqlite:///{tmp_path / 'another.sqlite3'}"))
    with pytest.raises(RollbackRefusedError):
        sqlite_place.restore(sqlite_backup.path)
    done = sqlite_place.restore(sqlite_backup.path, reason=LOST)
    assert done.lost == SignedCheckpoint.decode(note).checkpoint


def test_a_disk_that_fills_up_is_told_and_the_same_command_goes_on(
    sqlite_backup: Backup, sqlite_place: EmptyPlace
) -> None:
    """Nothing is there before there is room for all of it."""

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 60")

    sa.event.listen(sqlite_place.engine, "connect", limit)
    sqlite_place.engine.dispose()
    with pytest.raises(DiskFullError, match="disk of the database file"):
        sqlite_place.restore(sqlite_backup.path)
    assert is_empty(sqlite_place.engine)
    sa.event.remove(sqlite_place.engine, "connect", limit)
    sqlite_place.engine.dispose()
    assert sqlite_place.restore(sqlite_backup.path).inspection.fault is None
    assert sqlite_place.rows()["patient"] == sqlite_backup.rows["patient"]
