import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from socket import AF_INET, SOCK_STREAM, create_server, socket

import pytest

from tests.adapters.ecw.server import BASE_PATH, FakeEcw, answered, dripping, endless, hung, raw, sent
from tests.adapters.ecw.site import TLS
from vantrexia_adapters.http import HttpTransport, Request, Response, Trouble
from vantrexia_adapters.http.transport import trusting_this_machine

SECONDS = 0.3
"""For what never ends."""
AMPLE_SECONDS = 20.0
BYTES = 1000
PATH = "/.well-known/smart-configuration"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    """The transport under test."""
    transport = HttpTransport(tls=TLS)
    yield transport
    transport.close()


def a_request(ecw: FakeEcw, path: str = PATH, *, seconds: float = AMPLE_SECONDS) -> Request:
    """A harmless request with small limits."""
    return Request("GET", ecw.base_url + path, {"Accept": "application/json"}, b"", seconds, BYTES)


def test_an_answer_arrives_whole(ecw: FakeEcw, transport: HttpTransport) -> None:
    """Status, body, and headers in lower case."""
    answer = transport.send(a_request(ecw))
    assert isinstance(answer, Response)
    assert answer.status == 200
    assert b"token_endpoint" in answer.body
    assert answer.headers["content-type"] == "application/fhir+json"


def test_a_chunked_answer_arrives_whole(ecw: FakeEcw, transport: HttpTransport) -> None:
    """The other framing of HTTP/1.1."""
    ecw.fail(PATH, raw(HEAD, b"Transfer-Encoding: chunked\r\n\r\n", b"2\r\n{}\r\n", b"0\r\n\r\n"))
    assert transport.send(a_request(ecw)) == Response(
        200, b"{}", {"content-type": "application/json", "transfer-encoding": "chunked"}
    )


def test_a_connection_is_used_again(ecw: FakeEcw, transport: HttpTransport) -> None:
    """A handshake for every call would double their time."""
    assert all(isinstance(transport.send(a_request(ecw)), Response) for _ in range(3))
    assert len(transport._idle) == 1


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        pytest.param(hung, Trouble.TIMED_OUT, id="no answer"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\nX-Drip: "), Trouble.TIMED_OUT, id="a head that drips"),
        pytest.param(
            dripping(HEAD + b"Content-Length: 900\r\n\r\n"), Trouble.TIMED_OUT, id="a body that drips"
        ),
        pytest.param(dripping(HEAD + b"\r\n"), Trouble.TIMED_OUT, id="a body without length that drips"),
        pytest.param(raw(), Trouble.CUT_OFF, id="closed at once"),
        pytest.param(raw(HEAD + b"Content-Length: 10\r\n\r\n{}"), Trouble.CUT_OFF, id="closed in the body"),
        pytest.param(
            raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{}"), Trouble.CUT_OFF, id="closed in a chunk"
        ),
        pytest.param(raw(b"220 mail.example ESMTP\r\n"), Trouble.GARBLED, id="another protocol"),
        pytest.param(raw(b"\x16\x03\x01\x00\x00" * 9), Trouble.GARBLED, id="TLS on a plain port"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200), Trouble.GARBLED, id="200 headers"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000), Trouble.GARBLED, id="a header of 70 kB"),
        pytest.param(
            endless(HEAD + b"Content-Length: 104857600\r\n\r\n"), Trouble.TOO_LARGE, id="100 MB, announced"
        ),
        pytest.param(endless(HEAD + b"\r\n"), Trouble.TOO_LARGE, id="100 MB, not announced"),
        pytest.param(
            endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"),
            Trouble.TOO_LARGE,
            id="100 MB in chunks",
        ),
        pytest.param(
            sent(b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"}), Trouble.GARBLED, id="compressed"
        ),
    ],
)
def test_a_fault_is_a_named_trouble_in_bounded_time(
    ecw: FakeEcw, transport: HttpTransport, fault: object, trouble: Trouble
) -> None:
    """Whatever the other side does: no exception, no second more than allowed, no connection kept."""
    ecw.fail(PATH, fault)  # type: ignore[arg-type]
    seconds = SECONDS if trouble is Trouble.TIMED_OUT else AMPLE_SECONDS
    started = time.perf_counter()
    assert transport.send(a_request(ecw, seconds=seconds)) is trouble
    assert time.perf_counter() - started < AMPLE_SECONDS / 2
    assert transport._idle == []


