"""The open directories of a process: one a practice, loaded on first use, up to date at every question.

The rows are the truth. A directory is a copy that asks, before every answer, which rows changed since it last
looked; so a committed write is seen by the next question in any process. A sealed snapshot only makes the
first question fast, and packing happens in a thread behind the scenes. Nothing here can make a wrong answer:
what is missing, stale, cut, swapped or forged is noticed, logged without PHI and built anew from the rows.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
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
    decode_directory,
    encode_directory,
)
from vantrexia_core.protection import UnreadableError

OVERLAY_MAX: Final = 2_000
"""Changes that wait in the overlay before they are packed behind the scenes."""

SNAPSHOT_EVERY: Final = 20_000
"""Changes after which a new snapshot is worth its writing."""

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
    memory_bytes: int
    as_of: int
    loaded_from: str


@attrs.define(eq=False)
class _Kept:
    """A practice's place in the keeper; ``lock`` guards everything else."""

    practice_id: PracticeId
    lock: Lock = attrs.field(factory=Lock)
    directory: Directory | None = None
    epoch: UUID | None = None
    loaded_from: str = "rows"
    snapshot_as_of: int = 0
    is_packing: bool = False


class DirectoryKeeper:
    """Answers listings for any practice (`vantrexia_core.patients.PatientDirectory`).

    Safe to share between threads; questions about one practice take turns. ``in_background`` runs the packing
    and the writing of snapshots: a thread by default.
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
        kept = self._kept(practice_id)
        with kept.lock:
            directory = self._fresh(kept)
            count, numbers = directory.find(listing)
            return Found(count, numbers, directory.as_of)

    def open(self, practice_id: PracticeId) -> None:
        """Load a directory before anybody asks, so that the first question does not wait."""
        kept = self._kept(practice_id)
        with kept.lock:
            self._fresh(kept)

    def figures(self) -> tuple[DirectoryFigures, ...]:
        """What this process holds."""
        with self._lock:
            kept_now = tuple(self._practices.values())
        return tuple(
            DirectoryFigures(
                kept.practice_id,
                kept.directory.size,
                kept.directory.overlay_size,
                kept.directory.memory_bytes,
                kept.directory.as_of,
                kept.loaded_from,
            )
            for kept in kept_now
            if kept.directory is not None
        )

    def _kept(self, practice_id: PracticeId) -> _Kept:
        """The practice's place; the least recently asked ones make room when memory runs out."""
        with self._lock:
            kept = self._practices.setdefault(practice_id, _Kept(practice_id))
            self._practices.move_to_end(practice_id)
            taken = 0
            for other in reversed(tuple(self._practices.values())):
                taken += other.directory.memory_bytes if other.directory is not None else 0
                if other is not kept and taken > self._memory_bytes_max:
                    del self._practices[other.practice_id]
            return kept

    def _fresh(self, kept: _Kept) -> Directory:
        """The directory, with everything taken in that was committed before this call."""
        head = self._store.head(kept.practice_id)
        directory = kept.directory
        if directory is None or kept.epoch != head.epoch or directory.as_of > head.seq:
            # The first question, or the database was restored from a backup under us.
            directory = self._loaded(kept, head)
        if directory.as_of < head.seq:
            directory = self._caught_up(kept, directory, head)
        wants_packing = directory.overlay_size > self._overlay_max or self._wants_snapshot(kept, directory)
        if wants_packing and not kept.is_packing:
            kept.is_packing = True
            self._in_background(lambda: self._pack(kept))
        return directory

    def _wants_snapshot(self, kept: _Kept, directory: Directory) -> bool:
        return directory.as_of - kept.snapshot_as_of >= self._snapshot_every

    def _loaded(self, kept: _Kept, head: DirectoryHead) -> Directory:
        directory = self._from_snapshot(kept, head)
        if directory is None:
            directory, kept.loaded_from, kept.snapshot_as_of = self._from_rows(kept), "rows", 0
        kept.epoch, kept.directory = head.epoch, directory
        return directory

    def _from_snapshot(self, kept: _Kept, head: DirectoryHead) -> Directory | None:
        try:
            data = self._store.load_snapshot(kept.practice_id, head.epoch)
            directory = decode_directory(data) if data is not None else None
        except UnreadableError:
            _LOG.warning("a directory snapshot does not open; building from the rows")
            with suppress(UnavailableError):
                self._store.drop_snapshots(kept.practice_id)
            return None
        if directory is None or directory.as_of > head.seq:
            return None
        kept.loaded_from, kept.snapshot_as_of = "snapshot", directory.as_of
        return directory

    def _from_rows(self, kept: _Kept) -> Directory:
        _LOG.info("building a directory from the rows")
        directory = Directory.built(
            self._store.entries(kept.practice_id, after=0), size_max=self._patients_max
        )
        if directory is None:
            raise DirectoryFullError
        return directory

    def _caught_up(self, kept: _Kept, directory: Directory, head: DirectoryHead) -> Directory:
        changes = list(self._store.entries(kept.practice_id, after=directory.as_of))
        as_of = max((seq for seq, _ in changes), default=head.seq)
        try:
            directory.apply((entry for _, entry in changes), as_of=max(as_of, head.seq))
        except OutOfOrderError:
            directory = kept.directory = self._from_rows(kept)
        if directory.size > self._patients_max:
            raise DirectoryFullError
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
                taken, is_due = living.taken(), self._wants_snapshot(kept, living)
            packed = taken.packed()
            # Written before it is shared: from then on its statuses change under way.
            data = encode_directory(packed) if is_due else None
            with kept.lock:
                if kept.directory is living:
                    kept.directory = packed
                if is_due:
                    kept.snapshot_as_of = taken.as_of
            if data is not None:
                self._store.keep_snapshot(kept.practice_id, epoch, taken.as_of, data)
        except UnavailableError:
            _LOG.warning("a directory snapshot could not be written; it is tried again after more changes")
        finally:
            kept.is_packing = False


def _in_thread(job: Callable[[], None]) -> None:
    # A daemon: a process that ends leaves the snapshot to the next one.
    Thread(target=job, name="vantrexia-directory", daemon=True).start()
