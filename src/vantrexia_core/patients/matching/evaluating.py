"""How well "is this the same person" is answered on a registry whose answer is known.

Labels are looked at only afterwards, to count. What comes out is counts and shares: nothing of a person.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import attrs

from vantrexia_core.patients.matching.grades import MatchGrade
from vantrexia_core.patients.matching.guards import Guard
from vantrexia_core.patients.matching.judging import Match, MatchingModel
from vantrexia_core.patients.matching.ports import Texts
from vantrexia_core.patients.matching.traits import Traits
from vantrexia_core.patients.matching.weights import Explanation

EVEN_ODDS: Final = 0.0
"""Bits."""

_RECORDS: Final = 10_000
_QUEUED: Final = (MatchGrade.PROBABLE, MatchGrade.POSSIBLE)


@attrs.frozen
class Tally:
    """Pairs of one sort: of one person, and of two."""

    right: int = 0
    wrong: int = 0

    @property
    def pairs(self) -> int:
        """How many there are."""
        return self.right + self.wrong

    @property
    def precision(self) -> float:
        """The share of them that are of one person; 1 if there are none, for then none is wrong."""
        return self.right / self.pairs if self.pairs else 1.0

    def recall(self, duplicates: int) -> float:
        """The share of all pairs of one person that are among them."""
        return self.right / duplicates if duplicates else 1.0

    def f1(self, duplicates: int) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / (self.pairs + duplicates) if self.pairs + duplicates else 1.0


@attrs.frozen
class Evaluation:
    """What came out. ``even`` is every pair that is more likely one person than not, guarded or not."""

    records: int
    duplicates: int
    """Pairs of one person, by the labels, compared or not."""
    compared: Tally
    even: Tally
    linked: Tally
    queue: Mapping[MatchGrade, Tally]
    """What is left to people: probable and possible."""
    rivals: Mapping[Explanation, Tally]
    """Of the pairs linked or left to people, how many have which strongest other explanation."""
    guards: Mapping[Guard, Tally]
    """Pairs that a guard kept from being linked; a pair may have several."""

    @property
    def false_links(self) -> float:
        """Links of two people, per 10,000 records."""
        return self.linked.wrong * _RECORDS / self.records if self.records else 0.0

    @property
    def queued(self) -> Tally:
        """All that is left to people."""
        return Tally(
            sum(tally.right for tally in self.queue.values()),
            sum(tally.wrong for tally in self.queue.values()),
        )


def judged(
    people: Sequence[Traits], pairs: Iterable[tuple[int, int]], model: MatchingModel, texts: Texts
) -> Iterator[tuple[tuple[int, int], Match]]:
    """Judge each pair; lazily, so that whoever waits can be told how far it is."""
    for pair in pairs:
        yield pair, model.judge(people[pair[0]], people[pair[1]], texts)


def evaluate(labels: Sequence[Hashable], matches: Iterable[tuple[tuple[int, int], Match]]) -> Evaluation:
    """Hold judged pairs against the labels; two records of one label are one person."""
    counted: Counter[tuple[object, bool]] = Counter()
    for (one, other), match in matches:
        is_right = labels[one] == labels[other]
        counted.update((sort, is_right) for sort in _sorts(match))
    members = Counter(labels).values()
    return Evaluation(
        records=len(labels),
        duplicates=sum(count * (count - 1) // 2 for count in members),
        compared=_tally(counted, "compared"),
        even=_tally(counted, "even"),
        linked=_tally(counted, MatchGrade.CERTAIN),
        queue=MappingProxyType({grade: _tally(counted, grade) for grade in _QUEUED}),
        rivals=MappingProxyType(
            {each: _tally(counted, each) for each in Explanation if each is not Explanation.SAME}
        ),
        guards=MappingProxyType({guard: _tally(counted, guard) for guard in Guard}),
    )


def _sorts(match: Match) -> Iterator[object]:
    """What a pair is counted as."""
    yield "compared"
    yield match.grade
    yield from match.guards
    if match.score >= EVEN_ODDS:
        yield "even"
    if match.grade is not MatchGrade.CERTAINLY_NOT:
        yield match.rival


def _tally(counted: Counter[tuple[object, bool]], sort: object) -> Tally:
    return Tally(counted[sort, True], counted[sort, False])
