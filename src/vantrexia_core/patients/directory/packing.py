"""Packed columns and bitmaps: the small parts a directory is made of. Nothing here knows what a name is."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from operator import sub
from typing import Final

import attrs

BLOCK_BYTES: Final = 4096
_BLOCK_BITS: Final = 8 * BLOCK_BYTES
_NOT_ZERO: Final = re.compile(rb"[^\x00]")
_BITS_OF_BYTE: Final = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))
_TO_DIGITS: Final = bytes.maketrans(b"\x00\x01", b"01")
_SHORT_NEEDLE_BYTES: Final = 2


@attrs.frozen(repr=False, eq=False)
class Texts:
    """Many short texts in one: each is preceded by a line feed, which no folded text contains."""

    blob: bytes
    starts: "array[int]"
    """Where each text's line feed stands; one more at the end."""

    @classmethod
    def of(cls, texts: Iterable[bytes]) -> "Texts":
        """Pack the texts in their order."""
        parts = [b"\n" + text for text in texts]
        return cls(b"".join(parts), array("I", accumulate(map(len, parts), initial=0)))

    @classmethod
    def from_blob(cls, blob: bytes, lengths: Iterable[int]) -> "Texts":
        """The same texts from their packed form and the length of each, line feed included."""
        return cls(blob, array("I", accumulate(lengths, initial=0)))

    @property
    def lengths(self) -> "array[int]":
        """The length of each text, line feed included, in bytes."""
        lengths = array("H", map(sub, self.starts[1:], self.starts))
        return array("B", lengths) if max(lengths, default=0) < 1 << 8 else lengths

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, index: int) -> bytes:
        return self.blob[self.starts[index] + 1 : self.starts[index + 1]]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.blob[1:].split(b"\n")) if self.blob else iter(())

    def place_of(self, text: bytes) -> int:
        """Where the text stands, or would stand, among sorted texts."""
        return bisect_left(self, text)

    def containing(self, needle: bytes, *, at_start: bool) -> Sequence[int]:
        """The indices, ascending, of the texts that have the needle: anywhere, or where a part starts."""
        if any(byte not in self.blob for byte in set(needle)):
            # Finding one missing byte is many times cheaper than looking for the whole needle everywhere.
            return ()
        if at_start:
            return sorted({*self._indices(b"\n" + needle), *self._indices(b" " + needle)})
        if len(needle) <= _SHORT_NEEDLE_BYTES:
            # So many hits that splitting the whole, which C does, beats walking from hit to hit.
            return [index for index, text in enumerate(self) if needle in text]
        return list(self._indices(needle))

    def _indices(self, needle: bytes) -> Iterator[int]:
        blob, starts = self.blob, self.starts
        at = blob.find(needle)
        while at >= 0:
            index = bisect_right(starts, at) - 1
            yield index
            at = blob.find(needle, starts[index + 1])


@attrs.frozen(repr=False, eq=False)
class Postings:
    """For each code the ascending positions that carry it."""

    starts: "array[int]"
    positions: "array[int]"

    @classmethod
    def of(cls, codes: Iterable[tuple[int, int]], size: int) -> "Postings":
        """From (position, code) pairs in ascending order of position; codes are below ``size``."""
        lists: list[array[int]] = [array("I") for _ in range(size)]
        for position, code in codes:
            lists[code].append(position)
        starts = array("I", accumulate(map(len, lists), initial=0))
        positions = array("I")
        for one in lists:
            positions.extend(one)
        return cls(starts, positions)

    def __getitem__(self, code: int) -> "array[int]":
        return self.positions[self.starts[code] : self.starts[code + 1]]

    def count(self, code: int) -> int:
        """How many positions carry the code."""
        return self.starts[code + 1] - self.starts[code]


