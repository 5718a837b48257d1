"""The tree and its entries cut into files: C2SP tlog-tiles.

A tile holds up to 256 consecutive hashes of one level; a hash of level n stands for 256 of level n - 1.
Bundles hold the entries that the hashes of level 0 were made of. Full ones never change again, so a copy of
them is a copy for good.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

import attrs

from vantrexia_core.audit.merkle import HASH_BYTES, Frontier, joined, node_hash
from vantrexia_core.kernel import InvalidValueError

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
LEVELS_MAX: Final = 8
"""Levels of tiles for 2^64 entries."""


class DamagedTileError(InvalidValueError):
    """A tile or bundle does not have the shape that its name promises."""


@attrs.frozen
class Tile:
    """The name of a tile: its level, its place in the level, and how many hashes it holds."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def is_full(self) -> bool:
        """Whether it never changes again."""
        return self.width == TILE_WIDTH

    @property
    def path(self) -> str:
        """Where it lies, such as ``tile/0/x001/234.p/17``."""
        return f"tile/{self.level}/{_place(self.index, self.width)}"


@attrs.frozen
class Bundle:
    """The name of a bundle of entries, as `Tile`."""

    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Where it lies, such as ``tile/entries/x001/234``."""
        return f"tile/entries/{_place(self.index, self.width)}"

    @property
    def start(self) -> int:
        """The index of its first entry, counted from 0."""
        return self.index * TILE_WIDTH


TileReader: TypeAlias = Callable[[Tile], bytes]


def _place(index: int, width: int) -> str:
    digits = f"{index:d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def tiles_between(old_size: int, size: int) -> Iterator[Tile]:
    """The tiles of a tree of ``size`` that a tree of ``old_size`` does not have, from level 0 up."""
    for level in range(LEVELS_MAX):
        old, new = old_size >> (TILE_HEIGHT * level), size >> (TILE_HEIGHT * level)
        if new == 0:
            return
        if old != new:
            yield from (Tile(level, one.index, one.width) for one in bundles_between(old, new))


def partial_tiles(size: int) -> Iterator[Tile]:
    """The tiles of a tree that are not full."""
    for level in range(LEVELS_MAX):
        width = (size >> (TILE_HEIGHT * level)) % TILE_WIDTH
        if width:
            yield Tile(level, size >> (TILE_HEIGHT * (level + 1)), width)


def bundles_between(old_size: int, size: int) -> Iterator[Bundle]:
    """The bundles of a trail of ``size`` that one of ``old_size`` does not have, or not as full."""
    if old_size == size:
        return
    first, full = old_size // TILE_WIDTH, size // TILE_WIDTH
    yield from (Bundle(index) for index in range(first, full))
    if size % TILE_WIDTH:
        yield Bundle(full, size % TILE_WIDTH)


def hashes_in(tile: Tile, content: bytes) -> Sequence[bytes]:
    """The hashes of a tile.

    Raises:
        DamagedTileError: there are more or fewer than its name says.
    """
    if len(content) != tile.width * HASH_BYTES:
        raise DamagedTileError
    return [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries, each after its length in 16 bits."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(bundle: Bundle, content: bytes) -> Sequence[bytes]:
    """The entries of a bundle.

    Raises:
        DamagedTileError: there are more or fewer than its name says, or the last one is cut.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(content):
        end = at + 2 + int.from_bytes(content[at : at + 2], "big")
        if end > len(content) or end == at + 1:
            raise DamagedTileError
        entries.append(content[at + 2 : end])
        at = end
    if len(entries) != bundle.width:
        raise DamagedTileError
    return entries


@attrs.frozen
class TiledTree:
    """A tree of ``size`` leaves whose hashes are read from tiles."""

    size: int
    _read: TileReader

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        """The hashes of the leaves from ``start`` to before ``end``.

        Raises:
            DamagedTileError: a tile does not have its shape.
        """
        for index in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
            hashes = self._hashes(0, index)
            base = index * TILE_WIDTH
            yield from hashes[max(0, start - base) : end - base]

    def frontier(self, size: int) -> Frontier:
        """The frontier of this tree when it had ``size`` leaves."""
        return Frontier(size, tuple(self._perfect(start, height) for start, height in _perfects(0, size)))

    def mth(self, start: int, end: int) -> bytes:
        """See `SubtreeHash`."""
        return joined([self._perfect(at, height) for at, height in _perfects(start, end)])

    def new_tiles(self, old_size: int) -> Iterator[tuple[Tile, bytes]]:
        """The tiles above level 0 that this tree has and one of ``old_size`` has not, with their content.

        Each level's are read back before the next level is made, so whoever writes them as they come can read
        them here.
        """
        for tile in tiles_between(old_size, self.size):
            if tile.level:
                below = range(tile.index * TILE_WIDTH, tile.index * TILE_WIDTH + tile.width)
                yield tile, b"".join(self._whole(tile.level - 1, index) for index in below)

    def _whole(self, level: int, index: int) -> bytes:
        return _folded(hashes_in(Tile(level, index), self._read(Tile(level, index))))

    def _perfect(self, start: int, height: int) -> bytes:
        level, rest = divmod(height, TILE_HEIGHT)
        first = start >> (TILE_HEIGHT * level)
        index, offset = divmod(first, TILE_WIDTH)
        return _folded(self._hashes(level, index)[offset : offset + (1 << rest)])

    def _hashes(self, level: int, index: int) -> Sequence[bytes]:
        full = self.size >> (TILE_HEIGHT * level)
        tile = Tile(level, index, min(TILE_WIDTH, full - index * TILE_WIDTH))
        return hashes_in(tile, self._read(tile))


def _folded(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes whose number is a power of two."""
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _perfects(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The perfect subtrees of a range, from the left: where each begins, and its height."""
    while start < end:
        height = (end - start).bit_length() - 1
        yield start, height
        start += 1 << height
