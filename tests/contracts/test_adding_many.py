"""What every adapter promises of adding many records at once."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.adding_many import AddingManyContract


class TestAddingMany(OurStores, AddingManyContract):
    """Each of our adapters."""
