"""What every test gets: hypothesis profiles, no network but this machine, the databases on request."""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import PostgresqlServer, SqliteTemplate, running_postgresql

settings.register_profile(
    "push", derandomize=True, max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("night", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "push"))  # noqa: TID251 - tests have no settings


def _is_here(host: object) -> bool:
    if host in {None, "", "localhost", b"localhost"}:
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def _stay_here(event: str, arguments: tuple[object, ...]) -> None:
    # An audit hook (PEP 578) sees every connection that Python opens, whichever library asks for it.
    if event == "socket.connect":
        connection, address = arguments
        is_local = isinstance(connection, socket.socket) and connection.family == socket.AF_UNIX
        if not is_local and not (isinstance(address, tuple) and _is_here(address[0])):
            message = "a test may not leave this machine"
            raise RuntimeError(message)
    elif event == "socket.getaddrinfo" and not _is_here(arguments[0]):
        message = "a test may not ask for names of other machines"
        raise RuntimeError(message)


sys.addaudithook(_stay_here)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server of this session (with pytest-xdist: of each worker)."""
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    """A migrated SQLite file to copy."""
    return SqliteTemplate(tmp_path_factory.mktemp("sqlite-template"))
