"""Letting people in: who is let in, what an outsider can tell apart, and what the trail says."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.builders import a_new_user, a_password, a_practice_id, a_session, an_actor, an_email, an_origin
from tests.credentials import ACCESS_LIFE, QuickPasswords
from tests.desks import a_memory_desk
from tests.sources import ManualClock
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.identity import (
    AuthenticationFailedError,
    TokenNotValidError,
    User,
    change_user,
    create_user,
    recognise,
    sign_in,
)
from vantrexia_core.kernel import Email, Phi, Role

PASSWORD = a_password()


def _hired(desk: MemoryDesk, role: Role = Role.NURSE) -> User:
    return create_user(desk, an_actor(), a_new_user(role), PASSWORD)


def test_the_right_password_lets_in() -> None:
    """With a fresh pair of tokens; the access token is recognised as this user."""
    desk = a_memory_desk()
    user = _hired(desk)
    signed_in = sign_in(desk, user.email, PASSWORD, an_origin())
    assert signed_in.user == user
    actor = recognise(desk, signed_in.tokens.access, an_origin("req-2"))
    assert actor == user.as_actor(an_origin("req-2"), actor.session_id)
    assert actor.session_id is not None


def test_the_case_of_the_address_does_not_matter() -> None:
    """People do not know how their address was typed when the account was opened."""
    desk = a_memory_desk()
    user = _hired(desk)
    assert sign_in(desk, Email(user.email.reveal().upper()), PASSWORD, an_origin()).user == user


def _wrong_password(desk: MemoryDesk) -> tuple[Email, Phi[str]]:
    return _hired(desk).email, Phi("not the password")


def _unknown_address(desk: MemoryDesk) -> tuple[Email, Phi[str]]:
    return an_email("nobody"), PASSWORD


def _closed_account(desk: MemoryDesk) -> tuple[Email, Phi[str]]:
    user = _hired(desk)
    change_user(desk, an_actor(), user.id, is_active=False)
    return user.email, PASSWORD


@pytest.mark.parametrize("attempt", [_wrong_password, _unknown_address, _closed_account])
def test_everybody_else_gets_one_answer_at_one_price(
    attempt: Callable[[MemoryDesk], tuple[Email, Phi[str]]],
) -> None:
    """Same code, same sentence, one comparison of passwords: an outsider cannot tell the cases apart."""
    desk = a_memory_desk()
    email, password = attempt(desk)
    assert isinstance(desk.passwords, QuickPasswords)
    compared = desk.passwords.verified
    with pytest.raises(AuthenticationFailedError) as caught:
        sign_in(desk, email, password, an_origin())
    assert (caught.value.code, caught.value.detail) == (
        "authentication_failed",
        "Unable to log in with provided credentials.",
    )
    assert desk.passwords.verified == compared + 1


def test_a_sign_in_is_recorded() -> None:
    """Who, in which role, from where."""
    desk = a_memory_desk()
    user = _hired(desk)
    sign_in(desk, user.email, PASSWORD, an_origin("req-5", "192.0.2.5"))
    entry = desk.entries[-1]
    assert (entry.action, entry.outcome, entry.code) == (Action.LOGIN_SUCCESS, Outcome.DONE, None)
    assert (entry.practice_id, entry.actor_id, entry.role) == (a_practice_id(), user.id, Role.NURSE)
    assert (entry.request_id, entry.address, entry.at) == ("req-5", "192.0.2.5", desk.clock.now())


def test_a_failed_sign_in_of_a_known_account_is_recorded_with_the_account() -> None:
    """Somebody tries somebody's password: the practice's auditor sees whose."""
    desk = a_memory_desk()
    user = _hired(desk)
    with pytest.raises(AuthenticationFailedError):
        sign_in(desk, user.email, Phi("wrong"), an_origin())
    entry = desk.entries[-1]
    assert (entry.outcome, entry.code, entry.actor_id) == (Outcome.REFUSED, "authentication_failed", user.id)


def test_a_failed_sign_in_of_nobody_is_recorded_without_the_address_typed() -> None:
    """What was typed may be anybody's address, or a password in the wrong field."""
    desk = a_memory_desk()
    with pytest.raises(AuthenticationFailedError):
        sign_in(desk, an_email("nobody-at-all"), PASSWORD, an_origin())
    [entry] = desk.entries
    assert (entry.outcome, entry.practice_id, entry.actor_id, entry.role) == (
        Outcome.REFUSED,
        None,
        None,
        None,
    )
    assert "nobody-at-all" not in repr(entry)


def test_a_closed_account_is_no_longer_recognised() -> None:
    """At once, not when its token expires."""
    desk = a_memory_desk()
    user = _hired(desk)
    access = sign_in(desk, user.email, PASSWORD, an_origin()).tokens.access
    change_user(desk, an_actor(), user.id, is_active=False)
    with pytest.raises(TokenNotValidError):
        recognise(desk, access, an_origin())


def test_a_changed_role_ends_the_sessions() -> None:
    """What was begun as one role is not carried on as another; the next sign-in has the new one."""
    desk = a_memory_desk()
    user = _hired(desk)
    access = sign_in(desk, user.email, PASSWORD, an_origin()).tokens.access
    change_user(desk, an_actor(), user.id, role=Role.DATA_MONITOR)
    with pytest.raises(TokenNotValidError):
        recognise(desk, access, an_origin())
    access = sign_in(desk, user.email, PASSWORD, an_origin()).tokens.access
    assert recognise(desk, access, an_origin()).role is Role.DATA_MONITOR


def test_an_expired_token_is_not_recognised() -> None:
    """Sign in again."""
    clock = ManualClock()
    desk = a_memory_desk(clock)
    access = sign_in(desk, _hired(desk).email, PASSWORD, an_origin()).tokens.access
    clock.advance(ACCESS_LIFE - timedelta(microseconds=1))
    recognise(desk, access, an_origin())
    clock.advance(timedelta(microseconds=1))
    with pytest.raises(TokenNotValidError):
        recognise(desk, access, an_origin())


def test_a_refresh_token_opens_no_door() -> None:
    """Nor does a forged one, nor an access token of an account that never was."""
    desk = a_memory_desk()
    user = _hired(desk)
    tokens = sign_in(desk, user.email, PASSWORD, an_origin()).tokens
    stranger = a_memory_desk().tokens.issue(user, a_session(user.id), at=desk.clock.now()).access
    for token in (tokens.refresh, Phi(tokens.access.reveal()[:-1]), Phi(""), Phi("\ud800")):
        with pytest.raises(TokenNotValidError):
            recognise(desk, token, an_origin())
    with pytest.raises(TokenNotValidError):
        recognise(a_memory_desk(), stranger, an_origin())
