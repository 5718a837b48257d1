"""POST /patients/ of somebody who seems to be here already: told in a header, refused on request."""

import re

import pytest

from tests.web.refusals import assert_problem
from tests.web.service import PATIENTS
from vantrexia_core.kernel import Role, UnavailableError
from vantrexia_core.patients import SuspicionListing

PERSON = {
    "first_name": "Marisol",
    "last_name": "Quintero",
    "date_of_birth": "1961-04-09",
    "gender": "female",
    "phone": "+1-217-394-0142",
    "ssn": "899-12-3456",
}
MISTYPED = PERSON | {"first_name": "Marisoll", "ssn": None}
LINK = re.compile(
    r'<https://app\.vantrexia\.com/api/v1/patients/([0-9a-f-]{36})/>; rel="related"; match-grade="(\w+)"'
)
REFUSE = f"{PATIENTS}?on_duplicate=refuse"


@pytest.fixture
def there(service):
    """The id of somebody who is registered."""
    return service.send("POST", PATIENTS, PERSON).json()["id"]


def _pairs(service):
    with service.desk.begin(service.practice_id) as work:
        return work.suspicions.page(SuspicionListing()).items


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CLINICAL_MANAGER, Role.PROVIDER, Role.NURSE, Role.MA])
def test_whom_a_new_record_resembles_is_linked(service, there, role):
    """201 as ever; the header leads to the other record, for every role that may create one."""
    response = service.send("POST", PATIENTS, MISTYPED, role=role)
    assert response.status_code == 201
    assert LINK.findall(response.headers["link"]) == [(there, "probable")]
    assert len(_pairs(service)) == 1
    assert "duplicate-check" not in response.headers


def test_somebody_new_has_no_link(service, there):
    """Nor has the first of all."""
    other = PERSON | {"first_name": "Ian", "last_name": "Wu", "date_of_birth": "1984-02-01", "phone": None}
    response = service.send("POST", PATIENTS, other | {"ssn": None})
    assert response.status_code == 201
    assert "link" not in response.headers
    assert _pairs(service) == ()


def test_a_stop_is_a_conflict_with_candidates(service, there):
    """409, in the envelope of every error; nothing is made."""
    response = service.send("POST", REFUSE, MISTYPED)
    content = response.json()
    assert (response.status_code, content["code"], content["candidates"]) == (
        409, "duplicate_suspected", [there],
    )  # fmt: skip
    assert "on_duplicate" in content["detail"]
    assert service.send("GET", PATIENTS).json()["count"] == 1
    assert service.send("POST", PATIENTS, MISTYPED).status_code == 201


def test_a_stop_that_nobody_stands_for_is_none(service):
    """Somebody new is created."""
    assert service.send("POST", REFUSE, PERSON).status_code == 201


def test_another_word_is_refused(service):
    """By its name."""
    response = service.send("POST", f"{PATIENTS}?on_duplicate=merge", PERSON)
    assert_problem(response, 400, "validation_error", "on_duplicate")


def test_an_answer_given_again_has_the_same_link(service, there):
    """Idempotent, header and all; one pair in the list."""
    first, again = (service.send("POST", PATIENTS, MISTYPED, Idempotency_Key="0f7d1e0a") for _ in range(2))
    assert again.headers["idempotency-replayed"] == "true"
    assert first.headers["link"] == again.headers["link"]
    assert len(_pairs(service)) == 1


def test_a_comparison_that_cannot_be_made_now_is_told(service, there, monkeypatch):
    """The record is made, also where a stop was asked for."""

    def unavailable(*_):
        raise UnavailableError

    monkeypatch.setattr(service.desk.candidacy, "candidates", unavailable)
    response = service.send("POST", REFUSE, MISTYPED)
    assert (response.status_code, response.headers["duplicate-check"]) == (201, "deferred")
    assert "link" not in response.headers
