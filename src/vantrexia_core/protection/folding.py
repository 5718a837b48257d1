"""Names as people search and sort them: without case, accents, width, ligatures or apostrophes.

``fold`` makes one key for search, ordering and matching. It does not transliterate: a name in Han, Cyrillic
or Arabic stays in its script and is found in it. It is idempotent, and what it finds is a documented superset
of an exact search: ``nunez`` finds ``Núñez``.
"""

import unicodedata
from functools import lru_cache
from typing import Final

_LETTERS: Final = str.maketrans(
    {
        # Letters that carry no combining mark to strip, by their usual ASCII spelling.
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "\u0131": "i",
        "ŋ": "n", "ŧ": "t", "ĸ": "k", "ə": "e", "ß": "ss", "ƒ": "f", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y",
    }
)  # fmt: skip

APOSTROPHES: Final = "'’‘ʼʻ`´\u1ffdʹ′＇‛ʾʿ"  # noqa: RUF001 - the point is that they look alike
"""What people type for an apostrophe. It is dropped, and the parts around it are one word."""

_WITHOUT_APOSTROPHES: Final = str.maketrans(dict.fromkeys(APOSTROPHES))
_ASCII: Final = str.maketrans(
    {chr(code): " " for code in range(128) if not chr(code).isalnum()} | dict.fromkeys("'`")
)


@lru_cache(maxsize=65_536)
def _fold_character(character: str) -> str:
    if character in APOSTROPHES:
        return ""
    category = unicodedata.category(character)
    if category[0] == "M" or category == "Cf":
        # Accents, Arabic vowel marks, joiners: what one person types and the next leaves out.
        # Spacing marks of Indic scripts (Mc) are vowels there and stay.
        return character if category == "Mc" else ""
    if category[0] in "LN":
        return character
    return " "


def fold(text: str) -> str:
    """The folded form: NFKD, casefolded, marks and apostrophes dropped, everything else a single blank.

    Idempotent: ``fold(fold(x)) == fold(x)``. No leading, trailing or double blanks.
    """
    if text.isascii():
        # Most names and all generated record numbers, at a tenth of the price.
        return text.lower() if text.isalnum() else " ".join(text.lower().translate(_ASCII).split())
    # Apostrophes go first: NFKD would turn the acute accent that many keyboards give for one into a blank.
    plain = text.translate(_WITHOUT_APOSTROPHES)
    # Casefolding can undo a decomposition and the other way round (U+0345, U+1E9E): twice reaches the end.
    for _ in range(2):
        plain = unicodedata.normalize("NFKD", plain).casefold().translate(_LETTERS)
    folded = "".join(map(_fold_character, unicodedata.normalize("NFKD", plain)))
    # What was dropped may have kept two marks apart that have a canonical order of their own.
    return " ".join(unicodedata.normalize("NFKD", folded).split())


def words(text: str) -> tuple[str, ...]:
    """The folded words of a text."""
    return tuple(fold(text).split())
