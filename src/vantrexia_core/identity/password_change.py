"""Choosing another password, knowing the present one."""

from vantrexia_core.audit import Action, Attempt, preparing, repeated_if_undone, undertake
from vantrexia_core.identity.facts import PasswordChanged
from vantrexia_core.identity.model import User
from vantrexia_core.identity.password_policy import NewPassword, admit
from vantrexia_core.identity.ports import UserDesk, UserWork
from vantrexia_core.identity.reauthentication import confirm
from vantrexia_core.kernel import Actor, Permission, Phi


@repeated_if_undone
def change_password(desk: UserDesk, actor: Actor, current: Phi[str], chosen: NewPassword) -> None:
    """Replace the actor's own password. All their other sessions end, and a reset on its way is void.

    Raises:
        NotFoundError: the actor has no account (a command at the console).
        InvalidError: on ``current_password``: it is not theirs; on ``new_password``: it may not be chosen.
        AccountLockedError: too many failures with this account's address.
    """
    attempt = Attempt(actor, Action.PASSWORD_CHANGED, Permission.OWN_ACCOUNT, user_id=actor.user_id)
    confirmed = confirm(desk, attempt, "current_password", current)
    user = confirmed.user
    with preparing(desk, attempt):
        with desk.begin(actor.practice_id) as work:
            former = work.users.password_hashes(user.id)
        password_hash = admit(desk.passwords, chosen, "new_password", user, former)
    with undertake(desk, attempt) as deed:
        confirmed.check_still(deed.work)
        deed.work.users.set_password(user.id, password_hash)
        deed.work.sessions.end_all(user.id, but=actor.session_id)
        void_resets(deed.work, user)
        deed.finish(PasswordChanged(user_id=user.id, changed=("password",)), None)


def void_resets(work: UserWork, user: User) -> None:
    """Make every reset of the password that is under way void. The caller holds the account's lock.

    Somebody who can read the mailbox must not be able to undo the change with an earlier letter.
    """
    work.reset_tokens.remove(user)
    work.reset_requests.withdraw(user.email)
