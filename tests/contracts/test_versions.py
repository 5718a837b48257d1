"""What every adapter promises of former versions of records."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.versions import VersionsContract


class TestVersions(OurStores, VersionsContract):
    """Each of our adapters."""
