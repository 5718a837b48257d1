"""Weights estimated from a registry itself, without labels, by expectation and maximisation.

EM over candidate pairs drifts: where relatives outnumber duplicates it ends with "same household" under the
name of "same person". So a field learns only from pairs that the *other* fields settle, no weight goes
further than a factor of four from the one that was judged, and a column with little evidence keeps what was.
Strangers are learned from pairs scattered over the registry: those that share a key are chosen to be alike.

What comes out is a proposal. It shows where a registry differs from what was judged; taking it over is a
decision that somebody makes, and tests hold the product's weights to an order that an estimate need not keep.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import Final

import attrs

from vantrexia_core.patients.matching.comparing import compare
from vantrexia_core.patients.matching.judging import MatchingModel
from vantrexia_core.patients.matching.levels import (
    Comparison,
    EmailLevel,
    Field,
    FirstName,
    LastName,
    MrnLevel,
    SsnLevel,
)
from vantrexia_core.patients.matching.ports import Texts
from vantrexia_core.patients.matching.traits import Traits
from vantrexia_core.patients.matching.weights import Explanation, Row, Table

FACTOR_MAX: Final = 4.0
"""How far a weight may go from the one that was judged."""

PRIOR_FACTOR_MAX: Final = 16.0
"""Registries differ more in who is in them than in how people mistype: one has no families."""

SETTLED_MIN: Final = 0.95
"""How probable one explanation must be, by the other fields, for a pair to teach a field."""

EVIDENCE_MIN: Final = 50
"""A column that fewer pairs teach keeps what was judged."""

ROUNDS_MAX: Final = 8
CHANGE_MIN: Final = 0.03
"""Rounds end when no weight changes by more than this share."""

CANDIDATES_MAX: Final = 20_000
STRANGERS: Final = 20_000
"""Pairs that are enough to learn from, however large the registry."""

_STRIDE: Final = 7_919
_LAPS_MAX: Final = 5
_PSEUDO_PAIRS: Final = 20.0
_COLUMNS: Final = tuple(explanation.name.lower() for explanation in Explanation)
_STRANGER: Final = _COLUMNS.index("stranger")
_PAIR_PARTNERS: Final = 2
_NAMES: Final = frozenset({Field.FIRST_NAME, Field.LAST_NAME})
_KEPT: Final = frozenset(
    {
        (Field.LAST_NAME, LastName.SWAPPED),  # counted with the first name
        (Field.MRN, MrnLevel.DIFFERS),  # says nothing
        (Field.SSN, SsnLevel.LAST_FOUR),  # of those of whom four digits are known
        (Field.EMAIL, EmailLevel.OF_NAME),  # of those whose mailbox is made of their name
    }
)
"""Levels that do not share in the one whole of their field: they stay as they were judged."""


@attrs.frozen
class Estimate:
    """What was estimated, and from how much."""

    weights: Mapping[Field, Table]
    priors: Row
    evidence: Mapping[Field, Row]
    """By field and explanation: how many pairs taught it; fewer than `EVIDENCE_MIN` taught nothing."""
    rounds: int


def scattered_pairs(people: int, count: int) -> Iterator[tuple[int, int]]:
    """Pairs spread evenly over a registry, the same each time; relatives and duplicates but by chance.

    The registry is laid beside itself, further along each time.
    """
    if people < _PAIR_PARTNERS:
        return
    for number in range(count):
        lap, one = divmod(number, people)
        yield one, (one + 1 + (_STRIDE * (lap + 1)) % (people - 1)) % people


def estimate(
    people: Sequence[Traits], pairs: Sequence[tuple[int, int]], model: MatchingModel, texts: Texts
) -> Iterator[Estimate]:
    """One estimate a round, better each time; the last one is the result. At most `ROUNDS_MAX`.

    ``pairs`` share a blocking key, by their numbers in ``people``; ``model`` holds what was judged.
    """

    def compared(some: Iterable[tuple[int, int]]) -> list[Comparison]:
        return [compare(people[one], people[other], texts, model.frequencies) for one, other in some]

    step = max(1, -(-len(pairs) // CANDIDATES_MAX))
    candidates = compared(pairs[::step])
    strangers = compared(scattered_pairs(len(people), min(STRANGERS, _LAPS_MAX * len(people))))
    judged = model
    for number in range(1, ROUNDS_MAX + 1):
        counts, evidence, expected = _expected(candidates, model)
        _count_strangers(strangers, counts, evidence)
        weights = {
            field: Table(_ORIGIN, _maximised(judged.weights[field], field, counts, evidence[field]))
            for field in judged.weights
        }
        priors = _priors(judged.priors, [step * pairs for pairs in expected], len(people))
        found = Estimate(
            MappingProxyType(weights),
            priors,
            MappingProxyType({field: Row(*evidence[field]) for field in judged.weights}),
            number,
        )
        yield found
        change = _change(model, found)
        model = attrs.evolve(model, weights=found.weights, priors=found.priors)
        if change < CHANGE_MIN:
            return


_ORIGIN: Final = "Estimated without labels, from the pairs that the other fields settle."

_Counts = Counter[tuple[Field, IntEnum, int]]


def _expected(
    candidates: Sequence[Comparison], model: MatchingModel
) -> tuple[_Counts, dict[Field, list[float]], list[float]]:
    """How often each level goes with each explanation, by the pairs that the other fields settle."""
    counts: _Counts = Counter()
    evidence = {field: [0.0] * len(_COLUMNS) for field in model.weights}
    expected = [0.0] * len(_COLUMNS)
    for comparison in candidates:
        joint, rows = model.joint(comparison)
        total = sum(joint)
        for column, part in enumerate(joint):
            expected[column] += part / total
        by_field = dict(rows)
        for field, level in comparison.levels():
            if not level or (field, level) in _KEPT:
                continue
            if comparison.first_name is FirstName.SWAPPED and field in _NAMES:
                continue  # one fact, which the other name would settle
            row = by_field[field]
            others = [part / own for part, own in zip(joint, row, strict=True)]
            best = max(range(len(others)), key=others.__getitem__)
            if best != _STRANGER and others[best] >= SETTLED_MIN * sum(others):
                counts[field, level, best] += 1
                evidence[field][best] += 1
    return counts, evidence, expected


def _count_strangers(
    strangers: Sequence[Comparison], counts: _Counts, evidence: Mapping[Field, list[float]]
) -> None:
    for comparison in strangers:
        for field, level in comparison.levels():
            if level:
                counts[field, level, _STRANGER] += 1
                evidence[field][_STRANGER] += 1


def _maximised(
    table: Table, field: Field, counts: _Counts, evidence: Sequence[float]
) -> Mapping[IntEnum, Row]:
    learned = [level for level in table.rows if (field, level) not in _KEPT]
    rows = {level: list(attrs.astuple(row)) for level, row in table.rows.items()}
    for column, pairs in enumerate(evidence):
        if pairs >= EVIDENCE_MIN:
            shares = _column(
                [rows[level][column] for level in learned],
                [counts[field, level, column] for level in learned],
            )
            for level, share in zip(learned, shares, strict=True):
                rows[level][column] = share
    return MappingProxyType({level: Row(*row) for level, row in rows.items()})


def _column(judged: Sequence[float], seen: Sequence[float]) -> list[float]:
    """Shares of the levels, drawn towards what was judged, and no further from it than the factor."""
    total = sum(seen) + _PSEUDO_PAIRS * sum(judged)
    shares = [
        sum(judged) * (count + _PSEUDO_PAIRS * before) / total
        for count, before in zip(seen, judged, strict=True)
    ]
    return [
        min(max(share, before / FACTOR_MAX), before * FACTOR_MAX, 1.0)
        for share, before in zip(shares, judged, strict=True)
    ]


def _priors(judged: Row, expected: Sequence[float], people: int) -> Row:
    """Partners a record, each kind; a pair gives a partner to two. That of strangers stands for one."""
    found = {
        column: min(
            max(_PAIR_PARTNERS * pairs / max(1, people), getattr(judged, column) / PRIOR_FACTOR_MAX),
            getattr(judged, column) * PRIOR_FACTOR_MAX,
        )
        for column, pairs in zip(_COLUMNS, expected, strict=True)
    }
    return attrs.evolve(Row(**found), stranger=judged.stranger)


def _change(before: MatchingModel, after: Estimate) -> float:
    """The largest share by which a weight or a prior changed."""
    pairs = [(before.priors, after.priors)]
    for field, table in after.weights.items():
        pairs += [(before.weights[field].rows[level], row) for level, row in table.rows.items()]
    return max(
        abs(float(new) / float(old) - 1)
        for one, other in pairs
        for old, new in zip(attrs.astuple(one), attrs.astuple(other), strict=True)
    )
