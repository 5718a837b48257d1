"""Searching, ordering and counting patients: what a listing means, as pure functions.

Every blank-separated word of a search must occur in the first name, the last name or the MRN, folded on both
sides, anywhere inside; ``^word`` only where the field or a part of it starts. No character is a wildcard, so
a word that folds to nothing (``%``) finds nothing. Order is by folded code points: last name, then first
name, then id.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from operator import attrgetter
from typing import Final

import attrs

from vantrexia_core.kernel import PageRequest, PatientId, Phi
from vantrexia_core.patients.lifecycle import Status
from vantrexia_core.protection import fold

SEARCH_CHARACTERS_MAX: Final = 200

_PART_STARTS: Final = str.maketrans(dict.fromkeys("'’‘ʼʻ`´＇‛", " "))  # noqa: RUF001 - apostrophes


class Ordering(Enum):
    """The orders a list can have; a minus turns it round."""

    LAST_NAME = "last_name"
    LAST_NAME_DESCENDING = "-last_name"
    CREATED_AT = "created_at"
    CREATED_AT_DESCENDING = "-created_at"


@attrs.frozen
class Listing:
    """What a caller wants to see. ``only`` limits it to one record (a patient's own account)."""

    status: Status = Status.ACTIVE
    search: Phi[str] | None = None
    ordering: Ordering = Ordering.LAST_NAME
    page: PageRequest = PageRequest()
    only: PatientId | None = None


@attrs.frozen
class Found:
    """The answer of a directory: how many there are, and the ids of one page in order.

    ``as_of`` is the practice's change number the answer rests on: a row that carries a higher one has changed
    since, and the question must be asked again.
    """

    count: int
    ids: tuple[PatientId, ...]
    as_of: int


@attrs.frozen(repr=False)
class DirectoryEntry:
    """What a directory knows of one patient: folded names, nothing else of the person. Never printed."""

    id: PatientId
    status: Status
    created_at: datetime
    last: str
    first: str
    mrn: str
    starts: tuple[str, ...]

    @classmethod
    def of(
        cls, id_: PatientId, status: Status, created_at: datetime, *, last: str, first: str, mrn: str
    ) -> "DirectoryEntry":
        """Fold the fields of one patient."""
        starts: list[str] = []
        for field in (last, first, mrn):
            starts.extend(_suffixes(fold(field)))
            if (parted := field.translate(_PART_STARTS)) != field:
                starts.extend(_suffixes(fold(parted)))
        return cls(id_, status, created_at, fold(last), fold(first), fold(mrn), tuple(starts))


@attrs.frozen(repr=False)
class SearchWord:
    """One folded word of a search."""

    text: str
    at_start: bool

    def matches(self, entry: DirectoryEntry) -> bool:
        """Whether the entry has this word."""
        if not self.text:
            return False
        if self.at_start:
            return any(start.startswith(self.text) for start in entry.starts)
        return self.text in entry.last or self.text in entry.first or self.text in entry.mrn


def search_words(search: str) -> tuple[SearchWord, ...]:
    """The folded words of what a person typed."""
    return tuple(SearchWord(fold(word.removeprefix("^")), word.startswith("^")) for word in search.split())


def find(entries: Iterable[DirectoryEntry], listing: Listing) -> tuple[int, tuple[PatientId, ...]]:
    """The exact count and the ids of the page, from plain entries: the definition of a listing.

    Linear in the number of patients. It is what any faster directory is tested against.
    """
    words = search_words(listing.search.reveal()) if listing.search is not None else ()
    hits = [
        entry
        for entry in entries
        if entry.status is listing.status
        and (listing.only is None or entry.id == listing.only)
        and all(word.matches(entry) for word in words)
    ]
    page = listing.page
    ordered = _ordered(hits, listing.ordering)
    return len(hits), tuple(entry.id for entry in ordered[page.offset : page.offset + page.size])


def _ordered(entries: list[DirectoryEntry], ordering: Ordering) -> Sequence[DirectoryEntry]:
    by_name = ordering in {Ordering.LAST_NAME, Ordering.LAST_NAME_DESCENDING}
    key = attrgetter("last", "first", "id") if by_name else attrgetter("created_at", "id")
    return sorted(entries, key=key, reverse=ordering.value.startswith("-"))


def _suffixes(folded: str) -> list[str]:
    """The folded field from each of its words on, so that ``^`` finds every place where a part starts."""
    parts = folded.split(" ") if folded else []
    return [" ".join(parts[position:]) for position in range(len(parts))]
