"""Starting: what the program creates by itself, and what it refuses to start on."""

import json
import socket
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.programs import run

CREATE = (
    "users", "create", "--email", "ann@practice.example", "--first-name", "Ann", "--last-name", "Lee",
    "--role", "admin", "--password-stdin",
)  # fmt: skip
PASSWORD = "a long pass phrase\n"


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    """A data directory with an account in it."""
    folder = tmp_path / "data"
    assert run(folder, *CREATE, stdin=PASSWORD).status == 0
    return folder


def test_directory_database_and_keys_are_private(practice: Path) -> None:
    """Nobody but their owner can enter the directory or read the files."""
    assert stat.S_IMODE(practice.stat().st_mode) == 0o700
    for path in practice.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert {"keyring.json", "vantrexia.sqlite3"} <= {path.name for path in practice.iterdir()}


def test_a_database_without_its_key_ring_is_refused_and_left_alone(practice: Path) -> None:
    """A lost ring is not replaced by a fresh one: that would orphan every record."""
    (practice / "keyring.json").rename(practice / "elsewhere.json")
    refused = run(practice, "users", "list")
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert not (practice / "keyring.json").exists()
    (practice / "elsewhere.json").rename(practice / "keyring.json")
    assert run(practice, "users", "list").status == 0


def test_another_databases_key_ring_is_refused(practice: Path, tmp_path: Path) -> None:
    """A ring that does not fit is named as such; nothing is written with it."""
    other = tmp_path / "other"
    run(other, *CREATE, stdin=PASSWORD)
    refused = run(practice, "users", "list", VANTREXIA_KEYRING=str(other / "keyring.json"))
    assert refused.status == 1
    assert "does not belong to this database" in refused.err


def test_a_readable_key_ring_is_refused(practice: Path) -> None:
    """A ring that others can read stops the start."""
    (practice / "keyring.json").chmod(0o644)
    refused = run(practice, "users", "list")
    assert (refused.status, refused.err.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VANTREXIA_DATABSE_URL", "sqlite:///x"),
        ("VANTREXIA_ACCESS_TTL_SECONDS", "a while"),
        ("VANTREXIA_PUBLIC_URL", "app.example.org"),
        ("VANTREXIA_LOG_LEVEL", "chatty"),
        ("VANTREXIA_CONFIG", "/nonexistent/vantrexia.toml"),
        ("VANTREXIA_DATABASE_URL", "mysql://localhost/x"),
        ("VANTREXIA_LIMIT_USER", "1000"),
        ("VANTREXIA_LIMIT_AUTH", "0/minute"),
        ("VANTREXIA_TRUSTED_PROXIES", "proxy.example"),
        ("VANTREXIA_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("VANTREXIA_TRUSTED_PROXIES", "10.0.0.1/24"),
        ("VANTREXIA_RATE_STORE", "memcached://127.0.0.1"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(tmp_path: Path, name: str, value: str) -> None:
    """An unknown or malformed setting is one line that says which, without its value's secrets."""
    refused = run(tmp_path, "users", "list", **{name: value})
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert name in refused.err or "database URL" in refused.err


def test_a_settings_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    """The TOML file sets, the environment overrides."""
    config = tmp_path / "vantrexia.toml"
    config.write_text('keyring = "from-file.json"\nlog_level = "error"\n', encoding="utf-8")
    ring = tmp_path / "keys" / "ring.json"
    done = run(
        tmp_path / "data", *CREATE, stdin=PASSWORD, VANTREXIA_CONFIG=str(config), VANTREXIA_KEYRING=str(ring)
    )
    assert (done.status, ring.exists()) == (0, True)


@pytest.mark.parametrize(
    ("content", "mode", "advice"),
    [
        ('log_level = "error"', 0o666, "chmod go-w"),
        ('database_url = "postgresql://u:secret@db/x"', 0o644, "chmod o="),
        ('rate_store = "redis://:secret@cache/0"', 0o604, "chmod o="),
    ],
)
def test_a_settings_file_that_is_open_to_others_is_refused(
    tmp_path: Path, content: str, mode: int, advice: str
) -> None:
    """Nobody else may change it, nor read a password in it; the refusal says what to do and no secret."""
    config = tmp_path / "vantrexia.toml"
    config.write_text(content, encoding="utf-8")
    config.chmod(mode)
    refused = run(tmp_path / "data", "users", "list", VANTREXIA_CONFIG=str(config))
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert advice in refused.err
    assert "secret" not in refused.err


def test_migrating_twice_does_nothing_the_second_time(tmp_path: Path) -> None:
    """Migrate is safe to repeat."""
    first, second = run(tmp_path, "migrate"), run(tmp_path, "migrate")
    assert (first.status, second.status) == (0, 0)
    assert "nothing was done" in second.out


def test_a_newer_schema_is_refused(practice: Path) -> None:
    """A database that a newer version has migrated is left alone."""
    with sqlite3.connect(practice / "vantrexia.sqlite3") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    refused = run(practice, "users", "list")
    assert refused.status == 1
    assert "newer version" in refused.err


def test_the_openapi_document_is_printed(tmp_path: Path) -> None:
    """Openapi prints a 3.1 document, without any database."""
    document = json.loads(run(tmp_path, "openapi").out)
    assert document["openapi"].startswith("3.1")
    assert not (tmp_path / "vantrexia.sqlite3").exists()


@pytest.mark.parametrize(
    "command",
    [(), ("demo",), ("serve",), ("migrate",), ("users",), ("users", "create"), ("patients",), ("openapi",)],
)
def test_every_command_explains_itself_with_an_example(tmp_path: Path, command: tuple[str, ...]) -> None:
    """--help shows what a command does and how it is called."""
    shown = run(tmp_path, *command, "--help")
    assert shown.status == 0
    assert "xample" in shown.out


def test_serving_beyond_loopback_wants_tls(tmp_path: Path) -> None:
    """Without a certificate the server does not listen on the network."""
    refused = run(tmp_path, "serve", "--host", "0.0.0.0")  # noqa: S104 - the address that must be refused
    assert refused.status == 2
    assert "--tls-cert" in refused.err


def test_serving_beyond_loopback_without_tls_wants_a_trusted_proxy(tmp_path: Path) -> None:
    """Once a proxy is named, the next thing that can be wrong is the port."""
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104 - the address that is served
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = run(
            tmp_path / "data", "serve", "--host", "0.0.0.0", "--port", port,  # noqa: S104 - as above
            VANTREXIA_TRUSTED_PROXIES="10.0.0.7",
        )  # fmt: skip
    assert refused.status == 1
    assert "Cannot listen" in refused.err


def test_memory_cannot_count_for_two_workers(tmp_path: Path) -> None:
    """Each would grant the whole limit."""
    refused = run(tmp_path / "data", "serve", "--workers", "2", VANTREXIA_RATE_STORE="memory")
    assert refused.status == 2
    assert "database" in refused.err
