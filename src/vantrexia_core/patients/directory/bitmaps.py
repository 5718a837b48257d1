"""Bitmaps over positions as whole numbers: made of ranges, of positions, of flags, and turned back."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress, repeat
from typing import Final

_TO_DIGITS: Final = bytes.maketrans(b"\x00\x01", b"01")
TO_FLAGS: Final = bytes.maketrans(b"01", b"\x00\x01")
_RANGES_ONE_BY_ONE: Final = 512
"""Up to so many ranges are set each on its own; the parity of all bits costs as much at a million."""
_BYTES_A_BIT: Final = 9
"""Setting one bit takes as long as packing so many bytes, which C sets, into bits."""


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
    return f"{bitmap:0{size}b}".encode("ascii")[::-1].translate(TO_FLAGS) if size else b""


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
