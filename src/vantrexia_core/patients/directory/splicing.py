"""Packing an overlay into fresh columns by cutting the old ones; nothing is decoded or sorted again."""

import re
from array import array
from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from vantrexia_core.patients.directory.columns import (
    CODES,
    GENDER_CODES,
    GONE,
    Columns,
    micros,
    seconds,
    variants_of,
)
from vantrexia_core.patients.directory.packing import CREATED_TAIL_MAX, born_postings, code_type
from vantrexia_core.patients.directory.postings import Postings, gathered
from vantrexia_core.patients.directory.texts import SortedTexts, Texts
from vantrexia_core.patients.listing import DirectoryEntry

_DROPPED: Final = 0xFFFF_FFFF
_GONE: Final = re.compile(bytes((GONE,)))


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


@attrs.frozen(repr=False)
class Addition:
    """A patient to pack, and where it belongs among the packed ones: before a position, before a rank."""

    entry: DirectoryEntry
    position: int
    rank: int


def spliced_columns(old: Columns, additions: Sequence[Addition]) -> Columns:
    """The columns with the gone positions dropped and the additions, given in name order, put in."""
    dropped = [found.start() for found in _GONE.finditer(old.statuses)]
    if not dropped and not additions:
        return old
    cuts = [Cut(position, is_dropped=True) for position in dropped]
    cuts += [Cut(one.position, is_dropped=False, new=index) for index, one in enumerate(additions)]
    pieces = list(spliced(old.size, cuts))
    news = [one.entry for one in additions]

    moved_to = array("I", (_DROPPED,)) * old.size
    new_positions = array("I", bytes(4 * len(news)))
    at = 0
    for piece in pieces:
        if isinstance(piece, tuple):
            begin, end = piece
            moved_to[begin:end] = array("I", range(at, at + end - begin))
            at += end - begin
        else:
            new_positions[piece] = at
            at += 1

    def column(kind: str, olds: "array[int]", values: Sequence[int]) -> "array[int]":
        made = array(kind)
        for piece in pieces:
            if isinstance(piece, tuple):
                made.extend(olds[piece[0] : piece[1]])
            else:
                made.append(values[piece])
        return made

    firsts, first_codes = _firsts(old, dropped, news)
    kind = code_type(len(firsts))
    is_as_before = firsts.blob == old.firsts.blob
    old_first_of = old.first_of if is_as_before else gathered(kind, first_codes, old.first_of)
    place_of_first = {text: code for code, text in enumerate(firsts)}
    first_of = column(kind, old_first_of, [place_of_first[entry.first.folded] for entry in news])
    lasts, last_starts = _lasts(old, dropped, news)
    created, created_tail = _created(old, dropped, additions, moved_to, new_positions)
    days, born = born_postings(column("I", old.born_of(), [entry.born.toordinal() for entry in news]))
    genders = column("B", array("B", old.genders), [GENDER_CODES[entry.gender] for entry in news])
    variants, variant_postings = _variants(old, news, moved_to, new_positions)
    return Columns(
        numbers=column("I", old.numbers, [entry.number for entry in news]),
        ids=_ids(old.ids, pieces, news),
        statuses=bytearray(
            column("B", array("B", old.statuses), [CODES[entry.status] for entry in news]).tobytes()
        ),
        lasts=lasts,
        last_starts=last_starts,
        firsts=firsts,
        first_of=first_of,
        first_postings=Postings.of(enumerate(first_of), len(firsts)),
        variants=variants,
        variant_postings=variant_postings,
        mrns=_mrns(old.mrns, pieces, news),
        created=created,
        created_tail=created_tail,
        genders=genders.tobytes(),
        days=days,
        born=born,
        updated=column("I", old.updated, [seconds(entry.updated_at) for entry in news]),
    )


