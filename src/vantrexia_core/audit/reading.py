"""Reading the trail. Each reading is a deed of its own: whoever inspects the inspectors finds it here.

Answers are of one moment, named by the number of the newest entry that counts. So pages do not shift while
entries are written, the one about their own reading included, and an export needs no long transaction.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import attrs

from vantrexia_core.audit.entry import Action, AuditEntry, SequencedEntry
from vantrexia_core.audit.facts import TrailExported, TrailRead
from vantrexia_core.audit.inquiry import Inquiry
from vantrexia_core.audit.ports import Desk, RecordedWork, TrailSearch, TrailWork
from vantrexia_core.audit.recording import Attempt, undertake
from vantrexia_core.audit.repeating import repeated_if_undone
from vantrexia_core.kernel import Actor, Email, Page, PageRequest, PatientId, Permission, PracticeId, UserId

ENTRIES_AT_ONCE: Final = 500
"""How many entries of a long answer are held in memory."""


@attrs.frozen
class TrailLine:
    """An entry as an auditor reads it; ``actor_email`` is None where no account of the practice acted.

    It is None as well where the stored address cannot be read. It is the address that the account has today:
    the trail holds the number of the account and no address.
    """

    seq: int
    entry: AuditEntry
    actor_email: Email | None


@attrs.frozen
class TrailPage:
    """A page of lines, and the number of the newest entry that counted for it."""

    page: Page[TrailLine]
    as_of: int


@attrs.frozen
class TrailExport:
    """All the lines of an answer, oldest first, and how many there will be."""

    count: int
    as_of: int
    lines: Iterator[TrailLine] = attrs.field(eq=False, repr=False)


@repeated_if_undone
def read_trail(
    desk: Desk[TrailWork],
    actor: Actor,
    inquiry: Inquiry,
    page: PageRequest | None = None,
    *,
    as_of: int | None = None,
) -> TrailPage:
    """A page of the practice's trail, newest first. ``as_of`` goes on where an earlier page was read.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: the page lies behind the last one.
    """
    attempt = Attempt(actor, Action.TRAIL_READ, Permission.READ_TRAIL, inquiry.patient_id)
    with undertake(desk, attempt) as deed:
        found = look(deed.work, inquiry, page or PageRequest(), as_of=as_of)
        return deed.finish(TrailRead(inquiry.patient_id), found)


@repeated_if_undone
def export_trail(desk: Desk[TrailWork], actor: Actor, inquiry: Inquiry) -> TrailExport:
    """All the practice's entries that answer an inquiry. Recorded before the first of them is given.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    attempt = Attempt(actor, Action.TRAIL_EXPORT, Permission.READ_TRAIL, inquiry.patient_id)
    with undertake(desk, attempt) as deed:
        export = follow(desk, deed.work, actor.practice_id, inquiry)
        return deed.finish(TrailExported(inquiry.patient_id), export)


@repeated_if_undone
def hand_out_trail(desk: Desk[RecordedWork], actor: Actor) -> None:
    """Record that the whole trail, or its beginning, is handed out. Call it before any of it is given.

    Such a copy is made of every entry, byte by byte, from the store that is verified, and not through the
    search of one practice. So whatever makes one must call this.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        AuditUnavailableError: it could not be recorded, so nothing may be given.
    """
    with undertake(desk, Attempt(actor, Action.TRAIL_EXPORT, Permission.READ_TRAIL)) as deed:
        deed.finish(TrailExported(), None)


def look(work: TrailWork, inquiry: Inquiry, page: PageRequest, *, as_of: int | None) -> TrailPage:
    """A page for a deed that goes on to record itself.

    Raises:
        NotFoundError: the page lies behind the last one.
    """
    search = work.trail_search
    newest = search.newest()
    as_of = newest if as_of is None else min(as_of, newest)
    count = search.count(inquiry, as_of=as_of)
    page.check_within(count)
    found = search.newest_first(inquiry, as_of=as_of, skip=page.offset, limit=page.size)
    return TrailPage(Page(count, _Names().lines(search, found), page), as_of)


def follow(desk: Desk[TrailWork], work: TrailWork, practice_id: PracticeId, inquiry: Inquiry) -> TrailExport:
    """Every line, for a deed that goes on to record itself; they are read when they are asked for.

    A few at a time, each time in a unit of work of its own: nothing is held open while somebody slowly takes
    a million lines.
    """
    as_of = work.trail_search.newest()

    def lines() -> Iterator[TrailLine]:
        after, names = 0, _Names()
        while after < as_of:
            with desk.begin(practice_id) as reading:
                found = reading.trail_search.oldest_first(
                    inquiry, as_of=as_of, after=after, limit=ENTRIES_AT_ONCE
                )
                named = names.lines(reading.trail_search, found)
            yield from named
            after = found[-1].seq if len(found) == ENTRIES_AT_ONCE else as_of

    return TrailExport(work.trail_search.count(inquiry, as_of=as_of), as_of, lines())


def tell_makers(work: TrailWork, patient_id: PatientId, versions: Collection[int]) -> Mapping[int, TrailLine]:
    """Who made these versions of a patient's record, when and how, for a deed that shows them."""
    search = work.trail_search
    makers = search.makers(patient_id, versions)
    return dict(zip(makers, _Names().lines(search, list(makers.values())), strict=True))


class _Names:
    """Whose account is whose, looked up once for a long answer."""

    def __init__(self) -> None:
        self._emails: dict[UserId, Email | None] = {}

    def lines(self, search: TrailSearch, found: Sequence[SequencedEntry]) -> tuple[TrailLine, ...]:
        """The entries with the addresses of those who acted."""
        actors = {one.entry.actor_id for one in found if one.entry.actor_id is not None}
        if unknown := actors - self._emails.keys():
            self._emails |= dict.fromkeys(unknown) | dict(search.emails(unknown))
        return tuple(TrailLine(one.seq, one.entry, self._email(one.entry)) for one in found)

    def _email(self, entry: AuditEntry) -> Email | None:
        return None if entry.actor_id is None else self._emails[entry.actor_id]
