"""Emergencies on the wire."""

import attrs

from vantrexia_core.identity import BreakGlass, EmergencyShown
from vantrexia_core.kernel import Purpose, Reason
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.structuring import body_as


@attrs.frozen
class EmergencyDeclaration:
    """The body that declares an emergency."""

    reason: Reason


def parse_declaration(request: Request) -> Reason:
    """Why there is an emergency.

    Raises:
        InvalidError: there is no reason, or it is blank or too long.
    """
    return body_as(EmergencyDeclaration, request.json()).reason


def emergency_content(emergency: BreakGlass) -> dict[str, object]:
    """An emergency as whoever declared it sees it."""
    return {
        "id": emergency.id,
        "declared_at": emergency.declared_at,
        "ends_at": emergency.ends_at,
        "purpose": Purpose.EMERGENCY_TREATMENT.value,
    }


def emergency_shown_content(shown: EmergencyShown) -> dict[str, object]:
    """An emergency as an administrator sees it."""
    emergency = shown.emergency
    return {
        "id": emergency.id,
        "declared_at": emergency.declared_at,
        "ends_at": emergency.ends_at,
        "user_id": emergency.user_id,
        "user_email": shown.email.reveal(),
        "reason": emergency.reason.reveal(),
        "is_genuine": emergency.is_genuine,
    }
