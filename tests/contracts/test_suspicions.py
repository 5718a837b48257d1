"""The list of pairs that may be one person: what people decided outlives every score."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.suspicions import SuspicionStoreContract


class TestSuspicionStore(OurStores, SuspicionStoreContract):
    """Each of our adapters."""
