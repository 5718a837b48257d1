"""Weights estimated from a registry without labels: what they may become, and what not."""

import csv

import attrs
import pytest

from tests.bench.scripts import script
from tests.comparing import PHONES, TEXTS
from vantrexia_adapters.matching.registry_file import read_registry
from vantrexia_core.patients import (
    WEIGHTS,
    Estimate,
    Evaluation,
    Field,
    Frequencies,
    MatchingModel,
    Traits,
    candidate_pairs,
    estimate,
    evaluate,
    judged,
    traits_of,
)
from vantrexia_core.patients.matching.estimating import (
    EVIDENCE_MIN,
    FACTOR_MAX,
    PRIOR_FACTOR_MAX,
    ROUNDS_MAX,
    scattered_pairs,
)
from vantrexia_core.patients.matching.levels import LastName
from vantrexia_core.patients.matching.weights import PRIORS

households = script("households")


@attrs.frozen(repr=False, eq=False)
class _Registry:
    people: list[Traits]
    labels: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    model: MatchingModel
    rounds: list[Estimate]

    def evaluated(self, model: MatchingModel) -> Evaluation:
        return evaluate(self.labels, judged(self.people, self.pairs, model, TEXTS))


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> _Registry:
    """1,000 records of households, and each round of the estimate."""
    file = tmp_path_factory.mktemp("registry") / "families.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, households.COLUMNS)
        writer.writeheader()
        writer.writerows(households.registry(1_000, seed=31))
    registry = read_registry(file)
    people = [traits_of(person, TEXTS, PHONES) for person in registry.people]
    pairs = candidate_pairs(people).pairs
    model = MatchingModel(Frequencies.counted(people), people=len(people))
    return _Registry(people, registry.labels or (), pairs, model, list(estimate(people, pairs, model, TEXTS)))


def test_no_weight_goes_further_than_the_factor(families: _Registry) -> None:
    """However long it runs: what was judged is the anchor, not the last round."""
    assert 1 < len(families.rounds) <= ROUNDS_MAX
    for found in families.rounds:
        for field, table in found.weights.items():
            for level, row in table.rows.items():
                before = attrs.astuple(WEIGHTS[field].rows[level])
                ratios = [new / old for new, old in zip(attrs.astuple(row), before, strict=True)]
                assert all(1 / FACTOR_MAX - 1e-9 <= ratio <= FACTOR_MAX + 1e-9 for ratio in ratios)
        priors = zip(attrs.astuple(found.priors), attrs.astuple(PRIORS), strict=True)
        assert all(1 / PRIOR_FACTOR_MAX <= new / old <= PRIOR_FACTOR_MAX for new, old in priors)
        assert found.priors.stranger == PRIORS.stranger


def test_what_few_pairs_teach_stays_as_it_was_judged(families: _Registry) -> None:
    """First names of twins: without them nothing tells twins from one person, so no pair is settled."""
    found = families.rounds[-1]
    columns = [field.name for field in attrs.fields(type(PRIORS))]
    untaught = [
        (field, column)
        for field in Field
        for column in columns
        if getattr(found.evidence[field], column) < EVIDENCE_MIN
    ]
    assert (Field.FIRST_NAME, "twin") in untaught
    for field, column in untaught:
        before = [getattr(row, column) for row in WEIGHTS[field].rows.values()]
        assert [getattr(row, column) for row in found.weights[field].rows.values()] == before


def test_an_estimate_does_not_drift_to_households(families: _Registry) -> None:
    """Relatives outnumber duplicates here, and the estimate still tells them from one person."""
    found = families.rounds[-1]
    model = attrs.evolve(families.model, weights=found.weights, priors=found.priors)
    evaluation = families.evaluated(model)
    assert evaluation.linked.wrong == 0
    assert evaluation.even.f1(evaluation.duplicates) > 0.95


def test_labels_are_not_looked_at_and_chance_is_not_asked(families: _Registry) -> None:
    """The same records give the same weights."""
    again = next(estimate(families.people, families.pairs, families.model, TEXTS))
    assert again == families.rounds[0]


def test_levels_that_are_counted_elsewhere_stay(families: _Registry) -> None:
    """Swapped names are one fact, and its weight stands with the first name."""
    found = families.rounds[-1]
    row = found.weights[Field.LAST_NAME].rows[LastName.SWAPPED]
    assert row == WEIGHTS[Field.LAST_NAME].rows[LastName.SWAPPED]


def test_scattered_pairs_are_of_two_records() -> None:
    """Each record takes part; one or none gives no pair."""
    pairs = list(scattered_pairs(50, 500))
    assert all(one != other and 0 <= one < 50 and 0 <= other < 50 for one, other in pairs)
    assert {one for one, _ in pairs} == {other for _, other in pairs} == set(range(50))
    assert list(scattered_pairs(1, 10)) == list(scattered_pairs(0, 10)) == []


def test_a_registry_of_nobody_teaches_nothing() -> None:
    """And does not fail."""
    *_, found = estimate([], (), MatchingModel(), TEXTS)
    assert {field: dict(table.rows) for field, table in found.weights.items()} == {
        field: dict(table.rows) for field, table in WEIGHTS.items()
    }
