"""The key ring: made once, grown without loss, and refused whenever something about it is wrong."""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import attrs
import pytest

from tests.builders import a_practice_id
from tests.sources import EPOCH, ManualClock
from vantrexia_adapters.crypto import (
    DEPLOYMENT,
    DEPLOYMENT_PURPOSES,
    PRACTICE_PURPOSES,
    FileKeyWrapper,
    KeyCheck,
    KeyInUseError,
    KeyName,
    KeyRing,
    KeyRingDamagedError,
    KeyRingError,
    KeyRingExistsError,
    KeyRingMissingError,
    KeyRingUnsafeError,
    Purpose,
    RootKey,
    UnknownKeyError,
    WrongKeyRingError,
)
from vantrexia_core.protection import KEY_VERSION_MAX

HERE, ELSEWHERE = a_practice_id(1), a_practice_id(2)
Damage = Callable[[dict[str, Any]], object]


def a_ring(path: Path) -> KeyRing:
    """A ring with one practice."""
    ring = KeyRing.create(path, ManualClock())
    ring.ensure_scope(HERE)
    return ring


def opened(path: Path) -> KeyRing:
    """The ring as another process sees it."""
    return KeyRing.open(path, ManualClock())


def names(ring: KeyRing) -> list[tuple[str, str, int]]:
    """What is in a ring."""
    return sorted(attrs.astuple(check.name) for check in ring.checks())


# --- making one -------------------------------------------------------------------------------------------


def test_a_new_ring_holds_the_deployments_keys_only(path: Path) -> None:
    """Practices get theirs when they are founded."""
    ring = KeyRing.create(path, ManualClock())
    assert names(ring) == [
        (DEPLOYMENT, purpose, 1) for purpose in ("account", "checkpoint", "index", "token")
    ]


