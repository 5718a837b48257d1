"""What goes in and comes out of accounts and tokens: every field that can be wrong, and the answers whole."""

import json
from itertools import product

import pytest

from tests.builders import a_name, a_patient_id
from tests.web.refusals import VALIDATION, Unchanged, assert_problem
from tests.web.service import LOGIN, PASSWORD, PUBLIC_URL, Service
from tests.web.test_bad_fields import BLANK, MARK, NOT_CLEAN, WRONG_TYPES
from vantrexia_core.audit import Action
from vantrexia_core.identity import User
from vantrexia_core.kernel import Role

USERS, ME = "/api/v1/users/", "/api/v1/auth/me/"
REFRESH, VERIFY = "/api/v1/auth/token/refresh/", "/api/v1/auth/token/verify/"
LOGOUT = "/api/v1/auth/logout/"

GOOD = {
    "email": "t.lindqvist@example.org",
    "first_name": "Tova",
    "last_name": "Lindqvist",
    "role": "nurse",
    "is_active": True,
    "phone": "555-0142",
    "patient_id": None,
    "password": "correct horse battery",
}
NAMES = [*WRONG_TYPES, *BLANK, *NOT_CLEAN, MARK + "x" * 95, "x" * 5000]
PHONES = [*WRONG_TYPES, *BLANK, *NOT_CLEAN, MARK, "123456", "1" * 21, "555-0142 ext. 3", "-------"]
EMAILS = [
    *WRONG_TYPES,
    *BLANK,
    *NOT_CLEAN,
    MARK,
    "a@b",
    "a@@example.org",
    "a b@example.org",
    f"{'a' * 65}@x.org",
]
ROLES = [None, *WRONG_TYPES, *BLANK, *NOT_CLEAN, MARK, "Nurse", "superuser", "operator", " nurse"]
NOT_BOOLEAN = [None, 0, 1, "true", "", MARK, [], {}]

BAD_PROFILE = {"first_name": [None, *NAMES], "last_name": [None, *NAMES], "phone": PHONES}
BAD_REVISION = BAD_PROFILE | {"email": [None, *EMAILS], "role": ROLES, "is_active": NOT_BOOLEAN}
BAD_ACCOUNT = BAD_REVISION | {
    "patient_id": [*WRONG_TYPES, "", MARK, "0b1c", f"{a_patient_id()}0"],
    "password": [*WRONG_TYPES, "", "short", MARK * 30, "\ud800" * 12, "password1234", "t.lindqvist!"],
}
NOT_A_TOKEN = [None, *WRONG_TYPES, "", MARK * 700]


def _cases(bad: dict[str, list[object]]) -> list[object]:
    return [
        pytest.param(field, value, id=f"{field}-{number}")
        for field, values in bad.items()
        for number, value in enumerate(values)
    ]


def _path(user: User) -> str:
    return f"{USERS}{user.id}/"


def _accounts(service: Service) -> object:
    return service.send("GET", USERS, role=Role.ADMIN).text


def _check(response, field, value):
    assert_problem(response, 400, VALIDATION, field)
    assert MARK not in response.text
    if isinstance(value, str) and len(value) > 8:
        assert json.dumps(value)[1:-1] not in response.text


@pytest.fixture(scope="module")
def nurse(refusing_service) -> User:
    """The account that nobody manages to change here."""
    refusing_service.user(Role.ADMIN)
    return refusing_service.user(Role.NURSE)


@pytest.mark.parametrize(("field", "value"), _cases(BAD_ACCOUNT))
def test_an_account_with_a_bad_field_is_not_opened(refusing_service, nurse, field, value):
    """400 on the field, its value nowhere, no account, the refusal on the trail."""
    before = _accounts(refusing_service)
    with Unchanged(refusing_service, VALIDATION):
        _check(refusing_service.send("POST", USERS, GOOD | {field: value}), field, value)
    assert _accounts(refusing_service) == before


