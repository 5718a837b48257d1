"""Machine clients with real keys: those of the contract kit."""

from vantrexia_contracts.given.clients import *  # noqa: F403 - one home, a shorter way to it
