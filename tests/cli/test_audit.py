"""``vantrexia audit``: verify, export, dump, checkpoint."""

import json
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders import a_new_patient
from tests.marks import FIRST, LAST, MRN, marks_in
from tests.programs import run
from tests.sources import ManualClock
from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.settings import Settings
from vantrexia_core.audit import VerifierKey
from vantrexia_core.identity import operator
from vantrexia_core.kernel import Origin
from vantrexia_core.patients import look_up_patient, register_patient

READS = 300


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    """A data directory with a patient who was looked up often."""
    folder = tmp_path / "data"
    with open_service(Settings(data_dir=folder)) as service:
        actor = operator(service.practice_id, Origin(address="console:test"))
        patient = register_patient(service.desk, actor, a_new_patient(first=FIRST, last=LAST, mrn=MRN))
        for _ in range(READS):
            look_up_patient(service.desk, actor, patient.id)
    return folder


def _tamper(folder: Path, deed: str) -> None:
    with sqlite3.connect(folder / "vantrexia.sqlite3") as connection:
        for trigger in ("refuses_update", "refuses_delete", "grows_by_one"):
            connection.execute(f"DROP TRIGGER audit_entry_{trigger}")
        connection.execute(deed)
    connection.close()


@pytest.mark.parametrize("options", [(), ("--newest", "10"), ("--since-checkpoint",)])
def test_a_sound_trail_is_said_to_be(practice: Path, options: tuple[str, ...]) -> None:
    """Whole or in part."""
    found = run(practice, "audit", "verify", *options)
    assert (found.status, found.err) == (0, "")
    assert f"{READS + 1} entries, {READS + 1} of them under the newest checkpoint" in found.out
    assert "The trail is what it was." in found.out


def test_the_first_fault_is_named(practice: Path) -> None:
    """One line, and status 1."""
    _tamper(practice, "UPDATE audit_entry SET actor_id = 99 WHERE seq IN (17, 250)")
    found = run(practice, "audit", "verify")
    assert (found.status, found.err) == (1, "Error: Entry 17 is not what it was when it was written.\n")
    assert run(practice, "audit", "verify", "--newest", "100").err == (
        "Error: Entry 250 is not what it was when it was written.\n"
    )


def test_machines_are_told_in_json(practice: Path) -> None:
    """A sound trail and one that was cut."""
    sound = json.loads(run(practice, "audit", "verify", "--json").out)
    assert (sound["sound"], sound["size"], sound["checked"], sound["unprotected"]) == (
        True, READS + 1, READS + 1, 0,
    )  # fmt: skip
    _tamper(practice, "DELETE FROM audit_entry WHERE seq > 200")
    found = run(practice, "audit", "verify", "--json")
    cut = json.loads(found.out)
    assert (found.status, cut["sound"], cut["first"]) == (1, False, 201)


def test_an_older_database_does_not_get_a_new_checkpoint(practice: Path) -> None:
    """The rollback stays visible, however often commands run on it."""
    older = practice.parent / "older.sqlite3"
    shutil.copy(practice / "vantrexia.sqlite3", older)
    run(practice, "users", "list")
    shutil.copy(older, practice / "vantrexia.sqlite3")
    assert run(practice, "users", "list").status == 0
    assert run(practice, "users", "list").status == 0
    refused = run(practice, "audit", "checkpoint")
    assert (refused.status, refused.out) == (1, "")
    assert "vantrexia audit verify" in refused.err
    assert run(practice, "audit", "verify").err == (
        f"Error: Entry {READS + 2} is not what it was when it was written.\n"
    )


@pytest.fixture
def exported(practice: Path) -> tuple[Path, str]:
    """An exported trail, and the key that an auditor got on another way. Everything else is gone."""
    folder = practice.parent / "trail"
    assert run(practice, "audit", "export", str(folder)).status == 0
    key = run(practice, "audit", "checkpoint", "--public-key").out
    shutil.rmtree(practice)
    return folder, key


