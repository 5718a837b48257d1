"""Searches as words, kept in memory: a word is a number, and what it stands for never leaves the process."""

from collections import OrderedDict
from threading import Lock
from typing import Final

import attrs

from vantrexia_core.kernel import IdSource, Phi, PracticeId
from vantrexia_core.protection import UnreadableError

SEARCHES_KEPT_MAX: Final = 10_000


@attrs.define(eq=False, repr=False)
class MemorySearchTokens:
    """Implements the core's ``SearchTokens``. The oldest are forgotten first."""

    _ids: IdSource
    _kept: OrderedDict[tuple[PracticeId, str], Phi[str]] = attrs.field(factory=OrderedDict, init=False)
    _lock: Lock = attrs.field(factory=Lock, init=False)

    def seal(self, practice_id: PracticeId, search: Phi[str]) -> str:
        """See `SearchTokens`."""
        token = self._ids.new_id().hex
        with self._lock:
            self._kept[practice_id, token] = search
            if len(self._kept) > SEARCHES_KEPT_MAX:
                self._kept.popitem(last=False)
        return token

    def open(self, practice_id: PracticeId, token: str) -> Phi[str]:
        """See `SearchTokens`."""
        kept = self._kept.get((practice_id, token))
        if kept is None:
            raise UnreadableError
        return kept
