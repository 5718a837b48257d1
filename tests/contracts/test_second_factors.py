"""What every adapter promises of second factors."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.second_factors import SecondFactorsContract


class TestSecondFactors(OurStores, SecondFactorsContract):
    """Each of our adapters."""
