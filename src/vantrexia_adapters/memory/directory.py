"""The directory in memory: the core's own definition of a listing over what is committed."""

from collections.abc import Callable

import attrs

from vantrexia_adapters.memory.state import Memory
from vantrexia_core.kernel import PracticeId
from vantrexia_core.patients import Found, Listing, find


@attrs.frozen
class MemoryDirectory:
    """Reads the committed state, whatever unit of work may be open around the call."""

    _committed: Callable[[], Memory]

    def find(self, practice_id: PracticeId, listing: Listing) -> Found:
        """See `PatientDirectory`."""
        shelf = self._committed().shelf(practice_id)
        count, ids = find((filed.entry for filed in shelf.patients.values()), listing)
        return Found(count, ids, as_of=shelf.seq)
