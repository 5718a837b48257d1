"""Formats, errors of every kind as OperationOutcomes, and what the server says of itself."""

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from tests.web.fhir.resources import BASE, FHIR, FORM, MANY, a_resource, created, path_of
from tests.web.refusals import Unchanged, assert_outcome
from tests.web.service import PUBLIC_URL, Service
from vantrexia_adapters.fhir import PARAMETERS, TRAIL_PARAMETERS
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.kernel import Role, UnavailableError
from vantrexia_core.throttling import Limit, Limits
from vantrexia_web.capability import EXPORT_AT, INTERACTION_OF, OPERATION_OF
from vantrexia_web.outcomes import FHIR_JSON, PLAIN_JSON, speaks_fhir
from vantrexia_web.routes import ROUTES, Guarded


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", FHIR_JSON),
        ("*/*", FHIR_JSON),
        ("application/*;q=0.5, text/html", FHIR_JSON),
        ("application/fhir+json", FHIR_JSON),
        ("application/fhir+json, */*", FHIR_JSON),
        ("application/fhir+json; fhirVersion=4.0", FHIR_JSON),
        ("application/json+fhir", FHIR_JSON),
        ("application/json", PLAIN_JSON),
        ("application/json;q=0.9, application/fhir+json;q=0.8", PLAIN_JSON),
        ("application/json, application/fhir+json", FHIR_JSON),
        ("application/fhir+xml, application/json;q=0.1", PLAIN_JSON),
        ("application/fhir+xml", None),
        ("text/turtle, application/xml", None),
        ("application/fhir+json; fhirVersion=5.0", None),
        ("application/fhir+json;q=0", None),
    ],
)
def test_the_client_chooses_the_format(service, accept, media_type):
    """FHIR in JSON under either name; 406 where only another format or version will do."""
    response = service.send("GET", f"{BASE}/metadata", role=None, Accept=accept)
    if media_type is None:
        assert_outcome(response, 406, "not_acceptable")
    else:
        assert (response.status_code, response.headers["content-type"]) == (200, media_type)
        assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("format_", "media_type"),
    [
        ("json", FHIR_JSON),
        ("application/json", PLAIN_JSON),
        ("application%2Ffhir%2Bjson", FHIR_JSON),
        ("application/fhir+json", FHIR_JSON),
        ("xml", None),
        ("application/fhir%2Bxml", None),
        ("application/fhir%2Bjson;fhirVersion=3.0", None),
    ],
)
def test_the_format_in_the_query_wins_over_the_header(service, format_, media_type):
    """Also with a plus sign that was not percent-encoded; nothing is searched for in another format."""
    response = service.send("GET", f"{MANY}?_format={format_}", Accept="application/fhir+xml")
    if media_type is None:
        assert_outcome(response, 406, "not_acceptable")
    else:
        assert (response.status_code, response.headers["content-type"]) == (200, media_type)


