"""What every adapter promises of accounts."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.identity import UserStoreContract


class TestUserStore(OurStores, UserStoreContract):
    """Each of our adapters."""
