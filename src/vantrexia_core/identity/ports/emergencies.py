"""Emergencies that were declared, and who has to be told of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from vantrexia_core.identity.break_glass import BreakGlass, EmergencyNotice
from vantrexia_core.kernel import (
    UserId,
)


class EmergencyStore(Protocol):
    """The emergencies that a practice's people declared, inside one transaction. They are never removed."""

    def add(self, emergency: BreakGlass, told: Sequence[UserId]) -> None:
        """Store a new one, and whom a letter has to tell of it."""
        ...

    def count(self) -> int:
        """How many there are."""
        ...

    def count_by(self, user_id: UserId, *, after: datetime) -> int:
        """How many of them an account declared after a moment."""
        ...

    def newest_first(self, *, skip: int, limit: int) -> Sequence[BreakGlass]:
        """A part of them, those declared last first."""
        ...


class EmergencyNotices(Protocol):
    """Who has yet to be told of emergencies, in every practice, inside one transaction."""

    def next_due(self, at: datetime) -> EmergencyNotice | None:
        """The notice that has been due the longest; nobody else gets it until this transaction ends."""
        ...

    def postpone(self, notice: EmergencyNotice) -> None:
        """Store when it is due again, and how often it was tried."""
        ...

    def close(self, notice: EmergencyNotice) -> None:
        """Forget it: the letter has left, or there is nobody to tell."""
        ...
