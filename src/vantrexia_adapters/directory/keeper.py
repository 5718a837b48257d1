"""The open directories of a process: one a practice, loaded on first use, up to date at every question.

The rows are the truth. A directory is a copy that asks, before every answer, which rows changed since it last
looked; so a committed write is seen by the next question in any process. A sealed snapshot only makes the
first question fast, and packing happens in a thread behind the scenes. Nothing here can make a wrong answer:
what is missing, stale, cut, swapped or forged is noticed, logged without PHI and built anew from the rows.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from threading import Lock, Thread
from typing import Final
from uuid import UUID

import attrs

from vantrexia_core.kernel import PracticeId, UnavailableError
from vantrexia_core.patients import (
    Directory,
    DirectoryHead,
    DirectoryStore,
    Found,
    Listing,
    OutOfOrderError,
    PatientSearch,
    decode_directory,
    encode_directory,
)
from vantrexia_core.protection import UnreadableError

OVERLAY_MAX: Final = 2_000
"""Changes that wait in the overlay before they are packed behind the scenes."""

SNAPSHOT_EVERY: Final = 20_000
"""Changed patients after which a new snapshot is worth its writing."""

CAUGHT_UP_MAX: Final = 20_000
"""Up to so many changes, and one for every eight patients, are taken in one by one; more are built anew."""

PATIENTS_MAX: Final = 5_000_000
MEMORY_BYTES_MAX: Final = 1 << 30

_LOG: Final = logging.getLogger(__name__)


class DirectoryFullError(UnavailableError):
    """A practice has more patients than a directory may hold; an administrator must raise the limit."""

    code = "directory_full"
    sentence = "This practice has more patients than the directory may hold. Raise its limit."


@attrs.frozen
class DirectoryFigures:
    """One practice's directory in this process, in numbers. Says nothing about anybody."""

    practice_id: PracticeId
    patients: int
    waiting: int
    unreadable: int
    memory_bytes: int
    as_of: int
    loaded_from: str


@attrs.define(eq=False)
class _Kept:
    """A practice's place in the keeper; ``lock`` guards everything else.

    ``unsaved`` counts the changed patients that no snapshot of this process knows of; ``full`` is where the
    rows stood when they were too many.
    """

    practice_id: PracticeId
    lock: Lock = attrs.field(factory=Lock)
    directory: Directory | None = None
    epoch: UUID | None = None
    loaded_from: str = "rows"
    unsaved: int = 0
    memory_bytes: int = 0
    is_packing: bool = False
    full: DirectoryHead | None = None


