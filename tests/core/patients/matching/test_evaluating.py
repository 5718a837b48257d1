import pytest

from tests.comparing import MODEL, TEXTS, traits
from vantrexia_core.patients import (
    Evaluation,
    Explanation,
    Guard,
    MatchGrade,
    Tally,
    Traits,
    candidate_pairs,
    evaluate,
    judged,
)

ROSA, TWIN, STRANGER = traits(), traits(first_name="Dolores"), traits(
    first_name="Anna", last_name="Okafor", date_of_birth=None, phone=None, email=None, line1=None, zip=None
)  # fmt: skip
NO_SSN = traits(ssn="401-17-8993"), traits(ssn="547-28-2838")


def _evaluated(*labelled: tuple[str, Traits]) -> Evaluation:
    labels, people = zip(*labelled, strict=True)
    return evaluate(labels, judged(people, candidate_pairs(people).pairs, MODEL, TEXTS))


def test_a_pair_that_is_found_is_right_and_others_are_not_counted() -> None:
    """One true pair, linked; a twin beside it, left to people twice; a stranger, never compared."""
    found = _evaluated(("1", ROSA), ("1", ROSA), ("2", TWIN), ("3", STRANGER))
    assert (found.records, found.duplicates, found.compared) == (4, 1, Tally(1, 2))
    assert (found.even, found.linked) == (Tally(1, 0), Tally(1, 0))
    assert found.queue == {MatchGrade.PROBABLE: Tally(), MatchGrade.POSSIBLE: Tally(0, 2)}
    assert found.queued == Tally(0, 2)
    assert found.rivals[Explanation.TWIN] == Tally(1, 2)


def test_a_false_link_is_counted_by_10000_records() -> None:
    """The label decides, not the model."""
    found = _evaluated(("1", ROSA), ("2", ROSA))
    assert (found.linked, found.duplicates, found.false_links) == (Tally(0, 1), 0, 5_000.0)


def test_a_duplicate_that_shares_no_key_is_missed() -> None:
    """It counts against the recall although it was never compared."""
    found = _evaluated(("1", ROSA), ("1", STRANGER))
    assert (found.duplicates, found.compared.pairs, found.even.recall(found.duplicates)) == (1, 0, 0.0)


def test_a_guarded_pair_is_counted_with_its_guard() -> None:
    """It is at even odds, and not linked."""
    found = _evaluated(("1", NO_SSN[0]), ("1", NO_SSN[1]))
    assert found.guards[Guard.SSN] == Tally(1, 0)
    assert (found.even, found.linked, found.queue[MatchGrade.PROBABLE]) == (Tally(1), Tally(), Tally(1))


@pytest.mark.parametrize(
    ("tally", "duplicates", "precision", "recall", "f1"),
    [
        (Tally(3, 1), 4, 0.75, 0.75, 0.75),
        (Tally(1, 0), 4, 1.0, 0.25, 0.4),
        (Tally(0, 2), 1, 0.0, 0.0, 0.0),
        (Tally(), 0, 1.0, 1.0, 1.0),
    ],
)
def test_the_measures_are_those_of_the_field(
    tally: Tally, duplicates: int, precision: float, recall: float, f1: float
) -> None:
    """By their definitions, F1 the harmonic mean; nothing found of nothing is right."""
    assert tally.precision == precision
    assert tally.recall(duplicates) == recall
    assert tally.f1(duplicates) == pytest.approx(f1)


def test_a_key_that_too_many_share_brings_no_pairs_and_is_reported() -> None:
    """Never silently dropped."""
    found = candidate_pairs([ROSA, ROSA, ROSA], block_max=2)
    assert found.pairs == ()
    assert found.crowded == candidate_pairs([ROSA], block_max=0).crowded > 5


def test_each_pair_is_compared_once_however_many_keys_it_shares() -> None:
    """In order, the smaller number first."""
    assert candidate_pairs([ROSA, ROSA, ROSA]).pairs == ((0, 1), (0, 2), (1, 2))
