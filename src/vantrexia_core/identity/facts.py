"""What happens to accounts, in the past tense. Ids and field names only."""

from typing import ClassVar

import attrs

from vantrexia_core.audit import Action, Fact


@attrs.frozen
class UserCreated(Fact):
    """An account was opened."""

    action: ClassVar[Action] = Action.USER_CREATE


@attrs.frozen
class UserUpdated(Fact):
    """An account was changed: its role, its password, whether it is active."""

    action: ClassVar[Action] = Action.USER_UPDATE


@attrs.frozen
class AccountUnlocked(Fact):
    """The failed sign-ins with an account's address were forgotten."""

    action: ClassVar[Action] = Action.ACCOUNT_UNLOCKED


@attrs.frozen
class LoggedOut(Fact):
    """One or all of an account's sessions were ended by its owner."""

    action: ClassVar[Action] = Action.LOGOUT


@attrs.frozen
class ProfileViewed(Fact):
    """Somebody looked at their own account."""

    action: ClassVar[Action] = Action.PROFILE_READ


@attrs.frozen
class ProfileUpdated(Fact):
    """Somebody changed their own names or phone."""

    action: ClassVar[Action] = Action.PROFILE_UPDATE


@attrs.frozen
class UserViewed(Fact):
    """One of the practice's accounts was shown."""

    action: ClassVar[Action] = Action.USER_READ


@attrs.frozen
class UsersListed(Fact):
    """The practice's accounts were shown."""

    action: ClassVar[Action] = Action.USER_LIST
