"""How a name comes to be written wrongly: the keys, the ear, the scanner.

A name that differs in a consonant may be another name, and twins' names often do: Jayden, Jaylen.
Two letters in the wrong order, a letter too many, one left out, a neighbouring key, a letter that sounds like
the right one, a digit: these are how a name is written down wrongly.
"""

from itertools import pairwise
from typing import Final

_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_HEARD: Final = frozenset({"ae", "ei", "iy", "ck", "sz", "cs", "kq", "gj", "vw"})
"""Letters that are heard for one another, in order of the alphabet."""


def _neighbours() -> frozenset[str]:
    """Pairs of keys that touch, on the keyboard of the United States, in order of the alphabet."""
    beside = [one + other for row in _ROWS for one, other in pairwise(row)]
    below = [
        upper[at] + lower[under]
        for upper, lower in pairwise(_ROWS)
        for at in range(len(upper))
        for under in (at - 1, at)
        if 0 <= under < len(lower)
    ]
    return frozenset("".join(sorted(pair)) for pair in (*beside, *below))


_NEIGHBOURS: Final = _neighbours()


def may_be_slip(one: str, other: str) -> bool:
    """Whether two texts that are one edit apart may be one name, rather than two that resemble each other."""
    if len(one) != len(other):
        return True
    apart = [mine + theirs for mine, theirs in zip(one, other, strict=True) if mine != theirs]
    if len(apart) != 1:
        return True  # two neighbours in each other's place
    pair = "".join(sorted(apart[0]))
    return pair in _NEIGHBOURS or pair in _HEARD or not pair.isalpha()
