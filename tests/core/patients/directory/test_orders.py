"""Hits in another order than that of names, and bitmaps made in other ways than bit by bit."""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vantrexia_core.patients.directory.bitmaps import (
    bitmap_of_borders,
    bitmap_of_positions,
    borders_of,
    flags_of_bitmap,
)
from vantrexia_core.patients.directory.ranking import REORDERED_AT_ONCE, Reordered, Sparse
from vantrexia_core.patients.directory.texts import Texts

LARGE = 20 * REORDERED_AT_ONCE + 17
"""More blocks than are looked at bit by bit."""


def _bitmap(positions: Sequence[int]) -> int:
    return sum(1 << position for position in positions)


def _shuffled(size: int, step: int) -> "array[int]":
    """A permutation; ``step`` has no divisor in common with ``size``."""
    return array("I", (place * step % size for place in range(size)))


@given(st.permutations(range(40)), st.sets(st.integers(0, 39)), st.integers(0, 45), st.integers(0, 45))
def test_hits_in_another_order_are_a_slice_of_it(
    order: list[int], hits: set[int], begin: int, length: int
) -> None:
    """Rank and select count in the new order, from wherever they are asked."""
    meant = [place for place, position in enumerate(order) if position in hits]
    reordered = Reordered(_bitmap(sorted(hits)), array("I", order))
    assert reordered.count == len(hits)
    assert list(reordered.select(begin, begin + length)) == meant[begin : begin + length]
    assert [reordered.rank(place) for place in range(41)] == [bisect_left(meant, p) for p in range(41)]


@given(st.data())
def test_many_blocks_are_counted_from_either_end(data: st.DataObject) -> None:
    """First, last and middle pages, dense and sparse, before and after the bits were turned into digits."""
    order = _shuffled(LARGE, 7_919)
    step = data.draw(st.sampled_from([1, 2, 97, 5_003]))
    meant = [place for place, position in enumerate(order) if position % step == 0]
    reordered = Reordered(_bitmap(range(0, LARGE, step)), order)
    borders = [0, 1, REORDERED_AT_ONCE, LARGE // 2, LARGE - REORDERED_AT_ONCE, LARGE - 1, LARGE]
    places = st.one_of(st.sampled_from(borders), st.integers(0, LARGE))
    for place in data.draw(st.lists(places, min_size=1, max_size=12)):
        begin = bisect_left(meant, place)
        assert reordered.rank(place) == begin
        assert list(reordered.select(begin, begin + 9)) == meant[begin : begin + 9]


@given(st.sets(st.integers(0, 99)), st.integers(0, 100), st.integers(0, 100))
def test_few_positions_answer_like_many(positions: set[int], begin: int, end: int) -> None:
    """The same count, rank and slices."""
    some = sorted(positions)
    sparse = Sparse(some)
    assert (sparse.count, sparse.rank(begin)) == (len(some), bisect_left(some, begin))
    assert list(sparse.select(begin, end)) == some[begin:end]


@given(st.lists(st.integers(0, 300), unique=True), st.integers(0, 5))
def test_borders_are_filled(borders: list[int], spare: int) -> None:
    """From each begin up to its end."""
    ends = sorted(borders)[: len(borders) // 2 * 2]
    size = max(ends, default=0) + spare
    pairs = zip(ends[::2], ends[1::2], strict=True)
    meant = _bitmap([place for begin, end in pairs for place in range(begin, end)])
    assert bitmap_of_borders(ends, size) == meant


@given(st.lists(st.integers(0, 300), min_size=2, unique=True))
def test_ranges_that_touch_are_one(cuts: list[int]) -> None:
    """An end that is the next begin falls out."""
    cuts.sort()
    borders = [border for pair in pairwise(cuts) for border in pair]
    assert bitmap_of_borders(borders, 301) == _bitmap(range(cuts[0], cuts[-1]))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4))))
def test_flags_of_ranges_become_their_borders(ranges: list[tuple[bool, int]]) -> None:
    """Neighbours that are set are one run."""
    starts = [0]
    for _, length in ranges:
        starts.append(starts[-1] + length)
    meant = [
        place for (is_set, _), begin, end in zip(ranges, starts, starts[1:], strict=False) if is_set
        for place in range(begin, end)
    ]  # fmt: skip
    flags = bytes(is_set for is_set, _ in ranges)
    assert bitmap_of_borders(borders_of(flags, starts), starts[-1]) == _bitmap(meant)


@given(st.sets(st.integers(0, 200)), st.sets(st.integers(0, 200)))
def test_positions_of_several_lists_are_united(one: set[int], other: set[int]) -> None:
    """Few are set bit by bit, many by the byte; one that is in both counts once."""
    lists = [array("I", sorted(one)), array("I", sorted(other))]
    for size in (201, 100_000):
        assert bitmap_of_positions(lists, size) == _bitmap(sorted(one | other))


@given(st.sets(st.integers(0, 99)), st.integers(100, 110))
def test_a_bitmap_becomes_flags(positions: set[int], size: int) -> None:
    """A byte for each position, zeros behind the last one included."""
    assert flags_of_bitmap(_bitmap(sorted(positions)), size) == bytes(p in positions for p in range(size))


@given(
    st.lists(st.text("ab ", max_size=7).map(str.strip), max_size=30),
    st.text("ab", min_size=1, max_size=3),
    st.booleans(),
)
def test_flags_of_texts_say_who_has_the_piece(some: list[str], piece: str, at_start: bool) -> None:  # noqa: FBT001
    """Anywhere, or where a part starts: however often it occurs, next to itself or across another."""
    texts = [" ".join(text.split()) for text in some]
    flags = Texts.of(text.encode() for text in texts).flags(piece.encode(), at_start=at_start)
    meant = [
        any(part.startswith(piece) for part in text.split()) if at_start else piece in text for text in texts
    ]
    assert list(flags) == meant
