"""Answering listings without looking at every patient.

* Patients stand in *name order* (folded last name, folded first name, id); their place there is a position.
* A search word becomes a bitmap over positions: distinct last names are ranges of positions, distinct first
  names and spelling variants have posting lists, MRNs are one long text.
* Words are joined with ``&``, and so is the status; the exact count is ``int.bit_count``: all of it in C.
* A page is found by rank and select on the bitmap, so page 25,000 costs what page 1 costs.

Changes since the columns were packed live in a small ordered overlay and are merged while reading; a change
of status alone is done in place. Pure: no input or output. One caller at a time; whoever holds a directory
guards it.
"""

from array import array
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from vantrexia_core.patients.directory.bitmaps import bitmap_of_flags, flags_of_bitmap
from vantrexia_core.patients.directory.columns import CODES, GENDER_CODES, GONE, Columns, seconds, variants_of
from vantrexia_core.patients.directory.packing import Packer
from vantrexia_core.patients.directory.postings import gathered, inverse
from vantrexia_core.patients.directory.ranking import Ranked, Reordered, Sparse
from vantrexia_core.patients.directory.splicing import Addition, spliced_columns
from vantrexia_core.patients.lifecycle import Status
from vantrexia_core.patients.listing import (
    DirectoryEntry,
    Listing,
    Ordering,
    SearchWord,
    Unlisted,
    Unreadable,
    search_words,
)
from vantrexia_core.patients.searching import PatientSearch

WORDS_KEPT_MAX: Final = 32
"""Bitmaps of recent search words that are kept; one takes a bit a patient."""

LETTERS_KEPT_MAX: Final = 40
"""The same for words of one letter or digit."""

SPARSE_MAX: Final = 4_000
"""Up to so many hits are sorted by creation; more are looked for along the order."""

INDEXED_FROM: Final = 4_000
"""So many distinct last names are worth an index of their pieces; fewer are read through as fast."""

Hits = Ranked | Sparse | Reordered


@attrs.frozen(repr=False, eq=False)
class _Added:
    """An entry of the overlay, where it belongs among the packed ones, and its fields as one text."""

    entry: DirectoryEntry
    position: int
    rank: int
    text: bytes

    @classmethod
    def of(cls, entry: DirectoryEntry, position: int, rank: int) -> "_Added":
        """Join the fields as `Texts` joins them."""
        fields = (entry.last.folded, entry.first.folded, entry.mrn.folded, *variants_of(entry))
        return cls(entry, position, rank, b"".join(b"\n" + field for field in fields))

    def has(self, word: SearchWord) -> bool:
        """Whether a field has the word."""
        if not word.text:
            return False
        if word.at_start:
            return b"\n" + word.text in self.text or b" " + word.text in self.text
        return word.text in self.text

    def place(self, *, by_name: bool) -> int:
        """Position or rank."""
        return self.position if by_name else self.rank


@attrs.frozen(repr=False)
class Taken:
    """A directory at one moment, ready to be packed elsewhere while the original lives on."""

    columns: Columns
    additions: tuple[Addition, ...]
    unreadable: frozenset[int]
    as_of: int

    def packed(self) -> "Directory":
        """The directory with its overlay in fresh columns."""
        return Directory(spliced_columns(self.columns, self.additions), self.as_of, self.unreadable)


