"""Bulk Data over FHIR: kick-off, manifest, files, end, as HL7's guide 2.0.0 has them."""

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import a_new_patient, a_patient_id, a_practice_id
from tests.web.service import PUBLIC_URL, Service
from vantrexia_core.audit import Action
from vantrexia_core.kernel import Role
from vantrexia_core.patients import EXPORT_LIFE, LIVE_EXPORTS_MAX

KICK_OFF = "/fhir/Patient/$export"
ASYNC = {"Prefer": "respond-async", "Accept": "application/fhir+json"}


def _status_path(service: Service, path: str = KICK_OFF, **headers: str) -> str:
    accepted = service.send("GET", path, **{**ASYNC, **headers})
    assert accepted.status_code == 202, accepted.text
    return accepted.headers["content-location"].removeprefix(PUBLIC_URL)


def _manifest(service: Service, path: str = KICK_OFF, **headers: str) -> Any:
    return service.send("GET", _status_path(service, path, **headers)).json()


def _lines(service: Service, url: str, **headers: str) -> list[Any]:
    answer = service.send("GET", url.removeprefix(PUBLIC_URL), **headers)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def _outcome(answer: Any) -> str:
    assert answer.headers["content-type"].startswith("application/fhir+json")
    content = answer.json()
    assert content["resourceType"] == "OperationOutcome"
    return " ".join(issue["details"]["text"] for issue in content["issue"])


@pytest.mark.parametrize("path", ["/fhir/$export", KICK_OFF])
def test_a_practice_is_exported(service, path):
    """202 and where to ask; a manifest; one Patient a line; and 404 once it was deleted."""
    people = [service.patient(), service.archived_patient()]
    service.deleted_patient()
    status = _status_path(service, path)
    answer = service.send("GET", status)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["expires"] == "Sat, 07 Feb 2026 14:30:00 GMT"
    manifest = answer.json()
    (file,) = manifest.pop("output")
    assert manifest == {
        "transactionTime": "2026-02-06T14:30:00.000000Z",
        "request": f"{PUBLIC_URL}{path}",
        "requiresAccessToken": True,
        "deleted": [],
        "error": [],
    }
    assert (file["type"], file["count"]) == ("Patient", 2)
    fetched = service.send("GET", file["url"].removeprefix(PUBLIC_URL))
    assert fetched.headers["content-type"] == "application/fhir+ndjson"
    lines = [json.loads(line) for line in fetched.text.splitlines()]
    assert [(one["id"], one["active"]) for one in lines] == [
        (str(people[0].id), True),
        (str(people[1].id), False),
    ]
    exported = [entry for entry in service.desk.entries if entry.action is Action.EXPORT]
    assert [entry.disclosed for entry in exported] == [tuple(sorted(one.id for one in people))]
    assert service.send("DELETE", status).status_code == 202
    for gone in (status, file["url"].removeprefix(PUBLIC_URL)):
        assert service.send("GET", gone).status_code == 404
    assert service.send("DELETE", status).status_code == 404


@pytest.mark.parametrize(
    ("path", "headers", "word"),
    [
        (KICK_OFF, {"Prefer": ""}, "respond-async"),
        (KICK_OFF, {"Prefer": "handling=lenient"}, "respond-async"),
        (f"{KICK_OFF}?_type=Observation", {}, "_type"),
        (f"{KICK_OFF}?_type=Patient,Observation", {}, "_type"),
        (f"{KICK_OFF}?_since=yesterday", {}, "_since"),
        (f"{KICK_OFF}?_since=2026-13-01T00:00:00Z", {}, "_since"),
        (f"{KICK_OFF}?_since=0001-01-01T00:00:00%2B10:00", {}, "_since"),
        (f"{KICK_OFF}?_outputFormat=application/fhir%2Bparquet", {}, "_outputFormat"),
        (f"{KICK_OFF}?_elements=name,%3Cscript%3E", {}, "_elements"),
        (f"{KICK_OFF}?_typeFilter=Patient%3Fname%3DSmith", {}, "not supported"),
        (f"{KICK_OFF}?includeAssociatedData=LatestProvenanceResources", {}, "not supported"),
        (f"{KICK_OFF}?patient=Patient/1", {}, "not supported"),
    ],
)
def test_what_is_not_supported_is_refused(service, path, headers, word):
    """400 with an outcome that says what to do, and repeats nothing that was sent."""
    refused = service.send("GET", path, **{**ASYNC, **headers})
    assert refused.status_code == 400
    text = _outcome(refused)
    assert word in text
    assert "Smith" not in text
    assert service.desk.entries[-1].action is Action.EXPORT_START


