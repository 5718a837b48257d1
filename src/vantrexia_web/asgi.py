"""What a server process imports: ``vantrexia_web.asgi:build`` makes the app from the settings."""

import multiprocessing
from functools import partial
from typing import Final

from starlette.types import ASGIApp

from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.checkpoints import TrailHealth
from vantrexia_adapters.fhir import parse_patient
from vantrexia_adapters.mail import Postman
from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_adapters.settings import load
from vantrexia_adapters.system import end_with_parent, spare_what_stays
from vantrexia_core.ehr import NoRoster
from vantrexia_core.patients import compare_left_over
from vantrexia_web.app import create_app
from vantrexia_web.health import Condition, HealthCheck, Observation, Probe
from vantrexia_web.importer import Importer
from vantrexia_web.logs import LOGGER, configure_logging
from vantrexia_web.throttle import Throttle
from vantrexia_web.watching import watched

DATABASE_SLOW_MS: Final = 100
RATE_STORE_SLOW_MS: Final = 100
ECW_SLOW_MS: Final = 2000
FHIR_SLOW_MS: Final = 500

_SOMEBODY: Final = (
    b'{"resourceType":"Patient","name":[{"family":"Sample","given":["Health"]}],'
    b'"birthDate":"1990-01-02","gender":"other"}'
)


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
    # Who could not be compared when the candidates were out of reach is compared when they are back.
    desk.candidacy.when_loaded(partial(compare_left_over, desk))
    database = Probe(service.check_database, DATABASE_SLOW_MS)
    throttle = Throttle(service.open_rates(), MemoryRateStore(), desk.clock, settings.limits)
    probes = {
        "database": database,
        # Not vital: without it those who are signed in go on.
        "rate_limits": Probe(throttle.look, RATE_STORE_SLOW_MS, is_vital=False),
    }
    probes["audit"] = Probe(lambda: _observed(service.trail.health()), DATABASE_SLOW_MS, is_vital=False)
    if service.check_ehr is not None:
        # It asks nobody: the EHR's budget of calls is not for whoever looks at a public page.
        probes["ecw"] = Probe(service.check_ehr, ECW_SLOW_MS, is_vital=False)
    postman = Postman(service.deliver_mail)
    postman.start()
    importer = None if isinstance(service.roster, NoRoster) else Importer(desk)
    probes["jobs"] = Probe(lambda: _check_jobs(postman, importer), DATABASE_SLOW_MS, is_vital=False)
    # The engine alone: who may read what through it, and from where, is the database's part.
    probes["fhir"] = Probe(lambda: parse_patient(_SOMEBODY), FHIR_SLOW_MS, is_vital=False)
    health = HealthCheck(probes, desk.clock)
    watching = watched(settings, service, health)

    def end() -> None:
        postman.stop()
        watching.stop()
        service.close()

    service.trail.start()
    app = create_app(
        desk,
        public_url=settings.public_url,
        throttle=throttle,
        trusted_proxies=settings.trusted_proxies,
        health=health,
        published_keys=service.published_keys,
        at_shutdown=end,
        importer=importer,
        refuses_clear_text=True,
        watchers=watching.watchers,
    )
    spare_what_stays()
    return app


def _check_jobs(postman: Postman, importer: Importer | None) -> None:
    """What works in the background of this process: letters, and imports where there is an EHR."""
    postman.check()
    if importer is not None:
        importer.check()


def _observed(trail: TrailHealth) -> Observation:
    """A trail that was altered is down, one without fresh checkpoints degraded; neither stops the care.

    How many entries wait for a checkpoint says how busy a practice is, so it is for the log alone.
    """
    if not trail.is_sound:
        condition = Condition.DOWN
    else:
        condition = Condition.HEALTHY if trail.is_current else Condition.DEGRADED
    if condition is not Condition.HEALTHY:
        fields = {"fields": {"condition": condition.value, "unprotected_entries": trail.unprotected}}
        LOGGER.warning("the audit trail is not healthy", extra=fields)
    return Observation(condition)
