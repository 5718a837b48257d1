"""What surrounds every answer: its request id, headers that close a browser's doors, a line in the log.

The id is always ours: one from outside could be made to collide, or to carry something into logs and trail.
The log knows the route, not the path, and never the query: a path holds a patient's id, a search a name.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vantrexia_adapters.observing import Exchange, Watcher
from vantrexia_core.kernel import Clock, IdSource, RequestId
from vantrexia_web.answer import Answer
from vantrexia_web.door import MOUNTED_AT, REQUEST_ID, ROUTE, deliver
from vantrexia_web.forwarding import Network, may_speak_clear
from vantrexia_web.gate import report
from vantrexia_web.logs import LOGGER
from vantrexia_web.outcomes import refusal
from vantrexia_web.problems import ClearTextError

_KNOWN_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
)

_STANDING_HEADERS: Final = (
    # No answer may rest in a cache: nearly all of them hold PHI (ASVS 14.3.2).
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    # Servers add their own name where there is none.
    (b"server", b"vantrexia"),
)
_TRANSPORT_SECURITY: Final = (b"strict-transport-security", b"max-age=31536000")


def _unmounted(scope: Scope) -> Scope:
    """The request as an app of its own sees it, wherever another app has mounted this one."""
    place = scope.get("root_path", "")
    if not place or not scope["path"].startswith(f"{place}/"):
        return scope
    return {**scope, "path": scope["path"].removeprefix(place), "root_path": "", MOUNTED_AT: place}


class BrokenOffError(Exception):
    """An answer that cannot be finished.

    The cause was logged; this makes the server break the connection off.
    """


class Perimeter:
    """The outermost ASGI layer."""

    def __init__(
        self,
        app: ASGIApp,
        ids: IdSource,
        clock: Clock,
        *,
        is_https: bool,
        answer_failure: Callable[[Exception, Scope], Awaitable[Answer]],
        clear_peers: Sequence[Network] | None = None,
        watchers: Sequence[Watcher] = (),
        traced_peers: Sequence[Network] = (),
        lifespan: Callable[[object], AbstractAsyncContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        """Surround ``app``. ``answer_failure`` answers where it raises before it has answered itself.

        With ``clear_peers``, requests without TLS are refused unless they come from these or this machine.
        ``watchers`` are told of each exchange when it is over. The trace that a request claims to belong to
        is believed of ``traced_peers`` and this machine. ``lifespan`` is what `running` enters.
        """
        self._app: Final = app
        self._ids: Final = ids
        self._clock: Final = clock
        self._answer_failure: Final = answer_failure
        self._clear_peers: Final = clear_peers
        self._watchers: Final = tuple(watchers)
        self._traced_peers: Final = tuple(traced_peers)
        self._lifespan: Final = lifespan
        self._headers: Final = (*_STANDING_HEADERS, _TRANSPORT_SECURITY) if is_https else _STANDING_HEADERS

    def running(self) -> AbstractAsyncContextManager[None]:
        """From the start to the end of the app, for a program that mounts it.

        A server starts and ends an app by itself, but only the outermost: who mounts this one enters it in
        its own lifespan, so that answers are finished and threads end before the program does.
        """
        return self._lifespan(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through.

        Raises:
            BrokenOffError: the answer failed after its head was sent. The server then breaks the connection
                off, and no client takes what it has for the whole.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = _unmounted(scope)
        request_id = RequestId(self._ids.new_id().hex)
        scope[REQUEST_ID] = request_id
        began_at, started = self._clock.now(), perf_counter()
        status: int | None = None

        async def send_surrounded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message["headers"])
                given = {name for name, _ in headers}
                headers.extend(header for header in self._headers if header[0] not in given)
                headers.append((b"x-request-id", request_id.encode()))
                message["headers"] = headers
            await send(message)

        is_broken_off = False
        try:
            if self._is_overheard(scope):
                # Before anything is read of it: the caller learns it on the first try, and nobody is counted.
                await deliver(refusal(ClearTextError(), scope["path"]), scope, send_surrounded)
            else:
                await self._app(scope, receive, send_surrounded)
        except Exception as error:  # noqa: BLE001 - the last resort of the shell
            report(error, request_id)
            is_broken_off = status is not None
            if not is_broken_off:
                await deliver(await self._answer_failure(error, scope), scope, send_surrounded)
        finally:
            method = scope["method"]
            exchange = Exchange(
                request_id,
                method if method in _KNOWN_METHODS else "other",
                scope.get(ROUTE),
                status,
                began_at,
                perf_counter() - started,
                self._trace_parent(scope) if self._watchers else None,
            )
            _log(exchange)
            self._show(exchange)
        if is_broken_off:
            # Raised here, outside the handler: servers print what they are given with all it came from.
            raise BrokenOffError

    def _is_overheard(self, scope: Scope) -> bool:
        if self._clear_peers is None or scope.get("scheme", "http") == "https":
            return False
        client = scope.get("client")
        return not may_speak_clear(client[0] if client else None, self._clear_peers)

    def _trace_parent(self, scope: Scope) -> str | None:
        client = scope.get("client")
        if not may_speak_clear(client[0] if client else None, self._traced_peers):
            return None
        named = [value for name, value in scope["headers"] if name == b"traceparent"]
        return named[0].decode("latin-1") if len(named) == 1 else None

    def _show(self, exchange: Exchange) -> None:
        for watcher in self._watchers:
            try:
                watcher(exchange)
            except Exception as error:  # noqa: BLE001 - the answer is out; whoever counts must not spoil it
                report(error, exchange.request_id)


def _log(exchange: Exchange) -> None:
    LOGGER.info(
        "request",
        extra={
            "fields": {
                "request_id": exchange.request_id,
                "method": exchange.method,
                "route": exchange.route,
                "status": exchange.status,
                "milliseconds": round(exchange.seconds * 1000, 2),
            }
        },
    )
