"""When an address is locked: the law as a table, and the same law through a sign-in."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_new_user, a_password, an_actor, an_email, an_origin
from tests.contracts.stores import at_once
from tests.credentials import QuickPasswords
from tests.desks import a_memory_desk
from tests.sources import ManualClock
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.identity import (
    FAILURES_MAX,
    LOCK_LIFE,
    AccountLockedError,
    AuthenticationFailedError,
    Failures,
    User,
    create_user,
    look_up_user,
    set_password,
    sign_in,
    unlock_user,
)
from vantrexia_core.kernel import Email, NotFoundError, PermissionDeniedError, Phi, Role

PASSWORD, WRONG = a_password(), Phi("not the password")
SECOND = timedelta(seconds=1)
ADMIN = an_actor()


def _hired(desk: MemoryDesk, role: Role = Role.NURSE) -> User:
    return create_user(desk, ADMIN, a_new_user(role), PASSWORD)


def _attempt(desk: MemoryDesk, email: Email, password: Phi[str] = WRONG) -> str:
    try:
        sign_in(desk, email, password, an_origin())
    except (AuthenticationFailedError, AccountLockedError) as refusal:
        return refusal.code
    return "let in"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Failures(), Failures(1)),
        (Failures(3), Failures(4)),
        (Failures(4), Failures(5, NOW + LOCK_LIFE)),
        (Failures(5, NOW + SECOND), Failures(6, NOW + LOCK_LIFE)),
        (Failures(5, NOW), Failures(1)),
        (Failures(9, NOW - SECOND), Failures(1)),
    ],
)
def test_a_failure_counts_locks_prolongs_or_begins_anew(before: Failures, after: Failures) -> None:
    """One more; the fifth locks; a locked one moves the end; a lock that ran out is forgotten."""
    assert before.after_failure(NOW) == after


@given(st.lists(st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=1)), max_size=40))
def test_nobody_gets_more_than_five_answers_in_half_an_hour(pauses: list[timedelta]) -> None:
    """However the attempts are spaced: between two counts lies a lock of half an hour without attempts."""
    failures, at = Failures(), NOW
    answered, waited = 0, timedelta(0)
    for pause in pauses:
        at, waited = at + pause, pause
        if not failures.is_locked(at):
            answered = 1 if failures.locked_until is not None else answered + 1
            assert failures.locked_until is None or waited >= LOCK_LIFE
        failures = failures.after_failure(at)
        assert answered <= FAILURES_MAX


@pytest.mark.parametrize("is_known", [True, False])
def test_the_fifth_failure_itself_is_answered_as_locked(*, is_known: bool) -> None:
    """Four times no, then locked: an address that nobody has behaves like one that somebody has."""
    desk = a_memory_desk()
    email = _hired(desk).email if is_known else an_email("nobody")
    codes = [_attempt(desk, email) for _ in range(7)]
    assert codes == ["authentication_failed"] * 4 + ["account_locked"] * 3


@pytest.mark.parametrize("is_known", [True, False])
def test_while_locked_the_password_is_not_looked_at(*, is_known: bool) -> None:
    """The right one is refused like any other, without being compared, and moves the end as well."""
    clock = ManualClock()
    desk = a_memory_desk(clock)
    email = _hired(desk).email if is_known else an_email("nobody")
    for _ in range(FAILURES_MAX):
        _attempt(desk, email)
    assert isinstance(desk.passwords, QuickPasswords)
    compared = desk.passwords.verified
    clock.advance(LOCK_LIFE - SECOND)
    with pytest.raises(AccountLockedError) as caught:
        sign_in(desk, email, PASSWORD, an_origin())
    assert caught.value.locked_until == clock.now() + LOCK_LIFE
    assert desk.passwords.verified == compared


def test_a_lock_ends_after_half_an_hour_of_peace() -> None:
    """To the microsecond; and then there are five guesses again."""
    clock = ManualClock()
    desk = a_memory_desk(clock)
    email = _hired(desk).email
    for _ in range(FAILURES_MAX):
        _attempt(desk, email)
    clock.advance(LOCK_LIFE)
    assert [_attempt(desk, email) for _ in range(4)] == ["authentication_failed"] * 4
    assert _attempt(desk, email, PASSWORD) == "let in"


def test_a_success_forgets_the_failures() -> None:
    """Of this address; each sign-in begins a new count."""
    desk = a_memory_desk()
    email = _hired(desk).email
    for _ in range(3):
        assert [_attempt(desk, email) for _ in range(4)] == ["authentication_failed"] * 4
        assert _attempt(desk, email, PASSWORD) == "let in"


def test_an_address_is_locked_in_every_spelling() -> None:
    """Its case gives no further guesses."""
    desk = a_memory_desk()
    email = _hired(desk).email
    spellings = [email, Email(email.reveal().upper()), Email(email.reveal().title())]
    codes = [_attempt(desk, spellings[n % 3]) for n in range(5)]
    assert codes[-1] == "account_locked"


def test_guesses_made_at_once_are_answered_five_times_at_most() -> None:
    """Whatever comes in parallel is decided one by one: after the fifth failure even the right one is out."""
    desk = a_memory_desk()
    email = _hired(desk).email
    codes = at_once([lambda: _attempt(desk, email) for _ in range(12)])
    assert sorted(codes) == ["account_locked"] * 8 + ["authentication_failed"] * 4
    assert _attempt(desk, email, PASSWORD) == "account_locked"


def test_signing_in_rightly_at_once_locks_nobody_out() -> None:
    """A person with ten windows is no attacker."""
    desk = a_memory_desk()
    email = _hired(desk).email
    assert at_once([lambda: _attempt(desk, email, PASSWORD) for _ in range(10)]) == ["let in"] * 10


@pytest.mark.parametrize("is_known", [True, False])
def test_a_lock_is_on_the_trail_once(*, is_known: bool) -> None:
    """Each attempt is, and the lock when it falls; of an unknown address the trail never says which."""
    desk = a_memory_desk()
    user = _hired(desk)
    email = user.email if is_known else an_email("nobody-at-all")
    for _ in range(7):
        _attempt(desk, email)
    entries = desk.entries[1:]
    failed = [entry for entry in entries if entry.action is Action.LOGIN_FAILED]
    [locked] = [entry for entry in entries if entry.action is Action.ACCOUNT_LOCKED]
    assert [entry.code for entry in failed] == ["authentication_failed"] * 4 + ["account_locked"] * 3
    assert locked.outcome is Outcome.DONE
    assert {entry.actor_id for entry in entries} == {user.id if is_known else None}
    assert "nobody-at-all" not in repr(entries)


def test_an_administrator_unlocks() -> None:
    """At once, and the trail says who did it to whom."""
    desk = a_memory_desk()
    user = _hired(desk)
    for _ in range(FAILURES_MAX):
        _attempt(desk, user.email)
    assert look_up_user(desk, ADMIN, user.id).locked_until == desk.clock.now() + LOCK_LIFE
    assert unlock_user(desk, ADMIN, user.id).locked_until is None
    entry = desk.entries[-1]
    assert (entry.action, entry.outcome, entry.user_id) == (Action.ACCOUNT_UNLOCKED, Outcome.DONE, user.id)
    assert look_up_user(desk, ADMIN, user.id).locked_until is None
    assert _attempt(desk, user.email, PASSWORD) == "let in"


def test_nobody_else_unlocks() -> None:
    """No other role, and no administrator of another practice."""
    desk = a_memory_desk()
    user = _hired(desk)
    for _ in range(FAILURES_MAX):
        _attempt(desk, user.email)
    for role in Role:
        if role is not Role.ADMIN:
            with pytest.raises(PermissionDeniedError):
                unlock_user(desk, an_actor(role), user.id)
    with pytest.raises(NotFoundError):
        unlock_user(desk, an_actor(practice_id=type(user.practice_id)(int=7)), user.id)
    assert _attempt(desk, user.email, PASSWORD) == "account_locked"


def test_a_new_password_unlocks() -> None:
    """Whoever sets one has shown who they are in another way."""
    desk = a_memory_desk()
    user = _hired(desk)
    for _ in range(FAILURES_MAX):
        _attempt(desk, user.email)
    fresh = a_password("another fine password")
    set_password(desk, ADMIN, user.id, fresh)
    assert _attempt(desk, user.email, fresh) == "let in"
