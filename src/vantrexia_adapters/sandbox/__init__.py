"""The sandbox: what a demo practice needs that must never come from real patients.

It invents the people of the demo practice (`synthetic_people`) and an EHR that knows them and others
(`sandbox_ehr`), so that screens, searches and imports can be shown and load-tested with names as varied as a
real practice has, while every phone number, e-mail address and social security number is recognisably made
up. Nothing in here may be wired to a practice with real patients.
"""

from vantrexia_adapters.sandbox.ehr import ALREADY_THERE, sandbox_ehr
from vantrexia_adapters.sandbox.people import SyntheticPerson, synthetic_people

__all__ = ["ALREADY_THERE", "SyntheticPerson", "sandbox_ehr", "synthetic_people"]
