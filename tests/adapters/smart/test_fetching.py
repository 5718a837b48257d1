"""Key sets by URL: bounded, kept for minutes, asked for one at a time, and never inside our own network."""

import ipaddress
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Semaphore, Thread
from typing import Any

import pytest

from tests.certificates import a_certificate
from tests.clients import a_jwks, a_key
from tests.contracts.stores import at_once
from tests.sources import ManualClock
from vantrexia_adapters.http import HttpTransport, Request, Response, Trouble, public_or
from vantrexia_adapters.http.address import address_of
from vantrexia_adapters.smart import FetchedKeySets
from vantrexia_adapters.smart.fetching import HELD_MAX, KeySetUnavailableError
from vantrexia_web.app import PROVING_THREADS

URL = "https://registry.example/jwks.json"
KEYS = a_jwks(a_key()).encode()


class Host:
    """A transport that answers as it is told, and counts."""

    def __init__(self, answer: Response | Trouble) -> None:
        self.answer = answer
        self.asked = 0
        self.goes_on = Event()
        self.goes_on.set()

    def send(self, request: Request) -> Response | Trouble:
        """The answer, when it may."""
        assert (request.method, request.url, request.body) == ("GET", URL, b"")
        assert request.seconds_max <= 5
        assert request.bytes_max <= 64 * 1024
        self.asked += 1
        self.goes_on.wait()
        return self.answer


def _fetched(host: Host) -> tuple[FetchedKeySets, ManualClock]:
    clock = ManualClock()
    return FetchedKeySets(host, clock), clock


def _kids(sets: FetchedKeySets, kid: str = "one") -> list[str]:
    return [key.kid for key in sets.keys(URL, kid)]


def test_a_set_is_kept_for_five_minutes() -> None:
    """Then it is fetched anew."""
    host = Host(Response(200, KEYS))
    sets, clock = _fetched(host)
    for seconds, asked in ((0, 1), (299, 1), (1, 2)):
        clock.advance(timedelta(seconds=seconds))
        assert _kids(sets) == ["one"]
        assert host.asked == asked


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("max-age=30", 30), ('public, Max-Age="30"', 30), ("max-age=86400", 300), ("max-age=0", 0),
        ("no-store", 0), ("no-cache", 0), ("max-age=-1", 300), ("immutable", 300),
    ],
)  # fmt: skip
def test_a_set_is_kept_no_longer_than_its_owner_says(header: str, seconds: int) -> None:
    """SMART App Launch 2.2: never longer than Cache-Control."""
    host = Host(Response(200, KEYS, {"cache-control": header}))
    sets, clock = _fetched(host)
    _kids(sets)
    clock.advance(timedelta(seconds=max(0, seconds - 1)))
    _kids(sets)
    assert host.asked == (1 if seconds else 2)
    clock.advance(timedelta(seconds=1))
    _kids(sets)
    assert host.asked == (2 if seconds else 3)


def test_an_unknown_kid_is_asked_for_anew_and_not_again_and_again() -> None:
    """A new key works after ten seconds at most; made-up ones do not make us ask each time."""
    host = Host(Response(200, KEYS))
    sets, clock = _fetched(host)
    _kids(sets)
    assert (_kids(sets, "two"), host.asked) == (["one"], 1)
    clock.advance(timedelta(seconds=10))
    host.answer = Response(200, a_jwks(a_key(), a_key("p384", "two")).encode())
    assert (_kids(sets, "two"), host.asked) == (["one", "two"], 2)


@pytest.mark.parametrize(
    "answer",
    [
        *Trouble,
        Response(301, b"", {"location": "https://registry.example/elsewhere"}),
        Response(302, KEYS, {"location": "http://169.254.169.254/latest/meta-data/"}),
        Response(404, b""),
        Response(500, KEYS),
        Response(200, b"{}"),
        Response(200, a_jwks(a_key("1024")).encode()),
    ],
    ids=str,
)
def test_a_failure_is_remembered_for_half_a_minute(answer: Response | Trouble) -> None:
    """Redirects are failures; a set that has become bad is not replaced by the one before."""
    host = Host(Response(200, KEYS))
    sets, clock = _fetched(host)
    _kids(sets)
    clock.advance(timedelta(minutes=5))
    host.answer = answer
    for seconds, asked in ((0, 2), (29, 2), (1, 3)):
        clock.advance(timedelta(seconds=seconds))
        with pytest.raises(KeySetUnavailableError):
            _kids(sets)
        assert host.asked == asked
    host.answer = Response(200, KEYS)
    clock.advance(timedelta(seconds=30))
    assert _kids(sets) == ["one"]


