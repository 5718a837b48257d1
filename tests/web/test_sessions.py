"""Tokens over HTTP: exchanged once, good until they are not, given up at once."""

from datetime import timedelta

import pytest

from tests.contracts.stores import at_once
from tests.web.refusals import assert_problem
from tests.web.service import LOGIN, PASSWORD, PATIENTS, Service
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.identity import change_user, operator
from vantrexia_core.kernel import Origin, Role

REFRESH = "/api/v1/auth/token/refresh/"
VERIFY = "/api/v1/auth/token/verify/"
LOGOUT = "/api/v1/auth/logout/"


def _signed_in(service: Service, role: Role = Role.NURSE) -> dict[str, str]:
    email = service.user(role).email.reveal()
    response = service.send("POST", LOGIN, {"email": email, "password": PASSWORD}, role=None)
    assert response.status_code == 200, response.text
    return response.json()


def _refresh(service: Service, token: str):
    return service.send("POST", REFRESH, {"refresh": token}, role=None)


def _list_with(service: Service, access: str):
    return service.client.get(PATIENTS, headers={"Authorization": f"Bearer {access}"})


def _verify(service: Service, token: str):
    return service.send("POST", VERIFY, {"token": token}, role=None)


def test_a_refresh_token_is_exchanged_for_a_fresh_pair(service):
    """Both are new, and both work."""
    before = _signed_in(service)
    response = _refresh(service, before["refresh"])
    assert response.status_code == 200
    after = response.json()
    assert set(after) == {"access", "refresh"}
    assert {after["access"], after["refresh"]}.isdisjoint({before["access"], before["refresh"]})
    assert _list_with(service, after["access"]).status_code == 200
    assert _refresh(service, after["refresh"]).status_code == 200
    assert service.trail[-1].action is Action.TOKEN_REFRESHED


def test_a_refresh_token_used_again_ends_the_session(service):
    """For the thief and for the owner alike; other sessions of the account live. The trail has it."""
    first, other = _signed_in(service), _signed_in(service)
    second = _refresh(service, first["refresh"]).json()
    assert_problem(_refresh(service, first["refresh"]), 401, "token_not_valid")
    entry = service.trail[-1]
    assert (entry.action, entry.outcome) == (Action.TOKEN_REUSE_DETECTED, Outcome.REFUSED)
    assert entry.actor_id == service.user(Role.NURSE).id
    for access in (first["access"], second["access"]):
        assert_problem(_list_with(service, access), 401, "token_not_valid")
    assert_problem(_refresh(service, second["refresh"]), 401, "token_not_valid")
    assert _list_with(service, other["access"]).status_code == 200


def test_a_session_ends_a_day_after_its_sign_in_however_often_it_is_refreshed(service):
    """The end does not move: not the session's, not the last access token's."""
    tokens = _signed_in(service)
    for _ in range(23):
        service.clock.advance(timedelta(hours=1))
        tokens = _refresh(service, tokens["refresh"]).json()
    service.clock.advance(timedelta(minutes=55))
    tokens = _refresh(service, tokens["refresh"]).json()
    assert _list_with(service, tokens["access"]).status_code == 200
    service.clock.advance(timedelta(minutes=5))
    assert_problem(_list_with(service, tokens["access"]), 401, "token_not_valid")
    assert_problem(_refresh(service, tokens["refresh"]), 401, "token_not_valid")


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_a_good_token_is_verified_and_nothing_changes(service, kind):
    """200 and an empty object, as often as it is asked for."""
    tokens = _signed_in(service)
    for _ in range(2):
        response = _verify(service, tokens[kind])
        assert (response.status_code, response.text) == (200, "{}")
    assert _refresh(service, tokens["refresh"]).status_code == 200


