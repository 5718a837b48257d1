"""How a served practice ends: whatever kills it, nothing of it lives on."""

import signal
from pathlib import Path

from tests.programs import SECONDS_MAX, ask, run, serving, wait_until_nobody_listens

CREATE_ADMIN = (
    "users", "create", "--email", "admin@practice.example", "--first-name", "Ada", "--last-name", "Lee",
    "--role", "admin", "--password-stdin",
)  # fmt: skip


def test_a_killed_server_leaves_no_worker_behind(tmp_path: Path) -> None:
    """The port is free for the next start, which would otherwise be refused by an orphan."""
    data, log = tmp_path / "data", tmp_path / "service.log"
    assert run(data, *CREATE_ADMIN, stdin="a long pass phrase\n").status == 0
    with serving(data, log=log) as (process, port):
        assert ask(port, "GET", "/health/")[0].status == 200
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=SECONDS_MAX)
        wait_until_nobody_listens(port)
    with serving(data, log=log, port=port) as (_, again):
        assert ask(again, "GET", "/health/")[0].status == 200
        # Said twice, each time once it listened.
        assert log.read_text().count("Vantrexia serves http://127.0.0.1:") == 2


def test_a_broken_chunk_is_answered_in_the_envelope(tmp_path: Path) -> None:
    """What the server below cannot parse becomes a documented refusal, not its own error page."""
    data, log = tmp_path / "data", tmp_path / "service.log"
    with serving(data, log=log) as (_, port):
        answer, content = ask(
            port,
            "POST",
            "/api/v1/auth/login/",
            b"zz\r\n\r\n",
            {"Transfer-Encoding": "chunked", "Content-Type": "application/json"},
        )
    assert (answer.status, answer.getheader("Content-Type")) == (400, "application/json")
    assert b'"code":"parse_error"' in content.replace(b" ", b"")
