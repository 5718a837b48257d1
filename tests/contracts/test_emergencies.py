"""What every adapter promises of emergencies: who is in one, what they were, and who has yet to be told."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.emergencies import EmergenciesContract


class TestEmergencies(OurStores, EmergenciesContract):
    """Each of our adapters."""
