"""Clocks, ids and secrets that can be replayed: those of the contract kit."""

from vantrexia_contracts.given.sources import *  # noqa: F403 - one home, a shorter way to it
