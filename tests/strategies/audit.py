"""Those of the contract kit."""

from vantrexia_contracts.given.strategies.audit import *  # noqa: F403 - one home, a shorter way to it
