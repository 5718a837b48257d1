"""Load over HTTP/1.1: so many keep-alive connections, each with one request under way at a time.

What a connection does is a *turn*: a generator that yields a request and is sent the response, until it comes
to a point where it may rest. A read is a turn of one request, archiving and unarchiving a patient one of two.
One loop serves all connections, with the standard library alone: some 30 µs of CPU a request, outside of
what is measured. `drive` lets each connection go on as soon as it is answered (a closed loop, for what a request
costs); `pace` begins turns at times that are fixed beforehand (an open loop, for how long people wait). Loopback only: this is no tool against other people's machines.
"""

import gc
import ipaddress
import select
import socket
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from time import perf_counter
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import attrs

ANSWER_SECONDS_MAX: Final = 30.0
"""Longer than any answer may take; a server that is silent for so long ends the run."""
IDLE_SECONDS_MAX: Final = 5.0
"""Servers close connections that are idle for some seconds; one that might be closing now is not used."""
READ_BYTES: Final = 256 * 1024

_END_OF_HEAD: Final = b"\r\n\r\n"


class TrafficError(Exception):
    """The other side cannot be measured. The text says why."""


@attrs.frozen
class Response:
    """An answer."""

    status: int
    body: bytes
    is_last: bool
    """Whether the server closes the connection after it."""


Turn: TypeAlias = Generator[bytes, Response, None]


@attrs.frozen
class Outcome:
    """What came of a phase: latencies in milliseconds, ascending, and the statuses of wrong answers."""

    seconds: float
    latencies: tuple[float, ...]
    wrong: tuple[int, ...]

    @property
    def requests(self) -> int:
        """How many were answered, rightly or not."""
        return len(self.latencies)

    def percentile(self, share: float) -> float:
        """The latency that ``share`` of the requests stayed within."""
        return self.latencies[min(self.requests - 1, int(share * self.requests))]


class WrongAnswerError(Exception):
    """Thrown by a turn that was given an answer it did not ask for."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@attrs.frozen
class Address:
    """Where a server listens, and how its address is spelled."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Address":
        """From ``http://127.0.0.1:8000``.

        Raises:
            TrafficError: it is not plain HTTP, or not on loopback.
        """
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname is None or not _is_loopback(parts.hostname):
            message = f"{url}: only http:// on a loopback address is measured"
            raise TrafficError(message)
        return cls(parts.hostname, parts.port or 80)

    def request(
        self, method: str, path: str, *, token: str | None = None, body: bytes | None = None
    ) -> bytes:
        """The bytes of a request."""
        head = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}", "Accept: application/json"]
        if token is not None:
            head.append(f"Authorization: Bearer {token}")
        if body is not None:
            head.append("Content-Type: application/json")
        if body is not None or method in {"POST", "PUT", "PATCH"}:
            head.append(f"Content-Length: {len(body or b'')}")
        return "\r\n".join(head).encode() + _END_OF_HEAD + (body or b"")

    def send(self, request: bytes) -> Response:
        """One request on a connection of its own."""
        connection = Connection(self)
        try:
            connection.socket.settimeout(ANSWER_SECONDS_MAX)
            connection.socket.sendall(request)
            while (response := connection.received(connection.socket.recv(READ_BYTES))) is None:
                pass
        except OSError as error:
            message = f"{self.host}:{self.port}: {type(error).__name__}"
            raise TrafficError(message) from None
        finally:
            connection.socket.close()
        return response


class Connection:
    """A connection and the answer that is arriving on it."""

    def __init__(self, address: Address) -> None:
        self.socket = socket.create_connection((address.host, address.port), timeout=ANSWER_SECONDS_MAX)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def received(self, data: bytes) -> Response | None:
        """The answer, once all of it is there.

        Raises:
            TrafficError: the connection was closed in the middle of it.
        """
        self._buffer += data
        head, found, rest = self._buffer.partition(_END_OF_HEAD)
        response = _response(head, rest) if found else None
        if response is not None:
            self._buffer = b""
        elif not data:
            message = "the server closed a connection before it had answered"
            raise TrafficError(message)
        return response


def _response(head: bytes, rest: bytes) -> Response | None:
    first, *lines = head.lower().split(b"\r\n")
    status = int(first.split(b" ", 2)[1])
    headers = dict(line.split(b":", 1) for line in lines if b":" in line)
    is_last = headers.get(b"connection", b"").strip() == b"close"
    if headers.get(b"transfer-encoding", b"").strip() == b"chunked":
        body = _unchunked(rest)
    else:
        length = int(headers.get(b"content-length", b"0"))
        body = rest[:length] if len(rest) >= length else None
    return None if body is None else Response(status, body, is_last)


def _unchunked(rest: bytes) -> bytes | None:
    """The body in chunks (RFC 9112, 7.1), or None as long as some of it is missing."""
    body = b""
    while True:
        line, found, rest = rest.partition(b"\r\n")
        if not found:
            return None
        size = int(line.split(b";")[0], 16)
        if len(rest) < size + 2:
            return None
        if size == 0:
            return body
        body, rest = body + rest[:size], rest[size + 2 :]


@attrs.define
class _Lane:
    """One connection with the turn it is in."""

    connection: Connection
    turn: Turn
    request: bytes
    sent_at: float = 0.0

    def send(self) -> None:
        self.sent_at = perf_counter()
        self.connection.socket.sendall(self.request)


