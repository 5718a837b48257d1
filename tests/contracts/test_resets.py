"""What every adapter promises of forgotten passwords."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.resets import ResetsContract


class TestResets(OurStores, ResetsContract):
    """Each of our adapters."""
