"""Suspected duplicates over HTTP."""

from typing import Any

import pytest

from tests.builders import a_new_patient, a_patient_id, a_suspicion
from tests.desks import put
from tests.marks import FIRST, LAST, marks_in
from tests.web.refusals import VALIDATION, assert_problem
from tests.web.service import PATIENTS, Service
from vantrexia_core.kernel import Role
from vantrexia_core.patients import MatchGrade, Suspicion

DUPLICATES = f"{PATIENTS}duplicates/"


def _pair(service: Service, **about: Any) -> Suspicion:
    service.desk.candidacy.is_asked = False  # what is in the list is what is put there here
    new = a_new_patient(first=FIRST, last=LAST, ssn="219-09-1234")
    one, other = (put(service.desk, new, service.practice_id) for _ in range(2))
    found = a_suspicion(one.id, other.id, **about)
    with service.desk.begin(service.practice_id) as work:
        work.suspicions.add([found])
        work.commit()
    return found


def _path(found: Suspicion, action: str = "") -> str:
    return f"{DUPLICATES}{found.id}/{action}"


def test_the_list_shows_reasons_and_nobodys_record(service):
    """Ids, scores, guards; no name and no date of birth."""
    found = _pair(service)
    response = service.send("GET", DUPLICATES, role=Role.MA)
    assert response.json()["count"] == 1
    (item,) = response.json()["results"]
    assert item["id"] == str(found.id)
    assert item["patient_ids"] == [str(id_) for id_ in found.pair.ids]
    assert (item["grade"], item["score"], item["rival"]) == ("probable", 4.25, "twin")
    assert (item["guards"], item["decision"], item["decided_by"]) == (["lookalike"], "open", None)
    assert marks_in(response.text) == []


def test_the_list_is_narrowed_and_paged(service):
    """By decision, grade and score; links keep the query."""
    certain = _pair(service, grade=MatchGrade.CERTAIN, score=12.0)
    _pair(service, score=1.0)
    service.send("POST", _path(certain, "decide/"), {"decision": "later"})
    for query, count in {
        "": 2,
        "?grade=certain": 1,
        "?score_min=1.5": 1,
        "?decision=later": 1,
        "?decision=open": 1,
        "?decision=same": 0,
        "?ordering=score": 2,
    }.items():
        assert service.send("GET", DUPLICATES + query).json()["count"] == count, query
    first = service.send("GET", f"{DUPLICATES}?page_size=1&ordering=found_at").json()
    assert "page=2" in first["next"]
    assert "ordering=found_at" in first["next"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("decision=maybe", "decision"),
        ("grade=sure", "grade"),
        ("score_min=lots", "score_min"),
        ("score_min=1e3", "score_min"),
        ("score_min=1001", "score_min"),
        ("ordering=name", "ordering"),
    ],
)
def test_a_query_that_means_nothing_is_refused(service, query, field):
    """With the field that is wrong."""
    assert_problem(service.send("GET", f"{DUPLICATES}?{query}"), 400, VALIDATION, field)


def test_comparing_shows_both_records_and_no_social_security_number(service):
    """That it agrees is said, what it is is not."""
    found = _pair(service)
    response = service.send("GET", _path(found), role=Role.NURSE)
    content = response.json()
    assert response.headers["etag"] == '"1"'
    assert [patient["id"] for patient in content["patients"]] == [str(id_) for id_ in found.pair.ids]
    assert {"field": "ssn", "likeness": "same", "level": None, "bits": None} in content["fields"]
    assert "219-09-1234" not in response.text
    assert "219091234" not in response.text


def test_a_decision_is_answered_with_who_and_when(service):
    """Repeating it is safe; another one is a 409, unless it was read."""
    found = _pair(service)
    decided = service.send("POST", _path(found, "decide/"), {"decision": "different"})
    assert decided.json()["decision"] == "different"
    assert decided.json()["decided_by"] == service.user(Role.ADMIN).email.reveal()
    assert decided.json()["decided_at"] == "2026-02-06T14:30:00Z"
    again = service.send("POST", _path(found, "decide/"), {"decision": "different"})
    assert (again.status_code, again.json()) == (200, decided.json())
    other = service.send("POST", _path(found, "decide/"), {"decision": "same"})
    assert_problem(other, 409, "already_decided")
    stale = service.send("POST", _path(found, "decide/"), {"decision": "same"}, If_Match='"1"')
    assert_problem(stale, 412, "precondition_failed")
    etag = decided.headers["etag"]
    overruled = service.send("POST", _path(found, "decide/"), {"decision": "same"}, If_Match=etag)
    assert overruled.json()["decision"] == "same"


def test_what_looks_different_by_now_is_said_to_be_one_only_by_whoever_looked(service):
    """The comparison of now is shown beside the one that was queued; the decision goes by it."""
    found = _pair(service)
    before = service.send("GET", _path(found)).json()["now"]
    assert before == {"looks_different": False, "grade": "certain", "guards": []}
    born = {"date_of_birth": "2004-02-29", "ssn": "401-17-8993"}
    assert service.send("PATCH", f"{PATIENTS}{found.pair.low}/", born).status_code == 200
    now = service.send("GET", _path(found)).json()["now"]
    refused = service.send("POST", _path(found, "decide/"), {"decision": "same"})
    content = refused.json()
    assert (refused.status_code, content["code"]) == (409, "looks_different")
    assert now == {"looks_different": True, "grade": content["grade"], "guards": content["guards"]}
    assert "ssn" in content["guards"]
    said = {"decision": "same", "despite_differences": True}
    assert service.send("POST", _path(found, "decide/"), said).json()["decision"] == "same"


@pytest.mark.parametrize(
    "body", [{"decision": "open"}, {"decision": "no"}, {"decision": None}, {"decision": 1}]
)
def test_a_decision_that_is_none_is_refused(service, body):
    """The choices are same, different and later."""
    found = _pair(service)
    assert_problem(service.send("POST", _path(found, "decide/"), body), 400, VALIDATION, "decision")


def test_a_pair_of_another_practice_does_not_exist(service):
    """404, as for an id that nobody has."""
    found = a_suspicion(a_patient_id(1), a_patient_id(2))
    assert_problem(service.send("GET", _path(found)), 404, "not_found")
    decided = service.send("POST", _path(found, "decide/"), {"decision": "same"})
    assert_problem(decided, 404, "not_found")
