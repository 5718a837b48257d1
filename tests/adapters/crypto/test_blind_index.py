"""The promises of ``BlindIndex``, kept by HMAC-SHA-256."""

from pathlib import Path

import pytest

from tests.adapters.crypto.conftest import HERE
from tests.builders import a_practice_id
from tests.sources import ManualClock
from vantrexia_adapters.crypto import HmacBlindIndex, KeyRing, Purpose, UnknownKeyError
from vantrexia_contracts.ciphers import MRN, NUMBER, BlindIndexContract


@pytest.fixture(scope="module")
def index(ring: KeyRing) -> HmacBlindIndex:
    """The index under test."""
    return HmacBlindIndex(ring)


class TestBlindIndex(BlindIndexContract):
    """HMAC-SHA-256 under keys of a ring."""

    @pytest.fixture
    def index(self, ring: KeyRing) -> HmacBlindIndex:
        """The index under test."""
        return HmacBlindIndex(ring)


def test_a_digest_outlives_the_process(index: HmacBlindIndex, ring: KeyRing, path: Path) -> None:
    """What was stored yesterday is found today, also after the field key was rotated."""
    path.parent.mkdir(mode=0o700)
    fresh = KeyRing.create(path, ManualClock())
    fresh.ensure_scope(HERE)
    before = HmacBlindIndex(fresh).digest(MRN, HERE, NUMBER)
    fresh.rotate(HERE, Purpose.FIELD)
    assert HmacBlindIndex(KeyRing.open(path, ManualClock())).digest(MRN, HERE, NUMBER) == before
    assert HmacBlindIndex(ring).digest(MRN, HERE, NUMBER) == index.digest(MRN, HERE, NUMBER) != before


def test_a_practice_without_keys_has_no_digests(index: HmacBlindIndex) -> None:
    """There is no default key."""
    with pytest.raises(UnknownKeyError, match="index key"):
        index.digest(MRN, a_practice_id(99), NUMBER)


def test_the_field_root_is_not_the_index_root(ring: KeyRing) -> None:
    """Whoever learns one cannot use it as the other."""
    assert ring.root(HERE, Purpose.FIELD, 1).derive(b"x") != ring.root(HERE, Purpose.INDEX, 1).derive(b"x")
