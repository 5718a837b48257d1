"""Finding patients in memory: the directory, the index of candidates, and the rows behind both."""

from collections.abc import Collection, Iterable
from typing import Protocol
from uuid import UUID

import attrs

from vantrexia_core.kernel import (
    Phi,
    PracticeId,
)
from vantrexia_core.patients.listing import DirectoryEntry, Found, Listing, Unlisted, Unreadable
from vantrexia_core.patients.matching.blocking import BlockingKey
from vantrexia_core.patients.matching.candidates import Candidates
from vantrexia_core.patients.matching.ports import PhoneNumbers, Texts
from vantrexia_core.patients.matching.traits import Person
from vantrexia_core.patients.searching import PatientSearch


class PatientDirectory(Protocol):
    """Search, order and count over a practice's patients, outside any transaction."""

    def find(self, practice_id: PracticeId, listing: Listing) -> Found:
        """One page of numbers and the exact count, over everything committed before the call."""
        ...

    def search(self, practice_id: PracticeId, search: PatientSearch, *, skip: int, limit: int) -> Found:
        """How many patients are admitted (`narrow`), and the numbers of at most ``limit`` of them, in order.

        The page that the search itself asks for plays no part: whoever asks may need other ones first.
        """
        ...


class SearchTokens(Protocol):
    """Searches as words that say nothing: a link to a further page must hold no name and no birth date."""

    def seal(self, practice_id: PracticeId, search: Phi[str]) -> str:
        """A word for a search, of letters, digits, ``-`` and ``_``. It opens in this practice alone."""
        ...

    def open(self, practice_id: PracticeId, token: str) -> Phi[str]:
        """The search behind a word.

        Raises:
            UnreadableError: it was not made here, or too long ago.
        """
        ...


@attrs.frozen
class DirectoryHead:
    """Where a practice's rows stand: ``seq`` grows with each change, ``epoch`` is new after a restore."""

    epoch: UUID
    seq: int


class IndexStore(Protocol):
    """Where rows stand that an index in memory is made of, and the snapshots that spare reading all of them.

    Rows carry the number of the change that wrote them. Numbers are given out in the order of commits, so
    whoever has seen a number has seen everything below it. Everything is read outside any unit of work.
    """

    def head(self, practice_id: PracticeId) -> DirectoryHead:
        """Where the practice stands now.

        Raises:
            UnavailableError: the rows cannot be reached now.
        """
        ...

    def load_snapshot(self, practice_id: PracticeId, epoch: UUID) -> bytes | None:
        """The newest snapshot of this epoch, or None.

        Raises:
            UnreadableError: there is one, and a chunk of it is missing, changed, or in the wrong place.
        """
        ...

    def keep_snapshot(self, practice_id: PracticeId, epoch: UUID, as_of: int, snapshot: bytes) -> None:
        """Seal and store a snapshot unless one as new is there; the newest two stay.

        One of another epoch than the rows', or ahead of them, is not stored: a restore undid what it holds.
        """
        ...

    def drop_snapshots(self, practice_id: PracticeId) -> None:
        """Throw the practice's snapshots away, so that ones that do not open give way to a new one."""
        ...


class DirectoryStore(IndexStore, Protocol):
    """The rows behind a directory."""

    def entries(
        self, practice_id: PracticeId, *, after: int
    ) -> Iterable[tuple[int, DirectoryEntry | Unreadable | Unlisted]]:
        """The patients changed after a change number, each with its own, in any order, of one moment.

        One that was merged into another is `Unlisted`; the other is found by its record number, too.
        A row that does not open is `Unreadable`: one damaged record must not hide all others.
        """
        ...


@attrs.frozen(repr=False)
class Known:
    """What a record says of a person, or (``is_former``) said, and the change that made it so."""

    seq: int
    number: int
    person: Person | Unreadable
    is_former: bool = False


class CandidateStore(IndexStore, Protocol):
    """The rows behind an index of candidates: what is known of people. Deleted records are among them."""

    def people(self, practice_id: PracticeId, *, after: int) -> Iterable[Known]:
        """What the records changed after a change number say, and what was replaced after it.

        In any order, of one moment.
        """
        ...


class Candidacy(Protocol):
    """Whom of a practice somebody may be, outside any transaction; and what comparing people takes."""

    @property
    def is_asked(self) -> bool:
        """Whether records are compared when they are made or changed; a practice may not want it."""
        ...

    @property
    def texts(self) -> Texts:
        """How alike two texts are."""
        ...

    @property
    def phones(self) -> PhoneNumbers:
        """What a phone number is."""
        ...

    def candidates(self, practice_id: PracticeId, keys: Collection[BlockingKey]) -> Candidates:
        """The records that share a key, over everything committed before the call.

        Raises:
            UnavailableError: the rows cannot be read now, the index is still being built, or there are more
                records than it may hold.
        """
        ...
