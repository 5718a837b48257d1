"""What every store promises of the records that are to be compared later."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.uncompared import UncomparedStoreContract


class TestUncomparedStore(OurStores, UncomparedStoreContract):
    """Each of our adapters."""