class Directory:
    """One practice's directory, as of a change number."""

    __slots__ = (
        "_added", "_by_creation", "_by_name", "_columns", "_gone", "_letters", "_maps", "_number_max",
        "_places", "_ranks", "_status_maps", "_unreadable", "_variants_of", "_words", "as_of",
    )  # fmt: skip

    def __init__(self, columns: Columns, as_of: int, unreadable: Iterable[int] = ()) -> None:
        self.as_of = as_of
        self._unreadable = set(unreadable)
        self._columns = columns
        self._number_max: int | None = None
        self._places: array[int] | None = None
        self._ranks: array[int] | None = None
        self._gone = 0
        self._added: dict[int, _Added] = {}
        self._by_name: list[_Added] = []
        self._by_creation: list[_Added] = []
        self._letters: OrderedDict[tuple[bytes, bool], int] = OrderedDict()
        self._words: OrderedDict[tuple[bytes, bool], int] = OrderedDict()
        self._maps: dict[tuple[int, bool], Ranked] = {}
        self._status_maps: dict[tuple[int, bool], int] = {}
        self._variants_of: dict[int, set[bytes]] | None = None

    @classmethod
    def of(cls, entries: Iterable[DirectoryEntry], *, as_of: int) -> "Directory":
        """Pack entries that come in any order."""
        packer = Packer()
        for entry in entries:
            packer.add(entry)
        return cls(packer.packed(), as_of)

    @classmethod
    def built(
        cls, rows: Iterable[tuple[int, DirectoryEntry | Unreadable | Unlisted]], *, size_max: int
    ) -> "Directory | None":
        """Pack rows, each with its change number, in any order; None if there are more than ``size_max``."""
        packer, as_of, unreadable = Packer(), 0, set()
        for place, (seq, entry) in enumerate(rows):
            if place >= size_max:
                return None
            as_of = max(as_of, seq)
            if isinstance(entry, Unreadable):
                unreadable.add(entry.number)
            elif not isinstance(entry, Unlisted):
                packer.add(entry)
        return cls(packer.packed(), as_of, unreadable)

    @property
    def columns(self) -> Columns:
        """The packed patients, without the overlay."""
        return self._columns

    @property
    def size(self) -> int:
        """How many patients, deleted ones included."""
        return self._columns.size - self._gone + len(self._added)

    @property
    def unreadable(self) -> int:
        """How many records do not open, and so are not listed. A snapshot would not know of them."""
        return len(self._unreadable)

    @property
    def memory_bytes(self) -> int:
        """What the columns and kept bitmaps take, in bytes; the overlay takes about 1 KB a patient more."""
        maps = len(self._words) + len(self._letters) + 2 * (len(self._status_maps) + len(self._maps))
        made = [column for column in (self._places, self._ranks) if column is not None]
        arrays = sum(len(column) * column.itemsize for column in made)
        return self._columns.memory_bytes + arrays + maps * (self._columns.size >> 3)

    @property
    def overlay_size(self) -> int:
        """How many patients wait to be packed."""
        return len(self._added)

    def apply(self, changes: Iterable[DirectoryEntry | Unreadable | Unlisted], *, as_of: int) -> None:
        """Take in changed patients, in any order, each as it is at ``as_of``; applying one again is harmless.

        One that has become unreadable is no longer listed.

        Raises:
            OutOfOrderError: nothing more was taken in; build the directory anew.
        """
        flips: dict[int, tuple[int, int]] = {}
        try:
            for entry in changes:
                self._take_in(entry, flips)
        finally:
            # Even when one is out of order: what was taken in before it would never reach the bitmaps.
            if flips:
                self._flip(flips)
        self.as_of = max(self.as_of, as_of)

    @property
    def is_worth_indexing(self) -> bool:
        """Whether `index_names` would make new search words cheaper."""
        lasts = self._columns.lasts
        return len(lasts) >= INDEXED_FROM and not lasts.has_pieces_indexed

    def index_names(self) -> None:
        """Make new search words cheap; 150,000 different last names take 0.4 s.

        Answers are the same before, meanwhile and afterwards, so another thread may do it while this
        directory answers.
        """
        self._columns.lasts.index_pieces()

    def find(self, listing: Listing) -> tuple[int, tuple[int, ...]]:
        """The exact count and the numbers of the page's patients, in order."""
        words = search_words(listing.search)
        by_name = listing.ordering.is_by_name
        packed = self._packed_hits(CODES[listing.status], words, by_name=by_name)
        added = [
            one
            for one in (self._by_name if by_name else self._by_creation)
            if one.entry.status is listing.status and all(map(one.has, words))
        ]
        begin = listing.page.offset
        return self._page(packed, added, listing.ordering, begin, begin + listing.page.size)

    def search(self, search: PatientSearch, *, skip: int, limit: int) -> tuple[int, tuple[int, ...]]:
        """How many patients are admitted, exactly, and the numbers of at most ``limit`` of them, in order.

        What only a record can tell is not asked: see `PatientSearch.is_decided_by_entries`.
        """
        by_name = search.ordering.is_by_name
        bitmap = self._bitmap_where(search)
        packed: Hits = Ranked(bitmap, self._columns.size) if by_name else self._in_order_of_creation(bitmap)
        added = [one for one in (self._by_name if by_name else self._by_creation) if search.admits(one.entry)]
        return self._page(packed, added, search.ordering, skip, skip + limit)

    def taken(self) -> "Taken":
        """What packing needs, copied so that this directory can go on changing meanwhile."""
        columns = attrs.evolve(
            self._columns, statuses=self._columns.statuses[:], updated=self._columns.updated[:]
        )
        additions = tuple(Addition(one.entry, one.position, one.rank) for one in self._by_name)
        return Taken(columns, additions, frozenset(self._unreadable), self.as_of)

    def _merged(
        self, packed: Hits, added: Sequence[_Added], begin: int, end: int, *, by_name: bool
    ) -> list[int]:
        """The numbers at places ``begin`` to ``end`` of packed and added hits merged."""
        # Place j among the added hits comes after rank(place) packed hits and j added ones: both grow with j.
        skipped = bisect_left(
            range(len(added)), begin, key=lambda j: packed.rank(added[j].place(by_name=by_name)) + j
        )
        waiting = iter(added[skipped : skipped + end - begin])
        ahead = next(waiting, None)
        columns, merged = self._columns, []
        for place in packed.select(begin - skipped, end - skipped):
            while ahead is not None and ahead.place(by_name=by_name) <= place:
                merged.append(ahead.entry.number)
                ahead = next(waiting, None)
            merged.append(columns.numbers[place if by_name else columns.created[place]])
        while ahead is not None:
            merged.append(ahead.entry.number)
            ahead = next(waiting, None)
        return merged[: end - begin]

    def _page(
        self, packed: Hits, added: Sequence[_Added], ordering: Ordering, begin: int, end: int
    ) -> tuple[int, tuple[int, ...]]:
        """How many hits there are, and the numbers of those from ``begin`` up to, not including, ``end``."""
        by_name, count = ordering.is_by_name, packed.count + len(added)
        end = min(end, count)
        if begin >= end:
            return count, ()
        if ordering.is_descending:
            return count, tuple(
                reversed(self._merged(packed, added, count - end, count - begin, by_name=by_name))
            )
        return count, tuple(self._merged(packed, added, begin, end, by_name=by_name))

    def _bitmap_where(self, search: PatientSearch) -> int:
        """The packed patients that a search admits."""
        bitmap = 0
        for status in Status:
            if status in search.statuses:
                bitmap |= self._status_map(CODES[status])
        for condition in search.where:
            if not bitmap:
                break
            bitmap &= self._columns.bitmap_where(condition)
        return bitmap

    def _packed_hits(self, code: int, words: Sequence[SearchWord], *, by_name: bool) -> Hits:
        """The packed hits by position, or by rank of creation."""
        if not words:
            ranked = self._maps.get((code, by_name))
            if ranked is None:
                bitmap = self._status_map(code, by_name=by_name)
                ranked = self._maps[code, by_name] = Ranked(bitmap, self._columns.size)
            return ranked
        bitmap = self._status_map(code)
        for word in words:
            bitmap &= self._word_map(word)
        return Ranked(bitmap, self._columns.size) if by_name else self._in_order_of_creation(bitmap)

    def _status_map(self, code: int, *, by_name: bool = True) -> int:
        bitmap = self._status_maps.get((code, by_name))
        if bitmap is None:
            if by_name:
                is_code = bytes(1 if value == code else 0 for value in range(256))
                bitmap = bitmap_of_flags(self._columns.statuses.translate(is_code))
            else:
                flags = flags_of_bitmap(self._status_map(code), self._columns.size)
                bitmap = bitmap_of_flags(gathered("B", flags, self._columns.created).tobytes())
            self._status_maps[code, by_name] = bitmap
        return bitmap

    def _flip(self, flips: dict[int, tuple[int, int]]) -> None:
        """Carry changed statuses over into the bitmaps that exist: a few bits, not a million."""
        for (code, by_name), bitmap in self._status_maps.items():
            bits = bytearray(bitmap.to_bytes(self._columns.size + 7 >> 3, "little"))
            for position, (before, after) in flips.items():
                if (before == code) != (after == code):
                    place = position if by_name else self._rank_of()[position]
                    bits[place >> 3] ^= 1 << (place & 7)
            self._status_maps[code, by_name] = int.from_bytes(bits, "little")
        self._maps.clear()

    def _set_status(self, position: int, code: int, flips: dict[int, tuple[int, int]]) -> None:
        now = self._columns.statuses[position]
        before, _ = flips.get(position, (now, now))
        flips[position] = (before, code)
        self._gone += (code == GONE) - (now == GONE)
        self._columns.statuses[position] = code

    def _word_map(self, word: SearchWord) -> int:
        # A single letter takes longest, and everybody's typing begins with one: letters do not make room for
        # longer words.
        kept, kept_max = (
            (self._letters, LETTERS_KEPT_MAX) if len(word.text) == 1 else (self._words, WORDS_KEPT_MAX)
        )
        key = (word.text, word.at_start)
        bitmap = kept.get(key)
        if bitmap is None:
            bitmap = kept[key] = self._columns.bitmap_of(word)
            if len(kept) > kept_max:
                kept.popitem(last=False)
        else:
            kept.move_to_end(key)
        return bitmap

    def _in_order_of_creation(self, bitmap: int) -> Sparse | Reordered:
        """The same hits by rank of creation."""
        if bitmap.bit_count() > SPARSE_MAX:
            return Reordered(bitmap, self._columns.created)
        ranks, positions = self._rank_of(), Ranked(bitmap, self._columns.size).positions()
        return Sparse(sorted(map(ranks.__getitem__, positions)))

    def _rank_of(self) -> "array[int]":
        """For each position its rank of creation: made when it is first needed, which takes a while."""
        if self._ranks is None:
            self._ranks = inverse(self._columns.created)
        return self._ranks

    def _take_in(
        self, entry: DirectoryEntry | Unreadable | Unlisted, flips: dict[int, tuple[int, int]]
    ) -> None:
        position = self._position_of(entry.number)
        old = self._added.pop(entry.number, None)
        if old is not None:
            self._by_name.remove(old)
            self._by_creation.remove(old)
        if isinstance(entry, Unreadable | Unlisted):
            if isinstance(entry, Unreadable):
                self._unreadable.add(entry.number)
            else:
                self._unreadable.discard(entry.number)
            if position is not None:
                self._set_status(position, GONE, flips)
            return
        self._unreadable.discard(entry.number)
        if position is not None and self._is_alike(position, entry):
            self._set_status(position, CODES[entry.status], flips)
            self._columns.updated[position] = seconds(entry.updated_at)
            return
        # Placed before anything changes: an entry that cannot be placed leaves the directory as it was.
        rank = self._columns.rank_of(entry) if position is None else self._rank_of()[position]
        if position is not None:
            self._set_status(position, GONE, flips)
        added = _Added.of(entry, self._columns.place_of(entry), rank)
        self._added[entry.number] = added
        insort(self._by_name, added, key=lambda one: one.entry.name_key)
        insort(self._by_creation, added, key=lambda one: one.entry.created_key)

    def _position_of(self, number: int) -> int | None:
        if self._number_max is None:
            self._number_max = max(self._columns.numbers, default=-1)
        if number > self._number_max:
            return None
        if self._places is None:
            # Made when a packed patient changes for the first time. Numbers are dense, so an array finds a
            # position; a gap costs four bytes.
            self._places = array("I", bytes(4 * (self._number_max + 1)))
            for position, one in enumerate(self._columns.numbers, start=1):
                self._places[one] = position
        place = self._places[number]
        return place - 1 if place else None

    def _is_alike(self, position: int, entry: DirectoryEntry) -> bool:
        """Whether nothing differs but what can be changed in place."""
        columns = self._columns
        return (
            columns.genders[position] == GENDER_CODES[entry.gender]
            and columns.is_born_on(position, entry.born.toordinal())
            and columns.last_at(position) == entry.last.folded
            and columns.firsts[columns.first_of[position]] == entry.first.folded
            and columns.mrns[position] == entry.mrn.folded
            and self._variants_at(position) == set(variants_of(entry))
        )

    def _variants_at(self, position: int) -> set[bytes]:
        if self._variants_of is None:
            self._variants_of = {}
            for code, form in enumerate(self._columns.variants):
                for place in self._columns.variant_postings[code]:
                    self._variants_of.setdefault(place, set()).add(form)
        return self._variants_of.get(position, set())
