"""The machine's own clock and randomness, behind the core's ports."""

from vantrexia_adapters.system.clock import SystemClock
from vantrexia_adapters.system.ids import RandomIds

__all__ = ["RandomIds", "SystemClock"]
