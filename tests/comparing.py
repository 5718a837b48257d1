"""The comparison of texts by its definitions, slowly; and people to compare, by a few words."""

from datetime import date
from typing import Final

import attrs

from vantrexia_adapters.matching import LibPhoneNumbers, RapidfuzzTexts
from vantrexia_core.kernel import Phi
from vantrexia_core.patients import (
    Comparison,
    Gender,
    Match,
    MatchingModel,
    Person,
    Traits,
    traits_of,
)

TEXTS: Final = RapidfuzzTexts()
PHONES: Final = LibPhoneNumbers()
MODEL: Final = MatchingModel()

_CODES: Final = {
    letter: digit
    for digit, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), start=1)
    for letter in letters
}


class PlainTexts:
    """See the core's ``Texts``; as the definitions have it."""

    def similarity(self, one: str, other: str) -> float:
        """Jaro's measure, raised by a tenth of the distance to 1 for each of the first four letters."""
        if not one or not other:
            return 0.0
        jaro = _jaro(one, other)
        prefix = 0
        while prefix < min(4, len(one), len(other)) and one[prefix] == other[prefix]:
            prefix += 1
        return jaro + prefix * 0.1 * (1 - jaro) if jaro > 0.7 else jaro

    def edits(self, one: str, other: str, *, most: int) -> int:
        """The recurrence of Damerau and Levenshtein, without edits inside a swap."""
        rows = [list(range(len(other) + 1))]
        for i, mine in enumerate(one, start=1):
            row = [i]
            for j, theirs in enumerate(other, start=1):
                best = min(rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (mine != theirs))
                if i > 1 and j > 1 and mine == other[j - 2] and one[i - 2] == theirs:
                    best = min(best, rows[-2][j - 2] + 1)
                row.append(best)
            rows.append(row)
        return min(rows[-1][-1], most + 1)

    def sound(self, text: str) -> str:
        """Soundex of the United States National Archives: h and w do not part two letters of one code."""
        letters = [letter for letter in text.lower() if "a" <= letter <= "z"]
        if not letters:
            return ""
        sound, last = letters[0].upper(), _CODES.get(letters[0])
        for letter in letters[1:]:
            code = _CODES.get(letter)
            if code is not None and code != last:
                sound += str(code)
            if letter not in "hw":
                last = code
        return sound[:4].ljust(4, "0")


def _jaro(one: str, other: str) -> float:
    reach = max(0, max(len(one), len(other)) // 2 - 1)
    theirs: list[int] = []
    mine: list[int] = []
    for i, letter in enumerate(one):
        for j in range(max(0, i - reach), min(len(other), i + reach + 1)):
            if j not in theirs and other[j] == letter:
                mine.append(i)
                theirs.append(j)
                break
    if not mine:
        return 0.0
    common = len(mine)
    swaps = sum(one[i] != other[j] for i, j in zip(mine, sorted(theirs), strict=True)) // 2
    return (common / len(one) + common / len(other) + (common - swaps) / common) / 3


def a_person(**known: str | date | Gender | None) -> Person:
    """Rosa Elena Quintero, and what is said of her otherwise; None takes away what is known."""
    person: dict[str, str | date | Gender | None] = {
        "first_name": "Rosa",
        "middle_name": None,
        "last_name": "Quintero",
        "date_of_birth": date(1961, 3, 8),
        "gender": Gender.FEMALE,
        "phone": "(217) 394-0142",
        "email": "garden.rose@example.org",
        "line1": "1778 East Walnut Street",
        "line2": None,
        "city": "Springfield",
        "zip": "62704",
        "ssn": None,
        "mrn": None,
    } | known
    wrapped = {name: None if value is None else Phi(value) for name, value in person.items()}
    return Person(**wrapped)  # type: ignore[arg-type] - each value is of its field


def traits(**known: str | date | Gender | None) -> Traits:
    """`a_person`, ready to be compared."""
    return traits_of(a_person(**known), TEXTS, PHONES)


def match(one: Traits, other: Traits, model: MatchingModel = MODEL) -> Match:
    """How two people are judged."""
    return model.judge(one, other, TEXTS)


def changed(comparison: Comparison, **levels: object) -> Comparison:
    """A comparison with other levels."""
    return attrs.evolve(comparison, **levels)  # type: ignore[arg-type] - levels of their fields
