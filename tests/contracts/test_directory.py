"""What every adapter promises of the directory."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.directory import PatientDirectoryContract


class TestPatientDirectory(OurStores, PatientDirectoryContract):
    """Each of our adapters."""
