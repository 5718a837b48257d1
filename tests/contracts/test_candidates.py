"""What every store promises of the people behind the candidates, and what is found through it."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.candidates import CandidateStoreContract


class TestCandidateStore(OurStores, CandidateStoreContract):
    """Each of our adapters."""
