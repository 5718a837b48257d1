"""PUT and PATCH: what changes, what stays, and what an empty address is."""

from uuid import UUID

import pytest

from tests.builders import an_actor
from tests.web.refusals import Unchanged, assert_problem
from tests.web.service import PATIENTS, path_of, restore_path
from vantrexia_core.kernel import PatientId
from vantrexia_core.patients import Revision, Ssn, Supplement, revise_patient

FULL = {
    "first_name": "Marisol",
    "last_name": "Quintero",
    "date_of_birth": "1961-04-09",
    "gender": "female",
    "mrn": "MRN-77123",
    "phone": "555-0142",
    "email": "m.quintero@example.org",
    "address": {
        "line1": "1200 Prairie Avenue",
        "line2": None,
        "city": "Springfield",
        "state": "IL",
        "zip": "62704",
    },
    "ssn": "899-12-3456",
    "external_id": "ECW-77001",
}
REQUIRED = {name: FULL[name] for name in ("first_name", "last_name", "date_of_birth", "gender")}


@pytest.fixture
def url(service):
    """The path of a patient of whom everything is known."""
    response = service.send("POST", PATIENTS, FULL)
    assert response.status_code == 201
    return response.headers["location"].removeprefix("https://app.vantrexia.com")


def _ssn(service):
    (filed,) = service.desk.committed.shelf(service.practice_id).patients.values()
    return filed.patient.ssn


def test_a_created_patient_can_be_read_where_it_was_put(service, url):
    """Location leads to the record that the creation answered with, the SSN not among its fields."""
    content = service.send("GET", url).json()
    assert {name: content[name] for name in FULL if name != "ssn"} == {
        n: v for n, v in FULL.items() if n != "ssn"
    }
    assert "ssn" not in content
    assert _ssn(service) == Ssn("899-12-3456")


def test_put_empties_what_is_left_out(service, url):
    """Phone, e-mail and address become null; the three identifiers keep their value."""
    content = service.send("PUT", url, REQUIRED).json()
    assert (content["phone"], content["email"], content["address"]) == (None, None, None)
    assert (content["mrn"], content["external_id"]) == ("MRN-77123", "ECW-77001")
    assert _ssn(service) == Ssn("899-12-3456")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_null_empties_external_id_and_ssn(service, url, method):
    """What is kept when left out can still be emptied by saying so."""
    body = (REQUIRED if method == "PUT" else {}) | {"external_id": None, "ssn": None}
    assert service.send(method, url, body).json()["external_id"] is None
    assert _ssn(service) is None


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_identifier_can_be_changed(service, url, method):
    """MRN, external id and SSN are replaced when sent."""
    body = (REQUIRED if method == "PUT" else {}) | {"mrn": "M-2", "external_id": "E-2", "ssn": "899123457"}
    content = service.send(method, url, body).json()
    assert (content["mrn"], content["external_id"], _ssn(service)) == ("M-2", "E-2", Ssn("899-12-3457"))


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_fhir_clients_said_stays_as_it_is(service, url, method):
    """This API neither shows the supplement nor takes it; a change through it leaves the supplement alone."""
    patient_id = PatientId(UUID(url.split("/")[-2]))
    said = Supplement('{"further":"zz"}')
    revise_patient(
        service.desk, an_actor(practice_id=service.practice_id), patient_id, Revision(supplement=said)
    )
    answer = service.send(method, url, REQUIRED | {"last_name": "Quill"})
    assert answer.status_code == 200
    assert "further" not in answer.text
    (filed,) = service.desk.committed.shelf(service.practice_id).patients.values()
    assert (filed.patient.supplement, filed.patient.version) == (said, 3)
    refused = service.send(method, url, REQUIRED | {"supplement": "x"})
    assert_problem(refused, 400, "validation_error", "supplement")