@pytest.mark.parametrize(
    ("content_type", "is_taken"),
    [
        ("application/fhir+json", True),
        ("application/fhir+json; charset=UTF-8", True),
        ("application/fhir+json; charset=utf-8; fhirVersion=4.0", True),
        ("application/json", True),
        ("application/fhir+json; charset=latin-1", False),
        ("application/fhir+json; fhirVersion=5.0", False),
        ("application/fhir+xml", False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_a_resource_is_declared_as_what_it_is(service, content_type, is_taken):
    """415 for anything else, before it is read."""
    response = service.send("POST", MANY, a_resource(), Content_Type=content_type)
    if is_taken:
        assert response.status_code == 201
    else:
        assert_outcome(response, 415, "unsupported_media_type")


def test_an_error_is_in_the_format_that_was_asked_for(service):
    """Plain JSON for whoever wants that; FHIR's own where nothing will do."""
    plain = service.send("GET", f"{MANY}/x", Accept="application/json")
    assert (plain.status_code, plain.headers["content-type"]) == (404, PLAIN_JSON)
    assert service.send("GET", f"{MANY}/x", Accept="text/turtle").headers["content-type"] == FHIR_JSON


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "code"),
    [
        ("GET", "/fhir/Observation", None, {}, 404, "not_found"),
        ("GET", "/fhir", None, {}, 404, "not_found"),
        ("POST", "/fhir/", b"{}", {}, 404, "not_found"),
        ("DELETE", MANY, None, {}, 405, "method_not_allowed"),
        ("POST", MANY, b"{", {"Content_Type": FHIR}, 400, "validation_error"),
        ("POST", MANY, b"[]", {"Content_Type": FHIR}, 400, "validation_error"),
        ("POST", MANY, b" " * 2**21, {"Content_Type": FHIR}, 413, "payload_too_large"),
        ("POST", MANY, a_resource(), {"Content_Type": FHIR, "Content_Encoding": "gzip"}, 415,
         "unsupported_media_type"),
        ("POST", f"{MANY}/_search", b"name=x", {"Content_Type": "text/plain"}, 415, "unsupported_media_type"),
        ("POST", f"{MANY}/_search", b"name=\xff", {"Content_Type": FORM}, 400, "parse_error"),
        ("GET", f"{MANY}?name=%FF", None, {}, 400, "validation_error"),
    ],
)  # fmt: skip
def test_every_refusal_is_an_outcome(service, method, path, body, headers, status, code):
    """Of the router, of the methods, of bodies and media types."""
    places = ("Patient",) if code == "validation_error" and method == "POST" else ()
    assert_outcome(service.send(method, path, body, **headers), status, code, *places)


def test_a_token_that_is_none_is_refused_as_an_outcome(service):
    """401 with what RFC 6750 wants."""
    response = service.send("GET", MANY, role=None, Authorization="Bearer x")
    assert_outcome(response, 401, "token_not_valid")
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_one_request_too_many_is_an_outcome():
    """429 and when to try again, with the limits of the REST API."""
    with Service(limits=Limits(*[Limit(1, 60)] * 5)) as service:
        headers = service.headers(Role.ADMIN)
        service.send("GET", MANY, role=None, **headers)
        response = service.send("GET", MANY, role=None, **headers)
    assert_outcome(response, 429, "throttled")
    assert int(response.headers["retry-after"]) > 0


@pytest.mark.parametrize(("failure", "status", "code"), [
    (RuntimeError("Zzmark"), 500, "server_error"), (UnavailableError(), 503, "unavailable"),
])  # fmt: skip
def test_our_own_failures_are_outcomes(failure, status, code):
    """500 says nothing of what happened, 503 when to come back."""

    class Failing(MemoryDesk):
        """A desk whose store fails once people have signed in."""

        def begin(self, practice_id):
            """Fail, except for opening accounts."""
            if self.entries:
                raise failure
            return super().begin(practice_id)

    with Service(desk=Failing) as service:
        response = service.send("GET", f"{MANY}/00000000-0000-4000-8000-000000000000")
    assert_outcome(response, status, code)
    assert "Zzmark" not in response.text


def test_head_is_get_without_the_body(service):
    """Status and headers are the same."""
    url = path_of(created(service))
    get, head = service.send("GET", url), service.send("HEAD", url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == get.headers["etag"]
    assert head.headers["content-length"] == get.headers["content-length"]


def test_the_statement_is_valid_and_needs_no_token(service):
    """A CapabilityStatement that R4 takes, at the public address."""
    statement = service.client.get(f"{BASE}/metadata").json()
    CapabilityStatement.model_validate(statement)
    assert statement["implementation"]["url"] == f"{PUBLIC_URL}{BASE}"
    assert statement["fhirVersion"] == "4.0.1"


def test_the_statement_says_what_the_routes_do(service):
    """Each interaction and operation has a route, and each route under the base is told of."""
    statement = service.client.get(f"{BASE}/metadata").json()
    told = {
        (resource["type"], interaction["code"])
        for resource in statement["rest"][0]["resource"]
        for interaction in resource["interaction"]
    }
    told |= {
        (resource["type"], f"${operation['name']}")
        for resource in statement["rest"][0]["resource"]
        for operation in resource.get("operation", ())
    }
    routed = {
        (route.path.split("/")[2], INTERACTION_OF.get(route.endpoint, ""))
        for route in ROUTES
        if isinstance(route, Guarded) and speaks_fhir(route.path) and route.endpoint in INTERACTION_OF
    }
    routed |= {
        (route.path.split("/")[2], f"${OPERATION_OF[route.endpoint].name}")
        for route in ROUTES
        if route.endpoint in OPERATION_OF
    }
    exported = {path.split("/")[2] for path in EXPORT_AT if path in {route.path for route in ROUTES}}
    at_the_base = {f"${operation['name']}" for operation in statement["rest"][0].get("operation", ())}
    routed |= {(type_, "$export") for type_ in exported - at_the_base}
    assert told == routed
    assert at_the_base == exported & {"$export"}


def test_the_statement_says_what_can_be_searched_by(service):
    """Every parameter of the tables, and none besides."""
    statement = service.client.get(f"{BASE}/metadata").json()
    told = {
        resource["type"]: [parameter["name"] for parameter in resource.get("searchParam", ())]
        for resource in statement["rest"][0]["resource"]
    }
    assert told["Patient"] == list(PARAMETERS)
    assert told["AuditEvent"] == list(TRAIL_PARAMETERS)


def test_programs_find_the_token_endpoint(service):
    """Under the base, without a token; the statement names the same address in SMART's extension."""
    configuration = service.client.get(f"{BASE}/.well-known/smart-configuration")
    assert configuration.status_code == 200
    url = configuration.json()["token_endpoint"]
    assert url == f"{PUBLIC_URL}/api/v1/auth/token/"
    security = service.client.get(f"{BASE}/metadata").json()["rest"][0]["security"]
    assert security["extension"][0]["extension"] == [{"url": "token", "valueUri": url}]


def test_a_refused_format_is_on_the_trail_where_a_record_was_asked_for(service):
    """One refused attempt, nothing disclosed."""
    url = path_of(created(service))
    with Unchanged(service, "not_acceptable"):
        service.send("GET", url, Accept="application/fhir+xml")
