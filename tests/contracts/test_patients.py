"""What every adapter promises of the patient store."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.patients import PatientStoreContract


class TestPatientStore(OurStores, PatientStoreContract):
    """Each of our adapters."""
