"""Patients as an EHR tells of them: those of the contract kit."""

from vantrexia_contracts.given.ehr import *  # noqa: F403 - one home, a shorter way to it
