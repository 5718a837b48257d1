"""Packed columns and bitmaps: the small parts a directory is made of. Nothing here knows what a name is."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, compress, count, islice, repeat
from typing import Final, Self

import attrs

from vantrexia_core.patients.directory.grams import GRAM_BYTES, Grams

BLOCK_BYTES: Final = 4096
_BLOCK_BITS: Final = 8 * BLOCK_BYTES
_NOT_ZERO: Final = re.compile(rb"[^\x00]")
_BITS_OF_BYTE: Final = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))
_SIXTEEN_TEXTS: Final = re.compile(rb"(?:\n[^\n]*){1,16}")
_TO_DIGITS: Final = bytes.maketrans(b"\x00\x01", b"01")
_TO_FLAGS: Final = bytes.maketrans(b"01", b"\x00\x01")
REORDERED_AT_ONCE: Final = 1024
GATHERED_AT_ONCE: Final = 65_536
_BLOCKS_BIT_BY_BIT: Final = 16
_MARK: Final = b"\x01"
"""Stands for a needle that was found. No folded text has it."""
_EVERY_BYTE: Final = bytes(range(256))
_SIGNS_TO_FLAGS: Final = bytes.maketrans(b"\x01\x03\x05", b"\x00\x00\x01")
_MARKS_MET: Final = b"\x02\x06"
_SAMPLES, _SAMPLE_BYTES = 16, 4096
_BYTES_A_HIT: Final = 75
"""Walking to a hit takes as long as `flags` takes for so many bytes."""
_RANGES_ONE_BY_ONE: Final = 512
"""Up to so many ranges are set each on its own; the parity of all bits costs as much at a million."""
_BYTES_A_BIT: Final = 9
"""Setting one bit takes as long as packing so many bytes, which C sets, into bits."""


@attrs.frozen(repr=False, eq=False)
class Texts:
    """Many short texts in one: each is preceded by a line feed, which no folded text contains."""

    blob: bytes
    starts: "array[int]"
    """Where the line feed of every sixteenth text stands; the others are counted from there."""
    size: int
    _missing: set[int] = attrs.field(factory=set, init=False)
    """Bytes that were looked for and are nowhere."""

    @classmethod
    def of(cls, texts: Iterable[bytes]) -> Self:
        """Pack the texts in their order."""
        return cls.from_blob(b"".join([b"\n" + text for text in texts]))

    @classmethod
    def from_blob(cls, blob: bytes) -> Self:
        """The texts in a packed form."""
        starts = array("I", (found.start() for found in _SIXTEEN_TEXTS.finditer(blob)))
        return cls(blob, starts, blob.count(b"\n"))

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> bytes:
        begin = self.start_of(index) + 1
        end = self.blob.find(b"\n", begin)
        return self.blob[begin : end if end >= 0 else None]

    def start_of(self, index: int) -> int:
        """Where the text's line feed stands; of the one behind the last, where the texts end."""
        if index == self.size:
            return len(self.blob)
        start = self.starts[index >> 4]
        for _ in range(index & 15):
            start = self.blob.find(b"\n", start + 1)
        return start

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.blob[1:].split(b"\n")) if self.blob else iter(())

    def containing(self, needle: bytes, *, at_start: bool) -> Sequence[int]:
        """The indices, ascending, of the texts that have the needle: anywhere, or where a part starts."""
        if self._lacks_a_byte_of(needle):
            return ()
        if self.is_frequent(needle):
            return list(compress(range(len(self)), self.flags(needle, at_start=at_start)))
        if at_start:
            return sorted({*self._indices(b"\n" + needle), *self._indices(b" " + needle)})
        return list(self._indices(needle))

    def is_frequent(self, needle: bytes) -> bool:
        """Whether so many texts seem to have it that `flags` is faster than walking from hit to hit."""
        blob = self.blob
        step = max(_SAMPLE_BYTES, len(blob) // _SAMPLES)
        found = sum(blob.count(needle, at, at + _SAMPLE_BYTES) for at in range(0, len(blob), step))
        return found * step > _SAMPLE_BYTES * (len(blob) // _BYTES_A_HIT)

    def flags(self, needle: bytes, *, at_start: bool) -> bytes:
        """A byte for each text: 1 if it has the needle, anywhere or where a part starts. All of it in C."""
        if self._lacks_a_byte_of(needle):
            return bytes(len(self))
        blob, mark = self.blob, _MARK
        if at_start:
            blob = blob.replace(b"\n" + needle, b"\n" + mark).replace(b" " + needle, mark)
        elif len(needle) == 1:
            mark = needle
        else:
            blob = blob.replace(needle, mark)
        # Line feeds become 1, marks 2, and nothing else stays. Shifted by seven bits each byte meets the
        # double of its right neighbour: 5 is a line feed before a mark, 3 before another one, 1 at the end.
        kept = b"\n" + mark
        signs = blob.translate(bytes.maketrans(kept, b"\x01\x02"), _EVERY_BYTE.translate(None, kept))
        number = int.from_bytes(signs, "little")
        met = (number | number >> 7).to_bytes(len(signs), "little")
        return met.translate(_SIGNS_TO_FLAGS, _MARKS_MET)

    def _lacks_a_byte_of(self, needle: bytes) -> bool:
        """Finding one missing byte is many times cheaper than looking for the whole needle everywhere."""
        missing = self._missing
        for byte in set(needle):
            if byte in missing:
                return True
            if byte not in self.blob:
                missing.add(byte)
                return True
        return False

    def _indices(self, needle: bytes) -> Iterator[int]:
        blob, starts = self.blob, self.starts
        at = blob.find(needle)
        while at >= 0:
            block = bisect_right(starts, at) - 1
            yield 16 * block + blob.count(b"\n", starts[block], at + 1) - 1
            behind = blob.find(b"\n", at + 1)
            at = blob.find(needle, behind) if behind >= 0 else -1


@attrs.frozen(repr=False, eq=False)
class SortedTexts(Texts):
    """Texts in ascending order, none of them twice: where they begin alike, they stand together."""

    _parted: "list[tuple[array[int], Texts]]" = attrs.field(factory=list, init=False)
    """The indices of texts that have several parts, and these texts: made when first asked for."""
    _grams: list[Grams] = attrs.field(factory=list, init=False)
    """The index of pieces, once it is made."""

    def index_pieces(self) -> None:
        """Make words of three letters and more cheap to find. Safe beside other threads that read."""
        if not self._grams:
            self._grams.append(Grams.of(self))

    @property
    def has_pieces_indexed(self) -> bool:
        """Whether `index_pieces` has been done."""
        return bool(self._grams)

    @property
    def index_bytes(self) -> int:
        """What the index of pieces takes, in bytes."""
        return sum(one.memory_bytes for one in self._grams)

    def containing(self, needle: bytes, *, at_start: bool) -> Sequence[int]:
        """As of any texts, and without reading them once their pieces are indexed."""
        if self._grams and not at_start and len(needle) >= GRAM_BYTES:
            places = self._grams[0].candidates(needle)
            is_exact = len(needle) == GRAM_BYTES
            return places if is_exact else [place for place in places if needle in self[place]]
        return super().containing(needle, at_start=at_start)

    def place_of(self, text: bytes) -> int:
        """Where the text stands, or would stand."""
        return bisect_left(self, text)

    def beginning(self, needle: bytes) -> tuple[range, Sequence[int]]:
        """The indices of the texts that begin with the needle, and of others in which a later part does."""
        # UTF-8 has no byte above it.
        begun = range(self.place_of(needle), self.place_of(needle + b"\xff"))
        if not self._parted:
            indices = array("I", compress(range(len(self)), self.flags(b" ", at_start=False)))
            self._parted.append((indices, Texts.of(map(self.__getitem__, indices))))
        indices, texts = self._parted[0]
        found = (indices[place] for place in texts.containing(b" " + needle, at_start=False))
        return begun, [index for index in found if index not in begun]


@attrs.frozen(repr=False, eq=False)
class Postings:
    """For each code the ascending positions that carry it."""

    starts: "array[int]"
    positions: "array[int]"

    @classmethod
    def of(cls, codes: Iterable[tuple[int, int]], size: int) -> "Postings":
        """From (position, code) pairs in ascending order of position; codes are below ``size``."""
        lists: list[array[int]] = [array("I") for _ in range(size)]
        appends = [one.append for one in lists]
        for position, code in codes:
            appends[code](position)
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


def bitmap_of_borders(borders: Iterable[int], size: int) -> int:
    """The bitmap of ranges that do not overlap, by all their begins and ends."""
    borders = list(borders)
    if len(borders) <= 2 * _RANGES_ONE_BY_ONE:
        draft = BitmapDraft(size)
        for begin, end in zip(borders[::2], borders[1::2], strict=True):
            draft.add_range(begin, end)
        return draft.finished()
    bits = bytearray((size >> 3) + 1)
    for border in borders:
        bits[border >> 3] ^= 1 << (border & 7)
    bitmap = int.from_bytes(bits, "little")
    # Each bit becomes the parity of itself and all below: 1 from a begin up to its end.
    shift = 1
    while shift <= size:
        bitmap ^= bitmap << shift
        shift <<= 1
    return bitmap & ((1 << size) - 1)


def bitmap_of_positions(lists: Sequence[Sequence[int]], size: int) -> int:
    """The bitmap of the positions in all lists."""
    if sum(map(len, lists)) * _BYTES_A_BIT < size:
        draft = BitmapDraft(size)
        for positions in lists:
            draft.add_positions(positions)
        return draft.finished()
    flags = bytearray(size)
    deque(map(flags.__setitem__, chain.from_iterable(lists), repeat(1)), maxlen=0)
    return bitmap_of_flags(flags)


def borders_of(flags: bytes, starts: Sequence[int]) -> Iterator[int]:
    """Where runs of set flags begin and end, in positions: flag k is that of the range from ``starts[k]``."""
    number = int.from_bytes(flags, "little")
    return compress(starts, (number ^ number << 8).to_bytes(len(flags) + 1, "little"))


def bitmap_of_flags(flags: bytes | bytearray) -> int:
    """The bitmap of a column of zero and one bytes, a byte a position."""
    return int(flags[::-1].translate(_TO_DIGITS), 2) if flags else 0


def flags_of_bitmap(bitmap: int, size: int) -> bytes:
    """A byte, zero or one, for each of the bitmap's positions."""
    return f"{bitmap:0{size}b}".encode("ascii")[::-1].translate(_TO_FLAGS) if size else b""


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


class Sparse:
    """A few positions with the face of `Ranked`."""

    __slots__ = ("_positions", "count")

    def __init__(self, positions: Sequence[int]) -> None:
        self._positions = positions
        self.count = len(positions)

    def rank(self, position: int) -> int:
        """How many are below ``position``."""
        return bisect_left(self._positions, position)

    def select(self, begin: int, end: int) -> Sequence[int]:
        """Number ``begin`` up to, not including, ``end``, counted from 0."""
        return self._positions[begin:end]


class Reordered:
    """A bitmap in another order, with the face of `Ranked`. It looks no further than it is asked to.

    ``order`` gives for each place the position whose bit counts there. Looking begins at the nearer end.
    """

    __slots__ = ("_bitmap", "_bytes", "_counts", "_digits", "_order", "_size", "count")

    def __init__(self, bitmap: int, order: "array[int]") -> None:
        self._order = order
        self._size = len(order)
        self._bitmap = bitmap
        self._bytes = bitmap.to_bytes(self._size + 7 >> 3, "little")
        self._digits: bytes | None = None
        self._counts: dict[int, int] = {}
        self.count = bitmap.bit_count()

    def rank(self, position: int) -> int:
        """How many bits are set below ``position``."""
        block, rest = divmod(position, REORDERED_AT_ONCE)
        blocks = -(-self._size // REORDERED_AT_ONCE)
        if block < blocks // 2:
            before = sum(map(self._count, range(block)))
        else:
            before = self.count - sum(map(self._count, range(block, blocks)))
        return before + (sum(self._flags(block)[:rest]) if rest else 0)

    def select(self, begin: int, end: int) -> Sequence[int]:
        """The positions of the set bits number ``begin`` up to, not including, ``end``, counted from 0."""
        end = min(end, self.count)
        found: list[int] = []
        if begin >= end:
            return found
        block, before = self._block_of(begin)
        while len(found) < end - begin:
            flags = self._flags(block)
            places = compress(count(block * REORDERED_AT_ONCE), flags)
            found += islice(places, max(0, begin - before), end - before)
            before += sum(flags)
            block += 1
        return found

    def _block_of(self, wanted: int) -> tuple[int, int]:
        """The block in which set bit number ``wanted`` stands, and how many are set before the block."""
        if wanted < self.count // 2:
            block = before = 0
            while before + self._count(block) <= wanted:
                before += self._count(block)
                block += 1
            return block, before
        block, before = -(-self._size // REORDERED_AT_ONCE), self.count
        while before > wanted:
            block -= 1
            before -= self._count(block)
        return block, before

    def _count(self, block: int) -> int:
        counted = self._counts.get(block)
        if counted is None:
            counted = self._counts[block] = sum(self._flags(block))
        return counted

    def _flags(self, block: int) -> bytes:
        """Zero or one for each place of a block."""
        order = self._order[block * REORDERED_AT_ONCE : (block + 1) * REORDERED_AT_ONCE]
        if self._digits is None and len(self._counts) < _BLOCKS_BIT_BY_BIT:
            data = self._bytes
            return bytes([data[position >> 3] >> (position & 7) & 1 for position in order])
        if self._digits is None:
            # Turning all bits into digits takes as long as looking at some thousand of them.
            self._digits = f"{self._bitmap:0{self._size}b}".encode("ascii")[::-1]
        return bytes(map(self._digits.__getitem__, order)).translate(_TO_FLAGS)


def gathered(kind: str, values: Sequence[int], order: "array[int]") -> "array[int]":
    """The values at the places in ``order``. In portions, since C lets no other thread go in between."""
    made = array(kind)
    for begin in range(0, len(order), GATHERED_AT_ONCE):
        made.extend(map(values.__getitem__, order[begin : begin + GATHERED_AT_ONCE]))
    return made


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
