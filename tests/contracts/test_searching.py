"""Searching by fields, over every adapter: exact counts, what only records can tell, and who is told."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.searching import SearchingContract


class TestSearching(OurStores, SearchingContract):
    """Each of our adapters."""
