"""What every adapter promises of failed sign-ins: each counted once, by address, known or not."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.lockouts import LockoutsContract


class TestLockouts(OurStores, LockoutsContract):
    """Each of our adapters."""