def test_only_the_owner_can_read_it(path: Path) -> None:
    """File 0600, directory 0700, and nothing but the lock beside it."""
    a_ring(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert sorted(file.name for file in path.parent.iterdir()) == ["keyring.json", "keyring.json.lock"]


def test_it_is_never_overwritten_by_a_fresh_one(path: Path) -> None:
    """Losing a ring is losing every record: creating refuses whatever is there, damaged or not."""
    a_ring(path)
    for content in (path.read_bytes(), b"", b"damaged"):
        path.write_bytes(content)
        with pytest.raises(KeyRingExistsError):
            KeyRing.create(path, ManualClock())
        assert path.read_bytes() == content


def test_of_many_creators_at_once_exactly_one_wins(path: Path) -> None:
    """Everybody else is told that there is one, and all of them then open the same ring."""
    barrier = Barrier(8)

    def create(_: int) -> KeyRing | None:
        barrier.wait()
        try:
            return KeyRing.create(path, ManualClock())
        except KeyRingExistsError:
            return None

    with ThreadPoolExecutor(8) as threads:
        made = [ring for ring in threads.map(create, range(8)) if ring is not None]
    assert len(made) == 1
    assert opened(path).checks() == made[0].checks()


def test_two_rings_share_no_key(tmp_path: Path) -> None:
    """Fresh randomness for every key."""
    rings = [a_ring(tmp_path / name / "keyring.json") for name in ("one", "two")]
    values = [check.value for ring in rings for check in ring.checks()]
    assert len(set(values)) == len(values)


# --- growing ----------------------------------------------------------------------------------------------


def test_a_practice_gets_a_field_and_an_index_key(path: Path) -> None:
    """Data keys are per practice from the first day."""
    ring = a_ring(path)
    assert ring.active(HERE, Purpose.FIELD) == ring.active(HERE, Purpose.INDEX) == 1
    with pytest.raises(UnknownKeyError):
        ring.active(HERE, Purpose.TOKEN)


def test_ensuring_a_scope_again_changes_nothing(path: Path) -> None:
    """It may be called at every start."""
    ring = a_ring(path)
    before = path.read_bytes()
    ring.ensure_scope(HERE)
    ring.ensure_scope(DEPLOYMENT)
    opened(path).ensure_scope(HERE)
    assert path.read_bytes() == before


def test_keys_survive_the_process(path: Path) -> None:
    """Opened again, the ring derives the same keys."""
    ring = a_ring(path)
    ring.rotate(HERE, Purpose.FIELD)
    again = opened(path)
    for version in (1, 2):
        ours, theirs = (r.root(HERE, Purpose.FIELD, version).derive(b"x") for r in (ring, again))
        assert ours == theirs
    assert again.checks() == ring.checks()


def test_a_rotation_adds_a_version_and_keeps_the_old_one(path: Path) -> None:
    """The newest is active, the others stay readable; the file says since when."""
    clock = ManualClock()
    ring = KeyRing.create(path, clock)
    assert ring.rotate(DEPLOYMENT, Purpose.TOKEN) == 2
    assert ring.versions(DEPLOYMENT, Purpose.TOKEN) == (1, 2)
    tokens = [key for key in json.loads(path.read_text())["keys"] if key["purpose"] == "token"]
    assert [(key["version"], key["state"]) for key in tokens] == [(1, "readable"), (2, "active")]
    assert {datetime.fromisoformat(key["created_at"]) for key in tokens} == {EPOCH.astimezone(UTC)}


@pytest.mark.parametrize("purpose", [Purpose.INDEX, Purpose.ACCOUNT])
def test_keys_that_bind_accounts_are_not_rotated(path: Path, purpose: Purpose) -> None:
    """Nobody would be found by their address, and no account would be genuine."""
    ring = a_ring(path)
    before = path.read_bytes()
    with pytest.raises(KeyRingError, match="not rotated"):
        ring.rotate(DEPLOYMENT, purpose)
    assert path.read_bytes() == before


def test_a_prepared_key_opens_and_does_not_seal_yet(path: Path) -> None:
    """Published to everybody first; the next rotation uses it."""
    ring = a_ring(path)
    assert ring.prepare(HERE, Purpose.FIELD) == 2
    assert ring.active(HERE, Purpose.FIELD) == 1
    assert opened(path).root(HERE, Purpose.FIELD, 2)
    with pytest.raises(KeyInUseError, match="prepared already"):
        ring.prepare(HERE, Purpose.FIELD)
    assert ring.rotate(HERE, Purpose.FIELD) == 2
    assert ring.active(HERE, Purpose.FIELD) == 2


def test_a_key_is_retired_after_it_was_replaced_and_destroyed_after_that(path: Path) -> None:
    """In this order only; its name and check value stay, its number never comes again."""
    ring = a_ring(path)
    ring.rotate(HERE, Purpose.FIELD)
    checks = ring.checks()
    with pytest.raises(KeyInUseError, match="only one that was replaced"):
        ring.retire(HERE, Purpose.FIELD, 2)
    with pytest.raises(KeyInUseError, match="only a retired key"):
        ring.destroy(HERE, Purpose.FIELD, 1)
    ring.retire(HERE, Purpose.FIELD, 1)
    assert ring.root(HERE, Purpose.FIELD, 1).derive(b"x")
    ring.destroy(HERE, Purpose.FIELD, 1)
    for one in (ring, opened(path)):
        with pytest.raises(UnknownKeyError, match="was destroyed"):
            one.root(HERE, Purpose.FIELD, 1)
        assert sorted(map(attrs.astuple, one.checks())) == sorted(map(attrs.astuple, checks))
    assert ring.rotate(HERE, Purpose.FIELD) == 3


def test_a_running_process_forgets_a_key_that_another_one_destroyed(path: Path) -> None:
    """It knows the ring for its own, and goes on with the rest."""
    ours, theirs = a_ring(path), opened(path)
    theirs.rotate(HERE, Purpose.FIELD)
    theirs.retire(HERE, Purpose.FIELD, 1)
    theirs.destroy(HERE, Purpose.FIELD, 1)
    ours.refresh()
    assert ours.active(HERE, Purpose.FIELD) == 2
    with pytest.raises(UnknownKeyError):
        ours.root(HERE, Purpose.FIELD, 1)


@pytest.mark.parametrize(
    "damage",
    [
        lambda key: key.update(state="destroyed"),
        lambda key: key.pop("ended_at"),
        lambda key: key.update(ended_at="soon"),
        lambda key: key.update(state="active"),
        lambda key: key.pop("wrapped"),
    ],
    ids=["destroyed with a key", "no end", "an end that is none", "active with an end", "no key"],
)
def test_a_retired_key_that_is_none_is_refused(path: Path, damage: Damage) -> None:
    """As strict as with the others."""
    ring = a_ring(path)
    ring.rotate(HERE, Purpose.FIELD)
    ring.retire(HERE, Purpose.FIELD, 1)
    content = json.loads(path.read_text())
    damage(next(key for key in content["keys"] if key["state"] == "retired"))
    path.write_text(json.dumps(content))
    with pytest.raises(KeyRingDamagedError):
        opened(path)


def test_a_file_that_went_wrong_is_told_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever seals and opens goes on; the log is not filled."""
    ring = a_ring(path)
    path.chmod(0o644)
    for _ in range(3):
        ring._look_at = 0.0
        ring.notice()
    assert len(caplog.records) == 1
    assert "chmod 600" in caplog.text


def test_a_practice_without_keys_is_not_rotated(path: Path) -> None:
    """Rotation never founds a practice."""
    with pytest.raises(UnknownKeyError):
        a_ring(path).rotate(ELSEWHERE, Purpose.FIELD)


def test_the_last_version_is_not_followed_by_another(path: Path) -> None:
    """Two bytes hold the version in every envelope; it never starts over."""
    a_ring(path)
    path.write_text(json.dumps(_rewrapped(json.loads(path.read_text()), "token", KEY_VERSION_MAX)))
    ring = opened(path)
    with pytest.raises(KeyRingError, match="no versions left"):
        ring.rotate(DEPLOYMENT, Purpose.TOKEN)


def test_a_key_that_another_process_added_is_found(path: Path) -> None:
    """An open ring reads its file again before it says that a key is unknown."""
    ours, theirs = a_ring(path), opened(path)
    generation = ours.generation
    theirs.ensure_scope(ELSEWHERE)
    theirs.rotate(HERE, Purpose.FIELD)
    assert ours.active(ELSEWHERE, Purpose.FIELD) == 1
    assert ours.root(HERE, Purpose.FIELD, 2).derive(b"x") == theirs.root(HERE, Purpose.FIELD, 2).derive(b"x")
    assert ours.generation > generation


def test_two_processes_growing_at_once_lose_no_key(path: Path) -> None:
    """Each rewrites the whole file, so each must see what the other one wrote."""
    a_ring(path)
    program = """
import sys
from pathlib import Path
from uuid import UUID
from vantrexia_adapters.crypto import KeyRing
from vantrexia_adapters.system import SystemClock
ring = KeyRing.open(Path(sys.argv[1]), SystemClock())
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 20):
    ring.ensure_scope(UUID(int=number))
