"""Hits by rank: how many come before a place, and which is the k-th, in whatever order they are held."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, compress, count, islice
from typing import Final

from vantrexia_core.patients.directory.bitmaps import TO_FLAGS

BLOCK_BYTES: Final = 4096
"""Set bits are counted ahead for blocks of this size."""
_BLOCK_BITS: Final = 8 * BLOCK_BYTES
_NOT_ZERO: Final = re.compile(rb"[^\x00]")
_BITS_OF_BYTE: Final = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))
REORDERED_AT_ONCE: Final = 1024
"""Places of a reordered bitmap that are looked at together."""
_BLOCKS_BIT_BY_BIT: Final = 16


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
        return bytes(map(self._digits.__getitem__, order)).translate(TO_FLAGS)
