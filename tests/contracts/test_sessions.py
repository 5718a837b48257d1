"""What every adapter promises of sessions: one refresh token at a time, and an end that is an end."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.sessions import SessionStoreContract


class TestSessionStore(OurStores, SessionStoreContract):
    """Each of our adapters."""
