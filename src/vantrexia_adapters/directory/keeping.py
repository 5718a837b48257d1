"""Indexes of practices, open in a process: one a practice, loaded on first use, up to date at every question.

The rows are the truth. An index is a copy that asks, before every answer, which rows changed since it last
looked; so a committed write is seen by the next question in any process. A sealed snapshot only makes the
first question fast, and packing happens in a thread behind the scenes. Nothing here can make a wrong answer:
what is missing, stale, cut, swapped or forged is noticed, logged without PHI and built anew from the rows.
"""

import logging
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from threading import Lock, Thread
from typing import Final, Generic, Protocol, Self, TypeVar
from uuid import UUID

import attrs

from vantrexia_core.kernel import PracticeId, UnavailableError
from vantrexia_core.patients import DirectoryHead, IndexStore, OutOfOrderError
from vantrexia_core.protection import UnreadableError

OVERLAY_MAX: Final = 2_000
"""Changes that wait in the overlay before they are packed behind the scenes."""

SNAPSHOT_EVERY: Final = 20_000
"""Changed patients after which a new snapshot is worth its writing."""

CAUGHT_UP_MAX: Final = 20_000
"""Up to so many changes, and one for every eight patients, are taken in one by one; more are built anew."""

FOR_EVER: Final = -1.0
"""A question waits for the one before it, however long that takes."""

PATIENTS_MAX: Final = 5_000_000
MEMORY_BYTES_MAX: Final = 1 << 30

_LOG: Final = logging.getLogger(__name__)

T_co = TypeVar("T_co", covariant=True)


class DirectoryFullError(UnavailableError):
    """A practice has more patients than a directory may hold; an administrator must raise the limit."""

    code = "directory_full"
    sentence = "This practice has more patients than the directory may hold. Raise its limit."


class Taken(Protocol[T_co]):
    """An index at one moment, ready to be packed elsewhere while the original lives on."""

    @property
    def as_of(self) -> int:
        """The change number it rests on."""
        ...

    def packed(self) -> T_co:
        """The index with its overlay in fresh columns."""
        ...


class Index(Protocol):
    """What a keeper asks of whatever it keeps."""

    as_of: int

    @property
    def size(self) -> int:
        """How many patients."""
        ...

    @property
    def overlay_size(self) -> int:
        """How many patients wait to be packed."""
        ...

    @property
    def unreadable(self) -> int:
        """How many records do not open. A snapshot would not know of them."""
        ...

    @property
    def memory_bytes(self) -> int:
        """What it takes, in bytes."""
        ...

    def taken(self) -> "Taken[Self]":
        """What packing needs."""
        ...


D = TypeVar("D", bound=Index)
C = TypeVar("C")


@attrs.frozen
class DirectoryFigures:
    """One practice's index in this process, in numbers. Says nothing about anybody."""

    practice_id: PracticeId
    patients: int
    waiting: int
    unreadable: int
    memory_bytes: int
    as_of: int
    loaded_from: str


@attrs.define(eq=False)
class Kept(Generic[D]):
    """A practice's place in the keeper; ``lock`` guards everything else.

    ``unsaved`` counts the changed patients that no snapshot of this process knows of; ``full`` is where the
    rows stood when they were too many.
    """

    practice_id: PracticeId
    lock: Lock = attrs.field(factory=Lock)
    index: D | None = None
    epoch: UUID | None = None
    loaded_from: str = "rows"
    unsaved: int = 0
    memory_bytes: int = 0
    is_packing: bool = False
    full: DirectoryHead | None = None


