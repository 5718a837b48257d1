"""String distances by rapidfuzz, and Soundex by jellyfish."""

from typing import Final

import jellyfish
from rapidfuzz.distance import OSA, JaroWinkler

_EMPTY: Final = 0.0


class RapidfuzzTexts:
    """See the core's ``Texts``."""

    def similarity(self, one: str, other: str) -> float:
        """See the core's ``Texts``."""
        # To the library two empty texts are equal; to us they are two missing values.
        return JaroWinkler.similarity(one, other) if one and other else _EMPTY

    def edits(self, one: str, other: str, *, most: int) -> int:
        """See the core's ``Texts``."""
        return OSA.distance(one, other, score_cutoff=most)

    def sound(self, text: str) -> str:
        """See the core's ``Texts``."""
        latin = text
        if not (text.isascii() and text.isalpha()):
            latin = "".join(character for character in text if character.isascii() and character.isalpha())
        return jellyfish.soundex(latin) if latin else ""
