"""``vantrexia backup`` and ``restore``: the rehearsal, what they refuse, and what kill -9 leaves."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.databases import PostgresqlServer
from tests.marks import FIRST, LAST, MRN, a_marked_new_patient, marks_in
from tests.programs import SECONDS_MAX, Finished, environment, run
from vantrexia_adapters.assembly import open_service, restore_place
from vantrexia_adapters.settings import Settings
from vantrexia_adapters.sql import is_empty, open_engine
from vantrexia_core.identity import operator
from vantrexia_core.kernel import Origin, Phi
from vantrexia_core.patients import Listing, find_patients, register_patient


@attrs.frozen
class Practice:
    """A deployment with a patient, a backup of it, and the backup's key."""

    folder: Path
    key: Path
    file: Path

    def restore(self, to: Path, *options: str, file: Path | None = None, **settings: str) -> Finished:
        """Run the command."""
        return run(to, "restore", "--key-file", str(self.key), *options, str(file or self.file), **settings)


def _register(folder: Path, last: str) -> None:
    with open_service(Settings(data_dir=folder)) as service:
        new = a_marked_new_patient()
        new = attrs.evolve(new, mrn=None, external_id=None, ssn=None) if last != LAST else new
        register_patient(service.desk, operator(service.practice_id, Origin()), new)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    """Backed up by the commands, once for all tests; copied by whoever changes it."""
    home = tmp_path_factory.mktemp("practice")
    folder, key, file = home / "data", home / "backup.key", home / "it.backup"
    _register(folder, LAST)
    assert run(folder, "keys", "create-backup-key", str(key)).status == 0
    done = run(folder, "backup", "--key-file", str(key), str(file))
    assert (done.status, done.err.count("Error")) == (0, 0)
    assert "1 patients, 2 entries of the audit trail" in done.out
    return Practice(folder, key, file)


@pytest.fixture
def practice(original: Practice, tmp_path: Path) -> Practice:
    """A copy."""
    shutil.copytree(original.folder, tmp_path / "data")
    return attrs.evolve(original, folder=tmp_path / "data")


