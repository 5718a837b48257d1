"""Clock, ids and secrets: those of the machine, and those that tests set by hand."""

import pytest

from tests.sources import CountedIds, CountedSecrets, ManualClock
from vantrexia_adapters.system import RandomIds, RandomSecrets, SystemClock
from vantrexia_contracts.sources import ClockContract, IdSourceContract, SecretSourceContract
from vantrexia_core.kernel import Clock, IdSource, SecretSource


class TestClock(ClockContract):
    """The machine's and the one that stands still."""

    @pytest.fixture(params=[SystemClock, ManualClock])
    def clock(self, request: pytest.FixtureRequest) -> Clock:
        """A clock."""
        return request.param()


class TestIdSource(IdSourceContract):
    """Random ones and those of a series."""

    @pytest.fixture(params=[RandomIds, CountedIds])
    def ids(self, request: pytest.FixtureRequest) -> IdSource:
        """A source of ids."""
        return request.param()


class TestSecretSource(SecretSourceContract):
    """Random ones and those of a series."""

    @pytest.fixture(params=[RandomSecrets, CountedSecrets])
    def secrets(self, request: pytest.FixtureRequest) -> SecretSource:
        """A source of secrets."""
        return request.param()
