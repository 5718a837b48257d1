"""Merging and undoing over HTTP."""

from typing import Any

import pytest

from tests.builders import a_new_patient, a_patient_id, a_suspicion
from tests.ehr import a_told
from tests.marks import FIRST, LAST, marks_in
from tests.web.refusals import VALIDATION, assert_problem
from tests.web.service import IMPORT, PATIENTS, PUBLIC_URL, Service, path_of
from vantrexia_core.kernel import Role
from vantrexia_core.patients import Patient

WHY = "Registered twice"


@pytest.fixture
def two(service) -> tuple[Patient, Patient]:
    """A survivor without a phone, and a record with one."""
    survivor = service.patient(a_new_patient(phone=None))
    return survivor, service.patient(a_new_patient(first=FIRST, last=LAST, external_id="ECW-00001"))


def _merge(service: Service, survivor: Patient, loser: Patient, **more: Any) -> Any:
    """The records of `two` have different names, so that a name that leaks is seen."""
    body = {"loser_id": str(loser.id), "reason": WHY, "despite_differences": True} | more
    return service.send("POST", path_of(survivor, "merge"), body)


def _undo(service: Service, merge: dict[str, Any], **more: Any) -> Any:
    return service.send("POST", f"{PATIENTS}merges/{merge['id']}/undo/", {"reason": WHY} | more)


def test_a_merge_is_answered_with_what_was_kept(service, two):
    """Names of fields, the survivor as it is, its new ETag; nothing of what was in the fields."""
    survivor, loser = two
    response = _merge(service, survivor, loser)
    content = response.json()
    assert (response.status_code, response.headers["etag"]) == (200, '"2"')
    assert (content["survivor_id"], content["loser_id"]) == (str(survivor.id), str(loser.id))
    assert (content["fields"], content["reason"], content["grade"]) == (["phone"], WHY, "possible")
    assert content["merged_by"] == service.user(Role.ADMIN).email.reveal()
    assert content["survivor"]["phone"] == "555-0142"
    assert "merged_into" not in content["survivor"]
    assert marks_in(response.text) == []


def test_a_merged_record_points_to_its_survivor(service, two):
    """When it is read: in the record and in a Link header; a record that was not merged has neither."""
    survivor, loser = two
    assert "link" not in service.send("GET", path_of(loser)).headers
    _merge(service, survivor, loser)
    response = service.send("GET", path_of(loser), role=Role.NURSE)
    assert response.json()["merged_into"] == str(survivor.id)
    assert response.json()["active"] is False
    assert response.headers["link"] == f'<{PUBLIC_URL}{path_of(survivor)}>; rel="canonical"'
    assert service.send("GET", f"{PATIENTS}?active=false").json()["count"] == 0
    found = service.send("GET", f"{PATIENTS}?search={loser.mrn.reveal()}").json()
    assert [patient["id"] for patient in found["results"]] == [str(survivor.id)]


@pytest.mark.parametrize(
    ("method", "action", "body"),
    [
        ("PATCH", "", {"phone": "555-0177"}),
        ("DELETE", "", None),
        ("POST", "archive", {"reason": WHY}),
        ("POST", "unarchive", None),
        ("POST", "merge", {"loser_id": str(a_patient_id(1)), "reason": WHY}),
    ],
)
def test_a_write_to_a_merged_record_names_the_other(service, two, method, action, body):
    """409 with the id to write to."""
    survivor, loser = two
    _merge(service, survivor, loser)
    if action == "merge":
        body = body | {"loser_id": str(service.patient().id), "despite_differences": True}
    response = service.send(method, path_of(loser, action), body)
    content = response.json()
    assert (response.status_code, content["code"]) == (409, "merged_away")
    assert content["survivor_id"] == str(survivor.id)


def test_a_merge_is_done_once(service, two):
    """The same key, the same answer; a stale version is a 412."""
    survivor, loser = two
    path = path_of(survivor, "merge")
    body = {"loser_id": str(loser.id), "reason": WHY, "despite_differences": True}
    stale = service.send("POST", path, body, If_Match='"9"')
    assert_problem(stale, 412, "precondition_failed")
    first = service.send("POST", path, body, Idempotency_Key="once", If_Match='"1"')
    again = service.send("POST", path, body, Idempotency_Key="once", If_Match='"1"')
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"loser_id": "nobody"}, "loser_id"),
        ({"loser_id": None}, "loser_id"),
        ({"reason": " "}, "reason"),
        ({"fields": {"phone": "mine"}}, "fields.phone"),
        ({"fields": {"mrn": "loser"}}, "fields.mrn"),
        ({"fields": []}, "fields"),
        ({"field": {}}, "field"),
        ({"despite_differences": "yes"}, "despite_differences"),
    ],
)
def test_a_wish_that_is_none_is_refused(service, two, body, field):
    """With the field that is wrong."""
    assert_problem(_merge(service, *two, **body), 400, VALIDATION, field)


def test_a_record_is_not_merged_into_itself(service, two):
    """That would leave nobody."""
    assert_problem(_merge(service, two[0], two[0]), 400, VALIDATION, "loser_id")


def test_people_who_were_told_apart_are_not_merged(service, two):
    """409 until the decision is overruled."""
    found = a_suspicion(two[0].id, two[1].id)
    with service.desk.begin(service.practice_id) as work:
        work.suspicions.add([found])
        work.commit()
    service.send("POST", f"{PATIENTS}duplicates/{found.id}/decide/", {"decision": "different"})
    assert_problem(_merge(service, *two), 409, "told_apart")


