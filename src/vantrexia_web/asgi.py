"""What a server process imports: ``vantrexia_web.asgi:build`` makes the app from the settings."""

import multiprocessing
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from starlette.types import ASGIApp

from vantrexia_adapters.assembly import Service, open_service
from vantrexia_adapters.checkpoints import TrailHealth
from vantrexia_adapters.fhir import parse_patient
from vantrexia_adapters.mail import Postman
from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_adapters.settings import load
from vantrexia_adapters.system import end_with_parent, spare_what_stays
from vantrexia_core.ehr import NoRoster
from vantrexia_web.app import create_app
from vantrexia_web.health import Condition, HealthCheck, Observation, Probe
from vantrexia_web.importer import Importer
from vantrexia_web.logs import LOGGER, configure_logging
from vantrexia_web.perimeter import Perimeter
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
    parent = multiprocessing.parent_process()
    if parent is not None:
        end_with_parent(parent.is_alive)
    settings = load()
    configure_logging(settings.log_level.value)
    with ExitStack() as unless_built:
        service = unless_built.enter_context(open_service(settings))
        app = app_over(service)
        unless_built.pop_all()
    spare_what_stays()
    return app


def app_over(service: Service) -> Perimeter:
    """The whole app over a service, as its settings describe it: to be served, or to be mounted in another.

    The service runs as long as the app does, and is closed with it: a server starts and ends the app, and a
    program that mounts it enters `Perimeter.running`.

    Raises:
        StartRefusedError: something that the settings ask for is not to be had.
    """
    settings, desk = service.settings, service.desk
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
    importer = None if isinstance(service.roster, NoRoster) else Importer(desk)
    probes["jobs"] = Probe(lambda: _check_jobs(service.postman, importer), DATABASE_SLOW_MS, is_vital=False)
    # The engine alone: who may read what through it, and from where, is the database's part.
    probes["fhir"] = Probe(lambda: parse_patient(_SOMEBODY), FHIR_SLOW_MS, is_vital=False)
    health = HealthCheck(probes, desk.clock)
    watching = watched(settings, service, health)

    @contextmanager
    def running() -> Iterator[None]:
        with service.running():
            try:
                yield
            finally:
                watching.stop()

    return create_app(
        desk,
        public_url=settings.public_url,
        throttle=throttle,
        trusted_proxies=settings.trusted_proxies,
        health=health,
        published_keys=service.published_keys,
        runs_within=running,
        importer=importer,
        watchers=watching.watchers,
    )


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