def _verify(exported: tuple[Path, str], key: str | None = None) -> tuple[int, str]:
    folder, own = exported
    found = run(
        folder.parent / "nothing", "audit", "verify", "--offline", str(folder), "--public-key", key or own
    )
    assert not (folder.parent / "nothing").exists()
    return found.status, found.err


def test_an_exported_trail_is_verified_with_the_public_key_alone(exported: tuple[Path, str]) -> None:
    """No database, no key ring, no data directory; the key as text or in a file."""
    folder, key = exported
    file = folder.parent / "key.txt"
    file.write_text(key)
    assert _verify(exported) == (0, "")
    assert _verify(exported, str(file)) == (0, "")


def test_an_exported_trail_holds_no_phi(exported: tuple[Path, str]) -> None:
    """It can be handed to an auditor."""
    assert [
        path
        for path in exported[0].rglob("*")
        if path.is_file() and marks_in(path.read_bytes().decode("latin-1"))
    ] == []


def test_an_exported_trail_that_was_altered_is_refused(exported: tuple[Path, str]) -> None:
    """An entry, a missing bundle, a checkpoint of somebody else."""
    folder, _ = exported
    bundle = folder / "tile/entries/000"
    whole = bundle.read_bytes()
    bundle.write_bytes(whole.replace(b'"actor":0', b'"actor":9', 7).replace(b'"actor":9', b'"actor":0', 6))
    assert _verify(exported) == (1, "Error: Entry 7 is not what it was when it was written.\n")
    bundle.unlink()
    assert _verify(exported) == (1, "Error: Entry 1 is missing.\n")
    bundle.write_bytes(whole)
    assert _verify(exported)[0] == 0
    (folder / "tile/entries/001.p/46").unlink()
    assert _verify(exported) == (1, "Error: Entry 257 is missing.\n")


def test_another_key_is_not_believed(exported: tuple[Path, str]) -> None:
    """Nor is something that is no key."""
    stranger = VerifierKey(VerifierKey.parse(exported[1]).name, bytes(31) + b"\x01").text
    assert _verify(exported, stranger) == (
        1, "Error: The checkpoint is not signed by a key of this trail, or is damaged.\n",
    )  # fmt: skip
    assert _verify(exported, "nonsense")[0] == 1


def test_nothing_to_verify_is_not_verified(exported: tuple[Path, str], tmp_path: Path) -> None:
    """Neither a folder without its checkpoint, nor another one, nor a place where no practice is."""
    folder, key = exported
    (folder / "checkpoint").unlink()
    assert _verify(exported)[0] == 1
    (empty := tmp_path / "empty").mkdir()
    assert run(tmp_path / "x", "audit", "verify", "--offline", str(empty), "--public-key", key).status == 1
    found = run(tmp_path / "elsewhere", "audit", "verify")
    assert found.status == 1
    assert "There is no practice" in found.err


def test_a_folder_that_cannot_be_written_is_named(practice: Path, tmp_path: Path) -> None:
    """One line and status 1, and nothing on the trail that did not leave."""
    (file := tmp_path / "file").touch()
    before = run(practice, "audit", "dump").out.count("\n")
    refused = run(practice, "audit", "export", str(file / "trail"))
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert f"{file / 'trail'} cannot be written" in refused.err
    assert run(practice, "audit", "dump").out.count("\n") == before + 1


def test_wrong_usage_is_told(practice: Path) -> None:
    """An offline trail without a key from elsewhere proves nothing."""
    assert run(practice, "audit", "verify", "--offline", str(practice)).status == 2
    assert run(practice, "audit", "verify", "--newest", "5", "--since-checkpoint").status == 2
    assert run(practice, "audit", "export", str(practice)).status == 1


