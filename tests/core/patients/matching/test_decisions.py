"""The table of decisions: what the model answers today. It changes on purpose, and then here."""

from datetime import date

import pytest

from tests.comparing import match, traits
from vantrexia_core.patients import Gender, MatchGrade

C, P, S, N = MatchGrade.CERTAIN, MatchGrade.PROBABLE, MatchGrade.POSSIBLE, MatchGrade.CERTAINLY_NOT
MOVED: dict[str, str | date | Gender | None] = {"line1": "90 Oak Avenue", "city": "Peoria", "zip": "61602"}

TABLE: list[tuple[dict[str, str | date | Gender | None], MatchGrade, float]] = [
    ({}, C, 16.0),
    ({"first_name": "Rossa"}, P, 5.9),
    ({"first_name": "Dolores"}, S, -0.6),
    ({"first_name": "Rosa Elena"}, C, 10.0),
    ({"first_name": "R"}, P, 5.7),
    ({"first_name": "Rosie"}, C, 9.5),
    ({"first_name": None}, P, 5.3),
    ({"last_name": "Okafor"}, C, 16.0),
    ({"last_name": "Quintero-Smith"}, C, 16.0),
    ({"last_name": "Qiuntero"}, C, 16.0),
    ({"first_name": "Quintero", "last_name": "Rosa"}, C, 17.5),
    ({"date_of_birth": date(1961, 8, 3)}, C, 15.7),
    ({"date_of_birth": date(1961, 3, 9)}, C, 13.8),
    ({"date_of_birth": date(1961, 4, 8)}, C, 13.8),
    ({"date_of_birth": date(1961, 5, 20)}, P, 7.1),
    ({"date_of_birth": date(1938, 10, 21)}, S, -1.6),
    ({"date_of_birth": None}, P, 5.4),
    ({"gender": Gender.MALE}, C, 10.7),
    ({"phone": "217-394-0143"}, C, 15.9),
    ({"phone": "309-611-0010"}, C, 15.7),
    ({"phone": None, "email": None}, C, 14.4),
    ({"email": "garden.rsoe@example.org"}, C, 15.8),
    ({"email": "garden.rose@example.com"}, C, 15.9),
    (MOVED, C, 16.0),
    ({**MOVED, "phone": None, "email": None}, P, 13.8),
    ({**MOVED, "phone": "309-611-0010", "email": None}, P, 12.6),
    ({"line1": "1778 East Wlanut Street"}, C, 16.0),
    ({"line1": "1778 East Walnut Street Apt 4"}, C, 16.0),
    ({"first_name": "Dolores", "date_of_birth": date(1963, 6, 1)}, N, -10.8),
    ({"last_name": "Okafor", **MOVED, "phone": None, "email": None}, P, 0.9),
]


@pytest.mark.parametrize(("known", "grade", "score"), TABLE)
def test_the_table_of_decisions_holds(
    known: dict[str, str | date | Gender | None], grade: MatchGrade, score: float
) -> None:
    """Rosa Quintero against a record that differs from hers in what the row says."""
    found = match(traits(), traits(**known))
    assert found.grade is grade
    assert found.score == pytest.approx(score, abs=0.05)
