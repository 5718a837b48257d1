"""A key ring that survived does not open what was destroyed in it, and a restore says so beforehand."""

import shutil

import pytest
import sqlalchemy as sa

from tests.adapters.backups.deployment import Backup, EmptyPlace
from tests.sources import ManualClock
from vantrexia_adapters.backups import KeysDestroyedError
from vantrexia_adapters.crypto import KeyRing
from vantrexia_core.protection import Purpose


def _surviving(backup: Backup, place: EmptyPlace) -> KeyRing:
    """The key ring of the deployment that was backed up, where the backup is to be restored."""
    shutil.copy(backup.here.site.house.ring.path, place.place.ring_path)
    return KeyRing.open(place.place.ring_path, ManualClock())


def _replace(ring: KeyRing, backup: Backup, purpose: Purpose) -> None:
    here = backup.here.site.here
    ring.rotate(here, purpose)
    ring.retire(here, purpose, 1)
    ring.destroy(here, purpose, 1)


@pytest.mark.parametrize("purpose", [Purpose.FIELD, Purpose.INDEX])
def test_rows_that_need_a_destroyed_key_are_not_restored(
    purpose: Purpose, sqlite_backup: Backup, sqlite_place: EmptyPlace
) -> None:
    """Nobody could read them. Refused before anything is changed, with the key's name and the way out."""
    _replace(_surviving(sqlite_backup, sqlite_place), sqlite_backup, purpose)
    before = sqlite_place.place.ring_path.read_bytes()
    with pytest.raises(KeysDestroyedError, match=rf"{purpose.value} key 1 of practice .* undoes the destruc"):
        sqlite_place.restore(sqlite_backup.path)
    assert sqlite_place.place.ring_path.read_bytes() == before
    assert not sqlite_place.place.marker.exists()
    assert sa.inspect(sqlite_place.engine).get_table_names() == []


def test_every_row_that_a_key_opens_is_counted(sqlite_backup: Backup, sqlite_place: EmptyPlace) -> None:
    """Those too whose table does not say whose they are: as many as re-encryption counts."""
    site = sqlite_backup.here.site
    ring = _surviving(sqlite_backup, sqlite_place)
    _replace(ring, sqlite_backup, Purpose.FIELD)
    needs = site.house.custody(site.here)._resealing.needs([1])
    assert {"second_factor", "import_item", "receipt"} <= {need.table for need in needs}
    with pytest.raises(KeysDestroyedError, match=rf"\({sum(need.rows for need in needs)} rows\)"):
        sqlite_place.restore(sqlite_backup.path)


def test_a_key_that_no_row_needs_may_be_gone(sqlite_backup: Backup, sqlite_place: EmptyPlace) -> None:
    """The directory's: its snapshots are not backed up."""
    _replace(_surviving(sqlite_backup, sqlite_place), sqlite_backup, Purpose.DIRECTORY)
    assert sqlite_place.restore(sqlite_backup.path).off_boarded == ()


def test_an_off_boarded_practice_does_not_stand_in_the_way(
    sqlite_backup: Backup, sqlite_place: EmptyPlace
) -> None:
    """Its rows come back unreadable, as they were; whoever restores is told whose."""
    here = sqlite_backup.here.site.here
    _surviving(sqlite_backup, sqlite_place).destroy_scope(here)
    assert sqlite_place.restore(sqlite_backup.path).off_boarded == (here,)