@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize("ending", ["logout", "deactivation", "expiry", "reuse"])
def test_no_token_of_an_ended_session_is_good(service, kind, ending):
    """Neither verified nor accepted, from the next request on."""
    tokens = _signed_in(service)
    headers = {"Authorization": f"Bearer {tokens['access']}"}
    if ending == "logout":
        body = {"refresh": tokens["refresh"]}
        assert service.client.post(LOGOUT, json=body, headers=headers).status_code == 204
    elif ending == "deactivation":
        actor = operator(service.practice_id, Origin())
        change_user(service.desk, actor, service.user(Role.NURSE).id, is_active=False)
    elif ending == "expiry":
        service.clock.advance(timedelta(days=1))
    else:
        _refresh(service, tokens["refresh"])
        _refresh(service, tokens["refresh"])
    assert_problem(_verify(service, tokens[kind]), 401, "token_not_valid")
    assert_problem(_list_with(service, tokens["access"]), 401, "token_not_valid")
    assert_problem(_refresh(service, tokens["refresh"]), 401, "token_not_valid")


def test_a_spent_refresh_token_is_not_good(service):
    """Asking about it ends nothing: only who tries to use it has copied it."""
    before = _signed_in(service)
    after = _refresh(service, before["refresh"]).json()
    assert_problem(_verify(service, before["refresh"]), 401, "token_not_valid")
    assert _verify(service, after["refresh"]).status_code == 200


@pytest.mark.parametrize("is_all", [False, True])
def test_a_logout_ends_one_session_or_all(service, is_all):
    """Of this account, and nobody else's."""
    mine, other, foreign = _signed_in(service), _signed_in(service), _signed_in(service, Role.PROVIDER)
    response = service.client.post(
        LOGOUT,
        json={"refresh": mine["refresh"], "all_sessions": is_all},
        headers={"Authorization": f"Bearer {mine['access']}"},
    )
    assert (response.status_code, response.content) == (204, b"")
    assert service.trail[-1].action is Action.LOGOUT
    assert _list_with(service, mine["access"]).status_code == 401
    assert _list_with(service, other["access"]).status_code == (401 if is_all else 200)
    assert _list_with(service, foreign["access"]).status_code == 200


def test_nobody_logs_out_somebody_else(service):
    """A refresh token of another account is not valid here, and its session lives on."""
    mine, foreign = _signed_in(service), _signed_in(service, Role.PROVIDER)
    response = service.client.post(
        LOGOUT, json={"refresh": foreign["refresh"]}, headers={"Authorization": f"Bearer {mine['access']}"}
    )
    assert_problem(response, 401, "token_not_valid")
    assert _list_with(service, foreign["access"]).status_code == 200


@pytest.mark.parametrize(("path", "field"), [(REFRESH, "refresh"), (VERIFY, "token"), (LOGOUT, "refresh")])
@pytest.mark.parametrize("value", [None, "", 7, ["x"], True, "x" * 4097])
def test_what_is_no_text_is_a_complaint_about_the_field(service, path, field, value):
    """400 on the field, not a 401: nothing was presented."""
    response = service.send("POST", path, {field: value}, Role.NURSE)
    assert_problem(response, 400, "validation_error", field)


@pytest.mark.parametrize("value", ["true", 1, None, []])
def test_all_sessions_is_a_boolean(service, value):
    """Nothing is converted silently, least of all into ending every session."""
    tokens = _signed_in(service)
    body = {"refresh": tokens["refresh"], "all_sessions": value}
    headers = {"Authorization": f"Bearer {tokens['access']}"}
    response = service.client.post(LOGOUT, json=body, headers=headers)
    assert_problem(response, 400, "validation_error", "all_sessions")
    assert _list_with(service, tokens["access"]).status_code == 200


def test_of_sixteen_exchanges_at_once_one_succeeds_and_the_session_ends(service):
    """The others were a second use, so the one pair that was given out is worth nothing either."""
    tokens = _signed_in(service)
    responses = at_once([lambda: _refresh(service, tokens["refresh"]) for _ in range(16)])
    assert sorted(response.status_code for response in responses) == [200] + [401] * 15
    winner = next(response for response in responses if response.status_code == 200).json()
    assert_problem(_list_with(service, winner["access"]), 401, "token_not_valid")