def _firsts(
    old: Columns, dropped: Sequence[int], news: Sequence[DirectoryEntry]
) -> "tuple[SortedTexts, array[int]]":
    """The first names that somebody has, and for each old code the new one."""
    counts = [old.first_postings.count(code) for code in range(len(old.firsts))]
    for position in dropped:
        counts[old.first_of[position]] -= 1
    kept = {text for text, count in zip(old.firsts, counts, strict=True) if count}
    merged = sorted(kept.union(entry.first.folded for entry in news))
    place = {text: code for code, text in enumerate(merged)}
    # A name that nobody has any more is looked up at dropped places only: its code is never read.
    return SortedTexts.of(merged), array("I", (place.get(text, 0) for text in old.firsts))


def _lasts(
    old: Columns, dropped: Sequence[int], news: Sequence[DirectoryEntry]
) -> "tuple[SortedTexts, array[int]]":
    counts = {text: old.last_starts[code + 1] - old.last_starts[code] for code, text in enumerate(old.lasts)}
    for position in dropped:
        counts[old.last_at(position)] -= 1
    for entry in news:
        counts[entry.last.folded] = counts.get(entry.last.folded, 0) + 1
    kept = sorted(text for text, count in counts.items() if count)
    starts = array("I", (0,))
    for text in kept:
        starts.append(starts[-1] + counts[text])
    return SortedTexts.of(kept), starts


def _created(
    old: Columns,
    dropped: Sequence[int],
    additions: Sequence[Addition],
    moved_to: "array[int]",
    new_positions: "array[int]",
) -> "tuple[array[int], array[int]]":
    oldest_known = old.size - len(old.created_tail)
    gone = set(dropped)
    by_creation = sorted(range(len(additions)), key=lambda index: additions[index].entry.created_key)
    cuts = (
        [Cut(rank, is_dropped=True) for rank, position in enumerate(old.created) if position in gone]
        if gone
        else []
    )
    cuts += [Cut(additions[index].rank, is_dropped=False, new=index) for index in by_creation]
    mapped = gathered("I", moved_to, old.created)
    created, times = array("I"), array("Q")
    for piece in spliced(old.size, cuts):
        if isinstance(piece, tuple):
            created.extend(mapped[piece[0] : piece[1]])
            begin = max(piece[0], oldest_known) - oldest_known
            times.extend(old.created_tail[begin : max(begin, piece[1] - oldest_known)])
        else:
            created.append(new_positions[piece])
            entry = additions[piece].entry
            if times or additions[piece].rank >= oldest_known:
                times.append(micros(entry.created_at))
    return created, times[-CREATED_TAIL_MAX:]


def _variants(
    old: Columns, news: Sequence[DirectoryEntry], moved_to: "array[int]", new_positions: "array[int]"
) -> tuple[SortedTexts, Postings]:
    pairs = [
        (moved_to[position], form)
        for code, form in enumerate(old.variants)
        for position in old.variant_postings[code]
        if moved_to[position] != _DROPPED
    ]
    pairs += [
        (position, form)
        for position, entry in zip(new_positions, news, strict=True)
        for form in set(variants_of(entry))
    ]
    forms = sorted({form for _, form in pairs})
    code_of = {form: code for code, form in enumerate(forms)}
    postings = Postings.of(sorted((position, code_of[form]) for position, form in pairs), len(forms))
    return SortedTexts.of(forms), postings


def _ids(old: bytes, pieces: Sequence[tuple[int, int] | int], news: Sequence[DirectoryEntry]) -> bytes:
    return b"".join(
        old[piece[0] << 4 : piece[1] << 4] if isinstance(piece, tuple) else news[piece].id.bytes
        for piece in pieces
    )


def _mrns(old: Texts, pieces: Sequence[tuple[int, int] | int], news: Sequence[DirectoryEntry]) -> Texts:
    return Texts.from_blob(
        b"".join(
            old.blob[old.start_of(piece[0]) : old.start_of(piece[1])]
            if isinstance(piece, tuple)
            else b"\n" + news[piece].mrn.folded
            for piece in pieces
        )
    )