class DirectoryKeeper:
    """Answers listings for any practice (`vantrexia_core.patients.PatientDirectory`).

    Safe to share between threads; questions about one practice take turns. ``in_background`` runs the
    packing, the writing of snapshots and the indexing of names: a thread by default.
    """

    def __init__(
        self,
        store: DirectoryStore,
        *,
        patients_max: int = PATIENTS_MAX,
        memory_bytes_max: int = MEMORY_BYTES_MAX,
        overlay_max: int = OVERLAY_MAX,
        snapshot_every: int = SNAPSHOT_EVERY,
        in_background: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._store: Final = store
        self._patients_max: Final = patients_max
        self._memory_bytes_max: Final = memory_bytes_max
        self._overlay_max: Final = overlay_max
        self._snapshot_every: Final = snapshot_every
        self._in_background: Final = in_background or _in_thread
        self._lock: Final = Lock()
        self._practices: Final[OrderedDict[PracticeId, _Kept]] = OrderedDict()

    def find(self, practice_id: PracticeId, listing: Listing) -> Found:
        """One page of numbers and the exact count, over everything committed before the call.

        Raises:
            UnavailableError: the rows cannot be read now.
            DirectoryFullError: the practice has more patients than allowed.
        """
        with self._opened(practice_id) as directory:
            count, numbers = directory.find(listing)
            return Found(count, numbers, directory.as_of)

    def search(self, practice_id: PracticeId, search: PatientSearch, *, skip: int, limit: int) -> Found:
        """How many are admitted and the numbers of some of them, over everything committed before the call.

        Raises:
            UnavailableError: the rows cannot be read now.
            DirectoryFullError: the practice has more patients than allowed.
        """
        with self._opened(practice_id) as directory:
            count, numbers = directory.search(search, skip=skip, limit=limit)
            return Found(count, numbers, directory.as_of)

    def open(self, practice_id: PracticeId) -> None:
        """Load a directory before anybody asks, so that the first question does not wait."""
        with self._opened(practice_id):
            pass

    def figures(self) -> tuple[DirectoryFigures, ...]:
        """What this process holds."""
        with self._lock:
            kept_now = tuple(self._practices.values())
        return tuple(
            DirectoryFigures(
                kept.practice_id,
                kept.directory.size,
                kept.directory.overlay_size,
                kept.directory.unreadable,
                kept.directory.memory_bytes,
                kept.directory.as_of,
                kept.loaded_from,
            )
            for kept in kept_now
            if kept.directory is not None
        )

    @contextmanager
    def _opened(self, practice_id: PracticeId) -> Iterator[Directory]:
        """The practice's directory for one question; afterwards the house is put in order."""
        with self._lock:
            kept = self._practices.setdefault(practice_id, _Kept(practice_id))
            self._practices.move_to_end(practice_id)
        with kept.lock:
            directory = self._fresh(kept)
            yield directory
            kept.memory_bytes = directory.memory_bytes
            is_to_pack = not kept.is_packing and (
                directory.overlay_size > self._overlay_max or self._wants_snapshot(kept, directory)
            )
            kept.is_packing |= is_to_pack
        self._make_room(kept)
        if is_to_pack:
            self._begin_packing(kept)

    def _make_room(self, kept: _Kept) -> None:
        """Let go of the least recently asked directories when memory runs out; never of the one in use."""
        with self._lock:
            taken = 0
            for other in reversed(tuple(self._practices.values())):
                taken += other.memory_bytes
                if taken > self._memory_bytes_max and other.memory_bytes and other is not kept:
                    del self._practices[other.practice_id]

    def _begin_packing(self, kept: _Kept) -> None:
        try:
            self._in_background(lambda: self._pack(kept))
        except RuntimeError:
            # No thread to be had, or the interpreter is ending. The answer is good without.
            _LOG.warning("packing a directory could not begin")
            kept.is_packing = False

    def _fresh(self, kept: _Kept) -> Directory:
        """The directory, with everything taken in that was committed before this call."""
        head = self._store.head(kept.practice_id)
        if kept.full is not None and kept.full.epoch == head.epoch and kept.full.seq <= head.seq:
            # Patients do not become fewer: nothing that was committed since has made room.
            raise DirectoryFullError
        directory = kept.directory
        if directory is None or kept.epoch != head.epoch or directory.as_of > head.seq:
            # The first question, or the database was restored from a backup under us.
            directory = self._loaded(kept, head)
        if directory.as_of < head.seq:
            directory = self._caught_up(kept, directory, head)
        if directory.size > self._patients_max:
            raise self._full(kept, head)
        return directory

    def _full(self, kept: _Kept, head: DirectoryHead) -> DirectoryFullError:
        """Forget a directory that would be too large, and do not try again with every question."""
        kept.directory, kept.memory_bytes, kept.full = None, 0, head
        return DirectoryFullError()

    def _wants_snapshot(self, kept: _Kept, directory: Directory) -> bool:
        # None of a directory that lacks somebody: who reads it would not know whom to look for again.
        return kept.unsaved >= self._snapshot_every and not directory.unreadable

    def _loaded(self, kept: _Kept, head: DirectoryHead) -> Directory:
        directory = self._from_snapshot(kept, head) or self._from_rows(kept, head)
        kept.epoch, kept.directory = head.epoch, directory
        if directory.is_worth_indexing:
            # Whoever waits for the first answer need not wait for the index as well, nor miss it if no thread
            # is to be had.
            with suppress(RuntimeError):
                self._in_background(directory.index_names)
        return directory

    def _from_snapshot(self, kept: _Kept, head: DirectoryHead) -> Directory | None:
        try:
            data = self._store.load_snapshot(kept.practice_id, head.epoch)
            directory = decode_directory(data) if data is not None else None
        except UnreadableError:
            self._throw_snapshots_away(kept, "a directory snapshot does not open; building from the rows")
            return None
        if directory is not None and directory.as_of > head.seq:
            self._throw_snapshots_away(kept, "a directory snapshot is ahead of the rows; building from them")
            return None
        if directory is not None:
            kept.loaded_from, kept.unsaved = "snapshot", 0
        return directory

    def _throw_snapshots_away(self, kept: _Kept, why: str) -> None:
        """Give way to a new one, which is not written while one as new is there."""
        _LOG.warning(why)
        with suppress(UnavailableError):
            self._store.drop_snapshots(kept.practice_id)

    def _from_rows(self, kept: _Kept, head: DirectoryHead) -> Directory:
        _LOG.info("building a directory from the rows")
        directory = Directory.built(
            self._store.entries(kept.practice_id, after=0), size_max=self._patients_max
        )
        if directory is None:
            raise self._full(kept, head)
        kept.loaded_from, kept.unsaved = "rows", directory.size
        return directory

    def _caught_up(self, kept: _Kept, directory: Directory, head: DirectoryHead) -> Directory:
        bearable = CAUGHT_UP_MAX + directory.size // 8
        changes = list(islice(self._store.entries(kept.practice_id, after=directory.as_of), bearable + 1))
        if len(changes) <= bearable:
            as_of = max((seq for seq, _ in changes), default=0)
            with suppress(OutOfOrderError):
                directory.apply((entry for _, entry in changes), as_of=max(as_of, head.seq))
                kept.unsaved += len(changes)
                return directory
        directory = kept.directory = self._from_rows(kept, head)
        return directory

    def _pack(self, kept: _Kept) -> None:
        """Pack the overlay beside the living directory, then put the packed one in its place.

        What changed meanwhile is taken in by the next question, as after any change.
        """
        try:
            with kept.lock:
                living, epoch = kept.directory, kept.epoch
                if living is None or epoch is None:
                    return
                taken, is_due, saved = living.taken(), self._wants_snapshot(kept, living), kept.unsaved
            packed = taken.packed()
            if packed.is_worth_indexing:
                packed.index_names()
            # Written before it is shared: from then on its statuses change under way.
            data = encode_directory(packed) if is_due else None
            with kept.lock:
                if kept.directory is not living:
                    # Loaded anew, perhaps because the rows went back: what was packed may never have been.
                    return
                kept.directory = packed
                kept.unsaved -= saved if is_due else 0
            if data is not None:
                self._store.keep_snapshot(kept.practice_id, epoch, taken.as_of, data)
        except UnavailableError:
            _LOG.warning("a directory snapshot could not be written; it is tried again after more changes")
        finally:
            kept.is_packing = False


def _in_thread(job: Callable[[], None]) -> None:
    # A daemon: a process that ends leaves the snapshot to the next one.
    Thread(target=job, name="vantrexia-directory", daemon=True).start()
