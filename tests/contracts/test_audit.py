"""What every adapter promises of the trail."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.audit import AuditTrailContract


class TestAuditTrail(OurStores, AuditTrailContract):
    """Each of our adapters."""