"""
    starts = (1_000, 2_000)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path), str(start)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for start in starts
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"go\n")
        child.stdin.flush()
    for child in children:
        child.communicate()
    assert [child.returncode for child in children] == [0, 0]
    expected = len(DEPLOYMENT_PURPOSES) + len(PRACTICE_PURPOSES) * (1 + 20 * len(starts))
    assert len(opened(path).checks()) == expected


@pytest.mark.parametrize("fatal", ["os.fsync", "pathlib.Path.rename"])
def test_a_process_killed_while_growing_leaves_the_old_ring(path: Path, fatal: str) -> None:
    """Between any two steps of the replacement the file is whole, and the next writer clears up."""
    ring = a_ring(path)
    before = path.read_bytes()
    died = _killed_at(fatal, "KeyRing.open(path, SystemClock()).ensure_scope(UUID(int=77))", path)
    assert died == -signal.SIGKILL
    assert path.read_bytes() == before
    assert path.with_name("keyring.json.new").exists()
    ring.ensure_scope(ELSEWHERE)
    assert opened(path).active(ELSEWHERE, Purpose.FIELD) == 1
    assert not path.with_name("keyring.json.new").exists()


@pytest.mark.parametrize("fatal", ["os.fsync", "pathlib.Path.hardlink_to"])
def test_a_process_killed_while_creating_leaves_no_ring(path: Path, fatal: str) -> None:
    """A half-written first ring is not a ring: the next start makes one."""
    assert _killed_at(fatal, "KeyRing.create(path, SystemClock())", path) == -signal.SIGKILL
    with pytest.raises(KeyRingMissingError):
        opened(path)
    KeyRing.create(path, ManualClock())
    assert opened(path).active(DEPLOYMENT, Purpose.TOKEN) == 1


def _killed_at(step: str, action: str, path: Path) -> int:
    """Run ``action`` in a process that is killed when it comes to ``step``."""
    program = f"""
