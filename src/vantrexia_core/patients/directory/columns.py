"""The packed columns of a directory: how a million patients lie in fifty megabytes.

`Columns` answers where somebody stands and who has a word; `packing` makes them.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Final

import attrs

from vantrexia_core.patients.directory.bitmaps import (
    bitmap_of_borders,
    bitmap_of_flags,
    bitmap_of_positions,
    borders_of,
    runs,
)
from vantrexia_core.patients.directory.grams import GRAM_BYTES
from vantrexia_core.patients.directory.postings import Postings
from vantrexia_core.patients.directory.texts import SortedTexts, Texts
from vantrexia_core.patients.lifecycle import Status
from vantrexia_core.patients.listing import DirectoryEntry, SearchWord
from vantrexia_core.patients.searching import (
    BornCondition,
    ChangedCondition,
    Condition,
    GenderCondition,
    NameCondition,
    NameField,
    TextMatch,
    whole_second_from,
)
from vantrexia_core.patients.values import Gender

CODES: Final = {Status.ACTIVE: 1, Status.ARCHIVED: 2, Status.DELETED: 3}
"""How a status is written in a column."""
GENDER_CODES: Final = {Gender.MALE: 1, Gender.FEMALE: 2, Gender.OTHER: 3, Gender.UNKNOWN: 4}
"""How a gender is written in a column."""
GONE: Final = 0
"""The code of a position whose patient has moved to the overlay."""
COMMON_SHARE: Final = 256
"""A first name that one patient in so many has is common: its bitmap is kept. There are at most as many."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SECOND: Final = timedelta(seconds=1)
_SECONDS_MAX: Final = 2**32 - 1


class OutOfOrderError(Exception):
    """A patient cannot be placed, being older than the known creation times: build the directory again."""


