"""Patient/$match: who somebody may be, for those who register; and the trail as AuditEvents."""

import pytest
from fhir.resources.R4B.bundle import Bundle

from tests.web.fhir.resources import FHIR, FORM, MANY, a_resource, created, links
from tests.web.refusals import Unchanged, assert_outcome
from tests.web.service import PUBLIC_URL
from vantrexia_core.audit import Action
from vantrexia_core.kernel import Role

MATCH = f"{MANY}/$match"
EVENTS = "/fhir/AuditEvent"
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"


@pytest.fixture
def people(service):
    """Somebody, somebody like them, and somebody else."""
    phone = [{"system": "phone", "value": "+1 312 555 0142"}]
    address = [{"line": ["1200 Prairie Avenue"], "city": "Springfield", "postalCode": "62704"}]
    ssn = [{"system": "http://hl7.org/fhir/sid/us-ssn", "value": "899-12-3456"}]
    created(service, telecom=phone, address=address, identifier=ssn)
    created(service, given="Marisa", born="1999-04-09")
    created(service, family="Adams", given="Zoe", born="1950-01-31")
    return a_resource(telecom=phone, address=address, identifier=ssn)


def _parameters(resource, **more):
    named = {"onlyCertainMatches": "valueBoolean", "count": "valueInteger"}
    given = [{"name": "resource", "resource": resource}]
    given += [{"name": name, named[name]: value} for name, value in more.items()]
    return {"resourceType": "Parameters", "parameter": given}


def _matches(service, body):
    response = service.send("POST", MATCH, body, Content_Type=FHIR)
    assert response.status_code == 200, response.text
    Bundle.model_validate(response.json())
    return response.json()


def test_who_somebody_may_be_is_told_with_how_sure_that_is(service, people):
    """The likeliest first, a score between 0 and 1, FHIR's grade, and one entry in the trail."""
    bundle = _matches(service, _parameters(people))
    first = bundle["entry"][0]
    assert first["resource"]["birthDate"] == "1961-04-09"
    assert first["search"]["mode"] == "match"
    assert 0.9 < first["search"]["score"] <= 1
    assert first["search"]["extension"] == [{"url": GRADE, "valueCode": "certain"}]
    scores = [entry["search"]["score"] for entry in bundle["entry"]]
    assert scores == sorted(scores, reverse=True)
    assert bundle["total"] == len(bundle["entry"])
    entry = service.trail[-1]
    assert entry.action is Action.MATCH
    assert len(entry.disclosed) == bundle["total"]


def test_a_patient_alone_is_a_question_as_well(service, people):
    """What a client posts without Parameters; its own id does not matter, nor what is missing."""
    assert _matches(service, people)["entry"] == _matches(service, _parameters(people))["entry"]
    partial = {"resourceType": "Patient", "name": [{"family": "Quintero", "given": ["Marisol"]}]}
    assert _matches(service, partial)["total"] >= 1


def test_only_certain_matches_are_one_or_none(service, people):
    """One who is certain; nobody where nobody is, and nobody is disclosed then."""
    (entry,) = _matches(service, _parameters(people, onlyCertainMatches=True))["entry"]
    assert entry["search"]["extension"][0]["valueCode"] == "certain"
    vague = {"resourceType": "Patient", "name": [{"family": "Quintero", "given": ["Marisol"]}]}
    assert _matches(service, _parameters(vague, onlyCertainMatches=True)) == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
    }
    assert service.trail[-1].disclosed == ()


def test_a_count_cuts_after_ordering(service, people):
    """The likeliest stays."""
    (entry,) = _matches(service, _parameters(people, count=1))["entry"]
    assert entry["resource"]["birthDate"] == "1961-04-09"


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Patient"},
        {"resourceType": "Patient", "gender": "female"},
        {"resourceType": "Patient", "gender": "f"},
        {"resourceType": "Observation"},
        {"resourceType": "Parameters"},
        {"resourceType": "Parameters", "parameter": [{"name": "count", "valueInteger": 1}]},
        _parameters(a_resource(), count=0),
        _parameters(a_resource(), count=True),
        _parameters(a_resource(), onlyCertainMatches="yes"),
        {"resourceType": "Parameters", "parameter": [{"name": "onlySingleMatch", "valueBoolean": True}]},
        [],
    ],
)
def test_a_question_that_is_none_is_refused(service, body):
    """400: malformed, or too little is known to look for anybody."""
    with Unchanged(service, "validation_error"):
        response = service.send("POST", MATCH, body, Content_Type=FHIR)
    assert response.status_code == 400
    assert response.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("role", [Role.DATA_MONITOR, Role.BILLING_MANAGER, Role.PATIENT])
