"""The small parts of a directory, each against the plainest way of saying the same."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.strategies.texts import written_names
from vantrexia_core.patients.directory.bitmaps import BitmapDraft, bitmap_of_flags, runs
from vantrexia_core.patients.directory.postings import Postings, inverse
from vantrexia_core.patients.directory.ranking import BLOCK_BYTES, Ranked
from vantrexia_core.patients.directory.splicing import Cut, spliced
from vantrexia_core.patients.directory.texts import SortedTexts, Texts
from vantrexia_core.protection import fold

BLOCK_BITS = 8 * BLOCK_BYTES
BORDERS = [0, 1, 7, 8, 9, 63, 64, BLOCK_BITS - 1, BLOCK_BITS, BLOCK_BITS + 1, 3 * BLOCK_BITS - 1]
"""Where bytes and blocks begin and end."""

# Few letters, some of two and three bytes, so that short pieces occur often, at starts and inside.
_SHORT = st.text("ab é李", max_size=6).map(fold)
texts = st.lists(st.one_of(_SHORT, written_names().map(fold)).map(str.encode), max_size=12)


@st.composite
def bitmaps(draw: st.DrawFn) -> tuple[list[int], int]:
    """Ascending positions and the size of their column: small and full, or several blocks and sparse."""
    size = draw(st.one_of(st.integers(0, 70), st.integers(2 * BLOCK_BITS, 3 * BLOCK_BITS + 9)))
    if size == 0:
        return [], 0
    places = st.one_of(st.integers(0, size - 1), st.sampled_from([b for b in BORDERS if b < size]))
    return sorted(draw(st.sets(places, max_size=40))), size


def _bitmap(positions: Sequence[int]) -> int:
    return sum(1 << position for position in positions)


def _positions(bitmap: int) -> list[int]:
    return [place for place, digit in enumerate(reversed(f"{bitmap:b}")) if digit == "1"]


# --- bitmaps ----------------------------------------------------------------------------------------------


@given(bitmaps(), st.data())
def test_rank_counts_the_bits_before_a_position(case: tuple[list[int], int], data: st.DataObject) -> None:
    """From the first position to just behind the last one."""
    positions, size = case
    ranked = Ranked(_bitmap(positions), size)
    asked = data.draw(st.lists(st.integers(0, size), max_size=20))
    edges = {place + step for place in positions for step in (0, 1)}
    for place in {0, size, *asked, *edges}:
        assert ranked.rank(place) == bisect_left(positions, place)


@given(bitmaps(), st.integers(0, 45), st.integers(0, 45))
def test_select_gives_a_slice_of_the_positions(case: tuple[list[int], int], begin: int, length: int) -> None:
    """Any part of them, one behind the end included."""
    positions, size = case
    ranked = Ranked(_bitmap(positions), size)
    assert ranked.select(begin, begin + length) == positions[begin : begin + length]
    assert ranked.positions() == positions
    assert ranked.count == len(positions)


@pytest.mark.parametrize("size", [1, 8, 129, BLOCK_BITS - 1, BLOCK_BITS, BLOCK_BITS + 1, 3 * BLOCK_BITS + 5])
def test_a_full_bitmap_counts_as_its_size(size: int) -> None:
    """Every bit is set: rank and select are the identity, in every block."""
    ranked = Ranked((1 << size) - 1, size)
    for place in {place for place in (*BORDERS, size - 1, size // 2) if place < size}:
        assert ranked.rank(place) == place
        assert ranked.select(place, place + 3) == list(range(place, min(place + 3, size)))
    assert ranked.rank(size) == size


@given(st.integers(1, 60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6), st.data())
def test_a_draft_holds_what_was_added(size: int, ranges: list[tuple[int, int]], data: st.DataObject) -> None:
    """Ranges, empty ones too, and single positions, in any order and overlapping."""
    singles = data.draw(st.lists(st.integers(0, size - 1), max_size=8))
    kept = [(min(begin, size), min(end, size)) for begin, end in ranges if begin <= end]
    draft = BitmapDraft(size)
    for begin, end in kept:
        draft.add_range(begin, end)
    draft.add_positions(singles)
    meant = {place for begin, end in kept for place in range(begin, end)} | set(singles)
    assert _positions(draft.finished()) == sorted(meant)


@pytest.mark.parametrize("begin", range(18))
def test_a_range_of_any_length_sets_its_own_bits_only(begin: int) -> None:
    """Within one byte, to its end, over it, and over a whole one."""
    for end in range(begin, 27):
        draft = BitmapDraft(27)
        draft.add_range(begin, end)
        assert _positions(draft.finished()) == list(range(begin, end))


@given(st.lists(st.booleans(), max_size=200))
@example([])
@example([False] * 9)
def test_flags_become_bits(flags: list[bool]) -> None:
    """A byte a position becomes a bit a position, wherever zeros stand."""
    assert _positions(bitmap_of_flags(bytes(flags))) == [place for place, flag in enumerate(flags) if flag]


# --- texts ------------------------------------------------------------------------------------------------


@given(texts)
def test_packed_texts_are_the_texts(some: list[bytes]) -> None:
    """By iterating, by index, and again from their packed form; empty ones keep their place."""
    packed = Texts.of(some)
    assert list(packed) == some
    assert [packed[index] for index in range(len(packed))] == some
    assert list(Texts.from_blob(packed.blob)) == some


@given(texts, st.data())
def test_texts_are_found_by_any_piece(some: list[bytes], data: st.DataObject) -> None:
    """Those that have it anywhere, or where one of their words starts; each once, ascending."""
    whole = b" ".join(some) or b"a"
    begin = data.draw(st.integers(0, len(whole) - 1))
    piece = whole[begin : begin + data.draw(st.integers(1, 5))]
    other = data.draw(_SHORT.filter(bool)).encode()
    packed = Texts.of(some)
    for needle in (piece, other, b"zq"):
        anywhere = [index for index, text in enumerate(some) if needle in text]
        at_start = [i for i, text in enumerate(some) if text.startswith(needle) or b" " + needle in text]
        assert list(packed.containing(needle, at_start=False)) == anywhere
        assert list(packed.containing(needle, at_start=True)) == at_start


@pytest.mark.parametrize("needle", [b"a", b"ab", b"aba", b"ababa"])
def test_a_text_that_has_a_piece_twice_is_found_once(needle: bytes) -> None:
    """Short pieces and long ones take different ways."""
    packed = Texts.of([b"ababab ababa", b"", b"b", b"ababa", b"x ababa"])
    assert list(packed.containing(needle, at_start=False)) == [0, 3, 4]
    assert list(packed.containing(needle, at_start=True)) == [0, 3, 4]


def test_a_piece_does_not_reach_over_into_the_next_text() -> None:
    """What stands at the end of one and at the start of the next is in neither."""
    packed = Texts.of([b"ab", b"cd", b"", b"ab cd"])
    assert list(packed.containing(b"bcd", at_start=False)) == []
    assert list(packed.containing(b"b cd", at_start=False)) == [3]
    assert list(packed.containing(b"cd", at_start=True)) == [1, 3]


@given(texts, st.text("ab é李", min_size=1, max_size=3).map(fold).filter(bool))
def test_beginnings_are_found_among_sorted_texts(some: list[bytes], piece: str) -> None:
    """Those that begin with it stand together; others have it where a later part starts."""
    some, needle = sorted(set(some)), piece.encode()
    begun, others = SortedTexts.of(some).beginning(needle)
    assert list(begun) == [index for index, text in enumerate(some) if text.startswith(needle)]
    assert list(others) == [
        index for index, text in enumerate(some) if b" " + needle in text and not text.startswith(needle)
    ]


@given(texts, st.text("ab é李", min_size=1, max_size=6).map(fold).filter(bool))
@example([b"abab", b"babx", b"ab"], "bab")
@example([b"abcab", b"abc cab", b"cabc"], "abca")
def test_an_index_of_pieces_finds_what_reading_finds(some: list[bytes], piece: str) -> None:
    """Words of every length, in one byte a letter or several, inside or at starts."""
    some, needle = sorted(set(some)), piece.encode()
    indexed, read = SortedTexts.of(some), SortedTexts.of(some)
    indexed.index_pieces()
    for at_start in (False, True):
        found = indexed.containing(needle, at_start=at_start)
        assert list(found) == list(read.containing(needle, at_start=at_start))


@given(texts, _SHORT)
def test_a_place_among_sorted_texts(some: list[bytes], wanted: str) -> None:
    """Where it stands, or before which it would."""
    some = sorted(set(some))
    assert SortedTexts.of(some).place_of(wanted.encode()) == bisect_left(some, wanted.encode())


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 33])
def test_texts_are_counted_from_every_sixteenth(size: int) -> None:
    """Each is at its place, around the ones whose places are known."""
    some = [b"x" * (index % 5) for index in range(size)]
    packed = Texts.of(some)
    assert [packed[index] for index in range(size)] == some
    begins = [packed.start_of(index) for index in range(size + 1)]
    assert begins[-1] == len(packed.blob)
    assert all(packed.blob[begin : begin + 1] == b"\n" for begin in begins[:-1])
    assert list(packed.containing(b"xxxx", at_start=False)) == [i for i in range(size) if i % 5 == 4]


# --- the rest ---------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 5), max_size=30))
def test_postings_list_positions_by_code(codes: list[int]) -> None:
    """Ascending for each code, and none for a code that nobody has."""
    postings = Postings.of(enumerate(codes), 7)
    for code in range(7):
        meant = [position for position, one in enumerate(codes) if one == code]
        assert list(postings[code]) == meant
        assert postings.count(code) == len(meant)


@given(st.sets(st.integers(0, 30)))
def test_runs_cover_the_indices_and_touch_nowhere(indices: set[int]) -> None:
    """The longest possible runs, in order."""
    found = list(runs(sorted(indices)))
    assert [index for begin, end in found for index in range(begin, end)] == sorted(indices)
    assert all(end < begin for (_, end), (begin, _) in pairwise(found))


@given(st.permutations(range(9)))
def test_an_inverse_says_where_each_value_stands(values: list[int]) -> None:
    """Of the permutation that it was made from."""
    assert [values[place] for place in inverse(values)] == list(range(9))


@given(st.integers(0, 12), st.data())
def test_a_spliced_column_has_the_new_before_their_places_and_lacks_the_dropped(
    size: int, data: st.DataObject
) -> None:
    """Several new ones at one place stay in their order; one goes before a place that falls away."""
    places = data.draw(st.lists(st.integers(0, size), max_size=8))
    dropped = data.draw(st.sets(st.integers(0, size - 1)) if size else st.just(set[int]()))
    cuts = [Cut(at, is_dropped=True) for at in sorted(dropped)]
    cuts += [Cut(at, is_dropped=False, new=new) for new, at in enumerate(places)]
    made: list[tuple[str, int]] = []
    for piece in spliced(size, cuts):
        if isinstance(piece, tuple):
            assert piece[0] < piece[1]
            made += [("old", place) for place in range(*piece)]
        else:
            made.append(("new", piece))
    meant: list[tuple[str, int]] = []
    for place in range(size + 1):
        meant += [("new", new) for new, at in enumerate(places) if at == place]
        if place < size and place not in dropped:
            meant.append(("old", place))
    assert made == meant
