"""What every adapter promises, as classes of tests to subclass.

A class a port, or a family of ports; each has a fixture that its subclass overrides to give the adapter under
test. Our own adapters are held to these very classes. They need pytest and hypothesis: the extra `contracts`.
"""

import pkgutil

import pytest

# Their asserts tell both sides, as those of a test file do; that has to be said before the first import.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)))
