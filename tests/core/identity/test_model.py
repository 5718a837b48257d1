"""Accounts and passwords as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_patient_id, a_practice_id, a_user, an_origin
from vantrexia_core.identity import OPERATOR_ID, Account, NewPassword, TokenPair, operator
from vantrexia_core.kernel import InvalidValueError, Permission, Phi, Role


@pytest.mark.parametrize(
    "typed", ["x" * 12, "x" * 128, "correct horse battery", "\u0000" * 12, "пароль на двоих", " " * 12]
)
def test_a_password_may_hold_any_characters(typed: str) -> None:
    """12 to 128 of them, no rules of composition, nothing trimmed (NIST SP 800-63B-4)."""
    assert NewPassword(typed).reveal() == typed


@pytest.mark.parametrize("typed", ["", "x" * 11, "x" * 129, "\ud800" * 12])
def test_a_password_that_cannot_be_kept_is_refused(typed: str) -> None:
    """Too short, too long, or without a UTF-8 form to hash."""
    with pytest.raises(InvalidValueError) as caught:
        NewPassword(typed)
    assert "x" * 11 not in str(caught.value)


@given(st.text(st.characters(), max_size=140))
def test_any_text_is_either_a_password_or_refused(typed: str) -> None:
    """No other error escapes, and what is accepted can be hashed."""
    try:
        password = NewPassword(typed)
    except InvalidValueError:
        return
    assert password.reveal().encode()


def test_an_account_acts_with_what_it_is_now() -> None:
    """Role, practice and linked record come from the account, the origin from the call."""
    user = a_user(Role.PATIENT, patient_id=a_patient_id())
    actor = user.as_actor(an_origin())
    assert (actor.user_id, actor.role, actor.practice_id) == (user.id, user.role, user.practice_id)
    assert (actor.email, actor.patient_id, actor.origin) == (user.email, a_patient_id(), an_origin())


def test_the_operator_is_an_administrator_without_an_account() -> None:
    """Whoever holds the console and the keys can do everything, and the trail says that it was them."""
    actor = operator(a_practice_id(), an_origin())
    assert (actor.user_id, actor.role, actor.practice_id) == (OPERATOR_ID, Role.ADMIN, a_practice_id())
    assert all(actor.require(permission) for permission in Permission)


def test_secrets_of_an_account_do_not_print() -> None:
    """Neither the hash nor the tokens."""
    shown = f"{Account(a_user(), '$hash$')!r} {TokenPair(Phi('an-access-token'), Phi('a-refresh-token'))!r}"
    assert "hash$" not in shown
    assert "access-token" not in shown
    assert "refresh-token" not in shown
