"""Emergency access: what a declared emergency is, how long it lasts, and who has to be told.

45 CFR 164.312(a)(2)(ii) asks for a procedure to obtain necessary health information in an emergency. Here
somebody of the staff breaks the glass: gives a reason, and for `EMERGENCY_LIFE` sees in that session what
`EMERGENCY_PERMISSIONS` names. Nobody has to agree beforehand. So everything done in that time is marked on
the trail, and every administrator is told by a letter.
"""

from datetime import datetime, timedelta
from typing import Final

import attrs

from vantrexia_core.identity.resets import GIVEN_UP_AFTER, RETRY_AFTER
from vantrexia_core.kernel import (
    Email,
    EmergencyId,
    PracticeId,
    Purpose,
    Reason,
    SessionId,
    UserId,
    VantrexiaError,
)

EMERGENCY_LIFE: Final = timedelta(hours=1)
"""Then it is over by itself. Who needs longer declares it again, and administrators are told again."""
DECLARED_MAX: Final = 10
"""How many one account may declare within `EMERGENCY_LIFE`, in all its sessions: each is a letter to every
administrator, and whoever wants one of them overlooked would send a thousand."""


class TooManyEmergenciesError(VantrexiaError):
    """The account has declared as many emergencies as it may in this time; the last one of them lasts."""

    code = "too_many_emergencies"
    sentence = (
        f"You have declared {DECLARED_MAX} emergencies within the hour. Use the session of the last one, or "
        "wait."
    )


@attrs.frozen
class BreakGlass:
    """An emergency that somebody declared in one of their sessions, and why.

    It is over at ``ends_at``, or before that when the session ends. ``is_genuine`` is False where the stored
    row is not the one that this service wrote: if more than the reason was changed, it opens nothing.
    """

    id: EmergencyId
    practice_id: PracticeId
    user_id: UserId
    session_id: SessionId
    reason: Reason
    declared_at: datetime
    ends_at: datetime
    is_genuine: bool = True

    def purpose(self, at: datetime) -> Purpose | None:
        """What for its declarer acts at a moment."""
        return Purpose.EMERGENCY_TREATMENT if self.is_genuine and at < self.ends_at else None


@attrs.frozen
class EmergencyShown:
    """An emergency as an administrator sees it; ``email`` is the declarer's today."""

    emergency: BreakGlass
    email: Email


@attrs.frozen
class EmergencyNotice:
    """One administrator who has yet to be told of one emergency: ``by`` declared it at ``declared_at``.

    ``is_genuine`` as in `BreakGlass`: if it is False, what the notice says of the emergency is not believed.
    """

    emergency_id: EmergencyId
    practice_id: PracticeId
    administrator_id: UserId
    by: UserId
    declared_at: datetime
    ends_at: datetime
    due_at: datetime
    attempts: int = 0
    is_genuine: bool = True

    def is_given_up(self, at: datetime) -> bool:
        """Whether a letter would come too late to be of use; the emergency stays in the list."""
        return at - self.declared_at >= GIVEN_UP_AFTER

    def after_attempt(self, at: datetime) -> "EmergencyNotice":
        """The notice while its letter is on its way: due again, should nobody say that it has left."""
        wait = RETRY_AFTER[min(self.attempts, len(RETRY_AFTER) - 1)]
        return attrs.evolve(self, due_at=at + wait, attempts=self.attempts + 1)
