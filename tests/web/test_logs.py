"""Log lines: JSON, one each, and nothing of anybody in them."""

import json
import logging

import pytest

from tests.web.service import PATIENTS, Service, path_of
from vantrexia_core.kernel import Role
from vantrexia_web.logs import FRAMES_MAX, PhiFreeFormatter, configure_logging, described

MARK = "Zqmark"


def _formatted(name="vantrexia.web", level=logging.INFO, message="hello", args=(), error=None, **extra):
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, level, "file.py", 1, message, args, exc_info)
    vars(record).update(extra)
    return PhiFreeFormatter().format(record)


def _raised(error, cause=None):
    try:
        raise error from cause
    except type(error) as raised:
        return raised


def test_our_lines_are_filled_in():
    """Our own log calls are known to hold no PHI."""
    line = json.loads(
        _formatted(message="unavailable: %s", args=("audit_unavailable",), fields={"status": 503})
    )
    assert line["event"] == "unavailable: audit_unavailable"
    assert (line["level"], line["logger"], line["status"]) == ("info", "vantrexia.web", 503)


@pytest.mark.parametrize("name", ["vantrexia_adapters.checkpoints.keeper", "vantrexia_core.audit"])
def test_lines_of_our_modules_are_filled_in(name):
    """Whoever is told that something was found is told what."""
    line = json.loads(_formatted(name=name, message="not what it was: %s", args=("entry 190",)))
    assert line["event"] == "not what it was: entry 190"


def test_lines_of_others_are_not_filled_in():
    """A library's arguments may be anything: its message stays a template."""
    line = json.loads(_formatted(name="sqlalchemy.engine", message="parameters %s", args=(MARK,)))
    assert line["event"] == "parameters %s"


def test_an_exception_is_a_class_and_places():
    """Neither messages nor notes nor the lines of source are in the log; causes are followed."""
    error = _raised(ValueError(MARK), cause=_raised(KeyError(MARK)))
    error.add_note(MARK)
    text = _formatted(error=error)
    assert MARK not in text
    first, second = json.loads(text)["exception"]
    assert (first["type"], second["type"]) == ("builtins.ValueError", "builtins.KeyError")
    assert first["frames"][-1].startswith("tests/web/test_logs.py:")
    assert first["frames"][-1].endswith(" _raised")


def test_a_suppressed_context_is_not_followed():
    """`raise … from None` means it."""
    error = _raised(ValueError(MARK))
    error.__context__, error.__suppress_context__ = _raised(KeyError(MARK)), True
    assert [link["type"] for link in described(error)] == ["builtins.ValueError"]


def _dive(depth):
    if depth:
        _dive(depth - 1)
    raise LookupError


def test_a_deep_traceback_is_cut():
    """However deep the recursion, a line stays a line."""
    with pytest.raises(LookupError) as raised:
        _dive(200)
    assert len(described(raised.value)[0]["frames"]) == FRAMES_MAX


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "\x1b[31mred", "\u2028", "\ud800", '"}{"'])
def test_no_text_breaks_or_forges_a_line(text):
    """Line feeds, escape codes and odd Unicode are escaped."""
    line = _formatted(message="%s", args=(text,))
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line)["event"] == text


@pytest.mark.parametrize(("level", "ours", "theirs"), [("info", 3, 2), ("debug", 4, 2), ("error", 1, 1)])
def test_everything_in_the_process_is_logged_through_the_formatter(log_to, level, ours, theirs):
    """Ours from the level on; of other libraries only warnings, and never what they fill in."""
    stream = log_to(level)
    for name in ("vantrexia.web", "some.library"):
        logger = logging.getLogger(name)
        for log in (logger.debug, logger.info, logger.warning, logger.error):
            log("about %s", MARK if name == "some.library" else "us")
    events = [(line["logger"], line["event"]) for line in map(json.loads, stream.getvalue().splitlines())]
    assert events == [("vantrexia.web", "about us")] * ours + [("some.library", "about %s")] * theirs


def _own_lines(stream):
    """The app's lines; the test's own client logs as well."""
    lines = map(json.loads, stream.getvalue().splitlines())
    return [line for line in lines if line["logger"] == "vantrexia.web"]


@pytest.fixture
def stream(service, log_to):
    """What the service writes while a test runs."""
    return log_to("info")


def test_a_request_is_one_line_with_its_route(service, stream):
    """Id, method, route, status, time: no path with an id in it, no query with a name in it."""
    patient = service.patient()
    response = service.send("GET", f"{path_of(patient)}?search={MARK}")
    (line,) = _own_lines(stream)
    assert line["event"] == "request"
    assert line["request_id"] == response.headers["x-request-id"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/api/v1/patients/{uuid:uuid}/", 200)
    assert line["milliseconds"] >= 0
    assert str(patient.id) not in stream.getvalue()
    assert MARK not in stream.getvalue()


def test_neither_unknown_paths_nor_methods_are_logged(service, stream):
    """What a caller makes up does not reach the log."""
    service.client.request(f"{MARK}X", f"/{MARK}/?{MARK}")
    (line,) = _own_lines(stream)
    assert (line["method"], line["route"], line["status"]) == ("other", None, 404)
    assert MARK not in stream.getvalue()


def test_neither_tokens_nor_passwords_are_logged(service, stream):
    """Whether a sign-in succeeds or fails."""
    email = service.user(Role.NURSE).email.reveal()
    for password in ("SecureP@ss123", f"{MARK}Wrong1234"):
        response = service.send(
            "POST", "/api/v1/auth/login/", {"email": email, "password": password}, role=None
        )
    service.client.get(PATIENTS, headers={"Authorization": f"Bearer {MARK}"})
    assert response.status_code == 401
    for secret in (email, "SecureP@ss123", MARK):
        assert secret not in stream.getvalue()


def test_logging_goes_to_standard_error_by_default(log_to, capsys):
    """Where the setting's description says."""
    log_to("info")  # so that everything is restored
    configure_logging("info")
    logging.getLogger("vantrexia.web").info("hello")
    assert json.loads(capsys.readouterr().err)["event"] == "hello"


def test_a_watcher_is_told_of_every_exchange_and_cannot_spoil_one():
    """Route and status, never the path; one that fails is logged, and the answer stands."""
    seen = []

    def watch(exchange):
        seen.append((exchange.method, exchange.route, exchange.status, exchange.trace_parent))
        raise ValueError(MARK)

    with Service(watchers=[watch]) as service:
        answer = service.send("GET", path_of(service.patient()))
        unknown = service.client.get(f"/{MARK}", headers={"traceparent": "00-1-2-01"})
    assert (answer.status_code, unknown.status_code) == (200, 404)
    assert seen == [("GET", "/api/v1/patients/{uuid:uuid}/", 200, None), ("GET", None, 404, None)]
