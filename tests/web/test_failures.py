"""When something breaks: the caller is told nothing but that, the operator everything but PHI."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.web.refusals import assert_problem
from tests.web.service import LOGIN, PASSWORD, PATIENTS, Service, path_of
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import AuditUnavailableError
from vantrexia_core.kernel import BrokenPromiseError, Role, UnavailableError
from vantrexia_web.logs import PhiFreeFormatter
from vantrexia_web.perimeter import BrokenOffError
from vantrexia_web.problems import UNEXPECTED

MARK = "Zqmark"


class BreakableDesk(MemoryDesk):
    """A desk whose units of work can be made to fail when they are begun."""

    failure: Exception | None = None

    @contextmanager
    def begin(self, practice_id):
        """Like `MemoryDesk.begin`, unless it is to fail."""
        if self.failure is not None:
            raise self.failure
        with super().begin(practice_id) as work:
            yield work

    @contextmanager
    def begin_sign_in(self):
        """Like `MemoryDesk.begin_sign_in`, unless it is to fail."""
        if self.failure is not None:
            raise self.failure
        with super().begin_sign_in() as work:
            yield work


@pytest.fixture
def lines(caplog) -> Iterator[list[dict]]:
    """The lines that are logged, as they would be written."""
    written: list[dict] = []

    class Writing(logging.Handler):
        def emit(self, record):
            written.append(json.loads(PhiFreeFormatter().format(record)))

    handler = Writing()
    root = logging.getLogger()
    root.addHandler(handler)
    with caplog.at_level(logging.DEBUG):
        yield written
    root.removeHandler(handler)


@pytest.fixture
def breakable() -> Iterator[Service]:
    """A service over a desk that can be broken."""
    with Service(desk=BreakableDesk) as service:
        service.user()
        yield service


def _requests(patient):
    body = {"first_name": MARK, "last_name": MARK, "date_of_birth": "1990-01-02", "gender": "other"}
    return [
        ("GET", PATIENTS, None),
        ("POST", PATIENTS, body),
        ("GET", path_of(patient), None),
        ("PUT", path_of(patient), body),
        ("PATCH", path_of(patient), {"first_name": MARK}),
        ("DELETE", path_of(patient), None),
        ("POST", path_of(patient, "archive"), {"reason": MARK}),
        ("POST", path_of(patient, "unarchive"), None),
        ("POST", PATIENTS, b"{"),
        ("POST", LOGIN, {"email": "admin@0001.example.org", "password": PASSWORD}),
    ]


FAILURES = {
    "unknown": (RuntimeError(f"could not store {MARK}"), 500, "server_error"),
    "promise": (BrokenPromiseError(f"about {MARK}"), 500, "server_error"),
    "store": (UnavailableError(), 503, "unavailable"),
    "trail": (AuditUnavailableError(), 503, "audit_unavailable"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_tells_the_caller_nothing_and_the_process_lives(breakable, lines, name):
    """The documented envelope for each endpoint; afterwards everything works again."""
    failure, status, code = FAILURES[name]
    patient = breakable.patient()
    requests = _requests(patient)
    breakable.send("GET", PATIENTS)  # opens the administrator's account
    stored = breakable.stored
    for method, path, body in requests:
        breakable.desk.failure = failure
        response = breakable.send(method, path, body)
        # A refusal that cannot be recorded is not given.
        unrecorded = body == b"{" and status == 503
        assert_problem(response, status, "audit_unavailable" if unrecorded else code)
        assert MARK not in response.text
    breakable.desk.failure = None
    assert breakable.stored == stored
    assert breakable.send("GET", PATIENTS).status_code == 200
    assert MARK not in json.dumps(lines)


def test_an_unexpected_error_is_logged_by_class_and_place(breakable, lines):
    """One line with the request's id: what kind of exception, and where it passed; not its message."""
    breakable.headers()
    breakable.desk.failure = RuntimeError(MARK)
    response = breakable.send("GET", PATIENTS, role=Role.PROVIDER)
    assert response.json()["detail"] == UNEXPECTED
    (line,) = [line for line in lines if line["event"] == "unexpected error"]
    assert (line["level"], line["request_id"]) == ("error", response.headers["x-request-id"])
    assert line["exception"][0]["type"] == "builtins.RuntimeError"
    assert any("recording.py" in frame and "undertake" in frame for frame in line["exception"][0]["frames"])


