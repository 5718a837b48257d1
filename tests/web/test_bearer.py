"""The access token: what is accepted, and that nothing is believed that can be looked up."""

from datetime import timedelta

import pytest

from tests.web.refusals import assert_problem
from tests.web.service import LOGIN, PASSWORD, PATIENTS
from vantrexia_core.identity import change_user, operator
from vantrexia_core.kernel import Origin, Role

TOKEN = "abc.def.ghi"


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        TOKEN,
        f"Token {TOKEN}",
        "Bearer a b",
        "Bearer é",
        f"Bearer {'a' * 5000}",
    ],
)
def test_what_is_no_bearer_token_is_refused(refusing_service, value):
    """401 `token_not_valid`, and the challenge says so (RFC 6750)."""
    response = refusing_service.client.get(PATIENTS, headers={"Authorization": value.encode("latin-1")})
    assert_problem(response, 401, "token_not_valid")
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_two_tokens_are_none(refusing_service):
    """Two Authorization headers are refused, even where each alone would do."""
    header = refusing_service.headers()["Authorization"]
    response = refusing_service.client.get(PATIENTS, headers=[("Authorization", header)] * 2)
    assert_problem(response, 401, "token_not_valid")


def test_the_scheme_is_recognised_in_any_case(refusing_service):
    """`bearer` is as good as `Bearer` (RFC 9110, 11.1)."""
    header = refusing_service.headers()["Authorization"].replace("Bearer", "bEARER")
    assert refusing_service.client.get(PATIENTS, headers={"Authorization": header}).status_code == 200


def test_a_refresh_token_is_no_access_token(service):
    """Each kind of token opens its own door only."""
    refresh = service.tokens().refresh
    response = service.client.get(PATIENTS, headers={"Authorization": f"Bearer {refresh.reveal()}"})
    assert_problem(response, 401, "token_not_valid")


def test_an_expired_token_is_refused(service):
    """A quarter of an hour after its issue a token is worth nothing."""
    headers = service.headers()
    service.clock.advance(timedelta(minutes=15))
    assert_problem(service.client.get(PATIENTS, headers=headers), 401, "token_not_valid")


def test_a_closed_account_is_out_at_once(service):
    """Whether an account is active is read on each request."""
    headers = service.headers(Role.NURSE)
    actor = operator(service.practice_id, Origin())
    change_user(service.desk, actor, service.user(Role.NURSE).id, is_active=False)
    assert_problem(service.client.get(PATIENTS, headers=headers), 401, "token_not_valid")


def test_a_changed_role_holds_at_once(service):
    """The sessions of the old role end; who signs in again has the new one."""
    headers = service.headers(Role.NURSE)
    actor = operator(service.practice_id, Origin())
    change_user(service.desk, actor, service.user(Role.NURSE).id, role=Role.DATA_MONITOR)
    assert_problem(service.client.post(PATIENTS, headers=headers, json={}), 401, "token_not_valid")
    response = service.client.post(PATIENTS, headers=service.headers(Role.NURSE), json={})
    assert_problem(response, 403, "permission_denied")


def test_a_token_from_a_sign_in_opens_the_list(service):
    """The whole way: sign in, take the access token, list."""
    email = service.user(Role.MA).email.reveal()
    signed_in = service.send("POST", LOGIN, {"email": email.upper(), "password": PASSWORD}, role=None)
    assert signed_in.status_code == 200
    headers = {"Authorization": f"Bearer {signed_in.json()['access']}"}
    assert service.client.get(PATIENTS, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [("provider@0001.example.org", "WrongP@ss1234"), ("nobody@0001.example.org", PASSWORD)],
    ids=["password", "address"],
)
def test_wrong_credentials_get_one_answer(service, email, password):
    """401 `authentication_failed`, whichever was wrong, and the attempt is on the trail."""
    service.user()
    response = service.send("POST", LOGIN, {"email": email, "password": password}, role=None)
    assert_problem(response, 401, "authentication_failed")
    assert response.json()["detail"] == "Unable to log in with provided credentials."
    assert response.headers["www-authenticate"] == "Bearer"
    assert service.trail[-1].code == "authentication_failed"
