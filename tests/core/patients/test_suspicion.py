"""Pairs that may be one person: the laws that hold whatever the machine finds."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_patient_id, a_suspicion
from tests.comparing import TEXTS
from tests.strategies.matching import anybody
from vantrexia_core.kernel import BrokenPromiseError, PatientId
from vantrexia_core.patients import (
    SCORE_MAX,
    Decision,
    MatchGrade,
    MatchingModel,
    Occasion,
    Pair,
    Suspicion,
)

IDS = st.uuids().map(PatientId)
SETTLED = st.sampled_from([Decision.SAME, Decision.DIFFERENT])


@given(IDS, IDS)
def test_a_pair_is_one_whichever_comes_first(one: PatientId, other: PatientId) -> None:
    """One id and one value; a record and itself are no pair."""
    if one == other:
        with pytest.raises(BrokenPromiseError):
            Pair.of(one, other)
        return
    assert Pair.of(one, other) == Pair.of(other, one)
    assert Pair.of(one, other).id == Pair.of(other, one).id


@given(st.sets(st.frozensets(IDS, min_size=2, max_size=2), max_size=8))
def test_two_pairs_have_two_ids(pairs: set[frozenset[PatientId]]) -> None:
    """However their records overlap."""
    assert len({Pair.of(*pair).id for pair in pairs}) == len(pairs)


def test_a_pairs_id_is_the_same_for_good() -> None:
    """Pinned: the rows of a database hang on it."""
    assert str(a_suspicion().id) == "76103429-c384-56a7-98b3-4d48eb7f7196"


def test_a_pair_out_of_order_is_refused() -> None:
    """`of` puts it in order."""
    with pytest.raises(BrokenPromiseError):
        Pair(a_patient_id(2), a_patient_id(1))


@given(SETTLED, st.floats(-50, 50), st.sampled_from(MatchGrade), st.integers(-5, 5))
def test_what_was_settled_outlives_every_score(
    decision: Decision, score: float, grade: MatchGrade, days: int
) -> None:
    """Whatever is found, and whenever."""
    settled = attrs.evolve(a_suspicion(), decision=decision, version=2)
    found = a_suspicion(score=score, grade=grade, found_at=NOW + timedelta(days=days))
    assert settled.found_again(found) == settled


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(-50, 50)), max_size=6))
def test_finding_again_takes_the_newest_score_and_keeps_the_age(found: list[tuple[int, float]]) -> None:
    """In whatever order the findings come."""
    stands = a_suspicion(score=0.0)
    for day, score in found:
        stands = stands.found_again(a_suspicion(score=score, found_at=NOW + timedelta(days=day)))
    newest = max((day for day, _ in found), default=0)
    assert stands.found_at == NOW
    assert stands.scored_at == NOW + timedelta(days=newest)
    if found:
        assert stands.score in {score for day, score in found if day == newest}


@given(anybody(), anybody())
def test_what_the_model_finds_is_kept_without_the_person(one, other) -> None:
    """Grade, score, bits and levels as judged; the score is a number that JSON has."""
    match = MatchingModel().judge(one, other, TEXTS)
    pair = Pair.of(a_patient_id(1), a_patient_id(2))
    found = Suspicion.found(pair, match, model="default-1", occasion=Occasion.CREATE, at=NOW)
    assert (found.grade, found.rival, found.guards) == (match.grade, match.rival, match.guards)
    assert dict(found.bits) == dict(match.bits)
    assert found.levels.keys() == found.bits.keys()
    assert -SCORE_MAX <= found.score <= SCORE_MAX


def test_a_model_without_a_proper_name_is_refused() -> None:
    """It is written beside every pair, and is no place for a sentence."""
    with pytest.raises(BrokenPromiseError):
        attrs.evolve(a_suspicion(), model="the one of Jane Doe")
