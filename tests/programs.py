"""Running the program as its users do: as a process, with an environment and nothing else."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import attrs
from click.testing import CliRunner

from vantrexia_adapters.cli.main import program

SECONDS_MAX = 60


@attrs.frozen
class Finished:
    """How a command ended."""

    status: int
    out: str
    err: str


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """A clean environment: no setting of whoever runs the tests reaches the program."""
    inherited = os.environ.items()  # noqa: TID251 - to take our own settings out of it
    kept = {name: text for name, text in inherited if not name.startswith("VANTREXIA_")}
    return kept | {"VANTREXIA_DATA_DIR": str(folder)} | settings


def run(folder: Path, *arguments: str, stdin: str = "", **settings: str) -> Finished:
    """Run a command to its end, as its script does, but in this process: everything is imported already."""
    inherited = os.environ  # noqa: TID251 - to take our own settings out of it
    foreign = {name: None for name in inherited if name.startswith("VANTREXIA_")}
    done = CliRunner().invoke(
        program, arguments, input=stdin, env=foreign | {"VANTREXIA_DATA_DIR": str(folder)} | settings
    )
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Finished(done.exit_code, done.stdout, done.stderr)


def free_port() -> int:
    """A port of the loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    folder: Path, *arguments: str, log: Path, port: int | None = None, **settings: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A running ``serve`` (or whatever ``arguments`` say) and its port; ended with SIGTERM."""
    port = port or free_port()
    command = [
        sys.executable,
        "-m",
        "vantrexia_adapters.cli",
        *(arguments or ("serve",)),
        "--port",
        str(port),
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment(folder, **settings))
        try:
            _wait_until_it_listens(process, port, log)
            yield process, port
        finally:
            process.terminate()
            process.wait(timeout=SECONDS_MAX)


def ask(
    port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[HTTPResponse, bytes]:
    """One request over a real socket, and its whole answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS_MAX)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def wait_until_nobody_listens(port: int) -> None:
    """Block until the last listener is gone, up to ten seconds. Only connecting can tell."""
    for _ in range(200):
        with socket.socket() as probe:
            probe.settimeout(0.05)
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
            # The peer says nothing, so this waits for the end of the connection or for the time-out.
            with suppress(TimeoutError, ConnectionError):
                probe.recv(1)
    message = f"somebody still listens on port {port}"
    raise AssertionError(message)


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Block until the server says so itself, or has ended. Connecting is the only thing that can tell."""
    while process.poll() is None:
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
    message = f"the server ended before it listened: {log.read_text(encoding='utf-8')[-2000:]}"
    raise AssertionError(message)