def test_the_dump_is_a_json_object_a_line(practice: Path) -> None:
    """With every member, absent ones as null; from a number on, and not more than asked for."""
    lines = [json.loads(line) for line in run(practice, "audit", "dump").out.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, READS + 2))
    assert lines[0]["action"] == "create"
    shown = {name: value for name, value in lines[5].items() if name not in {"at", "leaf"}}
    (patient,) = shown["disclosed"]
    assert shown == {
        "seq": 6,
        "action": "read",
        "outcome": "done",
        "practice_id": lines[0]["practice_id"],
        "actor": 0,
        "role": "admin",
        "code": None,
        "patient_id": patient,
        "user_id": None,
        "version": 1,
        "changed": None,
        "disclosed": [patient],
        "request_id": None,
        "address": "console:test",
        "purpose": None,
        "v": 1,
    }
    part = run(practice, "audit", "dump", "--after", "10", "--limit", "3").out
    assert part.splitlines() == run(practice, "audit", "dump").out.splitlines()[10:13]
    assert marks_in(part) == []


@pytest.mark.parametrize("command", ["export", "dump"])
def test_whoever_takes_the_trail_is_on_it(practice: Path, command: str) -> None:
    """Like an administrator who exports it over the API; by the account on the machine, before it leaves."""
    folder = [str(practice.parent / "trail")] if command == "export" else []
    assert run(practice, "audit", command, *folder).status == 0
    (line,) = run(practice, "audit", "dump", "--after", str(READS + 1)).out.splitlines()
    entry = json.loads(line)
    assert (entry["seq"], entry["action"], entry["outcome"]) == (READS + 2, "trail_export", "done")
    assert (entry["actor"], entry["role"], entry["disclosed"]) == (0, "admin", None)
    assert entry["address"].startswith("console:")
    assert entry["address"] != "console:test"


def test_an_export_holds_the_entry_about_itself(practice: Path) -> None:
    """Recorded first, then signed for, then copied."""
    folder = practice.parent / "trail"
    found = run(practice, "audit", "export", str(folder))
    assert found.err.endswith(f"{READS + 2} entries lie in {folder}.\n")


def test_an_export_that_does_not_begin_is_not_recorded(practice: Path) -> None:
    """The folder is looked at first: an entry says that something was handed out."""
    assert run(practice, "audit", "export", str(practice)).status == 1
    assert run(practice, "audit", "dump", "--after", str(READS + 1)).out == ""


@pytest.mark.parametrize("command", ["export", "dump"])
def test_without_an_entry_nothing_is_handed_out(practice: Path, command: str) -> None:
    """What cannot be recorded is not done, at the console too."""
    deed = "CREATE TRIGGER broken BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'no'); END"
    with sqlite3.connect(practice / "vantrexia.sqlite3") as connection:
        connection.execute(deed)
    connection.close()
    folder = practice.parent / "trail"
    found = run(practice, "audit", command, *([str(folder)] if command == "export" else []))
    assert (found.status, found.out) == (1, "")
    assert "The audit trail cannot be written" in found.err
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_the_dump_shows_text_that_is_no_utf8_as_no_entry(practice: Path) -> None:
    """And goes on behind it; the verification names it."""
    _tamper(practice, "UPDATE audit_entry SET code = CAST(x'C3' AS TEXT) WHERE seq = 3")
    lines = [json.loads(line) for line in run(practice, "audit", "dump").out.splitlines()]
    assert [line["seq"] for line in lines if line["action"] is None] == [3]
    assert len(lines) == READS + 1
    assert run(practice, "audit", "verify").err == (
        "Error: Entry 3 is not what it was when it was written.\n"
    )


def test_the_dump_shows_what_is_no_entry_as_such(practice: Path) -> None:
    """Whatever somebody wrote there is not repeated."""
    _tamper(practice, "UPDATE audit_entry SET code = 'Jane Doe called' WHERE seq = 3")
    line = json.loads(run(practice, "audit", "dump", "--after", "2", "--limit", "1").out)
    assert (line["seq"], line["action"]) == (3, None)
    assert "Jane" not in str(line)


def test_a_checkpoint_is_printed_as_it_is_kept(practice: Path) -> None:
    """Three lines and a signature."""
    printed = run(practice, "audit", "checkpoint").out
    assert printed.encode() == (practice / "checkpoints" / "checkpoint").read_bytes()
    origin, size, _, blank, signature, *_ = printed.split("\n")
    assert (size, blank) == (str(READS + 1), "")
    assert signature.startswith(f"— {origin} ")


