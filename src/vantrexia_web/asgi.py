"""What a server process imports: ``vantrexia_web.asgi:build`` makes the app from the settings."""

import multiprocessing
from typing import Final

from starlette.types import ASGIApp

from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.checkpoints import TrailHealth
from vantrexia_adapters.settings import load
from vantrexia_adapters.system import end_with_parent
from vantrexia_core.kernel import UserId
from vantrexia_web.app import create_app
from vantrexia_web.health import Condition, HealthCheck, Observation, Probe
from vantrexia_web.logs import configure_logging

DATABASE_SLOW_MS: Final = 100
_NOBODY: Final = UserId(0)


def build() -> ASGIApp:
    """The app over the database, keys and address that the settings name.

    Raises:
        SettingsError: a setting is unknown or malformed.
        StartRefusedError: key ring or schema do not fit the database.
    """
    if multiprocessing.parent_process() is not None:
        end_with_parent()
    settings = load()
    configure_logging(settings.log_level.value)
    service = open_service(settings)
    desk = service.desk
    # Looking for an account that nobody has: one indexed read, which tells nothing and leaves no entry.
    database = Probe(lambda: desk.accounts.by_id(_NOBODY), DATABASE_SLOW_MS)
    trail = Probe(lambda: _observed(service.trail.health()), DATABASE_SLOW_MS, is_vital=False)
    service.trail.start()
    return create_app(
        desk,
        public_url=settings.public_url,
        health=HealthCheck({"database": database, "audit": trail}, desk.clock),
        at_shutdown=service.close,
    )


def _observed(trail: TrailHealth) -> Observation:
    """A trail that was altered is down, one without fresh checkpoints degraded; neither stops the care."""
    if not trail.is_sound:
        condition = Condition.DOWN
    else:
        condition = Condition.HEALTHY if trail.is_current else Condition.DEGRADED
    return Observation(condition, {"unprotected_entries": trail.unprotected})