def test_leniency_ignores_what_is_not_supported(service):
    """And what was ignored is not kept: it may tell of somebody."""
    service.patient()
    path = f"{KICK_OFF}?_type=Patient,Device&_typeFilter=Patient%3Fname%3DSmith&_outputFormat=ndjson"
    manifest = _manifest(service, path, Prefer="respond-async, handling=lenient")
    assert manifest["request"] == f"{PUBLIC_URL}{KICK_OFF}?_type=Patient%2CDevice&_outputFormat=ndjson"
    assert len(manifest["output"]) == 1


def test_an_export_wants_fhir(service):
    """406 to whoever takes XML alone."""
    assert service.send("GET", KICK_OFF, **{**ASYNC, "Accept": "application/fhir+xml"}).status_code == 406


def test_there_are_no_groups(service):
    """404, as an outcome."""
    refused = service.send("GET", "/fhir/Group/1/$export", **ASYNC)
    assert refused.status_code == 404
    _outcome(refused)


def _parameters(*parameters: dict[str, object]) -> dict[str, object]:
    return {"resourceType": "Parameters", "parameter": list(parameters)}


def test_patients_are_asked_for_in_a_body(service):
    """By reference, with the other parameters; whoever is not there refuses the whole."""
    wanted, _ = service.patient(), service.patient()
    reference = {"name": "patient", "valueReference": {"reference": f"Patient/{wanted.id}"}}
    elements = {"name": "_elements", "valueString": "name,Patient.birthDate"}
    headers = {**ASYNC, "Content_Type": "application/fhir+json"}
    accepted = service.send("POST", KICK_OFF, _parameters(reference, elements), **headers)
    assert accepted.status_code == 202
    status = accepted.headers["content-location"].removeprefix(PUBLIC_URL)
    (file,) = service.send("GET", status).json()["output"]
    (patient,) = _lines(service, file["url"])
    assert patient["id"] == str(wanted.id)
    assert set(patient) == {"resourceType", "id", "meta", "name", "birthDate"}
    assert patient["meta"]["tag"][-1]["code"] == "SUBSETTED"
    reference["valueReference"] = {"reference": f"Patient/{a_patient_id(99)}"}
    refused = service.send("POST", KICK_OFF, _parameters(reference), **headers)
    assert (refused.status_code, "patient" in _outcome(refused)) == (400, True)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"resourceType": "Patient"},
        {"resourceType": "Parameters", "parameter": {}},
        _parameters({"name": "patient", "valueReference": {"reference": "Group/1"}}),
        _parameters({"name": "patient", "valueString": "Patient/1"}),
        _parameters({"valueString": "x"}),
        _parameters({"name": "_type", "valueInteger": 7}),
        _parameters({"name": "_type", "resource": {}}),
        _parameters(7),  # type: ignore[arg-type]
    ],
)
def test_a_body_that_is_no_kick_off_is_refused(service, body):
    """400, whatever it is."""
    refused = service.send("POST", KICK_OFF, body, **ASYNC, Content_Type="application/fhir+json")
    assert refused.status_code == 400
    _outcome(refused)


def test_changes_and_departures_since_a_moment(service):
    """What was changed, and a Bundle that would delete who left; nobody else."""
    service.patient()
    gone = service.patient()
    service.clock.advance(timedelta(hours=1))
    since = _manifest(service)["transactionTime"]
    service.clock.advance(timedelta(hours=1))
    added = service.patient()
    service.send("DELETE", f"/api/v1/patients/{gone.id}/")
    manifest = _manifest(service, f"{KICK_OFF}?_since={since}")
    (file,), (departures,) = manifest["output"], manifest["deleted"]
    assert [one["id"] for one in _lines(service, file["url"])] == [str(added.id)]
    (bundle,) = _lines(service, departures["url"])
    assert bundle == {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"request": {"method": "DELETE", "url": f"Patient/{gone.id}"}}],
    }
    assert service.desk.entries[-1].disclosed == ()


