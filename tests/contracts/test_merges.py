"""Merges of records, on every store: what is kept, what leads where, and what crossing merges may not do."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.merges import MergeStoreContract


class TestMergeStore(OurStores, MergeStoreContract):
    """Each of our adapters."""