def test_after_a_fault_the_next_request_works(ecw: FakeEcw, transport: HttpTransport) -> None:
    """A broken connection is not used again."""
    ecw.fail(PATH, raw(HEAD + b"Content-Length: 10\r\n\r\n{}"), hung)
    assert transport.send(a_request(ecw)) is Trouble.CUT_OFF
    assert transport.send(a_request(ecw, seconds=SECONDS)) is Trouble.TIMED_OUT
    assert isinstance(transport.send(a_request(ecw)), Response)


def test_a_connection_that_ended_while_idle_is_replaced(ecw: FakeEcw, transport: HttpTransport) -> None:
    """Servers close idle connections whenever they like."""
    transport.send(a_request(ecw))
    (_, connection), *_ = transport._idle
    connection.wire.shutdown(2)
    assert isinstance(transport.send(a_request(ecw)), Response)


def test_no_redirect_is_followed(ecw: FakeEcw, transport: HttpTransport) -> None:
    """It is an answer like any other, and leads nowhere."""
    ecw.fail(PATH, answered(302, {}, {"Location": f"{ecw.origin}/elsewhere"}))
    answer = transport.send(a_request(ecw))
    assert isinstance(answer, Response)
    assert answer.status == 302
    assert ecw.calls == [BASE_PATH + PATH]


def test_proxy_variables_of_the_environment_are_not_believed(
    ecw: FakeEcw, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sets one would read every token."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:9")
    assert isinstance(transport.send(a_request(ecw)), Response)


def test_a_port_without_a_server_is_unreachable(transport: HttpTransport) -> None:
    """Refused at once."""
    with socket(AF_INET, SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        request = Request("GET", f"http://127.0.0.1:{taken.getsockname()[1]}/", {}, b"", AMPLE_SECONDS, BYTES)
        assert transport.send(request) is Trouble.UNREACHABLE


def test_a_connection_that_is_not_taken_is_given_up(transport: HttpTransport) -> None:
    """The queue of the server is full, and it does not look: nothing comes back at all."""
    with ExitStack() as stack:
        deaf = stack.enter_context(create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = stack.enter_context(socket(AF_INET, SOCK_STREAM))
            waiting.settimeout(0)
            waiting.connect_ex(deaf.getsockname())
        request = Request("GET", f"http://127.0.0.1:{deaf.getsockname()[1]}/", {}, b"", SECONDS, BYTES)
        started = time.perf_counter()
        assert transport.send(request) is Trouble.TIMED_OUT
        assert time.perf_counter() - started < AMPLE_SECONDS / 2


def test_a_handshake_that_never_ends_is_ended(transport: HttpTransport) -> None:
    """The server accepts the connection and says nothing."""
    with create_server(("127.0.0.1", 0)) as silent:
        request = Request("GET", f"https://127.0.0.1:{silent.getsockname()[1]}/", {}, b"", SECONDS, BYTES)
        started = time.perf_counter()
        assert transport.send(request) is Trouble.TIMED_OUT
        assert time.perf_counter() - started < AMPLE_SECONDS / 2


def test_plain_http_on_a_tls_address_is_not_trusted(ecw: FakeEcw, transport: HttpTransport) -> None:
    """There is no falling back."""
    url = ecw.base_url.replace("http:", "https:")
    assert transport.send(Request("GET", url, {}, b"", AMPLE_SECONDS, BYTES)) is Trouble.UNTRUSTED


def test_the_default_context_checks_certificates_and_names() -> None:
    """And speaks no TLS older than 1.2."""
    default = trusting_this_machine()
    assert default.verify_mode is ssl.CERT_REQUIRED
    assert default.check_hostname
    assert default.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_request_and_a_response_do_not_print_themselves() -> None:
    """URLs carry patients' names, headers carry tokens."""
    request = Request("GET", "https://ehr.example/Patient?name=Qq", {"Authorization": "Bearer t"}, b"", 1, 1)
    assert (repr(request), repr(Response(200, b"Qq"))) == ("Request(GET •••)", "Response(200 •••)")