def test_a_rotated_checkpoint_key_and_the_one_before_prove_one_trail(practice: Path, tmp_path: Path) -> None:
    """Here and offline, with the keys that are printed; checkpoints of the first key stay good."""
    assert run(practice, "audit", "verify").status == 0
    assert run(practice, "audit", "checkpoint").status == 0
    before = run(practice, "audit", "checkpoint", "--public-key").out
    assert run(practice, "keys", "rotate", "checkpoint").status == 0
    assert run(practice, "audit", "verify").status == 0
    keys = run(practice, "audit", "checkpoint", "--public-key").out
    assert (len(keys.splitlines()), keys.startswith(before)) == (2, True)
    folder = tmp_path / "trail"
    assert run(practice, "audit", "export", str(folder)).status == 0
    (both := tmp_path / "keys.txt").write_text(keys)
    verify = ("audit", "verify", "--offline", str(folder), "--public-key")
    assert run(tmp_path / "nowhere", *verify, str(both)).status == 0
    assert run(tmp_path / "nowhere", *verify, keys.splitlines()[1]).status == 0
    # The newest checkpoint is the new key's alone: whoever has the old one only has to be given the new one.
    assert run(tmp_path / "nowhere", *verify, before.strip()).status == 1


def test_the_folder_of_checkpoints_can_lie_elsewhere(tmp_path: Path) -> None:
    """On another disk, say, that the database's administrator cannot write to."""
    elsewhere = tmp_path / "elsewhere"
    create = "users create --email a@b.example --first-name A --last-name L --role admin --password-stdin"
    settings = {"VANTREXIA_CHECKPOINTS": str(elsewhere)}
    assert run(tmp_path / "data", *create.split(), stdin="a long pass phrase\n", **settings).status == 0
    assert (elsewhere / "checkpoint").is_file()
    assert not (tmp_path / "data" / "checkpoints").exists()


def _size(folder: Path) -> int:
    """How many entries there are."""
    size: int = json.loads(run(folder, "audit", "verify", "--json").out)["size"]
    return size


def test_what_is_older_than_seven_years_is_archived(tmp_path: Path) -> None:
    """To a folder that verifies by itself; younger entries are not in it, and the trail stays whole."""
    data, folder = tmp_path / "data", tmp_path / "archive"
    with open_service(
        Settings(data_dir=data), clock=ManualClock(datetime(2018, 5, 4, tzinfo=UTC))
    ) as service:
        actor = operator(service.practice_id, Origin(address="console:test"))
        for _ in range(3):
            register_patient(service.desk, actor, a_new_patient())
        service.trail.notary.publish(service.desk.clock.now(), is_patient=True)
        before = service.trail.notary.source.size()
    run(data, "patients", "deleted")
    newest = _size(data)
    found = run(data, "audit", "archive", str(folder))
    assert (found.status, found.out) == (0, "")
    assert found.err.endswith(f"{before} entries lie in {folder}, and verify.\n")
    key = run(data, "audit", "checkpoint", "--public-key").out
    offline = run(tmp_path, "audit", "verify", "--offline", str(folder), "--public-key", key.strip())
    assert offline.out.startswith(f"{before} entries, {before} of them under the newest checkpoint")
    assert run(data, "audit", "verify").status == 0
    assert _size(data) == newest + 1
    (line,) = run(data, "audit", "dump", "--after", str(newest)).out.splitlines()
    assert (json.loads(line)["action"], json.loads(line)["outcome"]) == ("trail_export", "done")
    again = run(data, "audit", "archive", str(folder))
    assert (again.status, again.err) == (1, f"Error: {folder} is not empty. Name a new folder.\n")


def test_what_is_younger_is_not_archived(practice: Path, tmp_path: Path) -> None:
    """It is said, and nothing is written."""
    found = run(practice, "audit", "archive", str(tmp_path / "archive"))
    assert (found.status, found.err) == (0, "Nothing is older than 7 years, so nothing was written.\n")
    assert not (tmp_path / "archive").exists()
