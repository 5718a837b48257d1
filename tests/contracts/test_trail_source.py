"""What every source of the committed trail promises: the very bytes that were hashed, in order."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.contracts.stores import OurStores, Stores
from tests.ledger import OneKey
from vantrexia_adapters.checkpoints import ExportedTrail, FolderCheckpoints, export_trail
from vantrexia_adapters.crypto import is_signed
from vantrexia_contracts.trail_source import TrailSourceContract
from vantrexia_core.audit import Notary, TrailSource


class TestTrailSource(OurStores, TrailSourceContract):
    """Each of our adapters."""

    @pytest.fixture(params=["store", "exported"])
    def source_of(
        self, request: pytest.FixtureRequest, stores: Stores, tmp_path: Path
    ) -> Callable[[], TrailSource]:
        """The trail of the stores, as it lies there or as it was exported to files."""

        def source() -> TrailSource:
            inside = stores.trail_source
            if request.param == "store":
                return inside
            notary = Notary(inside, FolderCheckpoints(tmp_path / "checkpoints"), OneKey(), is_signed)
            notary.publish(NOW, is_patient=True)
            export_trail(inside, notary.store, tmp_path / "trail")
            return ExportedTrail(tmp_path / "trail")

        return source
