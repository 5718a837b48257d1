"""The machine's own clock and randomness, behind the core's ports."""

from vantrexia_adapters.system.clock import SystemClock
from vantrexia_adapters.system.ids import RandomIds
from vantrexia_adapters.system.memory import spare_what_stays
from vantrexia_adapters.system.parent import end_with_parent
from vantrexia_adapters.system.secrets import RandomSecrets

__all__ = ["RandomIds", "RandomSecrets", "SystemClock", "end_with_parent", "spare_what_stays"]