def test_records_that_look_like_two_peoples_are_merged_only_by_whoever_looked(service, two):
    """409 with the grade and what differs, nothing of either person, and nothing done; then 200."""
    refused = _merge(service, *two, despite_differences=False)
    content = refused.json()
    assert (refused.status_code, content["code"]) == (409, "looks_different")
    assert (content["grade"], content["guards"]) == ("possible", ["first_name"])
    assert "despite_differences" in content["detail"]
    assert marks_in(refused.text) == []
    assert service.send("GET", path_of(two[0], "merges")).json()["results"] == []
    assert _merge(service, *two).status_code == 200


def test_undoing_gives_both_back(service, two):
    """And says what somebody should look at; asks about what was merged and edited since."""
    survivor, loser = two
    merge = _merge(service, survivor, loser).json()
    service.send("PATCH", path_of(survivor), {"phone": "555-0177", "email": None})
    asked = _undo(service, merge)
    assert (asked.status_code, asked.json()["code"]) == (409, "edited_since_merge")
    assert asked.json()["fields"] == ["phone"]
    assert_problem(_undo(service, merge, fields={"phone": "me"}), 400, VALIDATION, "fields.phone")
    assert_problem(
        _undo(service, merge, fields={"phone": "loser", "ssn": "loser"}), 400, VALIDATION, "fields.ssn"
    )
    content = _undo(service, merge, fields={"phone": "loser"}).json()
    assert (content["survivor"]["phone"], content["loser"]["phone"]) == (None, "555-0177")
    assert (content["written_since"], content["undo_reason"]) == (["email"], WHY)
    assert content["loser"]["active"] is True
    assert_problem(_undo(service, merge), 409, "merge_undone")
    listed = service.send("GET", path_of(loser, "merges"), role=Role.NURSE).json()["results"]
    assert [(one["id"], one["undone_by"]) for one in listed] == [(merge["id"], content["undone_by"])]


def test_a_newer_merge_is_named(service, two):
    """It is to be undone first."""
    survivor, loser = two
    third = service.patient(a_new_patient(phone="555-0109"))
    older = _merge(service, survivor, loser).json()
    newer = _merge(service, survivor, third, fields={"phone": "loser"}).json()
    refused = _undo(service, older)
    assert (refused.status_code, refused.json()["code"]) == (409, "newer_merge")
    assert refused.json()["merge_id"] == newer["id"]


def test_an_import_of_a_merged_records_id_leads_to_the_survivor(service):
    """Nobody is imported a second time, and what changes at the EHR under that id comes to the survivor."""
    survivor = service.patient(a_new_patient(phone=None, external_id="ECW-77001"))
    service.roster.put(a_told(1))
    body = {"ecw_patient_ids": ["ECW-00001"]}
    imported = service.send("POST", IMPORT, body).json()["details"][0]["patient_id"]
    merge = service.send("POST", path_of(survivor, "merge"), {"loser_id": imported, "reason": WHY})
    assert merge.status_code == 200
    (detail,) = service.send("POST", IMPORT, body).json()["details"]
    assert detail["status"] == "skipped"
    assert str(survivor.id) in detail["reason"]
    service.roster.put(a_told(1, phone="555-0199", updated_at=service.clock.now()))
    (detail,) = service.send("POST", f"{IMPORT}?refresh=true", body).json()["details"]
    assert (detail["status"], detail["patient_id"]) == ("updated", str(survivor.id))
    refreshed = service.send("GET", path_of(survivor)).json()
    assert (refreshed["phone"], refreshed["external_id"]) == ("555-0199", "ECW-77001")
    assert service.send("GET", PATIENTS).json()["count"] == 1


def test_the_versions_of_a_merged_record_say_so(service, two):
    """Today's points to its survivor, the one before does not."""
    survivor, loser = two
    _merge(service, survivor, loser)
    today, before = service.send("GET", path_of(loser, "versions")).json()["results"]
    assert today["patient"]["merged_into"] == str(survivor.id)
    assert "merged_into" not in before["patient"]
    assert (today["action"], set(today["changed_fields"])) == ("merge", {"status", "merged_into"})


def test_fhir_clients_see_who_replaces_whom(service, two):
    """In Patient.link, which they may send back as they read it."""
    survivor, loser = two
    _merge(service, survivor, loser)
    kept = service.send("GET", f"/fhir/Patient/{survivor.id}")
    assert kept.json()["link"] == [
        {"other": {"reference": f"Patient/{loser.id}"}, "type": "replaces"},
    ]
    gone = service.send("GET", f"/fhir/Patient/{loser.id}").json()
    assert gone["link"] == [{"other": {"reference": f"Patient/{survivor.id}"}, "type": "replaced-by"}]
    assert gone["active"] is False
    found = service.send("GET", f"/fhir/Patient?identifier={loser.mrn.reveal()}").json()
    (entry,) = (entry for entry in found["entry"] if entry["search"]["mode"] == "match")
    assert (entry["resource"]["id"], entry["resource"]["link"]) == (
        str(survivor.id),
        kept.json()["link"],
    )
    resource = kept.json() | {"gender": "other"}
    put = service.send("PUT", f"/fhir/Patient/{survivor.id}", resource, Content_Type="application/fhir+json")
    assert put.status_code == 200, put.text
    refused = service.send(
        "PUT", f"/fhir/Patient/{loser.id}", gone | {"gender": "other"}, Content_Type="application/fhir+json"
    )
    assert (refused.status_code, refused.json()["issue"][0]["code"]) == (409, "conflict")
