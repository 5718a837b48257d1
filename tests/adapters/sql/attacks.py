"""What somebody who stole a database would try, to learn last names from stored values without any key.

An attack gets a column (a value a row) and guesses a name a row. It knows how common each name is and, for
the stronger attacks, the names of half of the people (a *known plaintext* attack).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Column = Sequence[Any]
Attack = Callable[[Column, Sequence[str]], float]
"""From a column and the true names to the share of names that were guessed right."""


def guessing(names: Sequence[str]) -> float:
    """The baseline: everybody is called as most people are."""
    return Counter(names).most_common(1)[0][1] / len(names)


def by_frequency(column: Column, names: Sequence[str]) -> float:
    """The commonest value stands for the commonest name, the second for the second, and so on."""
    ranked = [value for value, _ in Counter(column).most_common()]
    common = [name for name, _ in Counter(names).most_common()]
    meaning = dict(zip(ranked, common, strict=False))
    return _share(names, (meaning.get(value, common[0]) for value in column))


def by_order(column: Column, names: Sequence[str]) -> float:
    """The smallest values stand for the first names of the alphabet, or for its last ones."""
    upwards = sorted(range(len(column)), key=lambda row: column[row])
    alphabet = sorted(names)
    return max(
        sum(names[row] == name for row, name in zip(order, alphabet, strict=True)) / len(names)
        for order in (upwards, upwards[::-1])
    )


def by_known_values(column: Column, names: Sequence[str]) -> float:
    """Whoever shares a value with people whose names are known is called as most of them are."""
    half = len(names) // 2
    seen: dict[Any, Counter[str]] = {}
    for value, name in zip(column[:half], names[:half], strict=True):
        seen.setdefault(value, Counter())[name] += 1
    common = Counter(names[:half]).most_common(1)[0][0]
    meaning = {value: counts.most_common(1)[0][0] for value, counts in seen.items()}
    return _share(names[half:], (meaning.get(value, common) for value in column[half:]))


def by_known_neighbours(column: Column, names: Sequence[str]) -> float:
    """Whoever stands in order between two known people of one name has that name; others the commonest."""
    half = len(names) // 2
    known = sorted(range(half), key=lambda row: column[row])
    values = [column[row] for row in known]
    common = Counter(names[:half]).most_common(1)[0][0]

    def between(value: Any) -> str:
        place = bisect_left(values, value)
        before, behind = names[known[max(0, place - 1)]], names[known[min(half - 1, place)]]
        return before if before == behind else common

    return _share(names[half:], map(between, column[half:]))


UNORDERED: Mapping[str, Attack] = {"frequency": by_frequency, "known values": by_known_values}
ORDERED: Mapping[str, Attack] = {"order": by_order, "known neighbours": by_known_neighbours}


def views(column: Column) -> Iterator[tuple[str, Column]]:
    """What of a value could tell something: all of it, its length, its beginnings and its ends."""
    yield "value", column
    if all(isinstance(value, bytes | str) for value in column):
        yield "length", [len(value) for value in column]
        for size in (1, 4, 16):
            yield f"first {size}", [value[:size] for value in column]
            yield f"last {size}", [value[-size:] for value in column]


def findings(column: Column, names: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Every attack on every view of a column, and the share of names it got right above guessing."""
    half = len(names) // 2
    for view, seen in views(column):
        for attack, run in (UNORDERED | ORDERED).items():
            baseline = guessing(names[half:] if attack.startswith("known") else names)
            yield f"{attack} of {view}", run(seen, names) - baseline


def _share(names: Sequence[str], guesses: Any) -> float:
    return sum(name == guess for name, guess in zip(names, guesses, strict=True)) / len(names)
