"""Stores for a keeper: one that is watched while it works, and one that holds what a test puts in."""

from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

import attrs

from vantrexia_core.kernel import PracticeId, UnavailableError
from vantrexia_core.patients import DirectoryEntry, DirectoryHead, DirectoryStore, Unreadable

Rows = Iterable[tuple[int, DirectoryEntry | Unreadable]]
EPOCH = UUID(int=1)


@attrs.define(eq=False)
class WatchedStore:
    """Stands before a store and writes down which calls were made; ``is_down`` cuts the wire."""

    real: DirectoryStore
    calls: list[str] = attrs.field(factory=list)
    down: set[str] = attrs.field(factory=set)
    """Names of the methods that cannot be reached now."""

    def _call(self, name: str, noted: object = "") -> None:
        self.calls.append(f"{name} {noted}".strip())
        if name in self.down:
            raise UnavailableError

    def head(self, practice_id: PracticeId) -> DirectoryHead:
        """See `DirectoryStore`."""
        self._call("head")
        return self.real.head(practice_id)

    def entries(self, practice_id: PracticeId, *, after: int) -> Rows:
        """See `DirectoryStore`."""
        self._call("entries", f"after {after}")
        return self.real.entries(practice_id, after=after)

    def load_snapshot(self, practice_id: PracticeId, epoch: UUID) -> bytes | None:
        """See `DirectoryStore`."""
        self._call("load_snapshot")
        return self.real.load_snapshot(practice_id, epoch)

    def keep_snapshot(self, practice_id: PracticeId, epoch: UUID, as_of: int, snapshot: bytes) -> None:
        """See `DirectoryStore`."""
        self._call("keep_snapshot", f"as of {as_of}")
        self.real.keep_snapshot(practice_id, epoch, as_of, snapshot)

    def drop_snapshots(self, practice_id: PracticeId) -> None:
        """See `DirectoryStore`."""
        self._call("drop_snapshots")
        self.real.drop_snapshots(practice_id)

    def made(self, name: str) -> list[str]:
        """The calls of one method, and forget all calls."""
        made = [call for call in self.calls if call.startswith(name)]
        self.calls.clear()
        return made


@attrs.define(eq=False)
class ListedStore:
    """A practice of as many patients as wanted, without sealing them first. Keeps no snapshot."""

    rows: dict[int, tuple[int, DirectoryEntry | Unreadable]] = attrs.field(factory=dict)
    epoch: UUID = EPOCH
    seq: int = 0

    def change(self, entries: Iterable[DirectoryEntry]) -> None:
        """Commit all of them together."""
        self.seq += 1
        self.rows |= {entry.number: (self.seq, entry) for entry in entries}

    def head(self, practice_id: PracticeId) -> DirectoryHead:
        """See `DirectoryStore`."""
        return DirectoryHead(self.epoch, self.seq)

    def entries(
        self, practice_id: PracticeId, *, after: int
    ) -> Iterator[tuple[int, DirectoryEntry | Unreadable]]:
        """See `DirectoryStore`."""
        return iter([row for row in self.rows.values() if row[0] > after])

    def load_snapshot(self, practice_id: PracticeId, epoch: UUID) -> bytes | None:
        """See `DirectoryStore`."""

    def keep_snapshot(self, practice_id: PracticeId, epoch: UUID, as_of: int, snapshot: bytes) -> None:
        """See `DirectoryStore`. Keeping none is allowed: a snapshot is a cache."""

    def drop_snapshots(self, practice_id: PracticeId) -> None:
        """See `DirectoryStore`."""


class Later:
    """Takes the keeper's background work and does it when the test says so."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], None]] = []

    def __call__(self, job: Callable[[], None]) -> None:
        """Take a job."""
        self.jobs.append(job)

    def work(self) -> int:
        """Do what is waiting; how many jobs it was."""
        waiting, self.jobs = self.jobs, []
        for job in waiting:
            job()
        return len(waiting)
