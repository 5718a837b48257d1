"""The open indexes of candidates of a process: whom of a practice somebody may be."""

import logging
from collections.abc import Callable, Collection, Iterable
from functools import partial
from secrets import token_bytes
from threading import Event
from typing import Final

from vantrexia_adapters.directory.keeping import (
    MEMORY_BYTES_MAX,
    OVERLAY_MAX,
    PATIENTS_MAX,
    SNAPSHOT_EVERY,
    Keeper,
    Kept,
)
from vantrexia_adapters.matching import LibPhoneNumbers, RapidfuzzTexts
from vantrexia_core.kernel import PracticeId, UnavailableError, VantrexiaError
from vantrexia_core.patients import (
    SALT_BYTES,
    BlockingKey,
    CandidateIndex,
    CandidateRow,
    Candidates,
    CandidateStore,
    DirectoryHead,
    Known,
    PhoneNumbers,
    Texts,
    Unreadable,
    decode_candidates,
    encode_candidates,
    traits_of,
)

LOAD_WAIT_SECONDS: Final = 3.0
"""How long a question waits for an index that is being built. Nobody's care waits for longer."""

AT_ONCE_CHANGES_MAX: Final = 2_000
"""A practice of so few changes is read by whoever asks first, and not behind the scenes."""

_LOG: Final = logging.getLogger(__name__)


class CandidateKeeper(Keeper[CandidateIndex, Known]):
    """Finds candidates for any practice (`vantrexia_core.patients.Candidacy`).

    Taking a person apart costs a hundred times what listing one does, so an index that has no snapshot is
    built behind the scenes, and whoever asks meanwhile is told to do without after ``wait_seconds``.
    """

    def __init__(
        self,
        store: CandidateStore,
        *,
        texts: Texts | None = None,
        phones: PhoneNumbers | None = None,
        patients_max: int = PATIENTS_MAX,
        memory_bytes_max: int = MEMORY_BYTES_MAX,
        overlay_max: int = OVERLAY_MAX,
        snapshot_every: int = SNAPSHOT_EVERY,
        in_background: Callable[[Callable[[], None]], None] | None = None,
        wait_seconds: float = LOAD_WAIT_SECONDS,
        salt: Callable[[], bytes] | None = None,
        is_asked: bool = True,
    ) -> None:
        super().__init__(
            store,
            patients_max=patients_max,
            memory_bytes_max=memory_bytes_max,
            overlay_max=overlay_max,
            snapshot_every=snapshot_every,
            in_background=in_background,
            wait_seconds=wait_seconds,
        )
        self.store: Final = store
        self._salt: Final = salt or partial(token_bytes, SALT_BYTES)
        self.is_asked = is_asked
        self.texts: Final = texts or RapidfuzzTexts()
        self.phones: Final = phones or LibPhoneNumbers()
        self._loading: Final[dict[PracticeId, Event]] = {}
        self._when_loaded: Callable[[PracticeId], object] | None = None

    def candidates(self, practice_id: PracticeId, keys: Collection[BlockingKey]) -> Candidates:
        """See `Candidacy`."""
        if self._kept(practice_id).index is None:
            self._wait_for(practice_id)
        with self._opened(practice_id) as index:
            return index.find(keys)

    def when_loaded(self, act: Callable[[PracticeId], object]) -> None:
        """Register something to be done in the background whenever a practice's index was loaded."""
        self._when_loaded = act

    def _loaded(self, kept: Kept[CandidateIndex], head: DirectoryHead) -> CandidateIndex:
        index = super()._loaded(kept, head)
        if self._when_loaded is not None:
            try:
                self._in_background(partial(self._act, self._when_loaded, kept.practice_id))
            except RuntimeError:
                _LOG.warning("records that wait to be compared cannot be: no thread could be started")
        return index

    def _act(self, act: Callable[[PracticeId], object], practice_id: PracticeId) -> None:
        try:
            act(practice_id)
        except Exception as failed:  # noqa: BLE001 - a thread of its own: nobody else would tell of it
            _LOG.warning("records that wait to be compared could not be: %s", type(failed).__name__)

    def _wait_for(self, practice_id: PracticeId) -> None:
        """Have an index loaded; by this thread if that is soon done."""
        if self.store.head(practice_id).seq <= AT_ONCE_CHANGES_MAX:
            return
        with self._lock:
            loaded = self._loading.get(practice_id)
            is_first = loaded is None
            if loaded is None:
                loaded = self._loading[practice_id] = Event()
        if is_first:
            try:
                self._in_background(partial(self._load, practice_id, loaded))
            except RuntimeError:
                # No thread to be had: the next one who asks tries again.
                self._is_loaded(practice_id, loaded)
        if not loaded.wait(self._wait_seconds):
            raise UnavailableError

    def _load(self, practice_id: PracticeId, loaded: Event) -> None:
        try:
            self.open(practice_id)
        except VantrexiaError as failed:
            _LOG.warning("an index of candidates could not be loaded: %s", failed.code)
        finally:
            self._is_loaded(practice_id, loaded)

    def _is_loaded(self, practice_id: PracticeId, loaded: Event) -> None:
        with self._lock:
            self._loading.pop(practice_id, None)
        loaded.set()

    @property
    def _what(self) -> str:
        return "candidates"

    def _changes(self, practice_id: PracticeId, *, after: int) -> Iterable[tuple[int, Known]]:
        for known in self.store.people(practice_id, after=after):
            yield known.seq, known

    def _build(self, rows: Iterable[tuple[int, Known]], *, size_max: int) -> CandidateIndex | None:
        taken_apart = (self._row(known) for _, known in rows)
        return CandidateIndex.built(taken_apart, salt=self._salt(), size_max=size_max)

    def _apply(self, index: CandidateIndex, changes: Iterable[Known], *, as_of: int) -> None:
        index.apply(map(self._row, changes), as_of=as_of)

    def _row(self, known: Known) -> CandidateRow:
        said = known.person
        person = said if isinstance(said, Unreadable) else traits_of(said, self.texts, self.phones)
        return CandidateRow(known.seq, known.number, person, known.is_former)

    def _encode(self, index: CandidateIndex) -> bytes:
        return encode_candidates(index)

    def _decode(self, data: bytes) -> CandidateIndex:
        return decode_candidates(data)
