"""What every adapter promises of searching the trail: what the core's definition of an inquiry says."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.trail_search import TrailSearchContract


class TestTrailSearch(OurStores, TrailSearchContract):
    """Each of our adapters."""
