"""Our ways to other systems' patients."""

import pytest

from tests.contracts.rosters import ROSTERS
from vantrexia_contracts.rosters import EhrRosterContract
from vantrexia_core.ehr import EhrRoster


class TestEhrRoster(EhrRosterContract):
    """Each of our adapters."""

    @pytest.fixture(params=ROSTERS)
    def roster(self, request: pytest.FixtureRequest) -> EhrRoster:
        """Another system that knows Jane and John."""
        return ROSTERS[request.param]()