@pytest.mark.parametrize("field", [name for name in FULL if name != "ssn"])
def test_patch_changes_one_field_and_leaves_the_others(service, url, field):
    """Any subset may be sent."""
    new = {
        "first_name": "Mari",
        "last_name": "Q",
        "date_of_birth": "1961-04-10",
        "gender": "unknown",
        "mrn": "M-9",
        "phone": None,
        "email": "q@example.org",
        "address": {"line1": None, "line2": None, "city": "Chicago", "state": None, "zip": None},
        "external_id": None,
    }[field]
    before = service.send("GET", url).json()
    assert service.send("PATCH", url, {field: new}).json() == before | {field: new}


def test_an_empty_patch_changes_nothing(service, url):
    """Nothing sent, nothing changed, the version stays."""
    before = service.send("GET", url)
    after = service.send("PATCH", url, {})
    assert (after.text, after.headers["etag"]) == (before.text, before.headers["etag"])


@pytest.mark.parametrize(
    "address", [None, {}, {"line1": None, "line2": None, "city": None, "state": None, "zip": None}]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_an_address_without_any_part_is_null(service, url, method, address):
    """Null, an empty object and one of nulls are the same."""
    body = {"address": address} if method == "PATCH" else REQUIRED | {"address": address}
    content = service.send(method, PATIENTS if method == "POST" else url, body).json()
    assert content["address"] is None


def test_patch_replaces_the_address_as_a_whole(service, url):
    """Its parts that are not sent become null."""
    content = service.send("PATCH", url, {"address": {"city": "Chicago"}}).json()
    assert content["address"] == {"line1": None, "line2": None, "city": "Chicago", "state": None, "zip": None}


def test_null_in_a_creation_is_the_same_as_leaving_out(service):
    """A client that always sends every field gets a generated MRN, too."""
    body = REQUIRED | dict.fromkeys(("mrn", "phone", "email", "address", "ssn", "external_id"))
    assert service.send("POST", PATIENTS, body).json()["mrn"] == "MRN-00001"


def test_an_archived_patient_can_be_corrected(service):
    """The right to amendment does not end with care (45 CFR 164.526)."""
    patient = service.archived_patient()
    content = service.send("PATCH", path_of(patient), {"phone": "555-0199"}).json()
    assert (content["phone"], content["active"]) == ("555-0199", False)


def test_moves_that_the_lifecycle_refuses_are_conflicts(service):
    """409 with a code of its own for each."""
    active, archived = service.patient(), service.archived_patient()
    reason = {"reason": "x"}
    for path, body, code in [
        (path_of(archived, "archive"), reason, "already_archived"),
        (path_of(active, "unarchive"), None, "not_archived"),
        (restore_path(active), reason, "invalid_transition"),
    ]:
        with Unchanged(service, code):
            assert_problem(service.send("POST", path, body), 409, code)


def test_a_deleted_patient_is_nowhere(service):
    """404 for everything but an administrator's restore."""
    patient = service.deleted_patient()
    for method, path, body in [
        ("GET", path_of(patient), None),
        ("PUT", path_of(patient), REQUIRED),
        ("PATCH", path_of(patient), {}),
        ("DELETE", path_of(patient), None),
        ("POST", path_of(patient, "archive"), {"reason": "x"}),
        ("POST", path_of(patient, "unarchive"), None),
    ]:
        with Unchanged(service, "not_found"):
            assert_problem(service.send(method, path, body), 404, "not_found")


def test_a_restored_patient_is_back(service):
    """The answer is the patient, active again."""
    patient = service.deleted_patient()
    response = service.send("POST", restore_path(patient), {"reason": "Deleted by mistake"})
    assert (response.status_code, response.json()["active"]) == (200, True)
    assert response.headers["etag"] == '"3"'
    assert service.send("GET", path_of(patient)).text == response.text


def test_a_patient_born_tomorrow_is_refused(service):
    """The date is judged by the injected clock; on Earth's first clock it is already the seventh."""
    assert service.send("POST", PATIENTS, REQUIRED | {"date_of_birth": "2026-02-07"}).status_code == 201
    response = service.send("POST", PATIENTS, REQUIRED | {"date_of_birth": "2026-02-08"})
    assert_problem(response, 400, "validation_error", "date_of_birth")
