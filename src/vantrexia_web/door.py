"""The asynchronous shell around the plain functions: takes a request in, hands it over, sends the answer.

It decides nothing. A body is read up to a limit, whatever length was announced; then the request crosses into
a worker thread, once, and comes back as an answer.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final
from urllib.parse import quote
from uuid import UUID

from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from vantrexia_core.kernel import Origin, VantrexiaError
from vantrexia_web.answer import Answer
from vantrexia_web.call import Site
from vantrexia_web.forwarding import client_address
from vantrexia_web.gate import Aside, answer, report
from vantrexia_web.outcomes import refusal
from vantrexia_web.problems import (
    BodyTooLargeError,
    MethodNotAllowedError,
    NoSuchPathError,
    SlowBodyError,
    UnreadableBodyError,
)
from vantrexia_web.routes import Guarded, Open
from vantrexia_web.throttle import uncounted_headers
from vantrexia_web.wire.request import Request
from vantrexia_web.workers import Workers

BODY_BYTES_MAX: Final = 64 * 1024
"""More than any request needs, many times over: anybody may make us hold that much before signing in."""
BODY_SECONDS_MAX: Final = 10.0
"""How long a body may take to arrive: a client that stops in the middle does not hold us up."""
_DIGITS_MAX: Final = 18
_OURS: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

ROUTE: Final = "vantrexia.route"
REQUEST_ID: Final = "vantrexia.request_id"
MOUNTED_AT: Final = "vantrexia.mounted_at"
"""Where in the ASGI scope the parts of the shell leave notes for each other."""

_METHODS_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


class Door:
    """The ASGI endpoint of one path: finds the route for the method, or says which methods there are."""

    def __init__(
        self,
        site: Site,
        routes: Sequence[Guarded | Open],
        workers_for: Callable[[Guarded | Open], Workers],
        workers: Workers,
    ) -> None:
        self._site: Final = site
        self._workers: Final = workers
        self._routes: Final = {route.method: (route, workers_for(route)) for route in routes}
        if "GET" in self._routes:
            self._routes["HEAD"] = self._routes["GET"]
        self._allow: Final = ", ".join(sorted(self._routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = self._routes.get(scope["method"])
        if found is None:
            refused = refusal(MethodNotAllowedError(), scope["path"]).with_headers(Allow=self._allow)
            await _answer_aside(self._site, refused, self._workers, scope, send)
            return
        route, workers = found
        scope[ROUTE] = route.path
        body = await _body(scope, receive) if route.method in _METHODS_WITH_BODY else b""
        request = _request(self._site, scope, body)
        answered = await workers.run(partial(answer, self._site, route, request))
        if answered.chunks is None or scope["method"] == "HEAD":
            await deliver(answered, scope, send)
        else:
            await _stream(answered, answered.chunks, workers, receive, send)


class Elsewhere:
    """What answers at paths that are not in the table.

    A path that lacks nothing but its trailing slash is answered with 308 and the right path (RFC 9110,
    15.4.9: the method stays); the location is relative, so that no Host header steers it.
    """

    def __init__(self, site: Site, routes: Sequence[Route], workers: Workers) -> None:
        self._site: Final = site
        self._routes: Final = tuple(routes)
        self._workers: Final = workers

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        slashed = {**scope, "path": f"{scope['path']}/"}
        if scope["path"].endswith("/") or all(
            route.matches(slashed)[0] is Match.NONE for route in self._routes
        ):
            await self._answer(refusal(NoSuchPathError(), scope["path"]), scope, send)
            return
        query = scope["query_string"].decode("latin-1")
        location = quote(scope.get(MOUNTED_AT, "") + slashed["path"]) + (f"?{query}" if query else "")
        await self._answer(Answer(308, headers={"Location": location}), scope, send)

    async def _answer(self, known: Answer, scope: Scope, send: Send) -> None:
        await _answer_aside(self._site, known, self._workers, scope, send)


class Number(Convertor[int]):
    """The number of an account or a version in a path, as the service itself would write it.

    Sixteen digits hold every number that the trail can name, and Python reads them in no time: it refuses
    thousands of digits with an exception.
    """

    regex = "0|[1-9][0-9]{0,15}"

    def convert(self, value: str) -> int:
        """The number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """The number as it stands in a path."""
        return str(value)


register_url_convertor("account", Number())
register_url_convertor("version", Number())