def test_whoever_may_only_read_is_told_nobody(service, people, role):
    """Matching shows people by what they are like: it is for those who register."""
    assert_outcome(service.send("POST", MATCH, people, role, Content_Type=FHIR), 403, "permission_denied")


@pytest.fixture
def told(service):
    """A Patient that was created, read and refused to somebody; its id."""
    id_ = created(service).json()["id"]
    service.send("GET", f"{MANY}/{id_}", role=Role.NURSE)
    service.send("DELETE", f"{MANY}/{id_}", role=Role.NURSE)
    return id_


def _actions(bundle):
    Bundle.model_validate(bundle)
    return [
        next(one["code"] for one in entry["resource"]["subtype"] if one["system"].startswith("urn:vantrexia"))
        for entry in bundle.get("entry", ())
        if entry["search"]["mode"] == "match"
    ]


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ("entity=Patient/{id}", ["delete", "read", "create"]),
        ("patient={id}&subtype=read", ["read"]),
        ("agent:identifier=urn:vantrexia:user|{nurse}", ["delete", "read"]),
        ("date=ge2026-02-06&date=lt2026-02-07&subtype=urn:vantrexia:audit-action|create", ["create"]),
        ("date=gt2026-02-06", []),
        ("date=2026-02-06T14:30Z&subtype=create&address=testclient", ["create"]),
        ("nonsense=1&subtype=delete", ["delete"]),
    ],
)
def test_the_trail_is_searched(service, told, query, actions):
    """By GET and POST alike, newest first."""
    asked = query.format(id=told, nurse=service.user(Role.NURSE).id)
    assert _actions(service.send("GET", f"{EVENTS}?{asked}").json()) == actions
    posted = service.send("POST", f"{EVENTS}/_search", asked.encode(), Content_Type=FORM)
    assert _actions(posted.json()) == actions


@pytest.mark.parametrize(
    "query",
    ["date=now", "date=ne2026", "patient=x", "agent=Practitioner/1", "agent:identifier=x", "subtype=peek",
     "address=a,b", "entity:missing=true", "_count=0", "page=x"],
)  # fmt: skip
def test_a_question_to_the_trail_that_is_none_is_refused(service, query):
    """400, recorded."""
    with Unchanged(service, "validation_error"):
        assert_outcome(service.send("GET", f"{EVENTS}?{query}"), 400, "validation_error")


def test_pages_of_the_trail_stand_still(service, told):
    """Reading writes entries; the links go on as of the first page."""
    page = service.send("GET", f"{EVENTS}?_count=2&entity=Patient/{told}").json()
    following = service.send("GET", links(page)["next"].removeprefix(PUBLIC_URL)).json()
    assert _actions(page) + _actions(following) == ["delete", "read", "create"]
    assert page["total"] == following["total"] == 3


def test_the_trail_is_for_administrators(service, told):
    """403 for everybody else."""
    assert_outcome(service.send("GET", EVENTS, role=Role.PROVIDER), 403, "permission_denied")


def test_what_was_posted_to_the_trail_stands_in_no_link(service, told):
    """URLs end up in logs: the links of every page hold the search sealed, and lead on all the same."""
    asked = f"patient={told}&address=testclient&_count=1"
    page = service.send("POST", f"{EVENTS}/_search", asked.encode(), Content_Type=FORM).json()
    shown = _actions(page)
    for _ in range(2):
        assert {"self", "next"} <= links(page).keys()
        assert not any(told in url or "testclient" in url or "address" in url for url in links(page).values())
        page = service.send("GET", links(page)["next"].removeprefix(PUBLIC_URL)).json()
        shown += _actions(page)
    assert shown == ["delete", "read", "create"]
    again = service.send("GET", links(page)["first"].removeprefix(PUBLIC_URL)).json()
    assert _actions(again) == ["delete"]
    assert told not in str(links(again))


@pytest.mark.parametrize(("of", "at"), [(MANY, EVENTS), (EVENTS, MANY)])
def test_a_link_opens_where_it_was_sealed_alone(service, told, of, at):
    """One search's link is none of another resource's."""
    created(service, given="Zoe")
    page = service.send("POST", f"{of}/_search", b"_count=1", Content_Type=FORM).json()
    token = links(page)["next"].partition("?")[2]
    assert_outcome(service.send("GET", f"{at}?{token}"), 400, "validation_error")