import os, pathlib, signal, sys
from uuid import UUID
from vantrexia_adapters.crypto import KeyRing
from vantrexia_adapters.system import SystemClock
path = pathlib.Path(sys.argv[1])
{step} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
{action}
"""
    return subprocess.run([sys.executable, "-c", program, str(path)], check=False).returncode


# --- refusing ---------------------------------------------------------------------------------------------


def test_a_missing_ring_is_refused_and_none_is_made(path: Path) -> None:
    """The sentence says what to do, and above all what not to do."""
    with pytest.raises(KeyRingMissingError, match="never create one for an existing database"):
        opened(path)
    path.parent.mkdir(mode=0o700)
    with pytest.raises(KeyRingMissingError, match="from your backup"):
        opened(path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620, 0o610])
def test_a_ring_that_others_can_touch_is_refused(path: Path, mode: int) -> None:
    """Group and world have no business with it."""
    a_ring(path)
    path.chmod(mode)
    with pytest.raises(KeyRingUnsafeError, match="chmod 600"):
        opened(path)


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_ring_that_others_can_replace_is_refused(path: Path, mode: int) -> None:
    """Who may write to the directory may put another ring there."""
    a_ring(path)
    path.parent.chmod(mode)
    with pytest.raises(KeyRingUnsafeError, match="chmod go-w"):
        opened(path)
    path.unlink()
    with pytest.raises(KeyRingUnsafeError):
        KeyRing.create(path, ManualClock())


def test_a_link_to_a_ring_is_refused(path: Path) -> None:
    """A link points to wherever somebody wants."""
    a_ring(path)
    link = path.with_name("link.json")
    link.symlink_to(path)
    with pytest.raises(KeyRingUnsafeError):
        opened(link)


def test_what_is_no_file_is_refused(path: Path) -> None:
    """A directory and a pipe in its place are refused at once; the pipe is not waited for."""
    path.mkdir(mode=0o700, parents=True)
    path.parent.chmod(0o700)
    with pytest.raises(KeyRingUnsafeError):
        opened(path)
    path.rmdir()
    os.mkfifo(path, 0o600)
    with pytest.raises(KeyRingUnsafeError, match="not a regular file"):
        opened(path)


DAMAGES: dict[str, Damage] = {
    "another format": lambda ring: ring.update(format="vantrexia-keyring/2"),
    "no format": lambda ring: ring.pop("format"),
    "no key-encryption key": lambda ring: ring.pop("kek"),
    "no keys": lambda ring: ring.pop("keys"),
    "keys that are no list": lambda ring: ring.update(keys={}),
    "a key that is no object": lambda ring: ring["keys"].append("key"),
    "an unknown member": lambda ring: ring.update(note="hello"),
    "an unknown member of a key": lambda ring: ring["keys"][0].update(note="hello"),
    "a missing member of a key": lambda ring: ring["keys"][0].pop("check"),
    "another provider": lambda ring: ring["kek"].update(provider="kms"),
    "a shorter key-encryption key": lambda ring: ring["kek"].update(key=ring["kek"]["key"][:-2]),
    "another key-encryption key": lambda ring: ring["kek"].update(key="00" * 32),
    "upper-case digits": lambda ring: ring["kek"].update(key="AB" * 32),
    "digits that are none": lambda ring: ring["keys"][0].update(wrapped="zz" * 40),
    "a wrapped key that is a number": lambda ring: ring["keys"][0].update(wrapped=1),
    "another wrapped key": lambda ring: ring["keys"][0].update(wrapped=ring["keys"][1]["wrapped"]),
    "another check value": lambda ring: ring["keys"][0].update(check="00" * 8),
    "a scope that is none": lambda ring: ring["keys"][0].update(scope="practice"),
    "a scope in upper case": lambda ring: ring["keys"][0].update(scope=str(HERE).upper()),
    "a key in another scope": lambda ring: ring["keys"][0].update(scope=str(ELSEWHERE)),
    "a purpose that is none": lambda ring: ring["keys"][0].update(purpose="field|1"),
    "a key for another purpose": lambda ring: ring["keys"][0].update(purpose="other"),
    "version 0": lambda ring: ring["keys"][0].update(version=0),
    "version 65536": lambda ring: ring["keys"][0].update(version=65_536),
    "a version that is text": lambda ring: ring["keys"][0].update(version="1"),
    "a version that is true": lambda ring: ring["keys"][0].update(version=True),
    "another version": lambda ring: ring["keys"][0].update(version=2),
    "a state that is none": lambda ring: ring["keys"][0].update(state="retired"),
    "a state that is a list": lambda ring: ring["keys"][0].update(state=["active"]),
    "no active key": lambda ring: ring["keys"][0].update(state="readable"),
    "a time that is none": lambda ring: ring["keys"][0].update(created_at="yesterday"),
    "a day that is none": lambda ring: ring["keys"][0].update(created_at="2026-02-30T00:00:00Z"),
    "a time without zone": lambda ring: ring["keys"][0].update(created_at="2026-02-03T00:00:00"),
    "a key twice": lambda ring: ring["keys"].append(ring["keys"][0]),
    "a key twice in another state": lambda ring: ring["keys"].append(
        {**ring["keys"][0], "state": "readable"}
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_ring_is_refused(path: Path, damage: Damage) -> None:
    """Whatever is not exactly a ring is refused, and stays as it is."""
    a_ring(path)
    content = json.loads(path.read_text())
    damage(content)
    path.write_text(json.dumps(content))
    before = path.read_bytes()
    with pytest.raises(KeyRingDamagedError, match="from your backup"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"null",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"format":NaN,"kek":{},"keys":[]}',
        '{"format":"vantrexia-keyring/1","kek":{},"keys":["\u00e9"]}'.encode(),
    ],
    ids=["empty", "noise", "null", "list", "cut", "deep", "NaN", "beyond ASCII"],
)
def test_what_is_not_json_is_refused(path: Path, content: bytes) -> None:
    """Reading is strict: one spelling, no guessing."""
    a_ring(path)
    path.write_bytes(content)
    with pytest.raises(KeyRingDamagedError, match="damaged"):
        opened(path)


def test_a_member_that_occurs_twice_is_refused(path: Path) -> None:
    """Two parsers might believe different ones of the two."""
    a_ring(path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"{", b'{"format": "vantrexia-keyring/1",', 1))
    with pytest.raises(KeyRingDamagedError, match="twice"):
        opened(path)


def test_a_file_that_is_too_large_is_refused(path: Path) -> None:
    """A limit on everything: what is larger than 64 MiB is no key ring, and is not read whole."""
    a_ring(path)
    os.truncate(path, 1024**3)
    with pytest.raises(KeyRingDamagedError, match="too large"):
        opened(path)


def test_a_purpose_of_a_later_release_is_kept(path: Path) -> None:
    """Going back to an older release must not lose a newer one's keys."""
    a_ring(path)
    path.write_text(json.dumps(_rewrapped(json.loads(path.read_text()), "token", 1, becomes="trail")))
    ring = opened(path)
    ring.ensure_scope(ELSEWHERE)
    ring.ensure_scope(DEPLOYMENT)
    assert (DEPLOYMENT, "trail", 1) in names(opened(path))


