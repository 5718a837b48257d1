"""The tree cut into tiles: the same hashes, whatever is asked of them."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vantrexia_core.audit import (
    Bundle,
    DamagedTileError,
    Frontier,
    Tile,
    TiledTree,
    consistency_proof,
    decode_bundle,
    encode_bundle,
    inclusion_proof,
    subtrees_of,
    tiles_between,
)

LEAVES = [sha256(number.to_bytes(4, "big")).digest() for number in range(66_000)]
MTH = subtrees_of(LEAVES)


def _tiled(sizes: list[int]) -> tuple[TiledTree, dict[str, bytes]]:
    """A tree that was published at each of these sizes, and its tiles by their paths."""
    kept: dict[str, bytes] = {}

    def read(tile: Tile) -> bytes:
        return kept[tile.path]

    before = 0
    for size in sizes:
        for tile in tiles_between(before, size):
            if tile.level == 0:
                first = tile.index * 256
                kept[tile.path] = b"".join(LEAVES[first : first + tile.width])
        tree = TiledTree(size, read)
        for tile, content in tree.new_tiles(before):
            kept[tile.path] = content
        before = size
    return TiledTree(before, read), kept


@given(sizes=st.lists(st.integers(1, 1_500), min_size=1, max_size=4, unique=True).map(sorted))
def test_tiles_hold_the_tree_however_it_grew(sizes: list[int]):
    """The last tree's root, and what it was at each size before."""
    tree, _ = _tiled(sizes)
    assert tree.mth(0, tree.size) == MTH(0, tree.size)
    for size in sizes:
        assert tree.frontier(size) == Frontier().grown(LEAVES[:size])


@given(data=st.data(), size=st.integers(1, 1_500))
def test_proofs_from_tiles_are_the_same(data: st.DataObject, size: int):
    """Whoever has the tiles needs no leaf to prove something."""
    tree, _ = _tiled([size])
    index = data.draw(st.integers(0, size - 1))
    assert inclusion_proof(index, size, tree.mth) == inclusion_proof(index, size, MTH)
    assert consistency_proof(index + 1, size, tree.mth) == consistency_proof(index + 1, size, MTH)
    assert list(tree.leaves(index, size)) == LEAVES[index:size]


def test_a_third_level_begins_at_65536():
    """Three levels of tiles, grown across the boundary."""
    tree, kept = _tiled([65_000, 65_536, 66_000])
    assert tree.mth(0, tree.size) == MTH(0, tree.size)
    assert {path.split("/")[1] for path in kept} == {"0", "1", "2"}


@given(entries=st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]):
    """Empty ones too."""
    bundle = Bundle(0, len(entries))
    assert decode_bundle(bundle, encode_bundle(entries)) == entries


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\x00\x02a", b"\x00\x01ab", b"\x00\x01a\x00\x01b"])
def test_a_damaged_bundle_is_refused(damage: bytes):
    """Cut, overlong, or of another number of entries."""
    with pytest.raises(DamagedTileError):
        decode_bundle(Bundle(0, 1), damage)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_tile_of_another_length_is_refused(length: int):
    """Its name says how many hashes it holds."""
    with pytest.raises(DamagedTileError):
        TiledTree(1, lambda _: bytes(length)).frontier(1)
