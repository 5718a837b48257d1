"""Paths and methods: what exists, what is redirected, what is not there."""

import re

import pytest

from tests.web.refusals import Unchanged, assert_problem, assert_refused
from tests.web.service import PATIENTS, path_of
from vantrexia_core.kernel import Role
from vantrexia_web.routes import ROUTES

PATHS = sorted(
    {
        re.sub("{[a-z]+:uuid}", "d290f1ee-6c54-4b01-90e6-d701748f0851", path)
        .replace("{id:account}", "1")
        .replace("{version:version}", "1")
        .replace("{uuid:fhir}", "d290f1ee-6c54-4b01-90e6-d701748f0851")
        .replace("{provenance:fhir}", "d290f1ee-6c54-4b01-90e6-d701748f0851.1")
        .replace("{place:version}", "0")
        for path in (route.path for route in ROUTES)
    }
)
SLASHED = [path for path in PATHS if path.endswith("/")]


@pytest.mark.parametrize("path", SLASHED)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_path_without_its_slash_is_redirected(refusing_service, path, method):
    """308 keeps the method; the location is relative and keeps the query, whatever Host says."""
    response = refusing_service.client.request(
        method, f"{path[:-1]}?a=b&c=%C3%A9", headers={"Host": "evil.example"}
    )
    assert response.status_code == 308
    assert response.headers["location"] == f"{path}?a=b&c=%C3%A9"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/v1/",
        "/api/v2/patients/",
        "/api/v1/patients//",
        "/api/v1/patients/x/",
        "/api/v1/patients/d290f1ee-6c54-4b01-90e6-d701748f085/",
        "/api/v1/patients/d290f1ee-6c54-4b01-90e6-d701748f0851x/",
        "/api/v1/patients/{d290f1ee-6c54-4b01-90e6-d701748f0851}/",
        "/api/v1/patients/d290f1ee-6c54-4b01-90e6-d701748f085١/",
        "/api/v1/patients/%0A",
        "/api/v1/patients/d290f1ee-6c54-4b01-90e6-d701748f0851/%0A",
        "/api/v1/patients/import_selected_from_ecw/x/",
        "/docs/page.py",
        "//evil.example",
        "/favicon.ico",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_an_unknown_path_is_not_found(refusing_service, path, method):
    """404 in the documented envelope, for every method, signed in or not."""
    response = refusing_service.client.request(method, f"https://testserver{path}")
    assert_problem(response, 404, "not_found")


@pytest.mark.parametrize(
    "spelling",
    [str, lambda id_: str(id_).upper(), lambda id_: id_.hex],
    ids=["lower", "upper", "no dashes"],
)
def test_a_patient_is_found_by_any_spelling_of_the_id(service, spelling):
    """UUIDs are read without regard to case, with and without dashes."""
    patient = service.patient()
    assert service.send("GET", f"{PATIENTS}{spelling(patient.id)}/").json()["id"] == str(patient.id)


@pytest.mark.parametrize(
    "id_", ["00000000-0000-0000-0000-000000000000", "4d5e6f7a-8b9c-0d1e-2f3a-4b5c6d7e8f9a"]
)
def test_an_id_of_any_version_may_be_asked_for(refusing_service, id_):
    """Published examples are not all of version 4: such an id is looked for, not refused by its form."""
    with Unchanged(refusing_service, "not_found"):
        assert_problem(refusing_service.send("GET", f"{PATIENTS}{id_}/"), 404, "not_found")