@pytest.mark.parametrize(("field", "value"), _cases(BAD_REVISION))
def test_an_account_is_not_changed_by_a_bad_field(refusing_service, nurse, field, value):
    """The same, with the bad field alone."""
    before = _accounts(refusing_service)
    with Unchanged(refusing_service, VALIDATION):
        _check(refusing_service.send("PATCH", _path(nurse), {field: value}), field, value)
    assert _accounts(refusing_service) == before


@pytest.mark.parametrize(("field", "value"), _cases(BAD_PROFILE))
def test_ones_own_account_is_not_changed_by_a_bad_field(refusing_service, nurse, field, value):
    """As when an administrator does it."""
    before = _accounts(refusing_service)
    with Unchanged(refusing_service, VALIDATION):
        _check(refusing_service.send("PATCH", ME, {field: value}, Role.NURSE), field, value)
    assert _accounts(refusing_service) == before


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        *product(
            ["POST", "PATCH"], ["user"], ["id", "practice_id", "last_login", "is_2fa_enabled", "is_genuine"]
        ),
        *product(["PATCH"], ["user"], ["password", "patient_id", "locked_until"]),
        *product(["PATCH"], ["me"], ["email", "role", "is_active", "password", "practice", "is_2fa_enabled"]),
    ],
)
def test_what_is_not_to_be_set_here_is_refused_by_its_name(refusing_service, nurse, method, path, field):
    """Above all nobody gives themselves another role or address, or an account another record."""
    target = ME if path == "me" else (USERS if method == "POST" else _path(nurse))
    role = Role.NURSE if path == "me" else Role.ADMIN
    body = (GOOD if method == "POST" else {"first_name": "Tuva"}) | {field: MARK}
    before = _accounts(refusing_service)
    with Unchanged(refusing_service, VALIDATION):
        response = refusing_service.send(method, target, body, role)
    _check(response, field, MARK)
    assert _accounts(refusing_service) == before


@pytest.mark.parametrize("missing", ["email", "first_name", "last_name", "role"])
def test_a_required_field_of_a_new_account_that_is_missing_is_named(refusing_service, missing):
    """Without any of the four there is no account."""
    body = {name: value for name, value in GOOD.items() if name != missing}
    with Unchanged(refusing_service, VALIDATION):
        response = refusing_service.send("POST", USERS, body)
    assert response.json()["field_errors"] == {missing: ["This field is required."]}


def test_all_bad_fields_of_a_new_account_are_reported_at_once(refusing_service):
    """One answer names every field that is wrong."""
    body = {"email": "nobody", "first_name": "", "role": "boss", "is_active": 1, "pasword": "x"}
    response = refusing_service.send("POST", USERS, body)
    named = ("email", "first_name", "last_name", "role", "is_active", "pasword")
    assert_problem(response, 400, VALIDATION, *named)


@pytest.mark.parametrize(
    ("role", "patient_id"),
    [("patient", None), ("nurse", str(a_patient_id())), ("admin", str(a_patient_id()))],
)
def test_only_a_patients_account_is_linked_to_a_record(refusing_service, role, patient_id):
    """And it always is: 400 on the role."""
    body = GOOD | {"role": role, "patient_id": patient_id}
    with Unchanged(refusing_service, VALIDATION):
        assert_problem(refusing_service.send("POST", USERS, body), 400, VALIDATION, "role")


@pytest.mark.parametrize("email", ["taken@example.org", "TAKEN@Example.ORG"])
def test_an_address_that_is_taken_is_refused_on_its_field(service, email):
    """Whatever its case, for a new account and for one that is there."""
    service.user(Role.NURSE, email="taken@example.org")
    other = service.user(Role.PROVIDER)
    with Unchanged(service, VALIDATION, entries=2):
        assert_problem(service.send("POST", USERS, GOOD | {"email": email}), 400, VALIDATION, "email")
        assert_problem(service.send("PATCH", _path(other), {"email": email}), 400, VALIDATION, "email")


