"""The one file that owns sockets: a `Request` in, a `Response` or a `Trouble` out, never an exception.

Over the standard library's ``http.client``. It follows no redirect, believes no proxy variable, decodes no
compression (an archive of a kilobyte can hold a gigabyte), keeps no cookie, repeats nothing and logs nothing:
what an answer means is the caller's to say.

A socket's timeout begins anew with every byte, so an answer that drips could take for ever. A timer shuts the
connection down at the request's deadline, wherever the exchange stands: handshake, head or body. Only looking
up a name cannot be interrupted; the system's resolver has limits of its own.
"""

import http.client
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from threading import Lock, Timer
from typing import Final
from urllib.parse import SplitResult, urlsplit

from vantrexia_adapters.http.address import Address, address_of
from vantrexia_adapters.http.exchange import Request, Response, Trouble

CONNECT_SECONDS_MAX: Final = 5.0
IDLE_MAX: Final = 4
"""Connections kept open for the next request, over all hosts."""

_CHUNK_BYTES: Final = 64 * 1024
_PORTS: Final = {"https": 443, "http": 80}


@cache
def trusting_this_machine() -> ssl.SSLContext:
    """TLS 1.2 or newer that believes whom this machine believes.

    Made when it is first needed: reading a machine's certificates takes some 30 ms, and most processes never
    call anybody.
    """
    return ssl.create_default_context()


class HttpTransport:
    """HTTP/1.1 over TLS. Threads may share it; each request has a connection to itself."""

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, may_reach: Callable[[Address], bool] | None = None
    ) -> None:
        """Speak TLS as ``tls`` says: by default 1.2 or newer, trusting what this machine trusts.

        Only hosts at addresses that ``may_reach`` accepts are called; by default all. It is asked about the
        very address that is connected to, after the name was looked up.
        """
        self._may_reach: Final = may_reach
        self._tls: Final = tls
        self._lock: Final = Lock()
        self._idle: list[tuple[str, _Connection]] = []

    def send(self, request: Request) -> Response | Trouble:
        """One exchange, over within the request's limits whatever the other side does."""
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        watch = _Watch(request.seconds_max)
        connection = self._idle_one(origin)
        try:
            if connection is None:
                tls = (self._tls or trusting_this_machine()) if parts.scheme == "https" else None
                seconds_max = min(CONNECT_SECONDS_MAX, request.seconds_max)
                connection = _opened(parts, tls, watch, seconds_max, self._may_reach)
            watch.over(connection.wire)
            answer = _exchanged(connection.http, parts, request)
        except (OSError, http.client.HTTPException, ValueError) as failure:
            answer = _trouble(failure)
        finally:
            watch.end()
        if watch.is_late:
            # What was shut from here looks like an end from there, in the middle of anything.
            answer = Trouble.TIMED_OUT
        if connection is not None:
            if isinstance(answer, Response) and connection.http.sock is not None:
                self._keep(origin, connection)
            else:
                connection.close()
        return answer

    def close(self) -> None:
        """Let go of the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _idle_one(self, origin: str) -> "_Connection | None":
        while True:
            with self._lock:
                places = [place for place, (known, _) in enumerate(self._idle) if known == origin]
                if not places:
                    return None
                _, connection = self._idle.pop(places[-1])
            if connection.is_quiet():
                return connection
            connection.close()

    def _keep(self, origin: str, connection: "_Connection") -> None:
        with self._lock:
            self._idle.append((origin, connection))
            surplus = self._idle[:-IDLE_MAX]
            del self._idle[:-IDLE_MAX]
        for _, old in surplus:
            old.close()


class _Watch:
    """Shuts what it is told to watch at the deadline of one request."""

    def __init__(self, seconds_max: float) -> None:
        self.is_late = False
        self._lock: Final = Lock()
        self._wire: socket.socket | None = None
        self._timer: Final = Timer(seconds_max, self._ring)
        self._timer.daemon = True
        self._timer.start()

    def over(self, wire: socket.socket) -> None:
        """Watch over this connection.

        Raises:
            TimeoutError: it is too late already.
        """
        with self._lock:
            if self.is_late:
                raise TimeoutError
            self._wire = wire

    def end(self) -> None:
        """Leave the connection alone from now on."""
        self._timer.cancel()
        with self._lock:
            self._wire = None

    def _ring(self) -> None:
        with self._lock:
            self.is_late = True
            if self._wire is not None:
                with suppress(OSError):
                    self._wire.shutdown(socket.SHUT_RDWR)


class _Connection:
    """An HTTP connection, and a second handle on its socket by which it can be shut from outside.

    Wrapping a socket in TLS takes the first handle away; this one shuts the same connection.
    """

    def __init__(self, http_: http.client.HTTPConnection, wire: socket.socket) -> None:
        self.http: Final = http_
        self.wire: Final = wire

    def is_quiet(self) -> bool:
        """Whether nothing has come since the last answer: neither the end nor an answer to no question."""
        try:
            self.wire.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close both handles."""
        self.http.close()
        self.wire.close()


