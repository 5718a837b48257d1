"""What holds for any two people."""

from math import log2

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.comparing import MODEL, TEXTS, match, traits
from tests.strategies.matching import anybody
from vantrexia_core.patients import (
    THRESHOLDS,
    Explanation,
    Field,
    Frequencies,
    MatchGrade,
    MatchingModel,
    Traits,
    compare,
    rank,
)

BLANK = {
    Field.FIRST_NAME: {"first": (), "first_joined": "", "first_sound": "", "nicknames": frozenset()},
    Field.MIDDLE_NAME: {"middle": ""},
    Field.SUFFIX: {"suffix": ""},
    Field.DATE_OF_BIRTH: {"born": None, "born_digits": ""},
    Field.GENDER: {"gender": None},
    Field.PHONE: {"phone": ""},
    Field.EMAIL: {"mailbox": "", "mail_domain": "", "has_mailbox_of_name": False},
    Field.ADDRESS: {"home": attrs.evolve(traits().home, number="", street="", unit="", town="", zip5="")},
    Field.SSN: {"ssn": ""},
    Field.MRN: {"mrn": ""},
}
"""What a person is like of whom a field is not known. The last name stands apart: see below."""

BEARING_ON_OTHERS = {Field.FIRST_NAME, Field.MIDDLE_NAME}
"""Fields by which others are read: a mailbox of the name, a swap, somebody who goes by the middle name."""


OTHERS = [traits(last_name=f"Other{number}") for number in range(500)]
"""A registry."""


def without(person: Traits, field: Field) -> Traits:
    """The same person, of whom less is known."""
    return attrs.evolve(person, **BLANK[field])  # type: ignore[arg-type] - values of their fields


@given(anybody(), anybody())
def test_whoever_comes_first_the_match_is_the_same(one: Traits, other: Traits) -> None:
    """Symmetric to the last bit: grade, score, levels, bits, guards."""
    assert match(one, other) == match(other, one)


@given(anybody(), anybody())
def test_frequencies_keep_it_symmetric(one: Traits, other: Traits) -> None:
    """Also with a registry behind it."""
    model = MatchingModel(Frequencies.counted([one, other, traits(), traits()]), people=4)
    assert match(one, other, model) == match(other, one, model)


@given(anybody(), anybody())
def test_the_same_two_are_judged_the_same_again(one: Traits, other: Traits) -> None:
    """No clock, no chance, no memory."""
    assert match(one, other) == match(one, other)
    assert match(one, other) == MatchingModel().judge(one, other, TEXTS)


@given(anybody(), anybody())
def test_who_is_not_explained_is_certainly_somebody_else(one: Traits, other: Traits) -> None:
    """The short way, for those who look through many candidates, leaves out nobody else."""
    judged = MODEL.judge(one, other, TEXTS)
    is_not = judged.grade is MatchGrade.CERTAINLY_NOT
    assert MODEL.judge_unless_not(one, other, TEXTS) == (None if is_not else judged)
    assert MODEL.score(compare(one, other, TEXTS, MODEL.frequencies)) == judged.score


@given(anybody(), anybody(), st.sampled_from(sorted(BLANK, key=lambda field: field.value)))
def test_a_missing_field_gives_nothing(one: Traits, other: Traits, field: Field) -> None:
    """No bit for, none against, whichever side does not have it, or both."""
    judged = [
        match(without(one, field), other),
        match(one, without(other, field)),
        match(without(one, field), without(other, field)),
    ]
    assert all(found.bits[field] == 0 and found.levels[field] == "missing" for found in judged)
    if field not in BEARING_ON_OTHERS:
        assert judged[0] == judged[1] == judged[2]


@given(anybody(), anybody(), st.sampled_from(sorted(set(BLANK) - BEARING_ON_OTHERS, key=lambda f: f.value)))
def test_a_field_that_goes_missing_takes_away_what_it_gave(one: Traits, other: Traits, field: Field) -> None:
    """No more and no less than its own bits, against one explanation or another.

    What a field says when it is there, and nothing beyond that, is what its absence can change.
    """
    whole, less = match(one, other), match(without(one, field), other)
    row = attrs.astuple(MODEL.row(field, compare(one, other, TEXTS)))
    bits = [log2(row[0] / against) for against in row[1:]]
    lost = whole.score - less.score
    assert min(bits) - 1e-9 <= lost <= max(bits) + 1e-9


def test_nothing_known_of_anybody_is_no_match() -> None:
    """Two empty records: what is left is how rare duplicates are."""
    nobody = Traits()
    found = match(nobody, nobody)
    assert set(found.levels.values()) == {"missing"}
    assert found.grade is MatchGrade.CERTAINLY_NOT


@given(anybody(), anybody())
def test_an_explanation_adds_up(one: Traits, other: Traits) -> None:
    """Prior and bits of the fields, less what the other explanations take, are the score; shares make 1."""
    found = match(one, other)
    assert found.score == pytest.approx(found.prior_bits + sum(found.bits.values()) - found.crowd_bits)
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.crowd_bits >= 0
    assert found.rival is not Explanation.SAME
    assert sorted(found.shares.values())[-2] == found.shares[found.second]
    assert 0 <= found.probability <= 1


@given(anybody(), anybody())
def test_a_guard_only_ever_turns_a_link_into_a_review(one: Traits, other: Traits) -> None:
    """A grade is that of its score, or probable instead of certain."""
    found = match(one, other)
    by_score = THRESHOLDS.grade(found.score)
    if found.guards:
        assert (by_score, found.grade) == (MatchGrade.CERTAIN, MatchGrade.PROBABLE)
    else:
        assert found.grade is by_score


@given(anybody(), st.lists(anybody(), max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_candidates_is_irrelevant(
    probe: Traits, candidates: list[Traits], chance: object
) -> None:
    """Whoever asks sees the likeliest first, and at most one that may be linked."""
    keyed = list(enumerate(candidates))
    shuffled = list(keyed)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] - a random.Random
    found, again = (rank(probe, order, MODEL, TEXTS) for order in (keyed, shuffled))
    assert sorted(found, key=lambda each: each.key) == sorted(again, key=lambda each: each.key)
    assert [each.match.score for each in found] == sorted((each.match.score for each in found), reverse=True)
    assert sum(each.match.may_link for each in found) <= 1


@given(anybody(), st.integers(2, 400))
def test_a_commoner_name_never_says_more(person: Traits, count: int) -> None:
    """Two Smiths born on one day are one person less often than two Kowalczyks."""
    rare = MatchingModel(Frequencies.counted([*OTHERS, person]))
    common = MatchingModel(Frequencies.counted([*OTHERS[count:], *[person] * (count + 1)]))
    assert match(person, person, common).score <= match(person, person, rare).score + 1e-9


@given(anybody(), anybody())
def test_more_people_are_more_strangers(one: Traits, other: Traits) -> None:
    """The larger the registry, the less likely are two alike records of one person."""
    assert (
        match(one, other, MatchingModel(people=1_000_000)).score
        <= match(one, other, MatchingModel(people=10_000)).score
    )
