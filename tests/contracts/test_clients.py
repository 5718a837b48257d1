"""Machine clients and their used assertions, in every store."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.clients import ClientStoreContract


class TestClientStore(OurStores, ClientStoreContract):
    """Each of our adapters."""
