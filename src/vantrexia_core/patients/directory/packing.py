"""Making the packed columns of a directory from patients in any order."""

from array import array
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from vantrexia_core.patients.directory.columns import (
    CODES,
    GENDER_CODES,
    Columns,
    micros,
    seconds,
    variants_of,
)
from vantrexia_core.patients.directory.postings import Postings, gathered, inverse
from vantrexia_core.patients.directory.texts import SortedTexts, Texts
from vantrexia_core.patients.listing import DirectoryEntry

CREATED_TAIL_MAX: Final = 16_384
"""Creation times kept of the newest packed patients, to place those whose host's clock lags behind."""
_PORTIONS: Final = 64
"""Patients are sorted by creation in so many portions, each of about one age."""
_JOINED: Final = 65_536
"""Rows whose bytes are joined at once, before another thread may go on."""


class Packer:
    """Makes columns from patients in any order, about 150 bytes of memory each while it works."""

    def __init__(self) -> None:
        self._lasts: dict[bytes, int] = {}
        self._firsts: dict[bytes, int] = {}
        self._last_codes = array("I")
        self._first_codes = array("I")
        self._ids = bytearray()
        self._numbers = array("I")
        self._statuses = bytearray()
        self._created = array("Q")
        self._mrns = bytearray()
        self._mrn_starts = array("I", (0,))
        self._variants: list[tuple[int, bytes]] = []
        self._genders = bytearray()
        self._born = array("I")
        self._updated = array("I")

    def add(self, entry: DirectoryEntry) -> None:
        """Take in one patient."""
        lasts, firsts = self._lasts, self._firsts
        last, first = entry.last.folded, entry.first.folded
        self._last_codes.append(lasts.setdefault(last, len(lasts)))
        self._first_codes.append(firsts.setdefault(first, len(firsts)))
        self._ids += entry.id.bytes
        self._statuses.append(CODES[entry.status])
        self._created.append(micros(entry.created_at))
        self._mrns += b"\n" + entry.mrn.folded
        self._mrn_starts.append(len(self._mrns))
        if forms := variants_of(entry):
            self._variants.extend((len(self._numbers), form) for form in set(forms))
        self._numbers.append(entry.number)
        self._genders.append(GENDER_CODES[entry.gender])
        self._born.append(entry.born.toordinal())
        self._updated.append(seconds(entry.updated_at))

    def packed(self) -> Columns:
        """The columns."""
        lasts, last_ranks = _ranked(self._lasts)
        firsts, first_ranks = _ranked(self._firsts)
        last_starts = array("I", bytes(4 * (len(lasts) + 1)))
        for code in self._last_codes:
            last_starts[last_ranks[code] + 1] += 1
        last_starts = array("I", accumulate(last_starts))
        order = self._in_name_order(last_starts, last_ranks, first_ranks)
        first_of = array(code_type(len(firsts)), (first_ranks[self._first_codes[row]] for row in order))
        created, tail = self._in_order_of_creation(order)
        variants = sorted({form for _, form in self._variants})
        code_of = {form: code for code, form in enumerate(variants)}
        place_of_row = {row: 0 for row, _ in self._variants}
        for position, row in enumerate(order):
            if row in place_of_row:
                place_of_row[row] = position
        days, born = born_postings(gathered("I", self._born, order))
        return Columns(
            numbers=gathered("I", self._numbers, order),
            ids=_gathered(bytes(self._ids), order),
            statuses=bytearray(gathered("B", self._statuses, order)),
            lasts=SortedTexts.of(lasts),
            last_starts=last_starts,
            firsts=SortedTexts.of(firsts),
            first_of=first_of,
            first_postings=Postings.of(enumerate(first_of), len(firsts)),
            variants=SortedTexts.of(variants),
            variant_postings=Postings.of(
                sorted((place_of_row[row], code_of[form]) for row, form in self._variants), len(variants)
            ),
            mrns=self._mrns_in(order),
            created=created,
            created_tail=tail,
            genders=gathered("B", self._genders, order).tobytes(),
            days=days,
            born=born,
            updated=gathered("I", self._updated, order),
        )

    def _in_name_order(
        self, last_starts: "array[int]", last_ranks: Sequence[int], first_ranks: Sequence[int]
    ) -> "array[int]":
        """The rows in order of names: dealt out to the last names, then sorted within each."""
        order, free = array("I", bytes(4 * len(self._last_codes))), last_starts[:]
        for row, code in enumerate(self._last_codes):
            rank = last_ranks[code]
            order[free[rank]] = row
            free[rank] += 1
        ids, first_codes = bytes(self._ids), self._first_codes
        for begin, end in pairwise(last_starts):
            if end - begin > 1:
                rows = sorted(
                    order[begin:end],
                    key=lambda row: (first_ranks[first_codes[row]], ids[row << 4 : (row + 1) << 4]),
                )
                order[begin:end] = array("I", rows)
        return order

    def _in_order_of_creation(self, order: "array[int]") -> "tuple[array[int], array[int]]":
        """The positions in order of creation, and the newest times; sorted in portions of about one age."""
        times, ids, position_of = self._created, bytes(self._ids), inverse(order)
        oldest = min(times, default=0)
        span = (max(times, default=0) - oldest) // _PORTIONS + 1
        portions = [array("I") for _ in range(_PORTIONS)]
        for row, at in enumerate(times):
            portions[(at - oldest) // span].append(row)
        created, tail = array("I"), array("Q")
        for portion in portions:
            rows = sorted(portion, key=lambda row: (times[row], ids[row << 4 : (row + 1) << 4]))
            created.extend(map(position_of.__getitem__, rows))
            tail = (tail + array("Q", map(times.__getitem__, rows)))[-CREATED_TAIL_MAX:]
        return created, tail

    def _mrns_in(self, order: "array[int]") -> Texts:
        starts, mrns = self._mrn_starts, bytes(self._mrns)
        blob = bytearray()
        for begin in range(0, len(order), _JOINED):
            rows = order[begin : begin + _JOINED]
            blob += b"".join([mrns[starts[row] : starts[row + 1]] for row in rows])
        return Texts.from_blob(bytes(blob))


def born_postings(born_of: "array[int]") -> "tuple[array[int], Postings]":
    """The days that occur, and who was born on each of them."""
    days = array("I", sorted(set(born_of)))
    code_of = {day: code for code, day in enumerate(days)}
    return days, Postings.of(enumerate(map(code_of.__getitem__, born_of)), len(days))


def code_type(codes: int) -> str:
    """The narrowest array type that numbers so many different values."""
    return "H" if codes <= 1 << 16 else "I"


def _gathered(ids: bytes, order: "array[int]") -> bytes:
    """The ids, 16 bytes each, in another order."""
    gathered = bytearray()
    for begin in range(0, len(order), _JOINED):
        gathered += b"".join([ids[16 * row : 16 * row + 16] for row in order[begin : begin + _JOINED]])
    return bytes(gathered)


def _ranked(codes: dict[bytes, int]) -> "tuple[list[bytes], array[int]]":
    """The texts in order, and for each code its place there."""
    texts = sorted(codes)
    ranks = array("I", bytes(4 * len(texts)))
    for rank, text in enumerate(texts):
        ranks[codes[text]] = rank
    return texts, ranks