def _found(folder: Path, **settings: str) -> int:
    chosen = Settings(data_dir=folder, database_url=settings.get("VANTREXIA_DATABASE_URL"))
    with open_service(chosen) as service:
        actor = operator(service.practice_id, Origin())
        return find_patients(service.desk, actor, Listing(search=Phi(f"{FIRST} {MRN}"))).count


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Settings for an empty database of either kind."""
    if request.param == "sqlite":
        yield {}
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.database(is_migrated=False) as url:
        yield {"VANTREXIA_DATABASE_URL": url}


def test_the_rehearsal(original: Practice, tmp_path: Path, target: dict[str, str]) -> None:
    """Backup, verify, restore on an empty machine, verify the trail, find the patient; no PHI is shown."""
    verified = run(
        tmp_path, "backup", "--key-file", str(original.key), "--verify", "--json", str(original.file)
    )
    said = json.loads(verified.out)
    assert (verified.status, said["rows"]["patient"], said["trail"]["size"], said["with_keys"]) == (
        0, 1, 2, True,
    )  # fmt: skip
    done = original.restore(tmp_path / "new", **target)
    assert (done.status, done.out.startswith("Restored: ")) == (0, True)
    assert "There was no key ring here" in done.out
    assert "If it was stolen: vantrexia keys rotate token --at-once" in done.out
    trail = run(tmp_path / "new", "audit", "verify", **target)
    assert (trail.status, "3 entries, 3 of them under the newest checkpoint" in trail.out) == (0, True)
    assert _found(tmp_path / "new", **target) == 1
    assert marks_in(verified.out + done.out + done.err + trail.out) == []


def test_a_deployment_that_has_something_is_left_alone(practice: Practice) -> None:
    """One line that says what to do."""
    before = (practice.folder / "vantrexia.sqlite3").read_bytes()
    refused = practice.restore(practice.folder)
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "not empty" in refused.err
    assert (practice.folder / "vantrexia.sqlite3").read_bytes() == before


def test_a_restore_that_is_refused_leaves_no_database(original: Practice, tmp_path: Path) -> None:
    """Neither for the service to begin an empty practice in, nor in the way of the right command."""
    cut, folder = tmp_path / "cut.backup", tmp_path / "new"
    cut.write_bytes(original.file.read_bytes()[:-100])
    refused = original.restore(folder, file=cut)
    assert (refused.status, "damaged" in refused.err, list(folder.iterdir())) == (1, True, [])
    with pytest.raises(KeyboardInterrupt), restore_place(Settings(data_dir=folder)) as place:
        assert is_empty(place.engine)
        raise KeyboardInterrupt
    assert list(folder.iterdir()) == []
    engine = open_engine(f"sqlite:///{folder / 'vantrexia.sqlite3'}")
    engine.connect().close()
    engine.dispose()
    assert original.restore(folder).status == 0


def test_a_database_that_was_lost_is_rolled_back_only_when_somebody_says_why(practice: Practice) -> None:
    """Key ring and checkpoints are still there, and newer than the backup."""
    _register(practice.folder, "another")
    (practice.folder / "vantrexia.sqlite3").unlink()
    for name in ("vantrexia.sqlite3-wal", "vantrexia.sqlite3-shm"):
        (practice.folder / name).unlink(missing_ok=True)
    refused = practice.restore(practice.folder)
    assert (refused.status, "--accept-rollback" in refused.err) == (1, True)
    note = practice.folder.parent / "kept"
    shutil.copy(practice.folder / "checkpoints" / "checkpoint", note)
    done = practice.restore(practice.folder, "--accept-rollback", "data_lost")
    assert (done.status, "given up" in done.out) == (0, True)
    verified = run(practice.folder, "audit", "verify")
    assert (verified.status, "Entry 3 tells of a rollback (data_lost)" in verified.out) == (0, True)
    compared = run(practice.folder, "audit", "verify", "--checkpoint", str(note))
    assert (compared.status, compared.err) == (
        1,
        "Error: Entry 3 says that a backup was restored and gave up what the checkpoint was signed for.\n",
    )
    lines = [json.loads(line) for line in run(practice.folder, "audit", "dump").out.splitlines()]
    assert [line["action"] for line in lines] == [
        "create", "backup_start", "trail_rollback", "backup_restore",
    ]  # fmt: skip


def test_a_key_that_was_destroyed_stays_destroyed(practice: Practice) -> None:
    """The key ring that is here wins over the backup's: a restore does not undo an off-boarding."""
    with open_service(Settings(data_dir=practice.folder)) as service:
        id_ = str(service.practice_id)
    destroyed = run(
        practice.folder,
        *("keys", "destroy-practice", id_, "--confirm", id_),
        VANTREXIA_ALLOW_PRACTICE_DESTRUCTION="yes",
    )
    assert (destroyed.status, "backup key" in destroyed.out) == (0, True)
    for path in practice.folder.glob("vantrexia.sqlite3*"):
        path.unlink()
    done = practice.restore(practice.folder, "--accept-rollback", "data_lost")
    assert (done.status, "no key ring here" in done.out) == (0, False)
    keys = json.loads(run(practice.folder, "keys", "status", "--json").out)
    assert {key["state"] for key in keys if key["scope"] == id_} == {"destroyed"}


def test_a_backup_without_keys_needs_the_key_ring(practice: Practice, tmp_path: Path) -> None:
    """It holds none, says so, and is of no use to whoever has nothing else."""
    file = tmp_path / "bare.backup"
    done = run(practice.folder, "backup", "--key-file", str(practice.key), "--without-keys", str(file))
    assert (done.status, "no key ring" in done.out) == (0, True)
    refused = practice.restore(tmp_path / "new", file=file)
    assert (refused.status, "Put the deployment's key ring" in refused.err) == (1, True)
    shutil.copy(practice.folder / "keyring.json", tmp_path / "new" / "keyring.json")
    assert practice.restore(tmp_path / "new", file=file).status == 0
    assert _found(tmp_path / "new") == 1


def test_a_file_that_is_there_is_not_replaced(original: Practice) -> None:
    """Not even by a newer backup."""
    before = original.file.read_bytes()
    refused = run(original.folder, "backup", "--key-file", str(original.key), str(original.file))
    assert (refused.status, "already" in refused.err) == (1, True)
    assert original.file.read_bytes() == before


