"""How common a name or a birth date is among a practice's people.

Two Kowalczyks born on one day are one person far more often than two Smiths are. Frequencies are counted over
the registry itself, without labels.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import attrs

from vantrexia_core.patients.matching.traits import Traits

FIRST_NAME_USUAL: Final = 0.003
LAST_NAME_USUAL: Final = 0.001
BIRTH_DATE_USUAL: Final = 1 / 25_000
"""What a value counts as until it was seen often: a name of middling rank, a day of seventy years."""

_WEIGHT_OF_USUAL: Final = 1_000
"""As many people are thought to have been counted beforehand, so that a small registry does not mislead."""


@attrs.frozen(repr=False, eq=False)
class Frequencies:
    """Shares of people by value; None where nobody was counted. Prints none of the values."""

    _first: Callable[[str], int]
    _last: Callable[[str], int]
    _born: Callable[[str], int]
    people: int

    def __repr__(self) -> str:
        return f"Frequencies(people={self.people})"

    @classmethod
    def counted(cls, people: Iterable[Traits]) -> "Frequencies":
        """Counted over a registry, or a fair sample of it."""
        first: Counter[str] = Counter()
        last: Counter[str] = Counter()
        born: Counter[str] = Counter()
        count = 0
        for person in people:
            count += 1
            first[person.first_joined] += 1
            last[person.last_joined] += 1
            born[person.born_digits] += 1
        return cls(first.__getitem__, last.__getitem__, born.__getitem__, count)

    def first_name(self, joined: str) -> float | None:
        """The share of people with a first name."""
        return self._share(self._first(joined), FIRST_NAME_USUAL)

    def last_name(self, joined: str) -> float | None:
        """The share of people with a last name."""
        return self._share(self._last(joined), LAST_NAME_USUAL)

    def birth_date(self, digits: str) -> float | None:
        """The share of people born on a date."""
        return self._share(self._born(digits), BIRTH_DATE_USUAL)

    def _share(self, count: int, usual: float) -> float | None:
        if not self.people:
            return None
        return (count + _WEIGHT_OF_USUAL * usual) / (self.people + _WEIGHT_OF_USUAL)


NOTHING_COUNTED: Final = Frequencies.counted(())
"""No name is known to be common or rare: the table of weights has what is assumed."""
