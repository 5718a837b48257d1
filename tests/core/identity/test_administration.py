"""Opening, changing and closing accounts: administrators only, one practice only, never the last one."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_new_user, a_password, a_patient_id, a_practice_id, a_user_id, an_actor, an_origin
from tests.desks import a_memory_desk
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.identity import (
    AuthenticationFailedError,
    EmailTakenError,
    LastAdministratorError,
    TokenNotValidError,
    User,
    change_user,
    create_user,
    end_sessions,
    list_users,
    recognise,
    set_password,
    sign_in,
)
from vantrexia_core.kernel import (
    Actor,
    InvalidError,
    NotFoundError,
    PermissionDeniedError,
    Role,
    UserId,
    VantrexiaError,
)

ADMIN = an_actor()
ELSEWHERE = an_actor(practice_id=a_practice_id(2))
DOINGS: dict[str, Callable[[MemoryDesk, Actor, UserId], object]] = {
    "create": lambda desk, actor, _: create_user(
        desk, actor, a_new_user(email="x@example.org"), a_password()
    ),
    "list": lambda desk, actor, _: list_users(desk, actor),
    "end sessions": end_sessions,
    "change": lambda desk, actor, user_id: change_user(desk, actor, user_id, is_active=False),
    "set password": lambda desk, actor, user_id: set_password(
        desk, actor, user_id, a_password("another password")
    ),
}


def _hired(desk: MemoryDesk, role: Role = Role.NURSE, email: str | None = None) -> User:
    return create_user(desk, ADMIN, a_new_user(role, email=email), a_password())


def test_a_new_account_is_active_in_the_administrators_practice() -> None:
    """With the role, name and address it was given."""
    desk = a_memory_desk()
    user = _hired(desk, Role.PROVIDER)
    new = a_new_user(Role.PROVIDER)
    assert (user.practice_id, user.email, user.name, user.role) == (
        a_practice_id(),
        new.email,
        new.name,
        new.role,
    )
    assert user.is_active
    assert list_users(desk, ADMIN) == [user]


def test_an_address_belongs_to_one_account_of_all_practices() -> None:
    """Whatever its case: it is how people sign in, before anybody knows their practice."""
    desk = a_memory_desk()
    _hired(desk, email="taken@example.org")
    with pytest.raises(EmailTakenError) as caught:
        create_user(desk, ELSEWHERE, a_new_user(email="TAKEN@example.org"), a_password())
    assert isinstance(caught.value, InvalidError)
    assert set(caught.value.field_errors) == {"email"}
    assert list_users(desk, ELSEWHERE) == []


@pytest.mark.parametrize(
    ("role", "doing"),
    [
        (role, doing)
        for role in Role
        for doing in DOINGS
        if role is not Role.ADMIN and (role, doing) != (Role.CLINICAL_MANAGER, "list")
    ],
)
def test_nobody_but_an_administrator_touches_accounts(role: Role, doing: str) -> None:
    """Refused, recorded, and nothing changed."""
    desk = a_memory_desk()
    user = _hired(desk)
    before = desk.committed.accounts
    with pytest.raises(PermissionDeniedError):
        DOINGS[doing](desk, an_actor(role), user.id)
    assert desk.committed.accounts == before
    assert (desk.entries[-1].outcome, desk.entries[-1].role) == (Outcome.REFUSED, role)


@pytest.mark.parametrize("doing", ["change", "set password"])
def test_another_practices_accounts_do_not_exist(doing: str) -> None:
    """Not found, never forbidden."""
    desk = a_memory_desk()
    user = _hired(desk)
    for actor, user_id in ((ELSEWHERE, user.id), (ADMIN, a_user_id(999))):
        with pytest.raises(NotFoundError):
            DOINGS[doing](desk, actor, user_id)
    assert list_users(desk, ELSEWHERE) == []
    assert list_users(desk, ADMIN) == [user]


def test_accounts_are_listed_in_the_order_they_were_opened() -> None:
    """By id."""
    desk = a_memory_desk()
    opened = [_hired(desk, role) for role in (Role.PROVIDER, Role.ADMIN, Role.NURSE)]
    assert list(list_users(desk, ADMIN)) == opened


def test_a_new_password_replaces_the_old_one() -> None:
    """The old one no longer lets in."""
    desk = a_memory_desk()
    user = _hired(desk)
    set_password(desk, ADMIN, user.id, a_password("another password"))
    assert sign_in(desk, user.email, a_password("another password"), an_origin()).user == user
    with pytest.raises(AuthenticationFailedError):
        sign_in(desk, user.email, a_password(), an_origin())


STAFF = [role for role in Role if role is not Role.PATIENT]


@given(st.sampled_from(STAFF) | st.none(), st.booleans() | st.none())
def test_a_change_leaves_what_it_does_not_name(role: Role | None, is_active: bool | None) -> None:  # noqa: FBT001
    """None keeps; the trail names what is another now."""
    desk = a_memory_desk()
    _hired(desk, Role.ADMIN)
    user = _hired(desk, Role.NURSE)
    changed = change_user(desk, ADMIN, user.id, role=role, is_active=is_active)
    assert changed.role is (role or Role.NURSE)
    assert changed.is_active is (True if is_active is None else is_active)
    assert list_users(desk, ADMIN)[1] == changed
    expected = [("role", changed.role is not user.role), ("is_active", not changed.is_active)]
    assert desk.entries[-2].changed == tuple(name for name, is_changed in expected if is_changed)


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"role": Role.PROVIDER}, {"role": Role.NURSE, "is_active": False}]
)
def test_the_last_active_administrator_stays(change: dict[str, object]) -> None:
    """A practice that nobody can administer could never be repaired from inside."""
    desk = a_memory_desk()
    boss = _hired(desk, Role.ADMIN)
    retired = _hired(desk, Role.ADMIN, email="retired@example.org")
    change_user(desk, ADMIN, retired.id, is_active=False)
    create_user(desk, ELSEWHERE, a_new_user(Role.ADMIN, email="elsewhere@example.org"), a_password())
    with pytest.raises(LastAdministratorError) as caught:
        change_user(desk, ADMIN, boss.id, **change)  # type: ignore[arg-type]
    assert caught.value.code == "last_administrator"
    assert list_users(desk, ADMIN)[0] == boss


def test_one_of_two_administrators_may_go() -> None:
    """The other one remains."""
    desk = a_memory_desk()
    boss = _hired(desk, Role.ADMIN)
    _hired(desk, Role.ADMIN, email="second@example.org")
    assert not change_user(desk, ADMIN, boss.id, is_active=False).is_active


def test_the_last_administrator_may_be_changed_in_what_does_not_matter() -> None:
    """Naming the same role and activity again takes nothing away."""
    desk = a_memory_desk()
    boss = _hired(desk, Role.ADMIN)
    assert change_user(desk, ADMIN, boss.id, role=Role.ADMIN, is_active=True) == boss


@pytest.mark.parametrize(("doing", "action", "fields"), [
    ("create", Action.USER_CREATE, ("email", "role")),
    ("list", Action.USER_LIST, ()),
    ("change", Action.USER_UPDATE, ("is_active",)),
    ("set password", Action.USER_UPDATE, ("password",)),
])  # fmt: skip
def test_what_is_done_to_accounts_is_recorded(doing: str, action: Action, fields: tuple[str, ...]) -> None:
    """The action, the account it was done to, and the names of what changed; never a value."""
    desk = a_memory_desk()
    user = _hired(desk)
    result = DOINGS[doing](desk, ADMIN, user.id)
    entry = desk.entries[-1]
    assert (entry.action, entry.outcome, entry.changed) == (action, Outcome.DONE, fields)
    assert entry.user_id == (result.id if isinstance(result, User) else None)


@pytest.mark.parametrize("doing", DOINGS)
def test_no_password_shows_in_the_trail_or_in_an_error(doing: str) -> None:
    """Not even its length."""
    desk = a_memory_desk()
    user = _hired(desk)
    shown: list[object] = []
    for actor in (ADMIN, ELSEWHERE, an_actor(Role.MA)):
        try:
            shown.append(DOINGS[doing](desk, actor, user.id))
        except VantrexiaError as error:
            shown.append((error, error.args))
    assert "password" not in f"{shown} {desk.entries}".replace("<ChangedField.PASSWORD: 'password'>", "")


def test_an_account_can_be_linked_to_a_patients_record() -> None:
    """That is how far its reach goes."""
    desk = a_memory_desk()
    user = create_user(desk, ADMIN, a_new_user(Role.PATIENT, patient_id=a_patient_id(3)), a_password())
    assert user.as_actor(an_origin()).patient_id == a_patient_id(3)


def test_everything_that_is_wrong_about_a_new_account_is_told_at_once() -> None:
    """A role without its record, and a password that may not be chosen: one call, both fields."""
    with pytest.raises(InvalidError) as refused:
        create_user(a_memory_desk(), ADMIN, a_new_user(Role.PATIENT), a_password("aaaaaaaaaaaaaaaaaa"))
    assert set(refused.value.field_errors) == {"role", "password"}


@pytest.mark.parametrize("is_everybody", [False, True])
def test_sessions_end_on_the_next_request(*, is_everybody: bool) -> None:
    """One account's, or everybody's in the practice, and nobody's elsewhere; they sign in again as before."""
    desk = a_memory_desk()
    nurse, boss = _hired(desk), _hired(desk, Role.ADMIN)
    stranger = create_user(desk, ELSEWHERE, a_new_user(email="s@example.org"), a_password())
    people = (nurse, boss, stranger)
    access = [sign_in(desk, one.email, a_password(), an_origin()).tokens.access for one in people]
    assert end_sessions(desk, ADMIN, None if is_everybody else nurse.id) == (2 if is_everybody else 1)
    entry = desk.entries[-1]
    assert (entry.action, entry.user_id) == (Action.SESSIONS_END, None if is_everybody else nurse.id)
    for number, is_out in ((0, True), (1, is_everybody), (2, False)):
        if is_out:
            with pytest.raises(TokenNotValidError):
                recognise(desk, access[number], an_origin())
        else:
            assert recognise(desk, access[number], an_origin()).user_id == people[number].id
    assert sign_in(desk, nurse.email, a_password(), an_origin()).user.id == nurse.id
