"""The OpenAPI document: valid, complete, and true to what the service does."""

import json

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.web.service import ARCHIVED, DELETED, LOGIN, PASSWORD, PATIENTS, PUBLIC_URL
from tests.web.test_bad_fields import BAD, GOOD
from vantrexia_core.kernel import GRANTS
from vantrexia_web.openapi import document, error_codes, render
from vantrexia_web.openapi.operations import OPERATIONS
from vantrexia_web.problems import STATUS_OF
from vantrexia_web.routes import FHIR, ROUTES, Guarded

DOCUMENT = document(PUBLIC_URL)
PAGES = {"/openapi.json", "/docs/", "/docs/reference.css", "/docs/reference.js"}
DOCUMENTED = [route for route in ROUTES if route.path not in PAGES and not route.path.startswith(FHIR)]
"""The FHIR endpoint is described by its CapabilityStatement."""


def _path(route):
    return route.path.replace(":uuid}", "}").replace(":account}", "}").replace(":version}", "}")


def _operation(route):
    return DOCUMENT["paths"][_path(route)][route.method.lower()]


def _validator(schema):
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]},
        format_checker=FormatChecker(),
    )


def test_the_document_is_valid():
    """OpenAPI 3.1, examples and all."""
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_the_command_prints_the_same_document():
    """What `vantrexia openapi` prints is what is served, but for the address."""
    printed = json.loads(render())
    assert printed | {"servers": DOCUMENT["servers"]} == DOCUMENT


def test_the_service_serves_the_document(service):
    """At /openapi.json, with the public URL, to anybody."""
    assert service.client.get("/openapi.json").json() == DOCUMENT


def test_every_route_is_documented_and_nothing_else():
    """All but the pages about the API itself."""
    written = {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert written == {(_path(route), route.method.lower()) for route in DOCUMENTED}
    assert {route.endpoint for route in DOCUMENTED} == set(OPERATIONS)


def test_operation_ids_are_unique():
    """Generated clients name their functions after them."""
    ids = [
        operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()
    ]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("route", DOCUMENTED, ids=lambda route: f"{route.method} {route.path}")
def test_an_operation_says_who_may_call_it(route):
    """Security and roles follow the table of routes and the table of grants."""
    operation = _operation(route)
    if isinstance(route, Guarded):
        assert operation["security"] == [{"bearer": []}]
        assert set(operation["x-roles"]) == {role.value for role in GRANTS[route.permission]}
        assert {"401", "403", "429", "500", "503"} <= set(operation["responses"])
    else:
        assert operation["security"] == []
        assert "x-roles" not in operation


def test_every_status_of_an_error_is_documented():
    """Each status of the table of problems has its response, with the codes of its classes."""
    statuses = set(STATUS_OF.values()) - {405, 406}
    assert {f"Problem{status}" for status in statuses} <= set(DOCUMENT["components"]["responses"])
    assert {"already_archived", "not_archived", "invalid_transition", "conflict"} <= set(error_codes()[409])
    assert set(error_codes()[401]) == {
        "not_authenticated",
        "token_not_valid",
        "authentication_failed",
        "totp_required",
        "totp_invalid",
    }
    assert {"validation_error", "parse_error", "totp_invalid", "too_costly"} == set(error_codes()[400])


@pytest.mark.parametrize("path", sorted(DOCUMENT["paths"]))
def test_examples_are_true_to_their_schemas(path):
    """Every example of a request or an answer validates."""
    for operation in DOCUMENT["paths"][path].values():
        contents = [operation.get("requestBody", {})]
        contents += [answer for answer in operation["responses"].values() if "content" in answer]
        for content in contents:
            for media in content.get("content", {}).values():
                name = media["schema"]["$ref"].rpartition("/")[2]
                assert list(_validator(name).iter_errors(media["example"])) == []


def test_problem_examples_are_true_to_their_schemas():
    """Every example of an error validates, its code among those of its status."""
    for response in DOCUMENT["components"]["responses"].values():
        media = response["content"]["application/json"]
        assert list(_validator("Problem").iter_errors(media["example"])) == []
        assert media["example"]["code"] in media["schema"]["allOf"][1]["properties"]["code"]["enum"]


def test_real_answers_are_true_to_their_schemas(service):
    """What the service answers is what the document says, field for field."""
    email = service.user().email.reveal()
    created = service.send("POST", PATIENTS, GOOD)
    url = created.headers["location"].removeprefix(PUBLIC_URL)
    answers = {
        "SignedIn": service.send("POST", LOGIN, {"email": email, "password": PASSWORD}, role=None),
        "Patient": created,
        "PatientPage": service.send("GET", PATIENTS),
        "Archived": service.send("POST", f"{url}archive/", {"reason": "x"}),
        "ArchivedPage": service.send("GET", ARCHIVED),
        "Unarchived": service.send("POST", f"{url}unarchive/"),
        "PatientVersionPage": service.send("GET", f"{url}versions/"),
        "PatientVersion": service.send("GET", f"{url}versions/1/"),
        "Health": service.client.get("/health/"),
        "KeySet": service.client.get("/.well-known/jwks.json"),
        "Problem": service.send("POST", PATIENTS, {}),
    }
    service.send("DELETE", url)
    answers["DeletedPage"] = service.send("GET", DELETED)
    for schema, response in answers.items():
        assert list(_validator(schema).iter_errors(response.json())) == [], schema


def test_what_is_accepted_is_documented_as_acceptable(service):
    """A body that the service takes is valid by the document, with every field and with the fewest."""
    fewest = {name: GOOD[name] for name in ("first_name", "last_name", "date_of_birth", "gender")}
    nulls = fewest | dict.fromkeys(("phone", "email", "address", "ssn", "external_id", "mrn"))
    for body in (GOOD, fewest, nulls, GOOD | {"address": {}}):
        assert list(_validator("Registration").iter_errors(body)) == []
        assert service.send("POST", PATIENTS, body | {"mrn": None, "external_id": None}).status_code == 201


@pytest.mark.parametrize("schema", ["Registration", "Replacement", "Amendment"])
@pytest.mark.parametrize("field", [field for field in BAD if "." not in field])
def test_wrong_types_and_lengths_are_documented_as_wrong(schema, field):
    """The schema itself refuses other types, too long a text and unknown fields."""
    for value in (7, True, [], "" if field != "address" else "x", "x" * 5000):
        assert not _validator(schema).is_valid(GOOD | {field: value})
    assert not _validator(schema).is_valid(GOOD | {f"{field}s": "x"})


@pytest.mark.parametrize("path", [path for path in DOCUMENT["paths"] if "{uuid}" in path])
def test_real_refusals_are_documented(service, path):
    """An unknown record, a wrong body, a stale version: each status is listed for its operation."""
    patient = service.patient()
    for method, operation in DOCUMENT["paths"][path].items():
        url = path.replace("{uuid}", str(patient.id)).replace("{version}", "1")
        for body, headers in [
            (None, {}),
            (b"{", {}),
            ({}, {"If_Match": '"9"'}),
            ({"x": 1}, {"Content_Type": "a/b"}),
        ]:
            response = service.send(method.upper(), url, body, **headers)
            assert str(response.status_code) in operation["responses"]
