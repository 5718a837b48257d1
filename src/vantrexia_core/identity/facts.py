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
class UsersListed(Fact):
    """The practice's accounts were shown."""

    action: ClassVar[Action] = Action.USER_LIST
