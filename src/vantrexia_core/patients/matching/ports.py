"""What comparing two people needs from outside: how alike two texts are, and what a phone number is."""

from typing import Protocol


class Texts(Protocol):
    """How alike two folded texts are.

    Texts that hold no letter or digit are alike to nothing; no method raises for any text.
    """

    def similarity(self, one: str, other: str) -> float:
        """Jaro-Winkler similarity, 0 to 1 (prefix of four, weight .1)."""
        ...

    def edits(self, one: str, other: str, *, most: int) -> int:
        """Optimal string alignment distance: insert, delete, replace, or swap two neighbours.

        ``most + 1`` stands for anything above ``most``.
        """
        ...

    def sound(self, text: str) -> str:
        """American Soundex of what is Latin in it; empty if nothing is."""
        ...


class PhoneNumbers(Protocol):
    """What a phone number is, however it was written."""

    def national(self, written: str) -> str | None:
        """The digits that are dialled within the North American plan, or those of E.164 without the plus.

        None for what cannot be a number. Two ways of writing one number give the same digits.
        """
        ...
