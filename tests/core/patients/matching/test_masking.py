"""Nothing of the model shows a person."""

import copy
import pickle
import pprint

import attrs
import pytest
from hypothesis import given

from tests.comparing import MODEL, TEXTS, a_person, match, traits
from tests.strategies.matching import anybody
from vantrexia_core.patients import Frequencies, MatchingModel, Traits, compare, rank

MARKS = ("quintero", "rosa", "1961", "0142", "garden", "walnut", "62704", "springfield", "8993")


def _shown(value: object) -> str:
    return f"{value!r} {value} {pprint.pformat(value)}".lower()


def test_no_representation_shows_anything_of_a_person() -> None:
    """Person, traits, comparison, match, frequencies, model, ranking."""
    one = traits(ssn="401-17-8993", mrn="MRN-8993", middle_name="Rosalinda")
    model = MatchingModel(Frequencies.counted([one]))
    values = [
        a_person(ssn="401-17-8993"), one, one.home, compare(one, one, TEXTS), match(one, one),
        Frequencies.counted([one]), model, match(one, one, model), rank(one, [(1, one)], model, TEXTS),
    ]  # fmt: skip
    for value in values:
        assert [mark for mark in MARKS if mark in _shown(value)] == []


@given(anybody(), anybody())
def test_a_match_is_made_of_words_and_numbers_of_the_model(one: Traits, other: Traits) -> None:
    """Everything in it may go into the audit trail: names of fields, levels, explanations; numbers."""
    found = match(one, other)
    levels = {level.name.lower() for kind in _kinds() for level in kind}
    assert set(found.levels.values()) <= levels
    assert all(isinstance(bits, float) for bits in found.bits.values())
    assert {field.name for field in attrs.fields(type(found))} == {
        "grade", "score", "bits", "levels", "prior_bits", "crowd_bits", "shares", "rival", "guards",
    }  # fmt: skip


def _kinds() -> list[type]:
    known = {
        attribute.name: attribute.type for attribute in attrs.fields(type(compare(traits(), traits(), TEXTS)))
    }
    return [known[field.value] for field in MODEL.weights]  # type: ignore[misc] - every one has a type


@pytest.mark.parametrize("escape", [pickle.dumps, copy.deepcopy, hash])
def test_traits_do_not_rest_in_a_pickle_or_a_hash(escape: object) -> None:
    """As `Phi` does not."""
    with pytest.raises(TypeError):
        escape(traits())  # type: ignore[operator] - one of the above
