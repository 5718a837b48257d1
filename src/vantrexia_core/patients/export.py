"""A bulk export: what was asked for, as of which moment, and in which parts it is fetched.

An export is a promise, not a copy. It names a change number, and when a part is fetched, every record is read
as it stood at that number: what was changed since is among the replaced versions. So nothing is stored beside
the records themselves, and parts can be fetched in any order, twice, or never.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

from vantrexia_core.kernel import NotFoundError, PatientId, PracticeId, UserId

EXPORT_LIFE: Final = timedelta(hours=24)
"""How long an export can be fetched."""
LIVE_EXPORTS_MAX: Final = 10
"""Exports that one account may have open at a time."""
PART_RECORDS: Final = 50_000
"""How many record numbers one part spans: at most some 50 MB of resources."""
PATIENTS_ASKED_MAX: Final = 500
"""How many patients can be asked for by name."""
SINCE_SLACK: Final = timedelta(minutes=5)
"""How much before ``since`` counts as after it. A change is stamped when its call begins and seen when it is
committed, and the clocks of two machines differ: told twice is better than never."""


@attrs.frozen
class ExportWish:
    """What is asked for. With ``since`` only what was changed after it; None asks for everything.

    ``patient_ids`` are the patients asked for by name, if any. ``elements`` and ``request`` are
    for rendering the export: which parts of a record were asked for, and the request as it was written.
    """

    since: datetime | None = None
    patient_ids: tuple[PatientId, ...] = ()
    elements: tuple[str, ...] = ()
    request: str = ""

    @property
    def changed_after(self) -> datetime | None:
        """From when on a change counts."""
        return None if self.since is None else self.since - SINCE_SLACK


@attrs.frozen
class Part:
    """Records with numbers from ``first`` to ``last``, of which ``count`` are in the export."""

    first: int
    last: int
    count: int


@attrs.frozen
class Export:
    """An export that was granted to the account ``by``.

    ``at`` is its moment by the clock, ``as_of`` by the practice's change number. ``shown`` are the parts
    with records, ``gone`` those with records that were deleted after ``since``; none of them is empty.
    """

    id: UUID
    practice_id: PracticeId
    by: UserId
    at: datetime
    as_of: int
    wish: ExportWish
    shown: tuple[Part, ...] = ()
    gone: tuple[Part, ...] = ()

    @property
    def expires_at(self) -> datetime:
        """From when on it can no longer be fetched."""
        return self.at + EXPORT_LIFE

    @property
    def count(self) -> int:
        """How many records there are in all parts."""
        return sum(part.count for part in self.shown)

    def check_live(self, now: datetime) -> None:
        """Refuse an export whose time is over.

        Raises:
            NotFoundError: it is.
        """
        if now >= self.expires_at:
            raise NotFoundError
