"""What every place for checkpoints promises."""

from pathlib import Path

import pytest

from tests.ledger import Ledger
from vantrexia_adapters.checkpoints import FolderCheckpoints
from vantrexia_adapters.memory import MemoryCheckpoints
from vantrexia_contracts.checkpoints import CheckpointStoreContract
from vantrexia_core.audit import CheckpointStore, TrailDivergedError


class TestCheckpointStore(CheckpointStoreContract):
    """Each of our adapters."""

    @pytest.fixture(params=["memory", "folder"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> CheckpointStore:
        """An empty one."""
        return (
            MemoryCheckpoints() if request.param == "memory" else FolderCheckpoints(tmp_path / "checkpoints")
        )

    def test_who_removes_the_newest_cannot_roll_the_trail_back(self, store: CheckpointStore) -> None:
        """What is kept of the days still says how long it was, within the day as well."""
        ledger = Ledger(store=store)
        ledger.grow(9)
        ledger.publish()
        if isinstance(store, FolderCheckpoints):
            (store.path / "checkpoint").unlink()
        else:
            vars(store)["_newest"] = None
        gone = [ledger.rows.pop() for _ in range(4)]
        with pytest.raises(TrailDivergedError):
            ledger.publish()
        assert store.newest() is None
        ledger.rows += reversed(gone)
        assert (ledger.publish(), store.newest()) == (9, next(store.history()))
