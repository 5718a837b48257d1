"""Two records that somebody says to be of one person: when the comparison objects."""

from datetime import date

import pytest
from hypothesis import given

from tests.comparing import TEXTS, traits
from tests.core.patients.matching.test_cases import APART, LINKED, REVIEWED, Known
from tests.strategies.matching import anybody
from vantrexia_core.patients import Gender, MatchGrade, Traits
from vantrexia_core.patients.matching.opposing import assess

AGAINST = {
    "an SSN, a gender and a birth date that contradict": (
        {"ssn": "401-17-8993"},
        {"ssn": "547-28-2838", "gender": Gender.MALE, "date_of_birth": date(1984, 11, 30)},
    ),
    "a gender and a birth date, at one home": (
        {},
        {"gender": Gender.MALE, "date_of_birth": date(1984, 11, 30)},
    ),
    "two SSNs, and all else agrees": REVIEWED["two SSNs"][:2],
} | {
    case: APART[case]
    for case in (
        "a spouse",
        "a sister",
        "a mother of the same name",
        "father and son",
        "father and son, one birth date by mistake",
        "a twin",
        "a twin brother",
        "a twin whose name is near, with the next SSN",
        "a namesake elsewhere",
        "somebody born on the same day",
        "who shares the telephone of the family",
    )
}  # fmt: skip

NOT_AGAINST: dict[str, tuple[Known, Known]] = LINKED | {
    case: (one, other) for case, (one, other, _) in REVIEWED.items() if case != "two SSNs"
}


@pytest.mark.parametrize("case", AGAINST)
def test_two_people_are_objected_to(case: str) -> None:
    """By the score, by a number or a suffix, or by the odds and a difference together."""
    one, other = (traits(**known) for known in AGAINST[case])
    assert assess(one, other, TEXTS).is_against


@pytest.mark.parametrize("case", NOT_AGAINST)
def test_one_person_is_not_asked_about(case: str) -> None:
    """Who married, moved, was mistyped, or of whom little is known: a question each time is soon not read."""
    one, other = (traits(**known) for known in NOT_AGAINST[case])
    assert not assess(one, other, TEXTS).is_against


@given(anybody(), anybody())
def test_whoever_survives_the_answer_is_the_same(one: Traits, other: Traits) -> None:
    """Symmetric; and what is certainly not one person is always objected to."""
    assessment = assess(one, other, TEXTS)
    assert assessment == assess(other, one, TEXTS)
    assert assessment.is_against or assessment.grade is not MatchGrade.CERTAINLY_NOT
