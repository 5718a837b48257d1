"""How common a name or a birth date is among a practice's people.

Two Kowalczyks born on one day are one person far more often than two Smiths are. Frequencies are counted over
the registry itself, without labels.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import attrs

from vantrexia_core.patients.matching.given_names import is_given_name
from vantrexia_core.patients.matching.traits import Traits

FIRST_NAME_USUAL: Final = 0.003
LAST_NAME_USUAL: Final = 0.001
BIRTH_DATE_USUAL: Final = 1 / 25_000
"""What a value counts as until it was seen often: a name of middling rank, a day of seventy years."""

_RECORDS_COMPARED: Final = 2
_WEIGHT_OF_USUAL: Final = 1_000
"""As many people are thought to have been counted beforehand, so that a small registry does not mislead."""

PEOPLE_TO_KNOW_NAMES_MIN: Final = 1_000
"""Among fewer people a name that nobody else bears is nothing remarkable."""

BEARERS_MIN: Final = 5
"""A spelling that as many records bear is a name."""


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

    def with_one_more(self, person: Traits) -> "Frequencies":
        """With somebody who is not of the registry yet, and is compared with those who are."""

        def also(count: Callable[[str], int], own: str) -> Callable[[str], int]:
            return lambda value: count(value) + (value == own)

        return Frequencies(
            also(self._first, person.first_joined),
            also(self._last, person.last_joined),
            also(self._born, person.born_digits),
            self.people + 1,
        )

    def first_name(self, joined: str) -> float | None:
        """The share of people with a first name."""
        return self._share(self._first(joined), FIRST_NAME_USUAL)

    def last_name(self, joined: str) -> float | None:
        """The share of people with a last name."""
        return self._share(self._last(joined), LAST_NAME_USUAL)

    def birth_date(self, digits: str) -> float | None:
        """The share of people born on a date."""
        return self._share(self._born(digits), BIRTH_DATE_USUAL)

    def is_mistyped_first_name(self, typed: str, meant: str) -> bool:
        """Whether a first name is one that people bear, and the other one nobody's but this one person's.

        Twins are given names, and nearly every name has other bearers too; so a spelling that has none, a
        letter away from a name that has several, is a typing error rather than a twin.
        """
        return (
            self.people >= PEOPLE_TO_KNOW_NAMES_MIN
            and self._first(typed) <= 1
            and not is_given_name(typed)
            and self._is_first_name(meant)
        )

    def are_first_names(self, one: str, other: str) -> bool:
        """Whether both are names that people bear."""
        return self._is_first_name(one) and self._is_first_name(other)

    def is_mistyped_last_name(self, typed: str, meant: str) -> bool:
        """As for first names. Rare surnames are common, so it says less."""
        return (
            self.people >= PEOPLE_TO_KNOW_NAMES_MIN
            and self._last(typed) <= 1
            and self._last(meant) >= BEARERS_MIN
        )

    def _is_first_name(self, joined: str) -> bool:
        return is_given_name(joined) or self._first(joined) >= BEARERS_MIN

    def namesakes(self, one: Traits, other: Traits) -> float | None:
        """How many others of their name and birth date the registry has by chance, apart from these two.

        Of two spellings the commoner one counts. None if nobody was counted.
        """
        if not self.people:
            return None
        alike = float(self.people)
        for counts, mine, theirs, usual in (
            (self._first, one.first_joined, other.first_joined, FIRST_NAME_USUAL),
            (self._last, one.last_joined, other.last_joined, LAST_NAME_USUAL),
        ):
            others = max(0, max(counts(mine), counts(theirs)) - _RECORDS_COMPARED)
            alike *= (others + _WEIGHT_OF_USUAL * usual) / (self.people + _WEIGHT_OF_USUAL)
        born = self._born(one.born_digits) - _RECORDS_COMPARED
        # A few who were born on one day are chance; many are a date that stands for an unknown one.
        return alike * (born / self.people if born >= BEARERS_MIN else BIRTH_DATE_USUAL)

    def _share(self, count: int, usual: float) -> float | None:
        if not self.people:
            return None
        return (count + _WEIGHT_OF_USUAL * usual) / (self.people + _WEIGHT_OF_USUAL)


NOTHING_COUNTED: Final = Frequencies.counted(())
"""No name is known to be common or rare: the table of weights has what is assumed."""