def test_of_many_at_once_one_fetches() -> None:
    """The other waits for what it brings."""
    host = Host(Response(200, KEYS))
    host.goes_on.clear()
    sets, _ = _fetched(host)
    go = Thread(target=host.goes_on.set)

    def last() -> list[str]:
        go.start()
        return _kids(sets)

    assert at_once([lambda: _kids(sets), last]) == [["one"]] * 2
    assert host.asked == 1


class _Waiting:
    """One thread fetches from a host that does not answer yet, and a second one waits for what it brings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.host = Host(Response(200, KEYS, {"cache-control": "max-age=0"}))
        self.host.goes_on.clear()
        self.sets, _ = _fetched(self.host)
        self.threads = ThreadPoolExecutor(2)
        begun, waits, send = Event(), Event(), self.host.send

        def told(request: Request) -> Response | Trouble:
            begun.set()
            return send(request)

        class Told(Event):
            def wait(self, timeout: float | None = None) -> bool:
                waits.set()
                return super().wait(timeout)

        monkeypatch.setattr(self.host, "send", told)
        monkeypatch.setattr("vantrexia_adapters.smart.fetching.Event", Told)
        self.first = self.threads.submit(_kids, self.sets)
        assert begun.wait(60)
        self.second = self.threads.submit(_kids, self.sets)
        assert waits.wait(60)

    def end(self) -> None:
        """The host answers."""
        self.host.goes_on.set()
        self.threads.shutdown()


def test_whoever_waits_takes_a_set_that_may_not_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``max-age=0`` too, waiting is not followed by a fetch of one's own."""
    waiting = _Waiting(monkeypatch)
    waiting.end()
    assert waiting.first.result() == waiting.second.result() == ["one"]
    assert waiting.host.asked == 1
    assert _kids(waiting.sets) == ["one"]
    assert waiting.host.asked == 2


