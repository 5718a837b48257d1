"""Tags of rows: only who has the key makes one, and each table has a key of its own."""

import hmac
from pathlib import Path

import pytest

from tests.sources import ManualClock
from vantrexia_adapters.crypto import DEPLOYMENT, HmacRowSeal, KeyRing, Purpose, ring_pepper
from vantrexia_contracts.ciphers import ROW, RowSealContract


def test_a_tag_is_a_whole_hmac_under_a_key_of_the_account_root(path: Path) -> None:
    """As anybody can compute it who holds the root."""
    ring = KeyRing.create(path, ManualClock())
    key = ring.root(DEPLOYMENT, Purpose.ACCOUNT, 1).derive(b"row/user_account")
    assert HmacRowSeal(ring).tag("user_account", ROW) == hmac.digest(key, ROW, "sha256")


class TestRowSeal(RowSealContract):
    """HMAC-SHA-256 under the account root of a ring."""

    @pytest.fixture
    def seals(self, path: Path, tmp_path: Path) -> tuple[HmacRowSeal, HmacRowSeal]:
        """Those of two deployments."""
        ours = KeyRing.create(path, ManualClock())
        theirs = KeyRing.create(tmp_path / "other" / "keyring.json", ManualClock())
        return HmacRowSeal(ours), HmacRowSeal(theirs)


def test_a_tag_is_the_same_after_a_restart(path: Path) -> None:
    """Or nobody could sign in any more."""
    before = HmacRowSeal(KeyRing.create(path, ManualClock())).tag("user_account", ROW)
    assert HmacRowSeal(KeyRing.open(path, ManualClock())).tag("user_account", ROW) == before


def test_the_pepper_is_no_key_of_a_row(path: Path) -> None:
    """One root, two uses, two keys; and the pepper stays the same."""
    ring = KeyRing.create(path, ManualClock())
    assert ring_pepper(ring) == ring_pepper(KeyRing.open(path, ManualClock()))
    assert len(ring_pepper(ring)) == 32
    assert hmac.digest(ring_pepper(ring), ROW, "sha256") != HmacRowSeal(ring).tag("user_account", ROW)


def test_a_seal_prints_no_key(path: Path) -> None:
    """Nor does it hold one that its repr could show."""
    assert "HmacRowSeal(KeyRing(" in repr(HmacRowSeal(KeyRing.create(path, ManualClock())))
