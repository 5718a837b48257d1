"""How long the trail is kept: seven years. Nothing younger can be archived.

HIPAA wants documentation of actions kept for six years (45 CFR 164.316(b)(2)(i)); the product promises seven,
and the stricter holds. An archive is a copy of the trail's beginning, up to a state that was signed. It
verifies by itself; the trail stays whole.
"""

from datetime import UTC, datetime
from typing import Final

import attrs

from vantrexia_core.audit.canonical import UnreadableEntryError, decode_entry
from vantrexia_core.audit.checkpoint import (
    MalformedCheckpointError,
    SignedCheckpoint,
    UntrustedCheckpointError,
)
from vantrexia_core.audit.ports import TrailSource
from vantrexia_core.audit.publishing import Notary

RETENTION_YEARS: Final = 7


@attrs.frozen
class ArchivableState:
    """A signed state of which every entry was kept long enough: its checkpoint, and their number."""

    note: bytes
    size: int


def retained_until(at: datetime) -> datetime:
    """The first moment at which an entry of ``at`` has been kept long enough.

    The same day seven years later, in UTC; the day after a 29 February that is not there.
    """
    at = at.astimezone(UTC)
    year = at.year + RETENTION_YEARS
    try:
        return at.replace(year=year)
    except ValueError:
        return at.replace(year=year, month=3, day=1)


def archivable(notary: Notary, now: datetime) -> ArchivableState | None:
    """The largest signed state that holds nothing younger than seven years; None if there is none.

    Entries are looked at in order, and the first one whose time is not over ends it, whatever follows: clocks
    of several machines differ. So does one that cannot be read.

    Raises:
        UntrustedCheckpointError: a checkpoint is not signed by a key of this trail, or is damaged.
        UnavailableError: trail or checkpoints cannot be read.
    """
    end, best = _kept_long_enough(notary.source, now), None
    for note in notary.store.history():
        try:
            size = SignedCheckpoint.decode(note).opened(notary.keys.verifiers(), notary.check).size
        except MalformedCheckpointError:
            raise UntrustedCheckpointError from None
        if 0 < size <= end and (best is None or size > best.size):
            best = ArchivableState(note, size)
    return best


def _kept_long_enough(source: TrailSource, now: datetime) -> int:
    """How many entries from the beginning on have been kept long enough."""
    count = 0
    for stored in source.entries(after=0):
        try:
            at = decode_entry(stored.canonical or b"").at
        except UnreadableEntryError:
            break
        if retained_until(at) > now:
            break
        count += 1
    return count
