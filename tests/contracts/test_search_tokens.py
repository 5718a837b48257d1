"""What every adapter promises of searches that are written into links."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.search_tokens import SearchTokensContract


class TestSearchTokens(OurStores, SearchTokensContract):
    """Each of our adapters."""
