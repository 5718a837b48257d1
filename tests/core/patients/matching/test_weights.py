"""The table of weights keeps what the model promises of it."""

from enum import IntEnum
from itertools import pairwise
from math import inf

import attrs
import pytest

from tests.comparing import MODEL
from vantrexia_core.patients import WEIGHTS, Comparison, Explanation, Field
from vantrexia_core.patients.matching.levels import FirstName, LastName
from vantrexia_core.patients.matching.weights import Row, Table

RIVALS = ("stranger", "relative", "twin", "namesake")


def _is_counted_elsewhere(level: IntEnum) -> bool:
    """Its bits are given with the first name. Levels of other fields have the same number."""
    return level is LastName.SWAPPED


LEVELS = {
    field.name: field.type for field in attrs.fields(Comparison) if field.name in {f.value for f in Field}
}


def _levels(field: Field) -> list[IntEnum]:
    kind = LEVELS[field.value]
    assert kind is not None
    return [level for level in kind if not _is_counted_elsewhere(level)]


@pytest.mark.parametrize("field", Field)
def test_every_level_but_missing_has_a_row(field: Field) -> None:
    """The table is total."""
    kind = LEVELS[field.value]
    assert kind is not None
    assert set(WEIGHTS[field].rows) == set(kind) - {kind(0)}


@pytest.mark.parametrize("field", Field)
def test_weights_say_where_they_come_from(field: Field) -> None:
    """A sentence, not a blank."""
    assert WEIGHTS[field].origin.endswith(".")


@pytest.mark.parametrize("field", Field)
@pytest.mark.parametrize("rival", RIVALS)
@pytest.mark.parametrize("frequency", [None, 0.0, 1e-4, 0.003, 1.0])
def test_a_higher_level_speaks_more_for_one_person(field: Field, rival: str, frequency: float | None) -> None:
    """Against each explanation, and whether a value is rare or common; so the score is monotonic."""
    ratios = []
    for level in _levels(field)[1:]:
        comparison = Comparison(
            **{field.value: level},  # type: ignore[arg-type] - a level of the field
            first_frequency=frequency,
            last_frequency=frequency,
            birth_frequency=frequency,
        )
        row = MODEL.row(field, comparison)
        ratios.append(row.same / getattr(row, rival))
    assert all(lower <= higher * (1 + 1e-9) for lower, higher in pairwise(ratios))


@pytest.mark.parametrize("field", Field)
def test_a_higher_level_never_lowers_the_score(field: Field) -> None:
    """The law that the one above is for."""
    for known in (
        Comparison(),
        Comparison(first_name=FirstName.DIFFERS),
        Comparison(last_name=LastName.EXACT),
    ):
        last = -inf
        for level in _levels(field)[1:]:
            score = MODEL.score(attrs.evolve(known, **{field.value: level}))
            assert score >= last - 1e-9
            last = score


@pytest.mark.parametrize("field", [field for field in Field if field is not Field.MRN])
def test_a_row_is_a_probability_and_a_column_no_more_than_one(field: Field) -> None:
    """Levels exclude each other. Only the special ways of an exact e-mail or SSN are told apart elsewhere."""
    rows = [row for level, row in WEIGHTS[field].rows.items() if not _is_counted_elsewhere(level)]
    alternatives = 1 if field not in {Field.EMAIL, Field.SSN} else 2
    for name in ("same", *RIVALS):
        assert 0 < sum(getattr(row, name) for row in rows) <= alternatives + 1e-9


def test_a_weight_of_zero_is_refused() -> None:
    """It would decide alone, whatever else agrees."""
    with pytest.raises(ValueError, match="above zero"):
        Table("Nowhere.", {FirstName.EXACT: Row(0.5, 0.0, 0.1, 0.1, 0.1)})


def test_a_missing_field_is_neutral_under_each_explanation() -> None:
    """Probability one throughout."""
    for field in Field:
        assert attrs.astuple(MODEL.row(field, Comparison())) == (1.0,) * len(Explanation)


def test_a_suffix_conflict_costs_twelve_bits() -> None:
    """Against the odds that it is one person, before the others are asked."""
    assert WEIGHTS[Field.SUFFIX].rows[min(WEIGHTS[Field.SUFFIX].rows)].same == 2**-12