class _OutOfReachError(OSError):
    """The host is at no address that may be reached."""


def _connected(
    host: str, port: int, seconds_max: float, may_reach: Callable[[Address], bool] | None
) -> socket.socket:
    if may_reach is None:
        return socket.create_connection((host, port), seconds_max)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = [place[0] for *_, place in found if may_reach(address_of(str(place[0])))]
    failure: OSError = _OutOfReachError()
    for address in dict.fromkeys(allowed):
        try:
            # By its number: a name that is looked up twice may lead to two places.
            return socket.create_connection((str(address), port), seconds_max)
        except OSError as refused:
            failure = refused
    raise failure


def _opened(
    parts: SplitResult,
    tls: ssl.SSLContext | None,
    watch: _Watch,
    seconds_max: float,
    may_reach: Callable[[Address], bool] | None,
) -> _Connection:
    host = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    bare = _connected(host, port, seconds_max, may_reach)
    wire = bare.dup()
    try:
        bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        watch.over(wire)
        wrapped = bare if tls is None else tls.wrap_socket(bare, server_hostname=host)
    except BaseException:
        bare.close()
        wire.close()
        raise
    # The watch bounds what follows. A second timeout in each read would only hide which of the two it was.
    wrapped.settimeout(None)
    wire.settimeout(None)
    connection = http.client.HTTPConnection(host, port)
    connection.auto_open = 0
    connection.sock = wrapped
    return _Connection(connection, wire)


def _exchanged(
    connection: http.client.HTTPConnection, parts: SplitResult, request: Request
) -> Response | Trouble:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc, "Accept-Encoding": "identity", **request.headers}
    connection.request(request.method, target, request.body or None, headers)
    answer = connection.getresponse()
    with answer:
        named = {name.lower(): value for name, value in answer.getheaders()}
        if named.get("content-encoding", "identity").strip().lower() != "identity":
            return Trouble.GARBLED
        announced = answer.length
        if announced is not None and announced > request.bytes_max:
            return Trouble.TOO_LARGE
        body = bytearray()
        while announced is None or len(body) < announced:
            missing = _CHUNK_BYTES if announced is None else min(_CHUNK_BYTES, announced - len(body))
            if not (chunk := answer.read1(missing)):
                break
            body += chunk
            if len(body) > request.bytes_max:
                return Trouble.TOO_LARGE
        if announced is not None and len(body) < announced:
            return Trouble.CUT_OFF
        return Response(answer.status, bytes(body), named)


def _trouble(failure: Exception) -> Trouble:
    """What kind of trouble an exception of the standard library is; its text may quote the other side."""
    match failure:
        case _OutOfReachError():
            return Trouble.OUT_OF_REACH
        case ssl.SSLCertVerificationError():
            return Trouble.UNTRUSTED
        case http.client.IncompleteRead() | http.client.RemoteDisconnected():
            return Trouble.CUT_OFF
        case ssl.SSLEOFError() | ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return Trouble.CUT_OFF
        case ssl.SSLError():
            return Trouble.UNTRUSTED
        case TimeoutError():
            return Trouble.TIMED_OUT
        case OSError():
            return Trouble.UNREACHABLE
        case _:
            return Trouble.GARBLED
