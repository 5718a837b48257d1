"""Valid things for tests that care about one detail: those of the contract kit."""

from vantrexia_contracts.given.builders import *  # noqa: F403 - one home, a shorter way to it
