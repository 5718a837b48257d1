"""Which texts have a word, without reading them all: an index of the three-byte pieces of distinct names."""

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

import attrs

GRAM_BYTES: Final = 3
"""Of UTF-8: three Latin letters, or one character of most other scripts."""


@attrs.frozen(repr=False, eq=False)
class Grams:
    """For each piece of three bytes the texts that have it, by their places, ascending."""

    codes: dict[bytes, int]
    starts: "array[int]"
    places: "array[int]"

    @classmethod
    def of(cls, texts: Iterable[bytes]) -> "Grams":
        """Cut texts into pieces. It takes some four microseconds a text."""
        lists: dict[bytes, array[int]] = {}
        for place, text in enumerate(texts):
            for gram in _pieces(text):
                known = lists.get(gram)
                if known is None:
                    lists[gram] = array("I", (place,))
                else:
                    known.append(place)
        places = array("I")
        for one in lists.values():
            places.extend(one)
        starts = array("I", accumulate(map(len, lists.values()), initial=0))
        return cls({gram: code for code, gram in enumerate(lists)}, starts, places)

    @property
    def memory_bytes(self) -> int:
        """What the index takes, in bytes, about."""
        numbers = len(self.starts) * self.starts.itemsize + len(self.places) * self.places.itemsize
        return numbers + _BYTES_A_GRAM * len(self.codes)

    def candidates(self, needle: bytes) -> Sequence[int]:
        """The places, ascending, of all texts that have the needle, and of few others.

        The needle has three bytes or more; of three bytes, there are no others.
        """
        lists = sorted((self._places_of(gram) for gram in _pieces(needle)), key=len)
        if len(lists) == 1 or not lists[0]:
            return lists[0]
        return sorted(set(lists[0]).intersection(lists[1]))

    def _places_of(self, gram: bytes) -> "array[int]":
        code = self.codes.get(gram)
        return self.places[:0] if code is None else self.places[self.starts[code] : self.starts[code + 1]]


_BYTES_A_GRAM: Final = 200
"""A piece, its number, and their place in a dictionary."""


def _pieces(text: bytes) -> Iterable[bytes]:
    return {text[at : at + GRAM_BYTES] for at in range(len(text) - GRAM_BYTES + 1)}
