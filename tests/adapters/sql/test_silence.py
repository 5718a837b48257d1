"""A database that hangs: every wait for it ends, and it is used again when it is back."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.databases import PostgresqlServer, running_postgresql
from vantrexia_adapters.sql import WritabilityCheck, open_engine
from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.sql.silence import SilenceWatch
from vantrexia_adapters.sql.statements import Statement
from vantrexia_core.kernel import UnavailableError

ONE = Statement(sa.select(sa.literal_column("1").label("one")))


def _children(parent: int) -> list[int]:
    """The processes of a server: Linux tells."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if int(fields[1]) == parent:
            found.append(int(folder.name))
    return found


@contextmanager
def stopped(server: PostgresqlServer) -> Iterator[None]:
    """All processes of a server, stopped in the middle of whatever they do; afterwards they go on."""
    parent = int((server.data_directory / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
    processes = [parent, *_children(parent)]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a server's processes are found in /proc")
def test_a_stopped_postgresql_holds_nobody_up_for_good() -> None:
    """A statement, a transaction under way, a new connection: each ends as unavailable; then all go on."""
    with running_postgresql() as server, server.database() as url:
        engine = open_engine(url, wait_seconds=2)
        database = Database(engine, silence_seconds_max=0.2)
        try:
            assert database.alone(ONE, {}) == [(1,)]
            under_way = Transaction(database)
            under_way.rows(ONE, {})
            with stopped(server):
                with pytest.raises(UnavailableError):
                    database.alone(ONE, {})
                with pytest.raises(UnavailableError):
                    under_way.rows(ONE, {})
                under_way.close()
                with pytest.raises(UnavailableError):
                    database.alone(ONE, {})  # by a connection that would have to be opened first
            assert database.alone(ONE, {}) == [(1,)]
        finally:
            engine.dispose()


def test_only_waits_that_take_too_long_are_cut() -> None:
    """A wait that has ended, or that may be long, keeps its socket."""
    now = [0.0]
    watch = SilenceWatch(10.0, seconds=lambda: now[0])
    here, there = socket.socketpair()
    with here, there:
        with watch.over(here.fileno()):
            now[0] = 10.0
            assert watch.cut() == 0
        now[0] = 20.0
        assert watch.cut() == 0
        with watch.over(here.fileno(), times=3):
            now[0] = 49.0
            assert watch.cut() == 0
            there.settimeout(1)
            now[0] = 51.0
            assert watch.cut() == 1
            assert there.recv(1) == b""


@pytest.mark.parametrize("name", ["tcp_user_timeout", "keepalives_idle", "connect_timeout"])
def test_a_connection_notices_a_way_that_is_gone(postgresql: PostgresqlServer, name: str) -> None:
    """The driver was told."""
    with postgresql.database() as url:
        engine = open_engine(url)
        try:
            with engine.connect() as connection:
                driver = connection.connection.driver_connection
                assert driver is not None
                assert int(driver.info.get_parameters()[name]) > 0
        finally:
            engine.dispose()


def test_a_database_that_takes_no_changes_is_not_healthy(postgresql: PostgresqlServer) -> None:
    """Read-only, as a standby is: it answers, and yet no entry of the trail could be written."""
    with postgresql.database() as url:
        engine = open_engine(url)
        WritabilityCheck(engine)()
        engine.dispose()
        engine = open_engine(f"{url}&options=-c%20default_transaction_read_only%3Don")
        with pytest.raises(UnavailableError):
            WritabilityCheck(engine)()
        engine.dispose()


def test_a_full_disk_is_not_healthy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's file system has no room left, or was mounted read-only."""
    engine = open_engine(f"sqlite:///{tmp_path / 'some.sqlite3'}")
    look = WritabilityCheck(engine)
    look()
    real = os.statvfs(tmp_path)
    full = os.statvfs_result((*real[:3], 0, 0, *real[5:]))
    read_only = os.statvfs_result((*real[:8], real.f_flag | os.ST_RDONLY, real[9]))
    for state in (full, read_only):
        monkeypatch.setattr(os, "statvfs", lambda _, state=state: state)
        with pytest.raises(UnavailableError):
            look()
    engine.dispose()