def test_a_slow_host_holds_two_threads_and_no_third(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are refused at once: the threads are few, and serve all practices."""
    waiting = _Waiting(monkeypatch)
    try:
        with pytest.raises(KeySetUnavailableError, match="another request waits"):
            _kids(waiting.sets)
    finally:
        waiting.end()
    assert waiting.host.asked == 1


def test_slow_hosts_together_leave_a_thread_to_those_whose_keys_are_known() -> None:
    """As many as there are, each under another URL."""
    begun, goes_on = Semaphore(0), Event()

    class Hanging:
        def send(self, request: Request) -> Response | Trouble:
            if "slow" in request.url:
                begun.release()
                goes_on.wait(60)
            return Response(200, KEYS)

    sets = FetchedKeySets(Hanging(), ManualClock())
    assert [key.kid for key in sets.keys(URL, "one")] == ["one"]
    with ThreadPoolExecutor(HELD_MAX) as threads:
        held = [threads.submit(sets.keys, f"https://slow{n}.example/", "one") for n in range(HELD_MAX)]
        try:
            for _ in held:
                assert begun.acquire(timeout=60)
            with pytest.raises(KeySetUnavailableError, match="other clients"):
                sets.keys("https://slow.example/", "one")
            assert [key.kid for key in sets.keys(URL, "one")] == ["one"]
        finally:
            goes_on.set()
        assert all(len(one.result()) == 1 for one in held)
    assert len(sets.keys("https://slow.example/", "one")) == 1
    assert HELD_MAX < PROVING_THREADS


def test_nobody_waits_longer_than_a_fetch_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever holds up the thread that fetches."""
    monkeypatch.setattr("vantrexia_adapters.smart.fetching.FETCH_SECONDS_MAX", 0.01)
    waiting = _Waiting(monkeypatch)
    try:
        with pytest.raises(KeySetUnavailableError, match="in time"):
            waiting.second.result(timeout=60)
    finally:
        waiting.end()


def test_a_fetch_that_fell_over_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one fetches anew."""
    host = Host(Response(200, KEYS))
    sets, _ = _fetched(host)
    with monkeypatch.context() as fallen:
        fallen.setattr(host, "send", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            _kids(sets)
    assert _kids(sets) == ["one"]


def test_sets_that_are_kept_are_bounded() -> None:
    """However many clients there are."""

    class Everywhere(Host):
        def send(self, request: Request) -> Response | Trouble:
            self.asked += 1
            return self.answer

    host = Everywhere(Response(200, KEYS))
    sets, _ = _fetched(host)
    for number in range(1_002):
        sets.keys(f"{URL}?{number}", "one")
    assert len(sets._fetched) == 1_000
    assert not sets._under_way


ADDRESSES = {
    "93.184.216.34": True, "2606:2800:220:1::1": True,
    "127.0.0.1": False, "10.0.0.1": False, "172.16.0.1": False, "192.168.1.1": False,
    "169.254.169.254": False,
    "100.64.0.1": False, "0.0.0.0": False,  # noqa: S104 - nothing is bound
    "255.255.255.255": False, "224.0.0.1": False, "192.0.2.1": False,
    "::1": False, "::": False, "fe80::1%eth0": False, "fc00::1": False, "ff02::1": False,
    "::ffff:127.0.0.1": False, "::ffff:10.0.0.1": False, "64:ff9b::7f00:1": False, "2002:7f00:1::": False,
    "2001:0:53aa:64c::": False,
}  # fmt: skip


@pytest.mark.parametrize("text", ADDRESSES)
def test_only_the_public_internet_is_reached(text: str) -> None:
    """Neither our own network nor a way round into it."""
    assert public_or(())(address_of(text)) is ADDRESSES[text]


def test_named_networks_are_reached_as_well() -> None:
    """And no others."""
    may_reach = public_or([ipaddress.ip_network("10.1.0.0/16")])
    assert [may_reach(address_of(text)) for text in ("10.1.2.3", "10.2.0.1", "93.184.216.34")] == [
        True,
        False,
        True,
    ]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status, body, headers = self.server.answers[self.path]  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, dict[str, Any], ssl.SSLContext]]:
    """A host of key sets on loopback over TLS: its URL, its answers, and who trusts it."""
    certificate, key = a_certificate(tmp_path, "localhost")
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    answers: dict[str, Any] = {}
    server.answers = answers  # type: ignore[attr-defined]
    server.socket = theirs.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        ours = ssl.create_default_context(cafile=str(certificate))
        yield f"https://localhost:{server.server_port}", answers, ours
    finally:
        server.shutdown()
        server.server_close()


LOOPBACK = [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")]


def test_a_set_is_fetched_from_a_host_that_may_be_reached(site) -> None:
    """Over TLS with a checked certificate, in one exchange."""
    url, answers, tls = site
    answers["/jwks.json"] = (200, KEYS, {})
    with closing(HttpTransport(tls=tls, may_reach=public_or(LOOPBACK))) as transport:
        sets = FetchedKeySets(transport, ManualClock())
        assert [key.kid for key in sets.keys(f"{url}/jwks.json", "one")] == ["one"]


@pytest.mark.parametrize(
    ("answer", "networks", "trusts", "why"),
    [
        ((200, KEYS, {}), [], True, "an address that this service does not call"),
        ((200, KEYS, {}), LOOPBACK, False, "its certificate is not trusted"),
        ((302, b"", {"Location": "/other.json"}), LOOPBACK, True, "status 302"),
        ((200, b" " * (64 * 1024) + KEYS, {}), LOOPBACK, True, "beyond the size limit"),
        ((200, KEYS, {"Content-Encoding": "gzip"}), LOOPBACK, True, "not HTTP as asked for"),
    ],
)
def test_what_is_beyond_its_bounds_is_not_fetched(site, answer, networks, trusts, why) -> None:
    """A private address, a stranger's certificate, a redirect, too much, an archive."""
    url, answers, tls = site
    answers["/jwks.json"], answers["/other.json"] = answer, (200, KEYS, {})
    with closing(HttpTransport(tls=tls if trusts else None, may_reach=public_or(networks))) as transport:
        sets = FetchedKeySets(transport, ManualClock())
        with pytest.raises(KeySetUnavailableError, match=why):
            sets.keys(f"{url}/jwks.json", "one")