class LogicalId(Convertor[UUID | str]):
    """An id as FHIR has them (https://hl7.org/fhir/R4/datatypes.html#id): ours are UUIDs in lower case.

    Another spelling of the same UUID is a different id, which no record has.
    """

    regex = r"[A-Za-z0-9\-.]{1,64}"

    def convert(self, value: str) -> UUID | str:
        """The id of a record, or the text itself if it cannot be one of ours."""
        return UUID(value) if _OURS.fullmatch(value) else value

    def to_string(self, value: UUID | str) -> str:
        """The id as it stands in a path."""
        return str(value)


register_url_convertor("fhir", LogicalId())


class ExactRoute(Route):
    """A route whose path is matched to its very end: a pattern's ``$`` also matches before a line feed.

    A path that cannot be read, for whatever reason, is a path that does not exist.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this route is meant."""
        if scope["type"] == "http" and scope["path"].endswith("\n"):
            return Match.NONE, {}
        try:
            return super().matches(scope)
        except Exception as error:  # noqa: BLE001 - the router runs before anybody is counted
            report(error, scope.get(REQUEST_ID))
            return Match.NONE, {}


async def deliver(answered: Answer, scope: Scope, send: Send) -> None:
    """Send an answer; for a HEAD everything but its body."""
    headers = _headers_of(answered)
    if answered.status != 204 and answered.chunks is None:  # noqa: PLR2004 - RFC 9110, 8.6: 204 has no length
        headers.append((b"content-length", str(len(answered.body)).encode()))
    await send({"type": "http.response.start", "status": answered.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answered.body})


def _headers_of(answered: Answer) -> list[tuple[bytes, bytes]]:
    named = {name.lower(): value for name, value in answered.headers.items()}
    if answered.body or answered.chunks is not None:
        named["content-type"] = answered.media_type
    return [(name.encode(), value.encode("latin-1")) for name, value in named.items()]


async def _stream(
    answered: Answer, chunks: Iterator[bytes], workers: Workers, receive: Receive, send: Send
) -> None:
    """Send an answer piece by piece, each made in a worker thread, for as long as somebody takes them.

    The head waits for the first piece: an answer that fails at once is still an error with a status. One that
    fails later raises, and whoever called has to break the connection off.
    """
    chunk = await workers.run(partial(next, chunks, None))
    await send({"type": "http.response.start", "status": answered.status, "headers": _headers_of(answered)})
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        while chunk is not None:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            if gone.done():
                return
            chunk = await workers.run(partial(next, chunks, None))
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def answer_failure(site: Site, error: Exception, workers: Workers, scope: Scope) -> Answer:
    """The answer where the shell itself failed: it counts like any other, as far as it can be counted."""
    try:
        request = _request(site, scope, b"")
        return await workers.run(partial(answer, site, Aside(refusal(error, scope["path"])), request))
    except Exception:  # noqa: BLE001 - what cannot be counted is answered all the same
        return refusal(error, scope["path"]).with_headers(**uncounted_headers(site.throttle))


async def _answer_aside(site: Site, known: Answer, workers: Workers, scope: Scope, send: Send) -> None:
    """Give an answer that needs no route, to a request that counts like any other."""
    request = _request(site, scope, b"")
    await deliver(await workers.run(partial(answer, site, Aside(known), request)), scope, send)


def _request(site: Site, scope: Scope, body: bytes | VantrexiaError) -> Request:
    client = scope.get("client")
    address = client_address(client[0] if client else None, scope["headers"], site.trusted_proxies)
    return Request(
        method=scope["method"],
        path=scope["path"],
        # A query should be ASCII, but curl sends what was typed: UTF-8.
        query=scope["query_string"].decode("utf-8", "surrogateescape"),
        headers=tuple(scope["headers"]),
        body=body,
        parameters=scope.get("path_params", {}),
        origin=Origin(scope.get(REQUEST_ID), address),
    )


async def _body(scope: Scope, receive: Receive) -> bytes | VantrexiaError:
    """The whole body, or the error that it is too large, too slow, or broke off."""
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    if announced.isdigit() and int(announced[:_DIGITS_MAX]) > BODY_BYTES_MAX:
        return BodyTooLargeError()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            return await _received(receive)
    except TimeoutError:
        return SlowBodyError()


async def _received(receive: Receive) -> bytes | VantrexiaError:
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            # The caller went away, or the server below could not make sense of the chunks.
            return UnreadableBodyError("The body broke off.")
        chunk = message.get("body", b"")
        length += len(chunk)
        if length > BODY_BYTES_MAX:
            return BodyTooLargeError()
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
