"""Asking for secrets: hidden at a terminal, line by line without one."""

import os
import subprocess
import sys

import pytest

from tests.programs import SECONDS_MAX

ASKED = "from vantrexia_adapters.cli.console import ask_hidden; print(ask_hidden('Password', from_stdin={}))"


def _program(*, from_stdin: bool) -> list[str]:
    # A warning that the password may be shown would be an error.
    return [sys.executable, "-W", "error", "-c", ASKED.format(from_stdin)]


def _read_until(terminal: int, text: bytes) -> bytes:
    shown = b""
    while text not in shown:
        shown += os.read(terminal, 1_000)
    return shown


def test_a_terminal_does_not_show_what_is_typed() -> None:
    """Not even when standard input was to be read, and that is the terminal."""
    terminal, theirs = os.openpty()
    with subprocess.Popen(
        _program(from_stdin=True),
        stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, start_new_session=True,
    ) as process:  # fmt: skip
        shown = _read_until(terminal, b"Password: ")
        os.write(terminal, b"a long pass phrase\n")
        shown += _read_until(terminal, b"confirmation: ")
        os.write(terminal, b"a long pass phrase\n")
        out, _ = process.communicate(timeout=SECONDS_MAX)
    os.close(theirs)
    os.close(terminal)
    assert (process.returncode, out) == (0, b"a long pass phrase\n")
    assert b"pass phrase" not in shown


@pytest.mark.parametrize(("given", "status"), [("one\r\n", 0), ("one\ntwo\n", 1)])
def test_without_a_terminal_the_lines_are_read(given: str, status: int) -> None:
    """In a job of a timer or of a pipeline: without a warning, and a repetition has to be one."""
    done = subprocess.run(
        _program(from_stdin=False),
        input=given, capture_output=True, text=True, start_new_session=True, timeout=SECONDS_MAX, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (status, "one\n" if status == 0 else "")
    assert "Warning" not in done.stderr