@attrs.frozen(repr=False, eq=False)
class Columns:
    """The packed patients. Only ``statuses`` and ``updated`` change in place.

    Positions count in name order, ranks in order of creation; both from 0. ``ids`` holds 16 bytes a
    position, which decide between people of equal name.
    """

    numbers: "array[int]"
    ids: bytes
    statuses: bytearray
    lasts: SortedTexts
    last_starts: "array[int]"
    firsts: SortedTexts
    first_of: "array[int]"
    first_postings: Postings
    variants: SortedTexts
    variant_postings: Postings
    mrns: Texts
    created: "array[int]"
    created_tail: "array[int]"
    """When the newest were created, in microseconds since 1970, oldest first."""
    genders: bytes
    days: "array[int]"
    """The days on which somebody was born, ascending, counted as `date.toordinal` does."""
    born: Postings
    """Who was born on each of them."""
    updated: "array[int]"
    """When each was last changed, in whole seconds since 1970."""
    _first_maps: dict[int, int] = attrs.field(factory=dict, init=False)
    """Bitmaps of common first names that were asked for."""

    @property
    def size(self) -> int:
        """How many patients."""
        return len(self.numbers)

    @property
    def memory_bytes(self) -> int:
        """What the columns take, in bytes."""
        texts = (self.lasts, self.firsts, self.variants, self.mrns)
        postings = (self.first_postings, self.variant_postings, self.born)
        arrays = [self.numbers, self.last_starts, self.first_of, self.created, self.created_tail]
        arrays += [self.days, self.updated]
        arrays += [text.starts for text in texts]
        arrays += [array_ for posting in postings for array_ in (posting.starts, posting.positions)]
        return (
            len(self.statuses)
            + len(self.genders)
            + len(self.ids)
            + sum(len(text.blob) for text in texts)
            + sum(len(column) * column.itemsize for column in arrays)
            + self.lasts.index_bytes
            + len(self._first_maps) * (self.size >> 3)
        )

    def last_at(self, position: int) -> bytes:
        """The folded last name."""
        return self.lasts[bisect_right(self.last_starts, position) - 1]

    def place_of(self, entry: DirectoryEntry) -> int:
        """The position before which the entry belongs in name order."""
        code = self.lasts.place_of(entry.last.folded)
        if code == len(self.lasts) or self.lasts[code] != entry.last.folded:
            return self.last_starts[code]
        begin, end = self.last_starts[code], self.last_starts[code + 1]
        first = self.firsts.place_of(entry.first.folded)
        begin = bisect_left(self.first_of, first, begin, end)
        if first == len(self.firsts) or self.firsts[first] != entry.first.folded:
            return begin
        end = bisect_right(self.first_of, first, begin, end)
        return bisect_left(range(end), entry.id.bytes, begin, key=self.id_at)

    def id_at(self, position: int) -> bytes:
        """The id, as bytes; they sort as ids do."""
        return self.ids[position << 4 : (position + 1) << 4]

    def rank_of(self, entry: DirectoryEntry) -> int:
        """The rank before which the entry belongs in order of creation.

        Raises:
            OutOfOrderError: it was created before the oldest time that is still known.
        """
        known = len(self.created_tail)
        oldest_known = self.size - known
        at = micros(entry.created_at)
        begin = bisect_left(self.created_tail, at)
        if begin == 0 and oldest_known > 0:
            raise OutOfOrderError
        end = bisect_right(self.created_tail, at, begin)
        created = self.created
        place = bisect_left(
            range(end), entry.id.bytes, begin, key=lambda one: self.id_at(created[oldest_known + one])
        )
        return oldest_known + place

    def is_born_on(self, position: int, day: int) -> bool:
        """Whether that is the day of birth."""
        code = bisect_left(self.days, day)
        if code == len(self.days) or self.days[code] != day:
            return False
        begin, end = self.born.starts[code], self.born.starts[code + 1]
        place = bisect_left(self.born.positions, position, begin, end)
        return place < end and self.born.positions[place] == position

    def born_of(self) -> "array[int]":
        """For each position the day of birth."""
        born_of = array("I", bytes(4 * self.size))
        for code, day in enumerate(self.days):
            for position in self.born[code]:
                born_of[position] = day
        return born_of

    def bitmap_where(self, condition: Condition) -> int:
        """The positions that a condition admits."""
        match condition:
            case NameCondition():
                return self._bitmap_of_names(condition)
            case BornCondition():
                return self._bitmap_of_born(condition)
            case GenderCondition():
                codes = {GENDER_CODES[gender] for gender in condition.genders.reveal()}
                is_one = bytes(1 if value in codes else 0 for value in range(256))
                return bitmap_of_flags(self.genders.translate(is_one))
            case ChangedCondition():
                return self._bitmap_of_changed(condition)
            case _:
                return (1 << self.size) - 1

    def _bitmap_of_names(self, condition: NameCondition) -> int:
        bitmap = 0
        for text in filter(None, condition.folded):
            if condition.field is not NameField.FIRST:
                bitmap |= self._bitmap_of_lasts(text, condition.match)
            if condition.field is not NameField.LAST:
                bitmap |= self._bitmap_of_firsts(_matching(self.firsts, text, condition.match))
            if condition.field is NameField.ANY:
                bitmap |= self._bitmap_of_both(text, condition.match)
        return bitmap

    def _bitmap_of_both(self, text: bytes, how: TextMatch) -> int:
        """The positions at which first and last name, with a blank between them, match over that blank."""
        bitmap, words = 0, text.split(b" ")
        for count in range(1, len(words)):
            first, last = b" ".join(words[:count]), b" ".join(words[count:])
            if how is TextMatch.HAS:
                codes: Sequence[int] = [code for code, one in enumerate(self.firsts) if one.endswith(first)]
            else:
                codes = _matching(self.firsts, first, TextMatch.IS)
            if codes:
                ends = TextMatch.IS if how is TextMatch.IS else TextMatch.BEGINS
                bitmap |= self._bitmap_of_firsts(codes) & self._bitmap_of_lasts(last, ends)
        return bitmap

    def _bitmap_of_lasts(self, text: bytes, how: TextMatch) -> int:
        codes = _matching(self.lasts, text, how)
        return bitmap_of_borders(_ends(self.last_starts, runs(codes)), self.size)

    def _bitmap_of_born(self, condition: BornCondition) -> int:
        starts, positions, bitmap = self.born.starts, self.born.positions, 0
        for days in condition.days.reveal():
            begin = starts[bisect_left(self.days, days.first.toordinal())]
            end = max(begin, starts[bisect_right(self.days, days.last.toordinal())])
            if end - begin <= self.size // 2:
                bitmap |= bitmap_of_positions([positions[begin:end]], self.size)
            else:
                others = bitmap_of_positions([positions[:begin], positions[end:]], self.size)
                bitmap |= others ^ ((1 << self.size) - 1)
        return bitmap

    def _bitmap_of_changed(self, condition: ChangedCondition) -> int:
        bitmap = 0
        for one in condition.moments:
            within = (1 << self.size) - 1
            if one.since is not None:
                begin = seconds(whole_second_from(one.since))
                within &= bitmap_of_flags(bytes(map(begin.__le__, self.updated)))
            if one.before is not None:
                end = seconds(whole_second_from(one.before))
                within &= bitmap_of_flags(bytes(map(end.__gt__, self.updated)))
            bitmap |= within
        return bitmap

    def bitmap_of(self, word: SearchWord) -> int:
        """The positions at which a field has the word."""
        text, at_start, mrns = word.text, word.at_start, self.mrns
        if not text:
            return 0
        bitmap = self._bitmap_of_firsts(_codes(self.firsts, word))
        bitmap |= bitmap_of_borders(self._last_borders(word), self.size)
        positions = [self.variant_postings[code] for code in _codes(self.variants, word)]
        if mrns.is_frequent(text):
            bitmap |= bitmap_of_flags(mrns.flags(text, at_start=at_start))
        else:
            positions.append(array("I", mrns.containing(text, at_start=at_start)))
        return bitmap | bitmap_of_positions(positions, self.size)

    def _last_borders(self, word: SearchWord) -> Iterable[int]:
        """Where the ranges of last names that have the word begin and end."""
        lasts, starts = self.lasts, self.last_starts
        if word.at_start:
            begun, others = lasts.beginning(word.text)
            return chain(
                (starts[begun.start], starts[begun.stop]), _ends(starts, ((c, c + 1) for c in others))
            )
        is_indexed = lasts.has_pieces_indexed and len(word.text) >= GRAM_BYTES
        if not is_indexed and lasts.is_frequent(word.text):
            return borders_of(lasts.flags(word.text, at_start=False), starts)
        return _ends(starts, runs(lasts.containing(word.text, at_start=False)))

    def _bitmap_of_firsts(self, codes: Sequence[int]) -> int:
        """The positions with these first names; when they are most, found by the others."""
        postings = self.first_postings
        if sum(map(postings.count, codes)) <= self.size // 2:
            return self._union_of_firsts(codes)
        others = set(range(len(self.firsts))).difference(codes)
        return self._union_of_firsts(others) ^ ((1 << self.size) - 1)

    def _union_of_firsts(self, codes: Iterable[int]) -> int:
        postings, size, rare, bitmap = self.first_postings, self.size, [], 0
        for code in codes:
            if postings.count(code) * COMMON_SHARE < size:
                rare.append(postings[code])
                continue
            common = self._first_maps.get(code)
            if common is None:
                common = self._first_maps[code] = bitmap_of_positions([postings[code]], size)
            bitmap |= common
        return bitmap | bitmap_of_positions(rare, size)