@pytest.mark.parametrize("damage", ["removed", "damaged", "unsafe"])
def test_a_running_process_keeps_its_keys_when_the_file_goes_wrong(path: Path, damage: str) -> None:
    """What is in memory goes on working; only new keys are refused."""
    ring = a_ring(path)
    if damage == "removed":
        path.unlink()
    elif damage == "damaged":
        path.write_bytes(b"{}")
    else:
        path.chmod(0o644)
    assert ring.root(HERE, Purpose.FIELD, 1).derive(b"x")
    with pytest.raises(KeyRingError):
        ring.ensure_scope(ELSEWHERE)
    assert ring.active(HERE, Purpose.FIELD) == 1


def test_a_running_process_does_not_take_another_ring(tmp_path: Path, path: Path) -> None:
    """A ring put in the file's place while the service runs is refused, and not written to."""
    ring = a_ring(path)
    a_ring(tmp_path / "other" / "keyring.json").ensure_scope(ELSEWHERE)
    (tmp_path / "other" / "keyring.json").rename(path)
    foreign = path.read_bytes()
    with pytest.raises(WrongKeyRingError):
        ring.refresh()
    with pytest.raises(WrongKeyRingError):
        ring.ensure_scope(a_practice_id(3))
    assert path.read_bytes() == foreign


def test_a_running_process_does_not_take_an_older_ring(path: Path) -> None:
    """An old backup put back would lose keys that are in use; the process refuses to go on from there."""
    ring = a_ring(path)
    before = path.read_bytes()
    ring.ensure_scope(ELSEWHERE)
    path.write_bytes(before)
    with pytest.raises(WrongKeyRingError, match=str(ELSEWHERE)):
        ring.refresh()


