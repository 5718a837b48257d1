"""What every place for checkpoints promises."""

from pathlib import Path

import pytest

from vantrexia_adapters.checkpoints import FolderCheckpoints
from vantrexia_adapters.memory import MemoryCheckpoints
from vantrexia_contracts.checkpoints import CheckpointStoreContract
from vantrexia_core.audit import CheckpointStore


class TestCheckpointStore(CheckpointStoreContract):
    """Each of our adapters."""

    @pytest.fixture(params=["memory", "folder"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> CheckpointStore:
        """An empty one."""
        return (
            MemoryCheckpoints() if request.param == "memory" else FolderCheckpoints(tmp_path / "checkpoints")
        )