def _codes(texts: SortedTexts, word: SearchWord) -> Sequence[int]:
    """The codes of the texts that have the word."""
    if word.at_start:
        begun, others = texts.beginning(word.text)
        return [*begun, *others]
    return texts.containing(word.text, at_start=False)


def _matching(texts: SortedTexts, text: bytes, how: TextMatch) -> Sequence[int]:
    """The codes of the texts that begin with the text, have it, or are it."""
    match how:
        case TextMatch.BEGINS:
            # UTF-8 has no byte above it.
            return range(texts.place_of(text), texts.place_of(text + b"\xff"))
        case TextMatch.HAS:
            return texts.containing(text, at_start=False)
        case TextMatch.IS:
            code = texts.place_of(text)
            return range(code, code + 1) if code < len(texts) and texts[code] == text else ()


def seconds(at: datetime) -> int:
    """Whole seconds since 1970, within what a column holds: until 2106."""
    return min(max((at - _EPOCH) // _SECOND, 0), _SECONDS_MAX)


def _ends(starts: "array[int]", ranges: Iterable[tuple[int, int]]) -> Iterator[int]:
    return (starts[code] for ends in ranges for code in ends)


def micros(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (at - _EPOCH) // _MICROSECOND


def variants_of(entry: DirectoryEntry) -> tuple[bytes, ...]:
    """The spellings beside the folded ones, by which an entry is found as well."""
    return (*entry.last.variants, *entry.first.variants, *entry.mrn.variants)
