"""A backup of an older version is restored and migrated; one of a newer version is refused."""

from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa

from tests.adapters.backups.deployment import KEY, OLDER, Backup, EmptyPlace, outline_at
from tests.builders import NOW, a_practice_id
from tests.sources import ManualClock
from vantrexia_adapters.backups import BackupSources, write_backup
from vantrexia_adapters.checkpoints import FolderCheckpoints
from vantrexia_adapters.crypto import KeyRing, RingCheckpointKeys
from vantrexia_adapters.sql import (
    NewerSchemaError,
    OtherSchemaError,
    migrate,
    open_engine,
    outline,
    schema_state,
)
from vantrexia_adapters.sql.migrations import REVISIONS
from vantrexia_adapters.sql.schema import upgrade
from vantrexia_adapters.sql.tables import practice, practice_head


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A backup as the version with an older schema took it."""
    folder = tmp_path / "older"
    folder.mkdir(mode=0o700)
    ring = KeyRing.create(folder / "keyring.json", ManualClock())
    engine = open_engine(f"sqlite:///{folder / 'vantrexia.sqlite3'}")
    with engine.begin() as connection:
        upgrade(connection, OLDER)
        id_ = a_practice_id()
        connection.execute(sa.insert(practice).values(id=id_, name="Old", created_at=NOW))
        connection.execute(
            sa.insert(practice_head).values(practice_id=id_, epoch=id_, seq=0, n=0, mrn_number=7)
        )
    copied = outline_at(OLDER)
    assert len(copied.tables) < len(outline().tables)
    keys = RingCheckpointKeys(ring)
    checkpoints = FolderCheckpoints(folder / "checkpoints")
    sources = BackupSources(engine, ring.path, folder / "ecw-keys.pem", checkpoints, keys)
    path = folder / "it.backup"
    write_backup(path, KEY, sources, at=NOW, software="older", copied=copied)
    engine.dispose()
    return path


def test_an_older_backup_is_migrated(older: Path, place: EmptyPlace) -> None:
    """In the transaction that restores it: there is never a database of the old version."""
    place.restore(older)
    assert schema_state(place.engine).current == REVISIONS[-1]
    with place.engine.connect() as connection:
        assert connection.scalar(sa.select(practice.c.name)) == "Old"
        assert connection.scalar(sa.select(practice_head.c.mrn_number)) == 7
    assert place.inspect().fault is None


def test_tables_of_this_version_are_no_place_for_an_older_backup(
    older: Path, sqlite_place: EmptyPlace
) -> None:
    """A schema is never taken back."""
    migrate(sqlite_place.engine)
    with pytest.raises(OtherSchemaError):
        sqlite_place.restore(older)


def test_a_newer_backup_is_refused(sqlite_backup: Backup, sqlite_place: EmptyPlace, tmp_path: Path) -> None:
    """It may hold what this version does not know."""
    path, _ = sqlite_backup.here.back_up(
        f"{tmp_path.name}.backup", copied=attrs.evolve(outline(), revision="9999")
    )
    with pytest.raises(NewerSchemaError):
        sqlite_place.restore(path)
    assert sqlite_place.is_untouched()
