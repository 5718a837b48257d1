"""Who may call what: the core's table of grants, seen from outside."""

import base64
import re

import attrs
import pytest

from tests.builders import a_patient_id
from tests.ehr import a_told
from tests.web.refusals import Unchanged, assert_problem, assert_refused
from tests.web.service import PASSWORD, PATIENTS, Service, path_of
from vantrexia_core.audit import Outcome
from vantrexia_core.identity.totp import code_of, step_at
from vantrexia_core.kernel import GRANTS, Permission, Phi, Reach, Role
from vantrexia_core.patients import Patient
from vantrexia_core.throttling import Scope
from vantrexia_web.outcomes import speaks_fhir
from vantrexia_web.routes import ROUTES, Guarded, Open

GUARDED = [route for route in ROUTES if isinstance(route, Guarded)]
BODIES = {
    "create": {"first_name": "A", "last_name": "B", "date_of_birth": "1990-01-02", "gender": "other"},
    "replace": {"first_name": "A", "last_name": "B", "date_of_birth": "1990-01-02", "gender": "other"},
    "revise": {"phone": "555-0177"},
    "archive": {"reason": "Moved away"},
    "restore": {"reason": "Deleted by mistake"},
    "change_password": {"current_password": PASSWORD, "new_password": "seven lanterns on the pier"},
    "set_up_two_factor": {"password": PASSWORD},
    "import_selected": {"ecw_patient_ids": ["ECW-00001"]},
    "revise_me": {"phone": "555-0177"},
    "open_account": {"email": "fresh@example.org", "first_name": "A", "last_name": "B", "role": "nurse"},
    "change_account": {"first_name": "Another"},
    "decide_duplicate": {"decision": "later"},
    "declare": {"reason": "Found unresponsive"},
    "undo": {"reason": "They are two people"},
}
QUERIES = {"search": "?name=quintero"}
SUBJECTS = {
    "unarchive": Service.archived_patient,
    "restore": Service.deleted_patient,
}


def _handed_out(service: Service, role: Role) -> dict[str, str]:
    """A first code of a second factor that was set up."""
    path = "/api/v1/auth/2fa/setup/"
    secret = service.send("POST", path, {"password": PASSWORD}, role).json()["secret"]
    step = step_at(service.clock.now())
    return {"totp_code": code_of(Phi(base64.b32decode(secret)), step).reveal()}


def _turned_on(service: Service, role: Role) -> dict[str, str]:
    """What turns off a second factor that was turned on."""
    path, first = "/api/v1/auth/2fa/verify/", _handed_out(service, role)
    codes = service.send("POST", path, first, role).json()["backup_codes"]
    return {"password": PASSWORD, "totp_code": codes[0]}


def _another(service: Service, _: Role) -> dict[str, str]:
    """A record that may give way."""
    return {"loser_id": str(service.patient().id), "reason": "Registered twice"}


def _fhir_body(patient: Patient) -> dict[str, object]:
    """A Patient with the id of this one, to be created or to take its place."""
    name = {"family": "A", "given": ["B"]}
    patient_ = {"resourceType": "Patient", "id": str(patient.id), "name": [name]}
    return {**patient_, "birthDate": "1990-01-02", "gender": "other"}


FHIR_BODIES = {
    "POST": lambda patient: (_fhir_body(patient), {"Content_Type": "application/fhir+json"}),
    "PUT": lambda patient: (_fhir_body(patient), {"Content_Type": "application/fhir+json"}),
    "PATCH": lambda _: (
        [{"op": "replace", "path": "/gender", "value": "other"}],
        {"Content_Type": "application/json-patch+json"},
    ),
}
FACTORS = {"merge": _another, "verify_two_factor": _handed_out, "turn_off_two_factor": _turned_on}


def _name(route: Guarded) -> str:
    return f"{route.method} {route.path}"


