"""The sandbox: what a demo practice needs that must never come from real patients.

It invents the people of the demo practice (:func:`people`), so that screens, searches and imports can be
shown and load-tested with names as varied as a real practice has, while every phone number, e-mail address
and social security number is recognisably made up. Nothing in here may be wired to a practice with real
patients.
"""

# The function ``people`` hides the submodule of the same name as an attribute of this package: importing
# ``people`` from here and importing it from the submodule both give the function.
from vantrexia_adapters.sandbox.people import SyntheticPerson, people

__all__ = ["SyntheticPerson", "people"]
