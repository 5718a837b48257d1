"""The open directories of a process: search, order and count for any practice."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from vantrexia_adapters.directory.keeping import (
    MEMORY_BYTES_MAX,
    OVERLAY_MAX,
    PATIENTS_MAX,
    SNAPSHOT_EVERY,
    Keeper,
)
from vantrexia_core.kernel import PracticeId
from vantrexia_core.patients import (
    Directory,
    DirectoryEntry,
    DirectoryStore,
    Found,
    Listing,
    PatientSearch,
    Unlisted,
    Unreadable,
    decode_directory,
    encode_directory,
)

_Change = DirectoryEntry | Unreadable | Unlisted


class DirectoryKeeper(Keeper[Directory, _Change]):
    """Answers listings for any practice (`vantrexia_core.patients.PatientDirectory`).

    ``in_background`` runs the indexing of names, too.
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
        super().__init__(
            store,
            patients_max=patients_max,
            memory_bytes_max=memory_bytes_max,
            overlay_max=overlay_max,
            snapshot_every=snapshot_every,
            in_background=in_background,
        )
        self.store: Final = store

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

    @property
    def _what(self) -> str:
        return "directory"

    def _changes(self, practice_id: PracticeId, *, after: int) -> Iterable[tuple[int, _Change]]:
        return self.store.entries(practice_id, after=after)

    def _build(self, rows: Iterable[tuple[int, _Change]], *, size_max: int) -> Directory | None:
        return Directory.built(rows, size_max=size_max)

    def _apply(self, index: Directory, changes: Iterable[_Change], *, as_of: int) -> None:
        index.apply(changes, as_of=as_of)

    def _encode(self, index: Directory) -> bytes:
        return encode_directory(index)

    def _decode(self, data: bytes) -> Directory:
        return decode_directory(data)

    def _on_loaded(self, index: Directory) -> None:
        if index.is_worth_indexing:
            # Whoever waits for the first answer need not wait for the index as well, nor miss it if no thread
            # is to be had.
            with suppress(RuntimeError):
                self._in_background(index.index_names)

    def _on_packed(self, index: Directory) -> None:
        if index.is_worth_indexing:
            index.index_names()
