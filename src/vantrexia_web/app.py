"""Putting the app together."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_adapters.observing import Watcher
from vantrexia_core.kernel import IdSource
from vantrexia_web.call import Site, WebDesk
from vantrexia_web.capability import fhir_pages
from vantrexia_web.docs import reference_pages
from vantrexia_web.door import Door, Elsewhere, ExactRoute, answer_failure
from vantrexia_web.forwarding import Network
from vantrexia_web.health import HealthCheck, HealthReport
from vantrexia_web.importer import Importer
from vantrexia_web.logs import LOGGER
from vantrexia_web.perimeter import Perimeter
from vantrexia_web.routes import FHIR, HASHING, PROVING, ROUTES, WAITING, Guarded, Open
from vantrexia_web.throttle import Throttle
from vantrexia_web.workers import Workers

WORKER_THREADS_DEFAULT: Final = 4
SIGN_IN_THREADS: Final = 2
HEALTH_THREADS: Final = 1
WAITING_THREADS: Final = 2
PROVING_THREADS: Final = 4


class NotRunningError(Exception):
    """The app is used before its `running` was entered by the app around it."""


def create_app(
    desk: WebDesk,
    *,
    public_url: str,
    health: Callable[[], HealthReport] | None = None,
    published_keys: Callable[[], Sequence[Mapping[str, str]]] = tuple,
    worker_threads: int = WORKER_THREADS_DEFAULT,
    request_ids: IdSource | None = None,
    throttle: Throttle | None = None,
    trusted_proxies: Sequence[Network] = (),
    runs_within: Callable[[], AbstractContextManager[object]] | None = None,
    importer: Importer | None = None,
    refuses_clear_text: bool = True,
    watchers: Sequence[Watcher] = (),
) -> Perimeter:
    """The ASGI app over a desk. It may be mounted in another app, which then enters its `Perimeter.running`.

    For a whole service use `vantrexia_web.asgi.app_over`, which passes all of the following.

    ``public_url`` is where clients reach the service, without a slash at the end; links in answers start with
    it, so it ends with the path where the app is mounted. ``health`` says how the parts are; without it only
    the process answers for itself. ``published_keys`` are the public keys by which other systems know us (RFC
    7517). ``request_ids`` defaults to the desk's ids.
    ``throttle`` counts requests; without it the published limits hold, in this process's memory.
    ``trusted_proxies`` are those whose ``X-Forwarded-For`` is believed. ``runs_within`` is entered when the
    app starts, and left when it has given its last answer: `Service.running`, for one. Where there is such a
    thing, an app that nobody has started answers 500 and logs why. ``importer`` goes on with imports in the
    background.
    With ``refuses_clear_text``, requests without TLS are answered for this machine and trusted proxies alone:
    turn it off only where nobody but the server in front can reach the app.
    ``watchers`` are told of each request when its answer is out: route, status and time, and nobody's data.
    """
    public_url = public_url.rstrip("/")
    background = importer or Importer(desk)
    site = Site(
        desk=desk,
        public_url=public_url,
        health=health or HealthCheck({}, desk.clock),
        pages={**reference_pages(public_url), **fhir_pages(public_url, at=desk.clock.now())},
        wake_importer=background.wake,
        throttle=throttle or Throttle(MemoryRateStore(), MemoryRateStore(), desk.clock),
        trusted_proxies=tuple(trusted_proxies),
        published_keys=published_keys,
    )
    workers = Workers(worker_threads, name="vantrexia-web")
    # Checking a password takes tens of milliseconds and mebibytes by design: those calls wait for each other,
    # not the care of patients for them.
    sign_in_workers = Workers(SIGN_IN_THREADS, name="vantrexia-sign-in")

    # When every other thread waits for a database that hangs, this one still says so.
    health_workers = Workers(HEALTH_THREADS, name="vantrexia-health-page")
    waiting_workers = Workers(WAITING_THREADS, name="vantrexia-ehr")
    # A machine client's host that does not answer holds up other machine clients, and nobody else.
    proving_workers = Workers(PROVING_THREADS, name="vantrexia-clients")
    pools = (health_workers, sign_in_workers, waiting_workers, proving_workers, workers)

    def workers_for(route: Guarded | Open) -> Workers:
        if route.scope is None:
            return health_workers
        if route.endpoint in WAITING:
            return waiting_workers
        if route.endpoint in PROVING:
            return proving_workers
        return sign_in_workers if route.endpoint in HASHING else workers

    has_begun = runs_within is None

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        nonlocal has_begun
        async with AsyncExitStack() as at_end:
            # However it ends, and whichever part of the end fails. In a thread: the loop must stay free to
            # hand out the answers that are being finished.
            surroundings = ExitStack()
            at_end.push_async_callback(run_in_threadpool, surroundings.close)
            if runs_within is not None:
                surroundings.enter_context(runs_within())
            for pool in reversed(pools):
                pool.open()
                at_end.push_async_callback(run_in_threadpool, pool.drain)
            at_end.push_async_callback(run_in_threadpool, background.drain)
            if importer is not None:
                importer.open()
            has_begun = True
            yield

    paths = dict.fromkeys(route.path for route in ROUTES)
    doors = {
        path: Door(site, [route for route in ROUTES if route.path == path], workers_for, workers)
        for path in paths
    }
    # FHIR's paths have no slash at their end, and its clients do not like to be sent elsewhere.
    doors |= {
        f"{path}/": door
        for path, door in doors.items()
        if path.startswith(f"{FHIR}/") and not path.endswith("/")
    }
    routes = [ExactRoute(path, door) for path, door in doors.items()]
    router = Router(
        routes, redirect_slashes=False, default=Elsewhere(site, routes, workers), lifespan=lifespan
    )

    async def begun(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not has_begun:
            # In words of its own: the log tells of an error its kind alone.
            LOGGER.error("a mounted app answers nothing until its running() is entered by the app around it")
            raise NotRunningError
        await router(scope, receive, send)

    return Perimeter(
        begun,
        request_ids or desk.ids,
        desk.clock,
        is_https=public_url.startswith("https:"),
        answer_failure=lambda error, scope: answer_failure(site, error, workers, scope),
        clear_peers=site.trusted_proxies if refuses_clear_text else None,
        watchers=watchers,
        traced_peers=site.trusted_proxies,
        lifespan=lifespan,
    )
