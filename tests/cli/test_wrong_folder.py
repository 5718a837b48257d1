"""A command that is run where no practice is says so, and founds none."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.builders import a_patient_id
from tests.programs import run
from vantrexia_adapters.cli.main import program

FOUNDING = {("demo",), ("serve",), ("migrate",), ("restore",), ("users", "create")}
"""What a practice may begin with."""
ALONE = {
    ("openapi",),
    ("backup",),
    ("keys", "create-backup-key"),
    ("matching", "evaluate"),
    ("matching", "estimate"),
    *(("keys", "ecw", name) for name in ("prepare", "rotate", "retire", "show")),
}
"""What works on files that it is given, or on keys outside the ring; for a backup see its own test below."""
ID = str(a_patient_id())
COMMANDS = """
users list
users set-role ann@example.org nurse
users deactivate ann@example.org
users activate ann@example.org
users unlock ann@example.org
users sign-out ann@example.org
users reset-password ann@example.org --password-stdin
clients register Bridge --jwks-url https://example.org/keys --scope system/Patient.r
clients list
clients show ID
clients check ID
clients rotate-keys ID --jwks-url https://example.org/keys
clients set-scopes ID --scope system/Patient.r
clients revoke ID
patients deleted
patients restore ID --reason-stdin
patients disclosures ID
patients merge ID ID --reason-stdin
patients unmerge ID --reason-stdin
patients merges ID
patients export OUT
patients import FILE --dry-run
ecw import FILE
directory
matching list
matching show ID
matching decide ID later
matching sweep
audit verify
audit export OUT
audit archive OUT
audit dump
audit checkpoint
audit emergencies
keys status
keys prepare field
keys rotate field
keys reencrypt field
keys retire field 1
keys destroy field 1 --yes
keys destroy-practice ID --confirm ID
keys rewrap --to file
keys ecw create
"""
SAID = [line.split() for line in COMMANDS.strip().splitlines()]


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _commands(inner, (*path, name))
    else:
        yield path


@pytest.mark.parametrize("words", SAID, ids=" ".join)
def test_a_command_in_the_wrong_folder_says_so_and_leaves_nothing(tmp_path: Path, words: list[str]) -> None:
    """Status 1, how to point to the right one, and neither a folder nor a file that was not there."""
    (file := tmp_path / "file").write_text("ECW-1\n")
    places = {"ID": ID, "FILE": str(file), "OUT": str(tmp_path / "out")}
    refused = run(
        tmp_path / "data", *(places.get(word, word) for word in words), stdin="a long pass phrase\n"
    )
    assert (refused.status, refused.out) == (1, "")
    assert "There is no practice in" in refused.err
    assert "VANTREXIA_DATA_DIR" in refused.err
    assert list(tmp_path.iterdir()) == [file]


def test_a_backup_of_nothing_is_not_written(tmp_path: Path) -> None:
    """It wants its key first, and then a practice."""
    key, out = tmp_path / "backup.key", tmp_path / "out"
    assert run(tmp_path, "keys", "create-backup-key", str(key)).status == 0
    refused = run(tmp_path / "data", "backup", str(out), "--key-file", str(key))
    assert (refused.status, "There is no practice in" in refused.err) == (1, True)
    assert list(tmp_path.iterdir()) == [key]


def test_a_practice_may_begin_with_its_connection(tmp_path: Path) -> None:
    """A server that is set to connect does not start without its key: it can be made before."""
    made = run(tmp_path / "data", "keys", "ecw", "create", VANTREXIA_ECW_SOURCE="fhir")
    assert (made.status, (tmp_path / "data" / "ecw-keys.pem").exists()) == (0, True), made.err


def test_every_command_is_held_to_it() -> None:
    """A new command is named here, whichever kind it is of."""
    named = {path for path in _commands(program) for words in SAID if tuple(words[: len(path)]) == path}
    assert named | FOUNDING | ALONE == set(_commands(program))
    assert not named & (FOUNDING | ALONE)


def test_keys_without_their_database_are_no_reason_to_begin_anew(tmp_path: Path) -> None:
    """Whoever lost the database is told to put it back, and nothing is put in its place."""
    (tmp_path / "keyring.json").write_text("{}")
    refused = run(tmp_path, "users", "list")
    assert refused.status == 1
    assert "put its backup back" in refused.err
    assert [path.name for path in tmp_path.iterdir()] == ["keyring.json"]


def test_whoever_begins_a_practice_is_told_where(tmp_path: Path) -> None:
    """It may be the wrong folder. Once it is there, nobody is told again."""
    words = (
        "users",
        "create",
        "--first-name",
        "A",
        "--last-name",
        "B",
        "--role",
        "nurse",
        "--password-stdin",
    )
    first, second = (
        run(tmp_path / "data", *words, "--email", f"{name}@example.org", stdin="a long pass phrase\n")
        for name in ("ann", "ben")
    )
    assert first.err == f"A new practice was begun in {tmp_path / 'data'}.\n"
    assert second.err == ""


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    """A wrong host, port or password: to come again would not help."""
    url = "postgresql+psycopg://ann:Qx-secret@127.0.0.1:1/clinic"
    refused = run(tmp_path, "users", "list", VANTREXIA_DATABASE_URL=url)
    assert (refused.status, "the database at 127.0.0.1" in refused.err) == (1, True)
    assert "VANTREXIA_DATABASE_URL" in refused.err
    assert "Qx-secret" not in refused.err