@pytest.mark.parametrize(("path", "field"), [(REFRESH, "refresh"), (VERIFY, "token"), (LOGOUT, "refresh")])
@pytest.mark.parametrize("value", NOT_A_TOKEN)
def test_what_could_not_be_a_token_is_refused_on_its_field(refusing_service, nurse, path, field, value):
    """400 on the field; who is signed in has it on the trail, who is nobody has not."""
    with Unchanged(refusing_service, VALIDATION, entries=int(path == LOGOUT)):
        response = refusing_service.send("POST", path, {field: value}, Role.NURSE if path == LOGOUT else None)
        _check(response, field, value)


@pytest.mark.parametrize(("path", "field"), [(REFRESH, "refresh"), (VERIFY, "token"), (LOGOUT, "refresh")])
def test_a_token_under_another_name_is_missing(refusing_service, nurse, path, field):
    """Both are named: the one that is required and the one that nobody knows."""
    response = refusing_service.send("POST", path, {"tokn": MARK}, Role.NURSE)
    assert_problem(response, 400, VALIDATION, field, "tokn")
    assert MARK not in response.text


def _lines(*members: str) -> str:
    return "{" + ",".join(members) + "}"


def test_a_new_account_is_answered_whole(service):
    """Every member in its order, absent ones as null, and where the account is to be found."""
    response = service.send("POST", USERS, GOOD)
    (opened,) = [u for u in service.send("GET", USERS).json()["results"] if u["email"] == GOOD["email"]]
    assert response.status_code == 201
    assert response.headers["location"] == f"{PUBLIC_URL}{USERS}{opened['id']}/"
    assert response.text == _lines(
        f'"id":{opened["id"]}',
        '"email":"t.lindqvist@example.org"',
        '"first_name":"Tova"',
        '"last_name":"Lindqvist"',
        '"role":"nurse"',
        '"is_2fa_enabled":false',
        '"phone":"555-0142"',
        '"is_active":true',
        '"last_login":null',
        '"locked_until":null',
    )
    assert service.send("GET", f"{USERS}{opened['id']}/").text == response.text


def test_an_account_after_a_sign_in_and_a_lock_is_answered_whole(service):
    """When it last signed in, and until when it is locked, to the second and in UTC."""
    user = service.user(Role.NURSE, email="nora@example.org", name=a_name("Nora", "O'Brien"))
    body = {"email": "nora@example.org", "password": PASSWORD}
    assert service.send("POST", LOGIN, body, role=None).status_code == 200
    for _ in range(5):
        service.send("POST", LOGIN, body | {"password": "not the password"}, role=None)
    assert service.send("GET", _path(user)).text == _lines(
        f'"id":{user.id}',
        '"email":"nora@example.org"',
        '"first_name":"Nora"',
        '"last_name":"O\'Brien"',
        '"role":"nurse"',
        '"is_2fa_enabled":false',
        '"phone":null',
        '"is_active":true',
        '"last_login":"2026-02-06T14:30:00Z"',
        '"locked_until":"2026-02-06T15:00:00Z"',
    )
    unlocked = service.send("POST", f"/api/v1/auth/users/{user.id}/unlock/").json()
    assert (unlocked["id"], unlocked["locked_until"]) == (user.id, None)
    assert service.send("POST", LOGIN, body, role=None).status_code == 200