def somewhere(route: Guarded) -> str:
    """A path of the route that names nobody."""
    return (
        re.sub("{[a-z]+:uuid}", str(a_patient_id()), route.path)
        .replace("{id:account}", "4711")
        .replace("{version:version}", "1")
        .replace("{uuid:fhir}", str(a_patient_id()))
        .replace("{provenance:fhir}", f"{a_patient_id()}.1")
        .replace("{place:version}", "0")
    )


@pytest.mark.parametrize("route", GUARDED, ids=_name)
@pytest.mark.parametrize("role", Role, ids=lambda role: role.value)
def test_a_route_is_open_to_exactly_the_roles_that_are_granted_it(service, route, role):
    """8 roles by every guarded route: 403 for those without the permission, success for the others."""
    name = route.endpoint.__name__
    patient = SUBJECTS.get(name, Service.patient)(service)
    account = {"patient_id": patient.id} if role is Role.PATIENT else {}
    service.user(role, **account)
    service.roster.put(a_told(1))
    job = service.job() if "{job:" in route.path else None
    pair = service.pair() if "{pair:" in route.path else None
    path = route.path.replace("{uuid:uuid}", str(patient.id)).replace("{pair:uuid}", str(pair))
    if "{merge:" in path:
        path = path.replace("{merge:uuid}", str(service.merge().id))
    path = path.replace("{job:uuid}", str(job and job.id)) + QUERIES.get(name, "")
    path = path.replace("{version:version}", "1").replace("{uuid:fhir}", str(patient.id))
    path = path.replace("{provenance:fhir}", f"{patient.id}.1").replace("{place:version}", "0")
    export = service.export() if "{export:" in path else None
    path = path.replace("{export:uuid}", str(export and export.id))
    path = path.replace("{id:account}", str(service.user(Role.MA, email="somebody@example.org").id))
    body = {"refresh": service.tokens(role).refresh.reveal()} if name == "end" else BODIES.get(name)
    if name in FACTORS:
        body = FACTORS[name](service, role)
    headers = {}
    if speaks_fhir(route.path):
        body, headers = FHIR_BODIES.get(route.method, lambda _: (None, {}))(patient)
        if path.endswith("_search"):
            body, headers = b"_count=5", {"Content_Type": "application/x-www-form-urlencoded"}
        path = path.partition("?")[0]
        if path.endswith("$export"):
            body = body and {"resourceType": "Parameters"}
            headers = headers | {"Prefer": "respond-async"}
    response = service.send(route.method, path, body, role, **headers)
    entry = service.desk.entries[-1]
    if role in GRANTS[route.permission]:
        assert response.status_code in {200, 201, 202, 204}, response.text
        assert entry.outcome is Outcome.DONE
    else:
        assert_refused(response, route.path, 403, "permission_denied")
        assert (entry.outcome, entry.code) == (Outcome.REFUSED, "permission_denied")
    assert entry.action is route.action
    assert entry.role is role


@pytest.mark.parametrize("route", GUARDED, ids=_name)
def test_nobody_is_let_through_without_a_token(refusing_service, route):
    """401 before the body, its size and its type, and before the record is looked for."""
    path = somewhere(route)
    with Unchanged(refusing_service, "", entries=0):
        for body in (None, b"{", b" " * 2**21):
            response = refusing_service.send(route.method, path, body, role=None, Content_Type="text/plain")
            assert_refused(response, path, 401, "not_authenticated")
            assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "route", [route for route in GUARDED if Role.BILLING_MANAGER not in GRANTS[route.permission]], ids=_name
)
@pytest.mark.parametrize(
    "body", [None, b"{", b'{"nonsense": 1}', b" " * 2**21], ids=["none", "cut", "bad", "huge"]
)
def test_a_refusal_tells_nothing_about_body_or_record(refusing_service, route, body):
    """403 comes before the body is looked at and before the record is looked for, and is recorded."""
    path = somewhere(route)
    with Unchanged(refusing_service, "permission_denied"):
        response = refusing_service.send(route.method, path, body, Role.BILLING_MANAGER)
    assert_refused(response, path, 403, "permission_denied")


