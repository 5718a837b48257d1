"""Declared emergencies in memory, and who has yet to be told of them."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from vantrexia_adapters.memory.draft import Draft
from vantrexia_core.identity import BreakGlass, EmergencyNotice
from vantrexia_core.kernel import EmergencyId, PracticeId, UserId


@attrs.frozen
class MemoryEmergencies:
    """One practice's emergencies in one unit of work."""

    _practice_id: PracticeId
    _emergencies: Draft[EmergencyId, BreakGlass]
    _notices: Draft[tuple[EmergencyId, UserId], EmergencyNotice]

    def add(self, emergency: BreakGlass, told: Sequence[UserId]) -> None:
        """See `EmergencyStore`."""
        self._emergencies.put(emergency.id, emergency)
        for administrator in told:
            notice = EmergencyNotice(
                emergency.id,
                emergency.practice_id,
                administrator,
                emergency.user_id,
                emergency.declared_at,
                emergency.ends_at,
                due_at=emergency.declared_at,
            )
            self._notices.put((emergency.id, administrator), notice)

    def count(self) -> int:
        """See `EmergencyStore`."""
        return len(self._ours())

    def count_by(self, user_id: UserId, *, after: datetime) -> int:
        """See `EmergencyStore`."""
        return sum(one.user_id == user_id and one.declared_at > after for one in self._ours())

    def newest_first(self, *, skip: int, limit: int) -> Sequence[BreakGlass]:
        """See `EmergencyStore`."""
        ours = sorted(self._ours(), key=lambda one: (one.declared_at, one.id), reverse=True)
        return ours[skip : skip + limit]

    def _ours(self) -> list[BreakGlass]:
        return [one for _, one in self._emergencies.items() if one.practice_id == self._practice_id]


@attrs.frozen
class MemoryEmergencyNotices:
    """Every practice's notices in one unit of work."""

    _notices: Draft[tuple[EmergencyId, UserId], EmergencyNotice]

    def next_due(self, at: datetime) -> EmergencyNotice | None:
        """See `EmergencyNotices`."""
        due = [notice for _, notice in self._notices.items() if notice.due_at <= at]
        return min(due, key=lambda notice: notice.due_at, default=None)

    def postpone(self, notice: EmergencyNotice) -> None:
        """See `EmergencyNotices`."""
        self._notices.put((notice.emergency_id, notice.administrator_id), notice)

    def close(self, notice: EmergencyNotice) -> None:
        """See `EmergencyNotices`."""
        self._notices.remove((notice.emergency_id, notice.administrator_id))
