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
class SessionsEnded(Fact):
    """One account's sessions, or those of all accounts, were ended by an administrator."""

    action: ClassVar[Action] = Action.SESSIONS_END


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


@attrs.frozen
class EmergencyDeclared(Fact):
    """Somebody broke the glass."""

    action: ClassVar[Action] = Action.EMERGENCY_DECLARE


@attrs.frozen
class EmergenciesListed(Fact):
    """The emergencies of a practice were shown, with their reasons."""

    action: ClassVar[Action] = Action.EMERGENCY_LIST


@attrs.frozen
class PasswordChanged(Fact):
    """An account's owner chose another password."""

    action: ClassVar[Action] = Action.PASSWORD_CHANGED


@attrs.frozen
class PasswordReset(Fact):
    """An account's owner chose another password after forgetting the one before."""

    action: ClassVar[Action] = Action.PASSWORD_RESET_COMPLETED


@attrs.frozen
class TwoFactorStarted(Fact):
    """A secret was handed out for a second factor, which is not on yet."""

    action: ClassVar[Action] = Action.TWO_FACTOR_STARTED


@attrs.frozen
class TwoFactorEnabled(Fact):
    """A second factor was turned on, and its backup codes were shown."""

    action: ClassVar[Action] = Action.TWO_FACTOR_ENABLED


@attrs.frozen
class TwoFactorDisabled(Fact):
    """A second factor was turned off."""

    action: ClassVar[Action] = Action.TWO_FACTOR_DISABLED


@attrs.frozen
class ClientRegistered(Fact):
    """A machine client was registered."""

    action: ClassVar[Action] = Action.CLIENT_REGISTER


@attrs.frozen
class ClientsListed(Fact):
    """The practice's machine clients were shown."""

    action: ClassVar[Action] = Action.CLIENT_LIST


@attrs.frozen
class ClientUpdated(Fact):
    """A machine client got other keys or scopes."""

    action: ClassVar[Action] = Action.CLIENT_UPDATE


@attrs.frozen
class ClientRevoked(Fact):
    """A machine client was revoked."""

    action: ClassVar[Action] = Action.CLIENT_REVOKE