def test_a_file_is_packed_for_whoever_takes_it(service):
    """Gzip when it is asked for, plain when it is not; the same content."""
    service.patient()
    url = _manifest(service)["output"][0]["url"].removeprefix(PUBLIC_URL)
    plain = service.send("GET", url, Accept_Encoding="gzip;q=0, identity")
    assert "content-encoding" not in plain.headers
    with service.client.stream(
        "GET", url, headers=service.headers(Role.ADMIN) | {"Accept-Encoding": "gzip"}
    ) as packed:
        raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw).decode() == plain.text


def test_asking_for_the_head_discloses_nothing(service):
    """What nobody gets is not read, and not on the trail as disclosed."""
    service.patient()
    url = _manifest(service)["output"][0]["url"].removeprefix(PUBLIC_URL)
    head = service.send("HEAD", url)
    assert (head.status_code, head.content) == (200, b"")
    assert [entry for entry in service.desk.entries if entry.action is Action.EXPORT] == []


def test_an_export_expires(service):
    """After a day it is not there any more, neither its manifest nor its files."""
    service.patient()
    status = _status_path(service)
    url = service.send("GET", status).json()["output"][0]["url"].removeprefix(PUBLIC_URL)
    service.clock.advance(EXPORT_LIFE)
    for path in (status, url):
        gone = service.send("GET", path)
        assert gone.status_code == 404
        _outcome(gone)


def test_an_export_is_nobody_elses(service):
    """Not another administrator's, to whom it does not exist; files and places that are not there neither."""
    service.patient()
    status = _status_path(service)
    url = service.send("GET", status).json()["output"][0]["url"].removeprefix(PUBLIC_URL)
    others = (
        service.headers(Role.ADMIN, email="other.admin@example.org"),
        service.headers(Role.ADMIN, practice_id=a_practice_id(2)),
    )
    for path in (status, url):
        for headers in others:
            assert service.client.get(path, headers=headers).status_code == 404
    assert service.send("GET", url.replace("0.ndjson", "1.ndjson")).status_code == 404
    assert service.send("GET", url.replace("patients", "deleted")).status_code == 404
    assert service.send("GET", status[:-1]).status_code == 404


def test_too_many_exports_have_to_wait(service):
    """429 with Retry-After, as an outcome; one that was deleted makes room."""
    statuses = [_status_path(service) for _ in range(LIVE_EXPORTS_MAX)]
    refused = service.send("GET", KICK_OFF, **ASYNC)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "600")
    assert "exports" in _outcome(refused)
    service.send("DELETE", statuses[0])
    _status_path(service)


def test_many_files_have_counts(service, monkeypatch):
    """Each of bounded size; together everybody, once."""
    monkeypatch.setattr("vantrexia_core.patients.exporting.PART_RECORDS", 2)
    ids = [str(service.patient(a_new_patient(first=f"N{number}")).id) for number in range(5)]
    output = _manifest(service)["output"]
    assert [file["count"] for file in output] == [2, 2, 1]
    assert [one["id"] for file in output for one in _lines(service, file["url"])] == ids


def test_capabilities_name_the_exports(service):
    """Under the server and under Patient, with the guide's definitions."""
    statement = service.client.get("/fhir/metadata").json()
    (rest,) = statement["rest"]
    base = "http://hl7.org/fhir/uv/bulkdata"
    assert f"{base}/CapabilityStatement/bulk-data" in statement["instantiates"]
    assert {"name": "export", "definition": f"{base}/OperationDefinition/export"} in rest["operation"]
    (patient,) = (one for one in rest["resource"] if one["type"] == "Patient")
    wanted = {"name": "export", "definition": f"{base}/OperationDefinition/patient-export"}
    assert wanted in patient["operation"]
