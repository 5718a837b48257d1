"""A key ring in a real file, for two practices; the first one's field key was rotated once."""

from pathlib import Path

import pytest

from tests.builders import a_practice_id
from tests.sources import ManualClock
from vantrexia_adapters.crypto import KeyRing, Purpose

HERE, ELSEWHERE = a_practice_id(1), a_practice_id(2)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    """Shared by a module: nothing in it changes the ring."""
    ring = KeyRing.create(tmp_path_factory.mktemp("ring") / "keyring.json", ManualClock())
    ring.ensure_scope(HERE)
    ring.ensure_scope(ELSEWHERE)
    ring.rotate(HERE, Purpose.FIELD)
    return ring


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test may make a key ring of its own."""
    return tmp_path / "data" / "keyring.json"