def test_ones_own_account_is_answered_whole(service):
    """With the practice, and the same after a change, which can be taken back."""
    user = service.user(Role.NURSE)
    first = service.send("GET", ME, role=Role.NURSE)
    practice = first.json()["practice"]
    assert set(practice) == {"id", "name", "timezone"}
    assert practice["id"] == str(service.practice_id)
    body = {"first_name": "Tova", "last_name": "Lindqvist", "phone": "+1 (555) 0142"}
    changed = service.send("PATCH", ME, body, Role.NURSE)
    assert changed.status_code == 200
    assert changed.text == _lines(
        f'"id":{user.id}',
        f'"email":"{user.email.reveal()}"',
        '"first_name":"Tova"',
        '"last_name":"Lindqvist"',
        '"role":"nurse"',
        '"is_2fa_enabled":false',
        '"phone":"+1 (555) 0142"',
        f'"practice":{json.dumps(practice, separators=(",", ":"))}',
        '"last_login":null',
    )
    back = service.send(
        "PATCH", ME, {"first_name": "Sarah", "last_name": "Johnson", "phone": None}, Role.NURSE
    )
    assert back.text == first.text
    assert [entry.action for entry in service.trail[-2:]] == [Action.PROFILE_UPDATE] * 2


def test_a_change_of_an_account_is_answered_whole_and_kept(service):
    """What was not sent stays as it was."""
    user = service.user(Role.NURSE)
    body = {"email": "new@example.org", "role": "provider", "is_active": False}
    changed = service.send("PATCH", _path(user), body)
    assert changed.status_code == 200
    assert changed.text == _lines(
        f'"id":{user.id}',
        '"email":"new@example.org"',
        '"first_name":"Sarah"',
        '"last_name":"Johnson"',
        '"role":"provider"',
        '"is_2fa_enabled":false',
        '"phone":null',
        '"is_active":false',
        '"last_login":null',
        '"locked_until":null',
    )
    assert service.send("GET", _path(user)).text == changed.text


@pytest.mark.parametrize(
    ("query", "ids", "following", "preceding"),
    [
        ("", [1, 2, 3], None, None),
        ("?page_size=2", [1, 2], "?page_size=2&page=2", None),
        ("?page=2&page_size=2", [3], None, "?page=1&page_size=2"),
    ],
)
def test_accounts_come_in_pages_by_id(service, query, ids, following, preceding):
    """In the envelope that every list has."""
    users = [service.user(role) for role in (Role.ADMIN, Role.NURSE, Role.PROVIDER)]
    content = service.send("GET", f"{USERS}{query}").json()
    assert set(content) == {"count", "next", "previous", "results"}
    assert content["count"] == 3
    assert [user["id"] for user in content["results"]] == [users[number - 1].id for number in ids]
    links = [None if query is None else f"{PUBLIC_URL}{USERS}{query}" for query in (following, preceding)]
    assert [content["next"], content["previous"]] == links
    assert_problem(service.send("GET", f"{USERS}?page=9"), 404, "not_found")


@pytest.mark.parametrize("number", ["0", "999999", "9" * 16])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_number_that_no_account_has_is_not_found(refusing_service, nurse, method, number):
    """However large it is, up to what a number may have of digits; the attempt is on the trail."""
    with Unchanged(refusing_service, "not_found"):
        response = refusing_service.send(method, f"{USERS}{number}/", {} if method == "PATCH" else None)
        assert_problem(response, 404, "not_found")


def test_tokens_are_answered_whole(service):
    """A pair and nothing else, an empty object, and no content."""
    tokens = service.tokens(Role.NURSE)
    refreshed = service.send("POST", REFRESH, {"refresh": tokens.refresh.reveal()}, role=None)
    pair = refreshed.json()
    assert list(pair) == ["access", "refresh"]
    assert refreshed.text == json.dumps(pair, separators=(",", ":"))
    assert service.send("POST", VERIFY, {"token": pair["access"]}, role=None).text == "{}"
    bearer = {"Authorization": f"Bearer {pair['access']}"}
    ended = service.client.post(LOGOUT, json={"refresh": pair["refresh"]}, headers=bearer)
    assert (ended.status_code, ended.content) == (204, b"")
    assert "content-type" not in ended.headers
    for answer in (refreshed, ended):
        assert answer.headers["cache-control"] == "no-store"
