"""Opening, changing and closing accounts."""

from collections.abc import Sequence

import attrs

from vantrexia_core.audit import Action, Attempt, preparing, undertake
from vantrexia_core.identity.facts import UserCreated, UsersListed, UserUpdated
from vantrexia_core.identity.model import NewUser, User
from vantrexia_core.identity.password_policy import NewPassword, admit
from vantrexia_core.identity.ports import UserDesk
from vantrexia_core.kernel import Actor, ConflictError, NotFoundError, Permission, Role, UserId


class LastAdministratorError(ConflictError):
    """A practice keeps at least one active administrator."""

    code = "last_administrator"
    sentence = "This is the practice's last active administrator. Appoint another one first."


def create_user(desk: UserDesk, actor: Actor, new: NewUser, password: NewPassword) -> User:
    """Open an account in the actor's practice.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        InvalidError: on ``password``: it may not be chosen.
        EmailTakenError: an account already signs in with this address.
    """
    attempt = Attempt(actor, Action.USER_CREATE, Permission.MANAGE_USERS)
    # Hash before the work begins: it is slow, and no lock may be held meanwhile.
    with preparing(desk, attempt):
        password_hash = admit(desk.passwords, password, "password", email=new.email, name=new.name)
    with undertake(desk, attempt) as deed:
        user = deed.work.users.add(new, password_hash)
        return deed.finish(UserCreated(user_id=user.id, changed=("email", "role")), user)


def list_users(desk: UserDesk, actor: Actor) -> Sequence[User]:
    """All accounts of the actor's practice.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    with undertake(desk, Attempt(actor, Action.USER_LIST, Permission.MANAGE_USERS)) as deed:
        return deed.finish(UsersListed(), deed.work.users.all())


def change_user(
    desk: UserDesk, actor: Actor, user_id: UserId, *, role: Role | None = None, is_active: bool | None = None
) -> User:
    """Give an account another role, close it, or open it again. Takes effect on its next request.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: no such account in the practice.
        LastAdministratorError: the practice would be left without an active administrator.
    """
    with undertake(desk, Attempt(actor, Action.USER_UPDATE, Permission.MANAGE_USERS)) as deed:
        users = deed.work.users
        # All of them, locked in one order: two changes at once undo nothing of each other, and wait in turn.
        accounts = {account.id: account for account in users.all()}
        if user_id not in accounts:
            raise NotFoundError
        user = accounts.pop(user_id)
        changed = attrs.evolve(
            user,
            role=user.role if role is None else role,
            is_active=user.is_active if is_active is None else is_active,
        )
        is_leaving = _is_administering(user) and not _is_administering(changed)
        if is_leaving and not any(map(_is_administering, accounts.values())):
            raise LastAdministratorError
        users.save(changed)
        names = (name for name in ("role", "is_active") if getattr(user, name) != getattr(changed, name))
        return deed.finish(UserUpdated(user_id=user_id, changed=tuple(names)), changed)


def set_password(desk: UserDesk, actor: Actor, user_id: UserId, password: NewPassword) -> User:
    """Replace an account's password.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: no such account in the practice.
        InvalidError: on ``password``: it may not be chosen.
    """
    attempt = Attempt(actor, Action.USER_UPDATE, Permission.MANAGE_USERS)
    with preparing(desk, attempt):
        with desk.begin(actor.practice_id) as work:
            user, former = work.users.get(user_id), work.users.password_hashes(user_id)
        password_hash = admit(
            desk.passwords, password, "password", email=user.email, name=user.name, former=former
        )
    with undertake(desk, attempt) as deed:
        user = deed.work.users.get(user_id)
        deed.work.users.set_password(user_id, password_hash)
        return deed.finish(UserUpdated(user_id=user_id, changed=("password",)), user)


def _is_administering(user: User) -> bool:
    return user.role is Role.ADMIN and user.is_active
