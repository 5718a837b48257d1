"""Imports on every store: at once, in long lists, beside other writers."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.importing import ImportingContract


class TestImporting(OurStores, ImportingContract):
    """Each of our adapters."""
