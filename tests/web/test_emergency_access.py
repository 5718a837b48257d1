"""Emergency access over HTTP: what it opens, how it is marked, and who sees that it was declared."""

import csv
import io
import re

from tests.web.service import Service
from vantrexia_core.audit import Action
from vantrexia_core.identity import DECLARED_MAX
from vantrexia_core.kernel import Purpose, Role
from vantrexia_web.routes import ROUTES, Guarded

PATH, DELETED, LOGS = "/api/v1/emergency-access/", "/api/v1/admin/patients/deleted/", "/api/v1/audit-logs/"
REASON = {"reason": "Found unresponsive at home"}


def test_a_nurse_in_an_emergency_sees_deleted_records_and_the_trail_says_so(service: Service):
    """201; then 200 where there was a 403, marked in JSON, CSV and FHIR. Restoring stays a 403."""
    patient = service.deleted_patient()
    headers = service.headers(Role.NURSE)
    assert service.client.get(DELETED, headers=headers).status_code == 403
    declared = service.client.post(PATH, json=REASON, headers=headers)
    assert declared.status_code == 201
    assert declared.json()["purpose"] == "etreat"
    assert service.client.get(DELETED, headers=headers).json()["results"][0]["id"] == str(patient.id)
    restore = f"/api/v1/admin/patients/{patient.id}/restore/"
    assert service.client.post(restore, json=REASON, headers=headers).status_code == 403
    marked = service.send("GET", f"{LOGS}?purpose=etreat", role=Role.ADMIN).json()["results"]
    assert [(line["action"], line["purpose"]) for line in marked] == [
        ("restore", "etreat"),
        ("list_deleted", "etreat"),
        ("emergency_declare", "etreat"),
    ]
    rows = service.send("GET", f"{LOGS}export/?purpose=etreat", role=Role.ADMIN).text
    assert [row["purpose"] for row in csv.DictReader(io.StringIO(rows))] == ["etreat"] * 3
    bundle = service.send("GET", f"{LOGS}?user_id=0", role=Role.ADMIN, Accept="application/fhir+json").json()
    assert all("purposeOfEvent" not in one["resource"] for one in bundle.get("entry", []))
    bundle = service.send(
        "GET", f"{LOGS}?purpose=etreat", role=Role.ADMIN, Accept="application/fhir+json"
    ).json()
    for entry in bundle["entry"]:
        [coding] = entry["resource"]["purposeOfEvent"][0]["coding"]
        assert (coding["system"].rpartition("/")[2], coding["code"]) == ("v3-ActReason", "ETREAT")


def test_an_emergency_opens_four_paths_and_marks_every_call(service: Service):
    """For the role that may least, on a deleted record: at every other path the answer is as before."""
    deleted, pair = service.deleted_patient(), service.pair()
    headers = service.headers(Role.BILLING_MANAGER)

    def answers() -> dict[tuple[str, str], int]:
        found = {}
        for route in ROUTES:
            if isinstance(route, Guarded) and route.action not in {Action.LOGOUT, Action.EMERGENCY_DECLARE}:
                path = re.sub(r"{pair:.*?}", str(pair), route.path)
                path = re.sub(r"{\w+:(version|account)}", "1", path)
                path = re.sub(r"{.*?}", str(deleted.id), path)
                body = None if route.method in {"GET", "DELETE"} else {}
                answer = service.client.request(route.method, path, json=body, headers=headers)
                found[route.method, route.path.removeprefix("/api/v1")] = answer.status_code
        return found

    before, lines = answers(), len(service.trail)
    assert {entry.purpose for entry in service.trail} == {None}
    assert service.client.post(PATH, json=REASON, headers=headers).status_code == 201
    assert set((found := answers()).items()) - set(before.items()) == {
        (("GET", "/admin/patients/deleted/"), 200),
        (("GET", "/patients/duplicates/"), 200),
        (("GET", "/patients/duplicates/{pair:uuid}/"), 200),
        # Deleted, so it is not there: seen in the list alone.
        (("GET", "/patients/{uuid:uuid}/merges/"), 404),
    }
    marked = service.trail[lines:]
    assert {entry.purpose for entry in marked} == {Purpose.EMERGENCY_TREATMENT}
    assert len(marked) > len(found)


def test_administrators_list_emergencies_with_reasons(service: Service):
    """Who, when, until when, why; the shape that the document promises is held by its own test."""
    nurse = service.user(Role.NURSE)
    service.send("POST", PATH, REASON, Role.NURSE)
    [shown] = service.send("GET", PATH, role=Role.ADMIN).json()["results"]
    assert (shown["user_id"], shown["user_email"]) == (nurse.id, nurse.email.reveal())
    assert (shown["reason"], shown["is_genuine"]) == (REASON["reason"], True)


def test_an_emergency_wants_a_reason(service: Service):
    """400 on the field; the refused attempt is on the trail and nothing was opened."""
    for body in ({}, {"reason": "  "}, {"reason": "x" * 501}):
        answer = service.send("POST", PATH, body, Role.NURSE)
        assert (answer.status_code, list(answer.json()["field_errors"])) == (400, ["reason"])
    assert service.send("GET", DELETED, role=Role.NURSE).status_code == 403


def test_too_many_emergencies_are_refused_for_a_while(service: Service):
    """429 with a Retry-After; those that were declared last."""
    headers = service.headers(Role.NURSE)
    for _ in range(DECLARED_MAX):
        assert service.client.post(PATH, json=REASON, headers=headers).status_code == 201
    refused = service.client.post(PATH, json=REASON, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_emergencies")
    assert refused.headers["Retry-After"] == "360"
    assert service.client.get(DELETED, headers=headers).status_code == 200
