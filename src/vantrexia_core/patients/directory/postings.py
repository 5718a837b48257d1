"""Lists of positions by code, and arrays put into another order."""

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

import attrs

GATHERED_AT_ONCE: Final = 65_536
"""Values that are moved before another thread may go on."""


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
