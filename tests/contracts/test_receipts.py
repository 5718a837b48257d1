"""What every adapter promises of receipts: a call that is repeated is answered again and not done again."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.receipts import ReceiptsContract


class TestReceipts(OurStores, ReceiptsContract):
    """Each of our adapters."""