def test_a_patients_account_sees_its_own_record_only(service):
    """Other records are 404, and list and count agree with that."""
    own, other = service.patient(), service.patient()
    service.user(Role.PATIENT, patient_id=own.id)
    assert service.send("GET", path_of(own), role=Role.PATIENT).status_code == 200
    assert_problem(service.send("GET", path_of(other), role=Role.PATIENT), 404, "not_found")
    page = service.send("GET", PATIENTS, role=Role.PATIENT).json()
    assert (page["count"], [item["id"] for item in page["results"]]) == (1, [str(own.id)])


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_record_of_another_practice_does_not_exist(service, method):
    """404, never 403, and the same answer as for an id that nobody has."""
    other = service.patient(practice_id=type(service.practice_id)(int=7))
    body = BODIES["replace"] if method == "PUT" else BODIES["revise"] if method == "PATCH" else None
    foreign = service.send(method, path_of(other), body)
    unknown = service.send(method, path_of(attrs.evolve(other, id=a_patient_id(99))), body)
    assert_problem(foreign, 404, "not_found")
    assert foreign.text == unknown.text


@pytest.mark.parametrize(("method", "action"), [("GET", ""), ("PATCH", ""), ("POST", "unlock/")])
def test_an_account_of_another_practice_does_not_exist(service, method, action):
    """404, never 403, and the same answer as for a number that nobody has, however large it is."""
    foreign = service.user(Role.NURSE, practice_id=type(service.practice_id)(int=7))
    body = {"first_name": "Another"} if method == "PATCH" else None
    answers = {
        service.send(method, f"/api/v1/{'auth/' if action else ''}users/{id_}/{action}", body).text
        for id_ in (foreign.id, 4711, 2**53 - 1, 2**53, 10**16 - 1)
    }
    assert len(answers) == 1
    assert '"not_found"' in answers.pop()
    assert service.desk.accounts.by_id(foreign.id) == foreign


def test_a_patients_account_is_told_nothing_of_others_by_any_list(service):
    """Active, archived, searched for: count and results hold its own record or nothing."""
    own, archived = service.patient(), service.archived_patient()
    service.user(Role.PATIENT, patient_id=own.id)
    seen = {
        path: service.send("GET", f"{PATIENTS}{path}", role=Role.PATIENT).json()["count"]
        for path in (
            "",
            "?search=quintero",
            "?search=nobody",
            "?active=false",
            "archived/",
            "archived/?search=q",
        )
    }
    assert list(seen.values()) == [1, 1, 0, 0, 0, 0]
    assert_problem(service.send("GET", path_of(archived), role=Role.PATIENT), 404, "not_found")


def test_the_open_routes_are_these():
    """What needs no token is listed here by hand, so that nobody opens a door by accident."""
    assert [route.path for route in ROUTES if isinstance(route, Open)] == [
        "/api/v1/auth/login/",
        "/api/v1/auth/token/",
        "/api/v1/auth/token/refresh/",
        "/api/v1/auth/token/verify/",
        "/api/v1/auth/password/reset/",
        "/api/v1/auth/password/reset/confirm/",
        "/fhir/metadata",
        "/fhir/.well-known/smart-configuration",
        "/health/",
        "/.well-known/jwks.json",
        "/openapi.json",
        "/docs/",
        "/docs/reference.css",
        "/docs/reference.js",
    ]


def test_every_route_has_a_permission_and_a_scope():
    """No route is left without either, and guarded ones count against the user's limit."""
    for route in ROUTES:
        assert isinstance(route.scope, Scope) or route.path == "/health/"
        if isinstance(route, Guarded):
            assert isinstance(route.permission, Permission)
            assert route.scope is Scope.USER
            own = route.permission is Permission.OWN_ACCOUNT
            assert (Reach.OWN if own else Reach.PRACTICE) in GRANTS[route.permission].values()