def drive(
    address: Address, begin: Callable[[], Turn], *, connections: int, seconds: float, requests_max: int
) -> Outcome:
    """Keep ``connections`` busy for ``seconds`` or ``requests_max`` requests, whichever ends first.

    Each connection then finishes the turn it is in, so that a phase leaves no patient half-way.

    Raises:
        TrafficError: the server closed a connection or did not answer in time.
    """
    poller = select.epoll()
    lanes: dict[int, _Lane] = {}
    latencies: list[float] = []
    wrong: list[int] = []

    def open_lane(turn: Turn, request: bytes) -> None:
        lane = _Lane(Connection(address), turn, request)
        lanes[lane.connection.socket.fileno()] = lane
        poller.register(lane.connection.socket.fileno(), select.EPOLLIN)
        lane.send()

    def close_lane(number: int) -> None:
        poller.unregister(number)
        lanes.pop(number).connection.socket.close()

    gc.collect()
    gc.disable()
    began = perf_counter()
    try:
        for _ in range(connections):
            turn = begin()
            open_lane(turn, next(turn))
        while lanes:
            ready = poller.poll(ANSWER_SECONDS_MAX)
            if not ready:
                message = f"no answer within {ANSWER_SECONDS_MAX:.0f} seconds"
                raise TrafficError(message)
            for number, _ in ready:
                lane = lanes[number]
                response = lane.connection.received(lane.connection.socket.recv(READ_BYTES))
                if response is None:
                    continue
                now = perf_counter()
                latencies.append((now - lane.sent_at) * 1000)
                request = _next_request(lane.turn, response, wrong)
                if request is None:
                    if now - began >= seconds or len(latencies) >= requests_max:
                        close_lane(number)
                        continue
                    lane.turn = begin()
                    request = next(lane.turn)
                lane.request = request
                if response.is_last:
                    close_lane(number)
                    open_lane(lane.turn, request)
                else:
                    lane.send()
        return Outcome(perf_counter() - began, tuple(sorted(latencies)), tuple(wrong))
    except OSError as error:
        message = f"{address.host}:{address.port}: {type(error).__name__}"
        raise TrafficError(message) from None
    finally:
        gc.enable()
        for lane in lanes.values():
            lane.connection.socket.close()
        poller.close()


@attrs.frozen
class Arrival:
    """A turn that begins at a time which is fixed beforehand, with the name of what it does."""

    at: float
    name: str
    turn: Turn


@attrs.frozen
class Answered:
    """A request and how it went: ``milliseconds`` from when it was due, ``wrong`` a status nobody asked for."""

    name: str
    milliseconds: float
    wrong: int | None


def pace(address: Address, arrivals: Iterable[Arrival], *, connections: int) -> Iterator[Answered]:
    """Begin each turn when it is due, and yield each answer as it comes.

    ``at`` counts seconds from the first call. A turn that finds all connections taken waits for one, and its
    waiting counts: a server that stalls cannot hide it by being asked less.

    Raises:
        TrafficError: the server closed a connection or did not answer in time.
    """
    poller = select.epoll()
    under_way: dict[int, tuple[Connection, Arrival, float, float]] = {}
    idle: list[tuple[Connection, float]] = []
    waiting: deque[Arrival] = deque()
    coming = iter(arrivals)
    upcoming = next(coming, None)
    began = perf_counter()

    def send(connection: Connection, arrival: Arrival, request: bytes, due: float) -> None:
        number = connection.socket.fileno()
        if number not in under_way:
            poller.register(number, select.EPOLLIN)
        under_way[number] = connection, arrival, due, perf_counter() - began
        connection.socket.sendall(request)

    try:
        while upcoming or waiting or under_way:
            now = perf_counter() - began
            while upcoming and upcoming.at <= now:
                waiting.append(upcoming)
                upcoming = next(coming, None)
            while waiting and len(under_way) < connections:
                arrival = waiting.popleft()
                connection, since = idle.pop() if idle else (Connection(address), now)
                if now - since > IDLE_SECONDS_MAX:
                    connection.socket.close()
                    connection = Connection(address)
                send(connection, arrival, next(arrival.turn), arrival.at)
            rest = upcoming.at - now if upcoming else ANSWER_SECONDS_MAX
            ready = poller.poll(max(0.0, min(rest, ANSWER_SECONDS_MAX)))
            now = perf_counter() - began
            if any(now - sent_at > ANSWER_SECONDS_MAX for _, _, _, sent_at in under_way.values()):
                message = f"no answer within {ANSWER_SECONDS_MAX:.0f} seconds"
                raise TrafficError(message)
            for number, _ in ready:
                connection, arrival, due, _ = under_way[number]
                response = connection.received(connection.socket.recv(READ_BYTES))
                if response is None:
                    continue
                wrong: list[int] = []
                request = _next_request(arrival.turn, response, wrong)
                poller.unregister(number)
                del under_way[number]
                if response.is_last:
                    connection.socket.close()
                    connection = Connection(address)
                if request is None:
                    idle.append((connection, now))
                else:
                    send(connection, arrival, request, now)
                yield Answered(arrival.name, 1000 * (now - due), wrong[0] if wrong else None)
    except OSError as error:
        message = f"{address.host}:{address.port}: {type(error).__name__}"
        raise TrafficError(message) from None
    finally:
        for connection in (*(one for one, _ in idle), *(busy for busy, *_ in under_way.values())):
            connection.socket.close()
        poller.close()


def _next_request(turn: Turn, response: Response, wrong: list[int]) -> bytes | None:
    """What the turn asks for next; None when it is over, rightly or not."""
    try:
        return turn.send(response)
    except StopIteration:
        pass
    except WrongAnswerError as error:
        wrong.append(error.status)
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