class BitmapDraft:
    """A bitmap being made. Few bits are set one by one, many through a byte a position."""

    __slots__ = ("_bits", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._bits = bytearray(size + 7 >> 3)

    def add_range(self, begin: int, end: int) -> None:
        """Set the bits from ``begin`` up to, not including, ``end``."""
        bits = self._bits
        first, last = begin + 7 >> 3, end >> 3
        if first > last:
            for position in range(begin, end):
                bits[position >> 3] |= 1 << (position & 7)
            return
        if begin & 7:
            bits[begin >> 3] |= 0xFF << (begin & 7) & 0xFF
        bits[first:last] = b"\xff" * (last - first)
        if end & 7:
            bits[last] |= (1 << (end & 7)) - 1

    def add_positions(self, positions: Iterable[int]) -> None:
        """Set single bits."""
        bits = self._bits
        for position in positions:
            bits[position >> 3] |= 1 << (position & 7)

    def finished(self) -> int:
        """The bitmap; bit p stands for position p."""
        return int.from_bytes(self._bits, "little")


def bitmap_of_flags(flags: bytes | bytearray) -> int:
    """The bitmap of a column of zero and one bytes, a byte a position."""
    return int(flags[::-1].translate(_TO_DIGITS), 2) if flags else 0


def runs(indices: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Ascending indices as half-open runs of neighbours."""
    begin = end = -1
    for index in indices:
        if index != end:
            if end > begin:
                yield begin, end
            begin = index
        end = index + 1
    if end > begin:
        yield begin, end


class Ranked:
    """A bitmap with rank and select: how many bits come before a position, and where the k-th one stands."""

    __slots__ = ("_before", "_bytes", "count")

    def __init__(self, bitmap: int, size: int) -> None:
        data = bitmap.to_bytes(size + 7 >> 3, "little")
        self._bytes = data
        self._before = list(
            accumulate(
                (
                    int.from_bytes(data[at : at + BLOCK_BYTES], "little").bit_count()
                    for at in range(0, len(data), BLOCK_BYTES)
                ),
                initial=0,
            )
        )
        self.count = self._before[-1]

    def rank(self, position: int) -> int:
        """How many bits are set below ``position``."""
        block = position // _BLOCK_BITS
        if block >= len(self._before) - 1:
            return self.count
        tail = int.from_bytes(self._bytes[block * BLOCK_BYTES : (position >> 3) + 1], "little")
        return self._before[block] + (tail & ((1 << (position - block * _BLOCK_BITS)) - 1)).bit_count()

    def select(self, begin: int, end: int) -> list[int]:
        """The positions of the set bits number ``begin`` up to, not including, ``end``, counted from 0."""
        end = min(end, self.count)
        found: list[int] = []
        if begin >= end:
            return found
        block = bisect_right(self._before, begin) - 1
        skip, wanted = begin - self._before[block], end - begin
        data = self._bytes
        # Halve the block until few bits stand before the first one wanted.
        low, high = block * BLOCK_BYTES, min((block + 1) * BLOCK_BYTES, len(data))
        while high - low > 16:  # noqa: PLR2004 - bytes walked one by one
            middle = (low + high) // 2
            left = int.from_bytes(data[low:middle], "little").bit_count()
            if left <= skip:
                skip, low = skip - left, middle
            else:
                high = middle
        for match in _NOT_ZERO.finditer(data, low):
            at = match.start()
            for bit in _BITS_OF_BYTE[data[at]]:
                if skip:
                    skip -= 1
                    continue
                found.append(at * 8 + bit)
                if len(found) == wanted:
                    return found
        return found

    def positions(self) -> list[int]:
        """All positions, ascending."""
        return self.select(0, self.count)


def inverse(permutation: Sequence[int]) -> "array[int]":
    """Where each value of a permutation of 0 … n-1 stands."""
    places = array("I", bytes(4 * len(permutation)))
    for place, value in enumerate(permutation):
        places[value] = place
    return places


@attrs.frozen
class Cut:
    """Where an old column is cut: ``at`` an old place something new goes before it, or it falls away."""

    at: int
    is_dropped: bool
    new: int = -1
    """Which of the new ones goes here."""


def spliced(size: int, cuts: Sequence[Cut]) -> Iterator["tuple[int, int] | int"]:
    """An old column with its cuts as pieces in order: half-open ranges of old places, or one new one."""
    cursor = 0
    for cut in sorted(cuts, key=lambda cut: (cut.at, cut.is_dropped)):
        if cut.at > cursor:
            yield cursor, cut.at
            cursor = cut.at
        if cut.is_dropped:
            cursor = cut.at + 1
        else:
            yield cut.new
    if cursor < size:
        yield cursor, size
