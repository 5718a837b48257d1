"""Everybody's own account: looking at it and correcting it."""

import attrs

from vantrexia_core.audit import Action, Attempt, repeated_if_undone, undertake
from vantrexia_core.identity.facts import ProfileUpdated, ProfileViewed
from vantrexia_core.identity.model import Practice, ProfileRevision, User
from vantrexia_core.identity.ports import UserDesk
from vantrexia_core.kernel import Actor, Permission


@attrs.frozen
class Profile:
    """An account as its owner sees it."""

    user: User
    practice: Practice


@repeated_if_undone
def view_profile(desk: UserDesk, actor: Actor) -> Profile:
    """The actor's own account.

    Raises:
        NotFoundError: the actor has none (a command at the console).
    """
    with undertake(desk, Attempt(actor, Action.PROFILE_READ, Permission.OWN_ACCOUNT)) as deed:
        users = deed.work.users
        profile = Profile(users.get(actor.user_id), users.practice())
        return deed.finish(ProfileViewed(user_id=actor.user_id), profile)


@repeated_if_undone
def revise_profile(desk: UserDesk, actor: Actor, revision: ProfileRevision) -> Profile:
    """Change the actor's own names and phone; nothing else about an account is its owner's to change here.

    Raises:
        NotFoundError: the actor has none (a command at the console).
        ForgedAccountError: the stored account is not genuine.
    """
    with undertake(desk, Attempt(actor, Action.PROFILE_UPDATE, Permission.OWN_ACCOUNT)) as deed:
        users = deed.work.users
        user = users.get_to_change(actor.user_id)
        revised, changed = user.revised(revision)
        users.save(revised)
        profile = Profile(revised, users.practice())
        return deed.finish(ProfileUpdated(user_id=user.id, changed=changed), profile)