ALLOWED = {
    "/api/v1/auth/token/refresh/": "POST",
    "/api/v1/auth/token/verify/": "POST",
    "/api/v1/auth/logout/": "POST",
    "/api/v1/auth/me/": "GET, HEAD, PATCH",
    "/api/v1/users/": "GET, HEAD, POST",
    "/api/v1/users/1/": "GET, HEAD, PATCH",
    "/api/v1/auth/users/1/unlock/": "POST",
    "/api/v1/emergency-access/": "GET, HEAD, POST",
    "/api/v1/auth/login/": "POST",
    "/api/v1/auth/password/reset/": "POST",
    "/api/v1/auth/password/reset/confirm/": "POST",
    "/api/v1/auth/password/change/": "POST",
    "/api/v1/auth/2fa/setup/": "POST",
    "/api/v1/auth/2fa/verify/": "POST",
    "/api/v1/auth/2fa/disable/": "POST",
    PATIENTS: "GET, HEAD, POST",
    f"{PATIENTS}archived/": "GET, HEAD",
    f"{PATIENTS}d290f1ee-6c54-4b01-90e6-d701748f0851/": "DELETE, GET, HEAD, PATCH, PUT",
    f"{PATIENTS}d290f1ee-6c54-4b01-90e6-d701748f0851/archive/": "POST",
    f"{PATIENTS}d290f1ee-6c54-4b01-90e6-d701748f0851/unarchive/": "POST",
    f"{PATIENTS}d290f1ee-6c54-4b01-90e6-d701748f0851/versions/": "GET, HEAD",
    f"{PATIENTS}d290f1ee-6c54-4b01-90e6-d701748f0851/versions/1/": "GET, HEAD",
    "/api/v1/patients/import_selected_from_ecw/": "POST",
    "/api/v1/patients/search_ecw/": "GET, HEAD",
    f"{PATIENTS}imports/d290f1ee-6c54-4b01-90e6-d701748f0851/": "GET, HEAD",
    "/api/v1/admin/patients/deleted/": "GET, HEAD",
    "/api/v1/admin/patients/d290f1ee-6c54-4b01-90e6-d701748f0851/restore/": "POST",
    f"{PATIENTS}d290f1ee-6c54-4b01-90e6-d701748f0851/disclosures/": "GET, HEAD",
    "/api/v1/audit-logs/": "GET, HEAD",
    "/api/v1/audit-logs/export/": "GET, HEAD",
    "/api/v1/auth/token/": "POST",
    "/api/v1/patients/d290f1ee-6c54-4b01-90e6-d701748f0851/merge/": "POST",
    "/api/v1/patients/d290f1ee-6c54-4b01-90e6-d701748f0851/merges/": "GET, HEAD",
    "/api/v1/patients/merges/d290f1ee-6c54-4b01-90e6-d701748f0851/undo/": "POST",
    "/api/v1/patients/duplicates/": "GET, HEAD",
    "/api/v1/patients/duplicates/d290f1ee-6c54-4b01-90e6-d701748f0851/": "GET, HEAD",
    "/api/v1/patients/duplicates/d290f1ee-6c54-4b01-90e6-d701748f0851/decide/": "POST",
    "/fhir/.well-known/smart-configuration": "GET, HEAD",
    "/fhir/metadata": "GET, HEAD",
    "/fhir/$export": "GET, HEAD, POST",
    "/fhir/Patient/$export": "GET, HEAD, POST",
    "/fhir/bulk/d290f1ee-6c54-4b01-90e6-d701748f0851": "DELETE, GET, HEAD",
    "/fhir/bulk/d290f1ee-6c54-4b01-90e6-d701748f0851/patients/0.ndjson": "GET, HEAD",
    "/fhir/bulk/d290f1ee-6c54-4b01-90e6-d701748f0851/deleted/0.ndjson": "GET, HEAD",
    "/fhir/Patient": "GET, HEAD, POST",
    "/fhir/Patient/_search": "POST",
    "/fhir/AuditEvent": "GET, HEAD",
    "/fhir/AuditEvent/_search": "POST",
    "/fhir/Patient/$match": "POST",
    "/fhir/Patient/d290f1ee-6c54-4b01-90e6-d701748f0851": "DELETE, GET, HEAD, PATCH, PUT",
    "/fhir/Patient/d290f1ee-6c54-4b01-90e6-d701748f0851/_history": "GET, HEAD",
    "/fhir/Patient/d290f1ee-6c54-4b01-90e6-d701748f0851/_history/1": "GET, HEAD",
    "/fhir/Patient/d290f1ee-6c54-4b01-90e6-d701748f0851/$everything": "GET, HEAD, POST",
    "/fhir/Provenance/d290f1ee-6c54-4b01-90e6-d701748f0851.1": "GET, HEAD",
    "/fhir/patients/d290f1ee-6c54-4b01-90e6-d701748f0851/": "GET, HEAD",
    "/health/": "GET, HEAD",
    "/.well-known/jwks.json": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
    "/docs/": "GET, HEAD",
    "/docs/reference.css": "GET, HEAD",
    "/docs/reference.js": "GET, HEAD",
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "x-Y"]
)
def test_a_method_that_is_not_there_is_refused_with_those_that_are(refusing_service, path, method):
    """405 and Allow (RFC 9110, 15.5.6); overriding headers are ignored."""
    response = refusing_service.client.request(method, path, headers={"X-HTTP-Method-Override": "GET"})
    if method in ALLOWED[path].split(", "):
        assert response.status_code != 405
        return
    assert response.headers["allow"] == ALLOWED[path]
    if method == "HEAD":
        assert (response.status_code, response.content) == (405, b"")
        return
    assert_refused(response, path, 405, "method_not_allowed")


def test_head_is_get_without_the_body(service):
    """Same status and headers, the length included; it is recorded like the reading that it is."""
    url = path_of(service.patient())
    get, head = service.send("GET", url), service.send("HEAD", url)
    assert head.content == b""
    for header in ("content-length", "content-type", "etag", "cache-control"):
        assert head.headers[header] == get.headers[header]
    assert service.trail[-1].action is service.trail[-2].action


def test_head_of_what_is_refused_has_no_body(refusing_service):
    """Errors keep the rule as well."""
    assert refusing_service.send("HEAD", PATIENTS, role=None).content == b""
    assert refusing_service.send("HEAD", "/nowhere/", role=Role.ADMIN).content == b""


@pytest.mark.parametrize("id_", ["9" * 17, "9" * 4400, "007", "00", "+1", "-1", "1_0", "१", "1%0A", "1e3"])
@pytest.mark.parametrize("path", ["/api/v1/users/{}/", "/api/v1/auth/users/{}/unlock/"])
def test_what_is_no_number_of_an_account_is_an_unknown_path(refusing_service, id_, path):
    """However long it is, and however Python would read it."""
    response = refusing_service.client.get(path.format(id_))
    assert_problem(response, 404, "not_found")
    assert refusing_service.client.get(path.format(id_)[:-1]).status_code == 404


@pytest.mark.parametrize("id_", ["0", "9007199254740992", "9" * 16])
def test_a_number_that_no_account_can_have_is_looked_for(service, id_):
    """Sixteen digits are a number; whether somebody has it is for those to know who may ask."""
    assert_problem(service.send("GET", f"/api/v1/users/{id_}/", role=None), 401, "not_authenticated")
    assert_problem(service.send("GET", f"/api/v1/users/{id_}/"), 404, "not_found")
