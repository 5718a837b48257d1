"""Searching the trail in memory: by looking at every entry."""

from collections.abc import Callable, Collection, Mapping, Sequence

from vantrexia_adapters.memory.state import Memory
from vantrexia_core.audit import AuditEntry, Inquiry, Outcome, SequencedEntry
from vantrexia_core.kernel import Email, PatientId, PracticeId, UserId


class MemoryTrailSearch:
    """Implements the core's ``TrailSearch``."""

    def __init__(
        self, practice_id: PracticeId, entries: Sequence[AuditEntry], committed: Callable[[], Memory]
    ) -> None:
        self._practice_id = practice_id
        self._entries = entries
        self._committed = committed

    def newest(self) -> int:
        """See `TrailSearch`."""
        return len(self._entries)

    def count(self, inquiry: Inquiry, *, as_of: int) -> int:
        """See `TrailSearch`."""
        return len(self._found(inquiry, as_of))

    def newest_first(
        self, inquiry: Inquiry, *, as_of: int, skip: int, limit: int
    ) -> Sequence[SequencedEntry]:
        """See `TrailSearch`."""
        return self._found(inquiry, as_of)[::-1][skip : skip + limit]

    def oldest_first(
        self, inquiry: Inquiry, *, as_of: int, after: int, limit: int
    ) -> Sequence[SequencedEntry]:
        """See `TrailSearch`."""
        return [one for one in self._found(inquiry, as_of) if one.seq > after][:limit]

    def makers(self, patient_id: PatientId, versions: Collection[int]) -> Mapping[int, SequencedEntry]:
        """See `TrailSearch`."""
        about = self._found(Inquiry(subject_id=patient_id), self.newest())
        return {
            one.entry.version: one
            for one in about
            if one.entry.version is not None
            and one.entry.version in versions
            and one.entry.changed
            and one.entry.outcome is Outcome.DONE
        }

    def emails(self, ids: Collection[UserId]) -> Mapping[UserId, Email]:
        """See `TrailSearch`."""
        committed = self._committed()
        people = [account.user for account in committed.accounts.values()]
        acting = [(user.id, user.practice_id, user.email) for user in people]
        acting += [(one.number, one.practice_id, one.address) for one in committed.clients.values()]
        ours = {number: email for number, practice_id, email in acting if practice_id == self._practice_id}
        return {id_: ours[id_] for id_ in ids if id_ in ours}

    def _found(self, inquiry: Inquiry, as_of: int) -> list[SequencedEntry]:
        return [
            SequencedEntry(seq, entry)
            for seq, entry in enumerate(self._entries[:as_of], start=1)
            if entry.practice_id == self._practice_id and inquiry.is_answered_by(entry)
        ]
