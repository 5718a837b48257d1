"""Where work in memory is begun: one writer at a time, and nothing of an unfinished work remains."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

import attrs

from vantrexia_adapters.directory import DirectoryKeeper
from vantrexia_adapters.memory.audit import MemoryTrail
from vantrexia_adapters.memory.directory import MemoryDirectoryStore
from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.identity import MemoryAccounts, MemoryUsers
from vantrexia_adapters.memory.inspection import MemoryTrailSearch
from vantrexia_adapters.memory.patients import MemoryPatients
from vantrexia_adapters.memory.receipts import MemoryReceipts
from vantrexia_adapters.memory.state import Memory, Receipt, Shelf
from vantrexia_core.audit import AuditEntry
from vantrexia_core.identity import Passwords, Tokens
from vantrexia_core.kernel import (
    BrokenPromiseError,
    Clock,
    IdSource,
    PracticeId,
    UnavailableError,
    UserId,
)

WAIT_SECONDS: Final = 5.0
"""How long a unit of work waits for the one before it, as long as SQLite's is made to wait."""


class MemoryWork:
    """A unit of work of one practice. It sees its own changes; others see them after `commit`."""

    def __init__(self, desk: "MemoryDesk", practice_id: PracticeId) -> None:
        self._desk = desk
        self._practice_id = practice_id
        shelf = desk.committed.shelf(practice_id)
        self._receipts: Draft[tuple[UserId, str], Receipt] = Draft(shelf.receipts)
        self._patients = MemoryPatients(practice_id, shelf)
        self._users = MemoryUsers(practice_id, desk.committed)
        self._trail = MemoryTrail(desk.entries)
        self._trail_search = MemoryTrailSearch(practice_id, desk.entries, lambda: desk.committed)
        self._keeper = MemoryReceipts(self._receipts)
        self._is_over = False

    @property
    def trail(self) -> MemoryTrail:
        """See `RecordedWork`."""
        self._check_open()
        return self._trail

    @property
    def trail_search(self) -> MemoryTrailSearch:
        """See `InspectionWork`."""
        self._check_open()
        return self._trail_search

    @property
    def receipts(self) -> MemoryReceipts:
        """See `RecordedWork`."""
        self._check_open()
        return self._keeper

    @property
    def patients(self) -> MemoryPatients:
        """See `PatientWork`."""
        self._check_open()
        return self._patients

    @property
    def users(self) -> MemoryUsers:
        """See `UserWork`."""
        self._check_open()
        return self._users

    def commit(self) -> None:
        """See `RecordedWork`. Ends the work."""
        self._check_open()
        before, patients = self._desk.committed, self._patients
        shelf = Shelf(
            patients=patients.patients.merged(),
            moves=patients.moves.merged(),
            by_number=patients.by_number.merged(),
            by_mrn=patients.by_mrn.merged(),
            by_external_id=patients.by_external_id.merged(),
            receipts=self._receipts.merged(),
            seq=patients.seq,
            mrn_number=patients.mrn_number,
        )
        after = Memory(
            shelves={**before.shelves, self._practice_id: shelf},
            accounts=self._users.accounts.merged(),
            by_email=self._users.by_email.merged(),
            former_passwords=self._users.former_passwords.merged(),
        )
        self._desk.replace(after, self._trail.pending)
        self.close()

    def close(self) -> None:
        """End the work; what was not committed is gone."""
        self._is_over = True

    def _check_open(self) -> None:
        if self._is_over:
            message = "a unit of work is over once it was committed or left"
            raise BrokenPromiseError(message)


class MemorySignInWork:
    """A unit of work before anybody is signed in: the trail alone."""

    def __init__(self, desk: "MemoryDesk") -> None:
        self._desk = desk
        self._trail = MemoryTrail(desk.entries)

    @property
    def trail(self) -> MemoryTrail:
        """See `SignInWork`."""
        return self._trail

    def commit(self) -> None:
        """See `SignInWork`."""
        self._desk.replace(self._desk.committed, self._trail.pending)


@attrs.define(eq=False, repr=False)
class MemoryDesk:
    """All of the core's desks over one memory. Any practice id names a practice; no need to found one."""

    clock: Clock
    ids: IdSource
    passwords: Passwords
    tokens: Tokens
    wait_seconds: float = WAIT_SECONDS
    committed: Memory = attrs.field(factory=Memory, init=False)
    entries: list[AuditEntry] = attrs.field(factory=list, init=False)
    directory: DirectoryKeeper = attrs.field(init=False)
    _writer: Lock = attrs.field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self.directory = DirectoryKeeper(MemoryDirectoryStore(self._read_committed))

    @property
    def accounts(self) -> MemoryAccounts:
        """See `SignInDesk`."""
        return MemoryAccounts(self._read_committed)

    @contextmanager
    def begin(self, practice_id: PracticeId) -> Iterator[MemoryWork]:
        """See `Desk`."""
        with self._alone():
            work = MemoryWork(self, practice_id)
            try:
                yield work
            finally:
                work.close()

    @contextmanager
    def begin_sign_in(self) -> Iterator[MemorySignInWork]:
        """See `SignInDesk`."""
        with self._alone():
            yield MemorySignInWork(self)

    def replace(self, after: Memory, entries: list[AuditEntry]) -> None:
        """Put a finished work's state in the place of the one it began with."""
        self.entries.extend(entries)
        self.committed = after

    def _read_committed(self) -> Memory:
        return self.committed

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._writer.acquire(timeout=self.wait_seconds):
            raise UnavailableError
        try:
            yield
        finally:
            self._writer.release()
