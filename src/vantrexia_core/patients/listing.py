"""What a listing of patients means: the definition that every directory answers to.

Every blank-separated word of a search must occur in the first name, the last name or the MRN, folded on both
sides, anywhere inside; ``^word`` only where the field, or a part of it after a blank, a hyphen or an
apostrophe, starts. No character is a wildcard: a word that folds to nothing (``%``) finds nothing. Order is
by folded code points: last name, then first name, then id.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from enum import Enum
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

import attrs

from vantrexia_core.kernel import PageRequest, Phi
from vantrexia_core.patients.lifecycle import Status
from vantrexia_core.patients.model import Patient
from vantrexia_core.patients.values import Gender
from vantrexia_core.protection import APOSTROPHES, fold

SEARCH_CHARACTERS_MAX: Final = 200

_APOSTROPHE: Final = re.compile(f"[{APOSTROPHES}]")


class Ordering(Enum):
    """The orders a list can have; a minus turns it round."""

    LAST_NAME = "last_name"
    LAST_NAME_DESCENDING = "-last_name"
    CREATED_AT = "created_at"
    CREATED_AT_DESCENDING = "-created_at"

    @property
    def is_by_name(self) -> bool:
        """Whether names decide, rather than times."""
        return self in {Ordering.LAST_NAME, Ordering.LAST_NAME_DESCENDING}

    @property
    def key(self) -> "Callable[[DirectoryEntry], Any]":
        """What entries are sorted by, ascending."""
        return attrgetter("name_key" if self.is_by_name else "created_key")

    @property
    def is_descending(self) -> bool:
        """Whether the order is turned round."""
        return self.value.startswith("-")


@attrs.frozen
class Listing:
    """What a caller wants to see."""

    status: Status = Status.ACTIVE
    search: Phi[str] | None = None
    ordering: Ordering = Ordering.LAST_NAME
    page: PageRequest = PageRequest()


@attrs.frozen(repr=False)
class Spelling:
    """A field as it is searched: the folded UTF-8 text, and the form in which apostrophes part it."""

    folded: bytes
    variants: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, text: str) -> "Spelling":
        """Fold a field. ``O'Brien`` is found as ``obrien`` and, part by part, as ``o brien``."""
        folded = fold(text).encode()
        if _APOSTROPHE.search(text) is None:
            return cls(folded)
        parted = fold(_APOSTROPHE.sub(" ", text)).encode()
        return cls(folded, () if parted == folded else (parted,))

    def also(self, texts: Iterable[str]) -> "Spelling":
        """The same field, which is found by other texts as well."""
        others = map(Spelling.of, texts)
        forms = (form for other in others for form in (other.folded, *other.variants))
        return attrs.evolve(self, variants=(*self.variants, *forms))


@attrs.frozen(repr=False)
class SearchWord:
    """One folded word of a search, in UTF-8."""

    text: bytes
    at_start: bool

    def is_in(self, spelling: Spelling) -> bool:
        """Whether the field has this word in one of its forms."""
        return self._is_in(spelling.folded) or any(map(self._is_in, spelling.variants))

    def _is_in(self, form: bytes) -> bool:
        if not self.text:
            return False
        if self.at_start:
            return form.startswith(self.text) or b" " + self.text in form
        return self.text in form


@attrs.frozen(repr=False)
class DirectoryEntry:
    """What a directory knows of one patient. ``number`` is the practice's consecutive number of the record.

    ``born`` and ``gender`` are PHI like the names, so an entry does not print.
    """

    number: int
    id: UUID
    status: Status
    created_at: datetime
    last: Spelling
    first: Spelling
    mrn: Spelling
    born: date
    gender: Gender
    updated_at: datetime

    @classmethod
    def of(
        cls,
        number: int,
        id_: UUID,
        status: Status,
        created_at: datetime,
        *,
        last: str,
        first: str,
        mrn: str,
        born: date,
        gender: Gender,
        updated_at: datetime,
    ) -> "DirectoryEntry":
        """Fold the fields of one patient."""
        spelled = (Spelling.of(last), Spelling.of(first), Spelling.of(mrn))
        return cls(number, id_, status, created_at, *spelled, born, gender, updated_at)

    @classmethod
    def of_patient(cls, number: int, patient: Patient, *, mrns: Iterable[str] = ()) -> "DirectoryEntry":
        """What a directory knows of a record; ``mrns`` are those of records that were merged into it."""
        entry = cls.of(
            number,
            patient.id,
            patient.status,
            patient.created_at,
            last=patient.name.last.reveal(),
            first=patient.name.first.reveal(),
            mrn=patient.mrn.reveal(),
            born=patient.date_of_birth.reveal(),
            gender=patient.gender.reveal(),
            updated_at=patient.updated_at,
        )
        return attrs.evolve(entry, mrn=entry.mrn.also(mrns))

    @property
    def name_key(self) -> tuple[bytes, bytes, UUID]:
        """Where it stands in order of names."""
        return self.last.folded, self.first.folded, self.id

    @property
    def created_key(self) -> tuple[datetime, UUID]:
        """Where it stands in order of creation."""
        return self.created_at, self.id

    def has(self, word: SearchWord) -> bool:
        """Whether one of its fields has the word."""
        return word.is_in(self.last) or word.is_in(self.first) or word.is_in(self.mrn)


@attrs.frozen
class Unlisted:
    """A record that was merged into another one: it is in no list, and found through that one alone."""

    number: int


@attrs.frozen
class Unreadable:
    """Stands for a record whose fields cannot be opened: it is not listed."""

    number: int


@attrs.frozen
class Found:
    """The answer of a directory: how many there are, and the numbers of one page of records, in order.

    ``as_of`` is the change number of the practice that the answer is based on. If a row has a higher one, it
    has changed since, and the question must be asked again.
    """

    count: int
    numbers: tuple[int, ...]
    as_of: int


def search_words(search: Phi[str] | None) -> tuple[SearchWord, ...]:
    """The folded words of what a person typed."""
    typed = () if search is None else search.reveal().split()
    return tuple(SearchWord(fold(word.removeprefix("^")).encode(), word.startswith("^")) for word in typed)


def find(entries: Iterable[DirectoryEntry], listing: Listing) -> tuple[int, tuple[int, ...]]:
    """The exact count and the numbers of the page, by looking at every entry: the definition of a listing."""
    words = search_words(listing.search)
    hits = [e for e in entries if e.status is listing.status and all(map(e.has, words))]
    ordering, page = listing.ordering, listing.page
    ordered: Sequence[DirectoryEntry] = sorted(hits, key=ordering.key, reverse=ordering.is_descending)
    return len(hits), tuple(entry.number for entry in ordered[page.offset : page.offset + page.size])