# --- belonging to a database --------------------------------------------------------------------------------


def test_the_ring_of_a_database_is_recognised(path: Path) -> None:
    """It may have grown since."""
    ring = a_ring(path)
    stored = ring.checks()
    ring.ensure_scope(ELSEWHERE)
    ring.compare_checks(stored)
    opened(path).compare_checks(stored)


def test_a_ring_that_another_process_has_grown_is_read_again_before_it_is_refused(path: Path) -> None:
    """Two processes starting at once do not refuse each other."""
    ours, theirs = a_ring(path), opened(path)
    theirs.ensure_scope(ELSEWHERE)
    ours.compare_checks(theirs.checks())
    assert ours.checks() == theirs.checks()


def test_the_ring_of_another_database_is_refused(tmp_path: Path) -> None:
    """Same practice, same versions, other keys: the practice is named, no byte of a key is."""
    ours, theirs = (a_ring(tmp_path / name / "keyring.json") for name in ("ours", "theirs"))
    stored = [check for check in theirs.checks() if check.name.scope == str(HERE)]
    with pytest.raises(WrongKeyRingError, match=f"key 1 of practice {HERE}") as raised:
        ours.compare_checks(stored)
    report = "".join(traceback.format_exception(raised.value))
    for check in (*ours.checks(), *theirs.checks()):
        assert check.value.hex() not in report
        assert repr(check.value) not in report


@pytest.mark.parametrize("value", [b"", bytes(8)])
def test_a_key_that_the_ring_lacks_is_refused_whatever_was_stored(path: Path, value: bytes) -> None:
    """A database writer cannot make a foreign ring pass by emptying the check values."""
    ring = a_ring(path)
    lacking = attrs.evolve(ring.checks()[0].name, scope=str(ELSEWHERE))
    with pytest.raises(WrongKeyRingError, match=str(ELSEWHERE)):
        ring.compare_checks([KeyCheck(lacking, value)])


def test_an_older_backup_of_the_ring_is_refused(path: Path) -> None:
    """The database knows a practice that this ring has never seen."""
    ring = a_ring(path)
    before = path.read_bytes()
    ring.ensure_scope(ELSEWHERE)
    stored = ring.checks()
    path.write_bytes(before)
    with pytest.raises(WrongKeyRingError, match=str(ELSEWHERE)):
        opened(path).compare_checks(stored)


# --- keeping secrets ----------------------------------------------------------------------------------------


def test_nothing_about_a_ring_prints_a_key(path: Path) -> None:
    """Representations of the ring, its keys and its errors are free of key bytes."""
    ring = a_ring(path)
    content = json.loads(path.read_text())
    secrets = [content["kek"]["key"], *(key["wrapped"] for key in content["keys"])]
    root = ring.root(HERE, Purpose.FIELD, 1)
    content["keys"][0]["version"] = "1"
    path.write_text(json.dumps(content))
    with pytest.raises(KeyRingDamagedError) as raised:
        opened(path)
    shown = "".join((repr(ring), repr(root), str(root), *traceback.format_exception(raised.value)))
    for secret in secrets:
        assert secret not in shown
        assert repr(bytes.fromhex(secret)) not in shown
    assert repr(root) == "RootKey()"


def test_a_json_error_does_not_carry_the_file_along(path: Path) -> None:
    """The standard library's error holds the whole text; ours is not chained to it."""
    a_ring(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(KeyRingDamagedError) as raised:
        opened(path)
    assert raised.value.__context__ is None
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_root_key_has_32_bytes(length: int) -> None:
    """Half a key protects nothing."""
    with pytest.raises(ValueError, match="32 bytes"):
        RootKey(bytes(length))


def _rewrapped(
    ring: dict[str, Any], purpose: str, version: int, becomes: str | None = None
) -> dict[str, Any]:
    """The same ring with one deployment key properly made anew under another version or purpose."""
    wrapper = FileKeyWrapper(bytes.fromhex(ring["kek"]["key"]))
    for key in ring["keys"]:
        if (key["scope"], key["purpose"]) == (DEPLOYMENT, purpose):
            name = KeyName(DEPLOYMENT, becomes or purpose, version)
            root = RootKey(bytes(range(32)))
            key.update(purpose=name.purpose, version=version)
            key.update(wrapped=root.wrapped(wrapper, name).hex(), check=root.check(name).hex())
    return ring