def test_an_unavailable_service_says_when_to_try_again(breakable):
    """503 with Retry-After in whole seconds."""
    headers = breakable.headers()
    breakable.desk.failure = UnavailableError()
    response = breakable.client.get(PATIENTS, headers=headers)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")


def test_a_drained_service_is_unavailable():
    """A request that arrives during shutdown is turned away in the same envelope."""
    with Service() as service:
        headers = service.headers()
    assert_problem(service.client.get(PATIENTS, headers=headers), 503, "unavailable")


def test_an_error_of_the_shell_is_answered_too(service, lines):
    """What breaks outside the worker threads ends in the same envelope, with its id, and in the log."""

    async def broken_receive():
        raise RuntimeError(MARK)

    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": PATIENTS,
        "query_string": b"",
        "headers": [],
        "client": None,
    }
    service.client.portal.call(service.app, scope, broken_receive, send)
    assert (sent[0]["status"], json.loads(sent[1]["body"])["code"]) == (500, "server_error")
    headers = dict(sent[0]["headers"])
    (line,) = [line for line in lines if line["event"] == "unexpected error"]
    assert line["request_id"] == headers[b"x-request-id"].decode()
    assert MARK not in json.dumps(lines)


@pytest.mark.parametrize("path", [PATIENTS, LOGIN])
def test_a_body_that_breaks_off_is_refused_and_does_nothing(service, path):
    """Whether the caller went away or sent broken chunks: what is not whole is not acted upon."""
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    sent = []

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [],
        "client": None,
    }
    service.client.portal.call(service.app, scope, receive, send)
    assert [message["status"] for message in sent if "status" in message] in ([400], [401])
    assert service.trail == []


def test_an_answer_that_cannot_be_sent_is_given_up(service, lines):
    """A connection that breaks under the answer is logged; nothing more is sent, and the server is told."""
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message["type"])
        if message["type"] == "http.response.body":
            raise ConnectionResetError(MARK)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/health/",
        "query_string": b"",
        "headers": [],
        "client": None,
    }
    with pytest.raises(BrokenOffError) as raised:
        service.client.portal.call(service.app, scope, receive, send)
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert sent == ["http.response.start", "http.response.body"]
    assert [line["event"] for line in lines if line["logger"] == "vantrexia.web"] == [
        "unexpected error",
        "request",
    ]
    assert MARK not in json.dumps(lines)


class Chunks:
    """The pieces of an export, the last of which cannot be made."""

    def __init__(self, good: int) -> None:
        self._good = good

    def __iter__(self):
        return self

    def __next__(self):
        if self._good == 0:
            raise RuntimeError(MARK)
        self._good -= 1
        return b"a line\r\n"


def _export(service, monkeypatch, good):
    """What is sent of an export whose piece number ``good`` fails."""
    monkeypatch.setattr("vantrexia_web.endpoints.audit.csv_chunks", lambda _: Chunks(good))
    token = service.headers(Role.ADMIN)["Authorization"].encode()
    sent = []

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/v1/audit-logs/export/",
        "query_string": b"",
        "headers": [(b"authorization", token)],
        "client": None,
    }
    return sent, lambda: service.client.portal.call(service.app, scope, receive, send)


def test_an_export_that_fails_at_once_is_an_error(service, monkeypatch, lines):
    """The head is not sent before there is something to send."""
    sent, ask = _export(service, monkeypatch, 0)
    ask()
    assert [message.get("status") for message in sent] == [500, None]
    assert json.loads(sent[1]["body"])["code"] == "server_error"
    assert MARK not in json.dumps(lines)


def test_an_export_that_fails_later_is_broken_off(service, monkeypatch, lines):
    """It never ends properly, so that nobody takes what came for the whole; the log says what happened."""
    sent, ask = _export(service, monkeypatch, 2)
    with pytest.raises(BrokenOffError):
        ask()
    assert [message.get("more_body") for message in sent] == [None, True, True]
    assert "unexpected error" in [line["event"] for line in lines]
    assert MARK not in json.dumps(lines)
