"""What the engines promise: durability, protection of the file, and refusals that tell no password."""

import os
import stat
import traceback
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from vantrexia_adapters.sql import UnsupportedDatabaseError, open_engine, unsafe_settings


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL: 1 would lose acknowledged commits at a power cut
        ("foreign_keys", 1),
        ("busy_timeout", 200),
        ("recursive_triggers", 1),
        ("trusted_schema", 0),
    ],
)
def test_every_sqlite_connection_has_its_pragmas(tmp_path: Path, pragma: str, value: object):
    """Not only the first: three at a time come from the pool."""
    engine = open_engine(f"sqlite:///{tmp_path / 'new.sqlite3'}", wait_seconds=0.2)
    connections = [engine.raw_connection() for _ in range(3)]
    try:
        for connection in connections:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA {pragma}")
            assert cursor.fetchone() == (value,)
    finally:
        for connection in connections:
            connection.close()
        engine.dispose()


def test_the_sqlite_files_are_their_owners_alone(tmp_path: Path):
    """Mode 0600 whatever the umask says, for the log beside the database too."""
    before = os.umask(0)
    try:
        engine = open_engine(f"sqlite:///{tmp_path / 'new.sqlite3'}")
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE t (x)")
            files = {file.suffix: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        engine.dispose()
    finally:
        os.umask(before)
    assert files == {".sqlite3": 0o600, ".sqlite3-wal": 0o600, ".sqlite3-shm": 0o600}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("timezone", "UTC"),
        ("lock_timeout", "200ms"),
        ("statement_timeout", "30s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("transaction_isolation", "read committed"),
        ("application_name", "vantrexia"),
    ],
)
def test_every_postgresql_connection_has_its_settings(postgresql_site: Site, setting: str, value: str):
    """They are part of the connection, so that no other client of the database is concerned."""
    with postgresql_site.engine.begin() as connection:
        assert connection.scalar(sa.text(f"SHOW {setting}")) == value


def test_options_in_the_url_are_kept(postgresql_site: Site):
    """An operator's own settings stand beside ours."""
    engine = open_engine(f"{postgresql_site.url}&options=-c%20work_mem%3D7MB")
    try:
        with engine.begin() as connection:
            assert connection.scalar(sa.text("SHOW work_mem")) == "7MB"
            assert connection.scalar(sa.text("SHOW timezone")) == "UTC"
    finally:
        engine.dispose()


def test_a_transaction_of_the_engine_can_be_undone(site: Site):
    """Autocommit is the driver's mode; a block of SQLAlchemy's is a transaction all the same."""
    with site.engine.connect() as connection:
        connection.execute(sa.text("UPDATE practice SET name = 'changed'"))
        connection.rollback()
    assert site.execute("SELECT name FROM practice") == [("A practice",)]


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:hunter2@localhost/db",
        "not a url hunter2",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:hunter2?mode=memory&uri=true",
        "sqlite:////no/such/folder/vantrexia.sqlite3",
        "",
    ],
)
def test_other_databases_are_refused_in_words(url: str):
    """The refusal says what is expected, and no password that the URL may hold."""
    with pytest.raises(UnsupportedDatabaseError) as refusal:
        open_engine(url)
    assert "hunter2" not in str(refusal.value)
    assert "hunter2" not in "".join(traceback.format_exception(refusal.value))


def test_an_engine_does_not_print_its_password():
    """An engine in a log is an engine in a log, not a key to the database."""
    assert "hunter2" not in repr(open_engine("postgresql://somebody:hunter2@localhost/db"))


def test_parameters_are_hidden_from_errors(site: Site):
    """What SQLAlchemy itself raises carries no value of a row."""
    statement = sa.text("INSERT INTO practice (id, name, created_at) VALUES (:id, :name, NULL)")
    with pytest.raises(sa.exc.DBAPIError) as error, site.engine.begin() as connection:
        connection.execute(statement, {"id": None, "name": "hunter2"})
    assert "hunter2" not in error.value.args[0].split("DETAIL")[0]
    assert error.value.hide_parameters


def test_a_server_that_does_not_sync_is_found_out(site: Site):
    """The server of these tests keeps nothing safe; SQLite is told by each connection."""
    unsafe = unsafe_settings(site.engine)
    assert unsafe == (() if site.is_sqlite else ("fsync", "full_page_writes"))


def test_every_postgresql_connection_waits_for_the_disk(postgresql_site: Site):
    """Whatever the server's default is."""
    with postgresql_site.engine.connect() as connection:
        assert connection.scalar(sa.text("SHOW synchronous_commit")) == "on"