class Keeper(ABC, Generic[D, C]):
    """Keeps one index for each practice.

    Safe to share between threads; questions about one practice take turns. What is kept says how it is built
    and changed; ``C`` is what its store tells of a changed row. ``in_background`` runs the packing and the
    writing of snapshots: a thread by default. ``wait_seconds`` is how long a question waits for its turn.
    """

    def __init__(
        self,
        store: IndexStore,
        *,
        patients_max: int = PATIENTS_MAX,
        memory_bytes_max: int = MEMORY_BYTES_MAX,
        overlay_max: int = OVERLAY_MAX,
        snapshot_every: int = SNAPSHOT_EVERY,
        in_background: Callable[[Callable[[], None]], None] | None = None,
        wait_seconds: float = FOR_EVER,
    ) -> None:
        self._snapshots: Final = store
        self._patients_max: Final = patients_max
        self._memory_bytes_max: Final = memory_bytes_max
        self._overlay_max: Final = overlay_max
        self._snapshot_every: Final = snapshot_every
        self._in_background: Final = in_background or _in_thread
        self._wait_seconds: Final = wait_seconds
        self._lock: Final = Lock()
        self._practices: Final[OrderedDict[PracticeId, Kept[D]]] = OrderedDict()

    @property
    @abstractmethod
    def _what(self) -> str:
        """What is kept, for the log: "directory"."""

    @abstractmethod
    def _changes(self, practice_id: PracticeId, *, after: int) -> Iterable[tuple[int, C]]:
        """The rows changed after a change number, each with its own, of one moment."""

    @abstractmethod
    def _build(self, rows: Iterable[tuple[int, C]], *, size_max: int) -> D | None:
        """An index of rows; None if there are more than ``size_max``."""

    @abstractmethod
    def _apply(self, index: D, changes: Iterable[C], *, as_of: int) -> None:
        """Take in changed rows.

        Raises:
            OutOfOrderError: it must be built anew.
        """

    @abstractmethod
    def _encode(self, index: D) -> bytes:
        """The snapshot of an index whose overlay is empty."""

    @abstractmethod
    def _decode(self, data: bytes) -> D:
        """The index in a snapshot.

        Raises:
            UnreadableError: it is none, or not what was written.
        """

    def _on_loaded(self, index: D) -> None:
        """What else is to be done behind the scenes with an index that was just loaded."""

    def _on_packed(self, index: D) -> None:
        """What else is to be done, in the same thread, with an index that was just packed."""

    def open(self, practice_id: PracticeId) -> None:
        """Load an index before anybody asks, so that the first question does not wait."""
        with self._opened(practice_id, wait_seconds=FOR_EVER):
            pass

    def figures(self) -> tuple[DirectoryFigures, ...]:
        """What this process holds."""
        with self._lock:
            kept_now = tuple(self._practices.values())
        return tuple(
            DirectoryFigures(
                kept.practice_id,
                kept.index.size,
                kept.index.overlay_size,
                kept.index.unreadable,
                kept.index.memory_bytes,
                kept.index.as_of,
                kept.loaded_from,
            )
            for kept in kept_now
            if kept.index is not None
        )

    @contextmanager
    def _opened(self, practice_id: PracticeId, *, wait_seconds: float | None = None) -> Iterator[D]:
        """The practice's index for one question; afterwards the house is put in order."""
        kept = self._kept(practice_id)
        if not kept.lock.acquire(timeout=self._wait_seconds if wait_seconds is None else wait_seconds):
            raise UnavailableError
        try:
            index = self._fresh(kept)
            yield index
            kept.memory_bytes = index.memory_bytes
            is_to_pack = not kept.is_packing and (
                index.overlay_size > self._overlay_max or self._wants_snapshot(kept, index)
            )
            kept.is_packing |= is_to_pack
        finally:
            kept.lock.release()
        self._make_room(kept)
        if is_to_pack:
            self._begin_packing(kept)

    def _kept(self, practice_id: PracticeId) -> Kept[D]:
        with self._lock:
            kept = self._practices.setdefault(practice_id, Kept(practice_id))
            self._practices.move_to_end(practice_id)
        return kept

    def _make_room(self, kept: Kept[D]) -> None:
        """Let go of the least recently asked indexes when memory runs out; never of the one in use."""
        with self._lock:
            taken = 0
            for other in reversed(tuple(self._practices.values())):
                taken += other.memory_bytes
                if taken > self._memory_bytes_max and other.memory_bytes and other is not kept:
                    del self._practices[other.practice_id]

    def _begin_packing(self, kept: Kept[D]) -> None:
        try:
            self._in_background(lambda: self._pack(kept))
        except RuntimeError:
            # No thread to be had, or the interpreter is ending. The answer is good without.
            _LOG.warning("packing a %s could not begin", self._what)
            kept.is_packing = False

    def _fresh(self, kept: Kept[D]) -> D:
        """The index, with everything taken in that was committed before this call."""
        head = self._snapshots.head(kept.practice_id)
        if kept.full is not None and kept.full.epoch == head.epoch and kept.full.seq <= head.seq:
            # Patients do not become fewer: nothing that was committed since has made room.
            raise DirectoryFullError
        index = kept.index
        if index is None or kept.epoch != head.epoch or index.as_of > head.seq:
            # The first question, or the database was restored from a backup under us.
            index = self._loaded(kept, head)
        if index.as_of < head.seq:
            index = self._caught_up(kept, index, head)
        if index.size > self._patients_max:
            raise self._full(kept, head)
        return index

    def _full(self, kept: Kept[D], head: DirectoryHead) -> DirectoryFullError:
        """Forget an index that would be too large, and do not try again with every question."""
        kept.index, kept.memory_bytes, kept.full = None, 0, head
        return DirectoryFullError()

    def _wants_snapshot(self, kept: Kept[D], index: D) -> bool:
        # None of an index that lacks somebody: who reads it would not know whom to look for again.
        return kept.unsaved >= self._snapshot_every and not index.unreadable

    def _loaded(self, kept: Kept[D], head: DirectoryHead) -> D:
        index = self._from_snapshot(kept, head) or self._from_rows(kept, head)
        kept.epoch, kept.index = head.epoch, index
        self._on_loaded(index)
        return index

    def _from_snapshot(self, kept: Kept[D], head: DirectoryHead) -> D | None:
        try:
            data = self._snapshots.load_snapshot(kept.practice_id, head.epoch)
            index = self._decode(data) if data is not None else None
        except UnreadableError:
            self._throw_snapshots_away(kept, "does not open; building from the rows")
            return None
        if index is not None and index.as_of > head.seq:
            self._throw_snapshots_away(kept, "is ahead of the rows; building from them")
            return None
        if index is not None:
            kept.loaded_from, kept.unsaved = "snapshot", 0
        return index

    def _throw_snapshots_away(self, kept: Kept[D], why: str) -> None:
        """Give way to a new one, which is not written while one as new is there."""
        _LOG.warning("a %s snapshot %s", self._what, why)
        with suppress(UnavailableError):
            self._snapshots.drop_snapshots(kept.practice_id)

    def _from_rows(self, kept: Kept[D], head: DirectoryHead) -> D:
        _LOG.info("building a %s from the rows", self._what)
        index = self._build(self._changes(kept.practice_id, after=0), size_max=self._patients_max)
        if index is None:
            raise self._full(kept, head)
        kept.loaded_from, kept.unsaved = "rows", index.size
        return index

    def _caught_up(self, kept: Kept[D], index: D, head: DirectoryHead) -> D:
        bearable = CAUGHT_UP_MAX + index.size // 8
        changes = list(islice(self._changes(kept.practice_id, after=index.as_of), bearable + 1))
        if len(changes) <= bearable:
            as_of = max((seq for seq, _ in changes), default=0)
            with suppress(OutOfOrderError):
                self._apply(index, (change for _, change in changes), as_of=max(as_of, head.seq))
                kept.unsaved += len(changes)
                return index
        index = kept.index = self._from_rows(kept, head)
        return index

    def _pack(self, kept: Kept[D]) -> None:
        """Pack the overlay beside the living index, then put the packed one in its place.

        What changed meanwhile is taken in by the next question, as after any change.
        """
        try:
            with kept.lock:
                living, epoch = kept.index, kept.epoch
                if living is None or epoch is None:
                    return
                taken, is_due, saved = living.taken(), self._wants_snapshot(kept, living), kept.unsaved
            packed = taken.packed()
            self._on_packed(packed)
            # Written before it is shared: from then on it may change in place under way.
            data = self._encode(packed) if is_due else None
            with kept.lock:
                if kept.index is not living:
                    # Loaded anew, perhaps because the rows went back: what was packed may never have been.
                    return
                kept.index = packed
                kept.unsaved -= saved if is_due else 0
            if data is not None:
                self._snapshots.keep_snapshot(kept.practice_id, epoch, taken.as_of, data)
        except UnavailableError:
            _LOG.warning(
                "a %s snapshot could not be written; it is tried again after more changes", self._what
            )
        finally:
            kept.is_packing = False


def _in_thread(job: Callable[[], None]) -> None:
    # A daemon: a process that ends leaves the snapshot to the next one.
    Thread(target=job, name="vantrexia-directory", daemon=True).start()
