"""POST /fhir/Patient of somebody who seems to be here already: as over REST, in FHIR's words."""

import re

import pytest

from tests.web.fhir.resources import FHIR, MANY, a_resource, created
from tests.web.refusals import Unchanged, assert_outcome
from vantrexia_core.kernel import Role, UnavailableError
from vantrexia_core.patients import SuspicionListing

PHONE = {"telecom": [{"system": "phone", "value": "+1-217-394-0142"}]}
LINK = re.compile(
    r'<https://app\.vantrexia\.com/fhir/Patient/([0-9a-f-]{36})>; rel="related"; match-grade="(\w+)"'
)


@pytest.fixture
def there(service):
    """The id of somebody who is registered."""
    return created(service, **PHONE).json()["id"]


def _again(service, query="", **headers):
    mistyped = a_resource(given="Marisoll", **PHONE)
    return service.send("POST", f"{MANY}{query}", mistyped, Content_Type=FHIR, **headers)


def _pairs(service):
    with service.desk.begin(service.practice_id) as work:
        return work.suspicions.page(SuspicionListing()).items


@pytest.mark.parametrize("condition", [{}, {"If_None_Exist": "family=nobody"}])
def test_whom_a_new_patient_resembles_is_linked(service, there, condition):
    """201 as ever; the header leads to the other Patient, and both showings are on the trail."""
    response = _again(service, **condition)
    assert response.status_code == 201
    assert LINK.findall(response.headers["link"]) == [(there, "probable")]
    assert {str(id_) for id_ in service.trail[-1].disclosed} == {there, response.json()["id"]}
    assert len(_pairs(service)) == 1


@pytest.mark.parametrize("condition", [{}, {"If_None_Exist": "family=nobody"}])
def test_a_stop_is_a_conflict_with_candidates(service, there, condition):
    """409 with FHIR's word for it, and references to whom it may be; nothing is made."""
    with Unchanged(service, "duplicate_suspected"):
        response = _again(service, "?on_duplicate=refuse", **condition)
        assert_outcome(response, 409, "duplicate_suspected")
    refusal, candidate = response.json()["issue"]
    assert (refusal["code"], refusal["severity"]) == ("duplicate", "error")
    assert (candidate["severity"], candidate["diagnostics"]) == ("information", f"Patient/{there}")


def test_a_condition_in_the_url_may_stand_beside_it(service, there):
    """What becomes of a duplicate is no condition; who is found is given back and refused to nobody."""
    response = _again(service, "?family=quintero&on_duplicate=refuse")
    assert (response.status_code, response.json()["id"]) == (200, there)
    assert "link" not in response.headers


def test_another_word_is_refused(service):
    """By its name."""
    response = _again(service, "?on_duplicate=merge")
    assert_outcome(response, 400, "validation_error")
    assert response.json()["issue"][0]["details"]["text"].startswith("on_duplicate:")


def test_an_answer_given_again_has_the_same_link(service, there):
    """Idempotent, header and all."""
    first, again = (_again(service, Idempotency_Key="0f7d1e0a") for _ in range(2))
    assert again.headers["idempotency-replayed"] == "true"
    assert first.headers["link"] == again.headers["link"]


def test_a_comparison_that_cannot_be_made_now_is_told(service, there, monkeypatch):
    """The record is made, also where a stop was asked for."""

    def unavailable(*_):
        raise UnavailableError

    monkeypatch.setattr(service.desk.candidacy, "candidates", unavailable)
    response = _again(service, "?on_duplicate=refuse")
    assert (response.status_code, response.headers["duplicate-check"]) == (201, "deferred")


def test_every_role_that_may_create_is_told(service, there):
    """As over REST."""
    for role in (Role.NURSE, Role.MA, Role.PROVIDER):
        mistyped = a_resource(given="Marisoll", **PHONE)
        response = service.send("POST", MANY, mistyped, role, Content_Type=FHIR)
        assert there in response.headers["link"]
