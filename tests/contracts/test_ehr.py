"""What our adapters promise of what an EHR told."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.ehr import EhrRecordsContract


class TestEhrRecords(OurStores, EhrRecordsContract):
    """Each of our adapters."""
