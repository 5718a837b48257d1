"""Opening, showing, changing, unlocking and closing accounts."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from vantrexia_core.audit import Action, Attempt, Deed, preparing, repeated_if_undone, undertake
from vantrexia_core.identity.facts import (
    AccountUnlocked,
    SessionsEnded,
    UserCreated,
    UsersListed,
    UserUpdated,
    UserViewed,
)
from vantrexia_core.identity.model import NewUser, User, UserRevision, check_linked
from vantrexia_core.identity.password_change import void_resets
from vantrexia_core.identity.password_policy import NewPassword, admit
from vantrexia_core.identity.ports import ForgedAccountError, UserDesk, UserWork
from vantrexia_core.kernel import (
    KEEP,
    Actor,
    Complaints,
    ConflictError,
    NotFoundError,
    Page,
    PageRequest,
    Permission,
    Role,
    UserId,
)

NO_PASSWORD = "!"  # noqa: S105 - stands for none, and matches none
"""What is stored for an account whose owner has yet to choose a password. No password hashes to it."""


class LastAdministratorError(ConflictError):
    """A practice keeps at least one active administrator."""

    code = "last_administrator"
    sentence = "This is the practice's last active administrator. Appoint another one first."


@attrs.frozen
class Staffed:
    """An account as an administrator sees it. ``locked_until`` is None unless sign-ins are refused now."""

    user: User
    locked_until: datetime | None


@repeated_if_undone
def create_user(desk: UserDesk, actor: Actor, new: NewUser, password: NewPassword | None = None) -> User:
    """Open an account in the actor's practice. Without a password its owner has to choose one by a reset.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        InvalidError: a patient's account without a record, or staff's with one; or, on ``password``, it may
            not be chosen.
        EmailTakenError: an account already signs in with this address.
    """
    attempt = Attempt(actor, Action.USER_CREATE, Permission.MANAGE_USERS)
    # Hash before the work begins: it is slow, and no lock may be held meanwhile.
    with preparing(desk, attempt):
        complaints, password_hash = Complaints(), NO_PASSWORD
        with complaints.collecting():
            check_linked(new.role, new.patient_id)
        with complaints.collecting():
            if password is not None:
                password_hash = admit(desk.passwords, password, "password", new)
        complaints.check()
    with undertake(desk, attempt) as deed:
        user = deed.work.users.add(new, password_hash)
        return deed.finish(UserCreated(user_id=user.id, changed=("email", "role")), user)


@repeated_if_undone
def list_users(desk: UserDesk, actor: Actor) -> Sequence[User]:
    """All accounts of the actor's practice.

    Raises:
        PermissionDeniedError: the actor is neither an administrator nor a clinical manager.
    """
    with undertake(desk, Attempt(actor, Action.USER_LIST, Permission.VIEW_USERS)) as deed:
        return deed.finish(UsersListed(), deed.work.users.all())


@repeated_if_undone
def find_users(desk: UserDesk, actor: Actor, page: PageRequest) -> Page[Staffed]:
    """A page of the accounts of the actor's practice, by id.

    Raises:
        PermissionDeniedError: the actor is neither an administrator nor a clinical manager.
        NotFoundError: the page lies behind the last one.
    """
    with undertake(desk, Attempt(actor, Action.USER_LIST, Permission.VIEW_USERS)) as deed:
        users = deed.work.users.all()
        page.check_within(len(users))
        shown = users[page.offset : page.offset + page.size]
        found = Page(len(users), tuple(_staffed(deed, user) for user in shown), page)
        return deed.finish(UsersListed(), found)


@repeated_if_undone
def look_up_user(desk: UserDesk, actor: Actor, user_id: UserId) -> Staffed:
    """One account of the actor's practice.

    Raises:
        PermissionDeniedError: the actor is neither an administrator nor a clinical manager.
        NotFoundError: no such account in the practice.
    """
    with undertake(desk, Attempt(actor, Action.USER_READ, Permission.VIEW_USERS, user_id=user_id)) as deed:
        staffed = _staffed(deed, deed.work.users.get(user_id))
        return deed.finish(UserViewed(user_id=user_id), staffed)


@repeated_if_undone
def revise_user(desk: UserDesk, actor: Actor, user_id: UserId, revision: UserRevision) -> Staffed:
    """Change an account: its role, its activity, its names and address. Takes effect on the next request.

    Another role or no activity ends the account's sessions: what somebody began as one role is not carried on
    as another. Another address or no activity voids a reset of the password that is on its way.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: no such account in the practice.
        InvalidError: a patient's account would become staff's, or staff's a patient's.
        EmailTakenError: another account signs in with this address.
        LastAdministratorError: the practice would be left without an active administrator.
        ForgedAccountError: the stored account is not genuine.
    """
    with undertake(
        desk, Attempt(actor, Action.USER_UPDATE, Permission.MANAGE_USERS, user_id=user_id)
    ) as deed:
        # All of them, locked in one order: two changes at once undo nothing of each other, and wait in turn.
        accounts = {account.id: account for account in deed.work.users.all_to_change()}
        if user_id not in accounts:
            raise NotFoundError
        user = accounts.pop(user_id)
        if not user.is_genuine:
            raise ForgedAccountError
        revised, changed = user.revised(revision)
        is_leaving = user.is_administrator and not revised.is_administrator
        if is_leaving and not any(account.is_administrator for account in accounts.values()):
            raise LastAdministratorError
        if changed:
            deed.work.users.save(revised)
        if "role" in changed or not revised.is_active:
            deed.work.sessions.end_all(user_id)
        if "email" in changed:
            deed.work.lockouts.clear(user.email)
        if "email" in changed or not revised.is_active:
            void_resets(deed.work, user)
        return deed.finish(UserUpdated(user_id=user_id, changed=changed), _staffed(deed, revised))


def change_user(
    desk: UserDesk, actor: Actor, user_id: UserId, *, role: Role | None = None, is_active: bool | None = None
) -> User:
    """Give an account another role, close it, or open it again: `revise_user` for these two alone."""
    revision = UserRevision(
        role=KEEP if role is None else role, is_active=KEEP if is_active is None else is_active
    )
    return revise_user(desk, actor, user_id, revision).user


@repeated_if_undone
def unlock_user(desk: UserDesk, actor: Actor, user_id: UserId) -> Staffed:
    """Forget the failed sign-ins with an account's address, and with them its lock.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: no such account in the practice.
    """
    attempt = Attempt(actor, Action.ACCOUNT_UNLOCKED, Permission.MANAGE_USERS, user_id=user_id)
    with undertake(desk, attempt) as deed:
        user = deed.work.users.get_to_change(user_id)
        deed.work.lockouts.clear(user.email)
        return deed.finish(AccountUnlocked(user_id=user_id), Staffed(user, None))


@repeated_if_undone
def end_sessions(desk: UserDesk, actor: Actor, user_id: UserId | None = None) -> int:
    """End all sessions of an account, or without ``user_id`` of every account of the practice.

    Returns how many ended. Takes effect on the next request. Passwords stay as they are: people can sign in
    again.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: no such account in the practice.
    """
    attempt = Attempt(actor, Action.SESSIONS_END, Permission.MANAGE_USERS, user_id=user_id)
    with undertake(desk, attempt) as deed:
        users = deed.work.users
        # Locked, so that nobody who is signing in just now is missed.
        signed_out = users.all_to_change() if user_id is None else [users.get_to_change(user_id)]
        ended = sum(deed.work.sessions.end_all(user.id) for user in signed_out)
        return deed.finish(SessionsEnded(user_id=user_id), ended)


@repeated_if_undone
def set_password(desk: UserDesk, actor: Actor, user_id: UserId, password: NewPassword) -> User:
    """Replace an account's password. Its sessions end, failed sign-ins are forgotten, a reset is void.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: no such account in the practice.
        InvalidError: on ``password``: it may not be chosen.
        ForgedAccountError: the stored account is not genuine.
    """
    attempt = Attempt(actor, Action.USER_UPDATE, Permission.MANAGE_USERS, user_id=user_id)
    with preparing(desk, attempt):
        with desk.begin(actor.practice_id) as work:
            user, former = work.users.get(user_id), work.users.password_hashes(user_id)
        password_hash = admit(desk.passwords, password, "password", user, former)
    with undertake(desk, attempt) as deed:
        user = deed.work.users.get_to_change(user_id)
        deed.work.users.set_password(user_id, password_hash)
        deed.work.lockouts.clear(user.email)
        deed.work.sessions.end_all(user_id)
        void_resets(deed.work, user)
        return deed.finish(UserUpdated(user_id=user_id, changed=("password",)), user)


def _staffed(deed: Deed[UserWork], user: User) -> Staffed:
    failures = deed.work.lockouts.get(user.email)
    return Staffed(user, failures.locked_until if failures.is_locked(deed.now) else None)