def test_the_key_has_to_be_named_and_to_be_safe(original: Practice, tmp_path: Path) -> None:
    """By option or setting; a file that others can read is refused, and a second one is not made over it."""
    assert "create-backup-key" in run(tmp_path, "backup", str(tmp_path / "x")).err
    assert "create-backup-key" in run(tmp_path, "backup", "--key-file", str(tmp_path / "no"), "x").err
    key = tmp_path / "loose.key"
    shutil.copy(original.key, key)
    assert run(tmp_path, "keys", "create-backup-key", str(key)).status == 1
    key.chmod(0o644)
    setting = {"VANTREXIA_BACKUP_KEY_FILE": str(key)}
    refused = run(tmp_path, "backup", "--verify", str(original.file), **setting)
    assert (refused.status, "chmod 600" in refused.err) == (1, True)
    key.chmod(0o600)
    assert run(tmp_path, "backup", "--verify", str(original.file), **setting).status == 0
    key.write_text("nothing")
    assert "not a backup key" in run(tmp_path, "backup", "--verify", str(original.file), **setting).err


def test_what_was_named_by_mistake_is_said(original: Practice, tmp_path: Path) -> None:
    """A folder that is not there is not made, and a key is not taken for a backup."""
    made = run(tmp_path, "keys", "create-backup-key", str(tmp_path / "no" / "a.key"))
    written = run(
        original.folder, "backup", "--key-file", str(original.key), str(tmp_path / "no" / "a.backup")
    )
    assert (made.status, "no folder" in made.err, written.status) == (1, True, 1)
    assert not (tmp_path / "no").exists()
    verified = run(tmp_path, "backup", "--verify", "--key-file", str(original.key), str(original.key))
    assert (verified.status, "This is a backup key" in verified.err) == (1, True)


def test_nobody_is_sent_away_from_an_unfinished_restore(practice: Practice) -> None:
    """Its key ring is there before its database: every command says that the restore is to be repeated.

    Nobody is told to remove the marker, which keeps what is being given up.
    """
    for path in practice.folder.glob("vantrexia.sqlite3*"):
        path.unlink()
    marker = practice.folder / "restore-unfinished"
    marker.write_text("")
    for command in (("users", "list"), ("audit", "verify")):
        refused = run(practice.folder, *command)
        assert (refused.status, "same vantrexia restore" in refused.err) == (1, True)
        assert f"Leave {marker} where it is" in refused.err
    assert marker.exists()


def _die(folder: Path, practice: Practice, label: str, deed: str, file: Path, **settings: str) -> None:
    """Run until the first step under the label, and be killed there."""
    command = [sys.executable, "-m", "tests.adapters.backups.dying", label, deed, str(file)]
    settings |= {"VANTREXIA_BACKUP_KEY_FILE": str(practice.key)}
    done = subprocess.run(command, env=environment(folder, **settings), timeout=SECONDS_MAX, check=False)
    assert done.returncode == -signal.SIGKILL


def test_kill_9_in_a_backup_leaves_no_backup(practice: Practice, tmp_path: Path) -> None:
    """Nothing under its name, and the next one of that name succeeds."""
    file = tmp_path / "cut.backup"
    _die(practice.folder, practice, "Reading it again", "backup", file)
    assert not file.exists()
    assert run(practice.folder, "backup", "--key-file", str(practice.key), str(file)).status == 0
    assert {path.name for path in tmp_path.iterdir()} == {"data", "cut.backup"}


def test_kill_9_in_a_restore_leaves_all_or_nothing(
    original: Practice, tmp_path: Path, target: dict[str, str]
) -> None:
    """Before the commit and after it: no service starts on it, and the same command finishes it."""
    folder = tmp_path / "new"
    _die(folder, original, "Comparing rows", "restore", original.file, **target)
    if not target:
        _die(folder, original, "Verifying the trail", "restore", original.file)
    refused = run(folder, "users", "list", **target)
    assert (refused.status, "vantrexia restore" in refused.err) == (1, True)
    done = original.restore(folder, **target)
    assert (done.status, done.out.startswith("Restored: ")) == (0, True)
    assert run(folder, "audit", "verify", **target).out.startswith("3 entries, 3 of them")
    assert _found(folder, **target) == 1
