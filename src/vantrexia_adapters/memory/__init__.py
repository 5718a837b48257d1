"""Stores in plain memory with honest transactions: for tests, trials, and embedding without a database.

Nothing is sealed and nothing survives the process. Everything else is promised as by the SQL adapter, and the
same contract tests say so.
"""

from vantrexia_adapters.memory.audit import MemoryTrailSource
from vantrexia_adapters.memory.checkpoints import MemoryCheckpoints
from vantrexia_adapters.memory.desk import MemoryDesk, MemoryWork
from vantrexia_adapters.memory.roster import MemoryRoster
from vantrexia_adapters.memory.throttling import MemoryRateStore

__all__ = [
    "MemoryCheckpoints",
    "MemoryDesk",
    "MemoryRateStore",
    "MemoryRoster",
    "MemoryTrailSource",
    "MemoryWork",
]
