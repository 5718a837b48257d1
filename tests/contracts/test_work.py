"""What every adapter promises of a unit of work: everything or nothing, and an end."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.work import UnitOfWorkContract


class TestUnitOfWork(OurStores, UnitOfWorkContract):
    """Each of our adapters."""
