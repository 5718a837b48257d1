"""``vantrexia keys ecw``: from the first key to the retirement of an old one."""

import json
import stat
from pathlib import Path

import pytest

from tests.programs import run

pytestmark = pytest.mark.usefixtures("founded")

MEMBERS = ("scope", "purpose", "version", "state", "created_at", "ended_at")


def states(folder: Path, purpose: str) -> dict[int, str]:
    """The versions of a key, and what each is used for."""
    rows = json.loads(run(folder, "keys", "status", "--json").out)
    return {row["version"]: row["state"] for row in rows if row["purpose"] == purpose}


def uses(folder: Path) -> list[str]:
    """What the keys are for."""
    return [row["use"] for row in json.loads(run(folder, "keys", "ecw", "show", "--json").out)]


def test_a_key_s_life(founded: Path) -> None:
    """Created, joined by the next one, replaced by it, retired; each step says what is so now."""
    folder = founded
    created = run(folder, "keys", "ecw", "create")
    assert created.status == 0
    assert "/.well-known/jwks.json" in created.out
    assert stat.S_IMODE((folder / "ecw-keys.pem").stat().st_mode) == 0o600
    assert uses(folder) == ["signs"]
    assert run(folder, "keys", "ecw", "prepare").status == 0
    assert uses(folder) == ["signs", "next"]
    assert "signs now" in run(folder, "keys", "ecw", "rotate").out
    assert uses(folder) == ["signs", "before"]
    assert run(folder, "keys", "ecw", "retire").out == "Retired: 1.\n"
    assert uses(folder) == ["signs"]


def test_what_is_refused_is_one_line(tmp_path: Path) -> None:
    """Status 1, the reason on standard error, no traceback."""
    missing = run(tmp_path, "keys", "ecw", "show")
    assert (missing.status, missing.out) == (1, "")
    assert missing.err.count("\n") == 1
    assert "vantrexia keys ecw create" in missing.err


def test_the_file_can_be_set(tmp_path: Path) -> None:
    """Where an administrator keeps such files."""
    path = tmp_path / "elsewhere" / "rsa.pem"
    assert run(tmp_path, "keys", "ecw", "create", VANTREXIA_ECW_PRIVATE_KEY_FILE=str(path)).status == 0
    assert path.exists()


def test_the_commands_show_no_key(tmp_path: Path) -> None:
    """Names are thumbprints; what they name stays in the file."""
    shown = [run(tmp_path, "keys", "ecw", command).out for command in ("create", "prepare", "rotate", "show")]
    pem = (tmp_path / "ecw-keys.pem").read_text(encoding="ascii")
    secrets = [line for line in pem.splitlines() if len(line) == 64]
    assert secrets
    assert not any(line in text for line in secrets for text in shown)


def test_the_ring_shows_its_keys_and_nothing_of_them(tmp_path: Path) -> None:
    """Whose, what for, which version, in use or not, since when."""
    rows = json.loads(run(tmp_path, "keys", "status", "--json").out)
    assert {"account", "checkpoint", "field", "index", "token"} <= {row["purpose"] for row in rows}
    assert all(set(row) == {*MEMBERS} for row in rows)


def test_a_new_token_key_signs_and_the_old_one_stays_readable(tmp_path: Path) -> None:
    """And the database knows it from now on: an older ring is refused at the next start."""
    assert run(tmp_path, "users", "list").status == 0
    ring = tmp_path / "keyring.json"
    before = ring.read_bytes()
    said = run(tmp_path, "keys", "rotate", "token").out
    assert said == "The token key 2 of the deployment is in use now.\n"
    assert states(tmp_path, "token") == {1: "readable", 2: "active"}
    ring.write_bytes(before)
    refused = run(tmp_path, "users", "list")
    assert refused.status == 1
    assert "token key 2 of the deployment" in refused.err


def test_an_account_key_is_not_rotated(tmp_path: Path) -> None:
    """Nor offered; the help says why."""
    refused = run(tmp_path, "keys", "rotate", "account")
    assert (refused.status, "'account' is not one of" in refused.err) == (2, True)
    told = " ".join(run(tmp_path, "keys", "rotate", "--help").out.split())
    assert ("|account" in told, "The account key is for good" in told) == (False, True)


def test_a_field_key_s_life(tmp_path: Path) -> None:
    """Published, used, everything sealed anew, the old one retired; it is destroyed three minutes later."""
    user = ("--email", "ann@practice.org", "--first-name", "Ann", "--last-name", "Lee", "--role", "admin")
    assert run(tmp_path, "users", "create", *user, stdin=2 * "correct horse battery\n").status == 0
    assert "seals nothing yet" in run(tmp_path, "keys", "prepare", "field").out
    assert states(tmp_path, "field") == {1: "active", 2: "readable"}
    assert "is in use now" in run(tmp_path, "keys", "rotate", "field").out
    early = run(tmp_path, "keys", "retire", "field", "1")
    assert (early.status, early.err.count("\n")) == (1, 1)
    assert "vantrexia keys reencrypt" in early.err
    done = run(tmp_path, "keys", "reencrypt", "field", "--at-most", "20")
    assert done.status == 0
    assert "needs a field key older than 2" in done.out
    assert "Sealing under field key 2: 1 of 1" in done.err
    assert "is retired" in run(tmp_path, "keys", "retire", "field", "1").out
    assert states(tmp_path, "field") == {1: "retired", 2: "active"}
    assert "Wait three minutes" in run(tmp_path, "keys", "destroy", "field", "1", "--yes").err
    assert "ann@practice.org" in run(tmp_path, "users", "list").out


def test_what_still_needs_a_key_is_said_to_machines_too(tmp_path: Path) -> None:
    """Purpose, version, table and rows; nothing is needed where nothing is stored."""
    done = run(tmp_path, "keys", "reencrypt", "field", "--all", "--json")
    (statement,) = json.loads(done.out)
    assert (done.status, statement["purpose"], statement["needs"]) == (0, "field", [])


def test_a_practice_that_is_not_there_is_named(tmp_path: Path) -> None:
    """And nothing is made for it."""
    absent = "5f0c2a7e-91d4-4c7b-8a36-0d1e2f3a4b5c"
    refused = run(tmp_path, "keys", "rotate", "field", "--practice", absent)
    assert refused.status == 2
    assert absent in refused.err
    assert run(tmp_path, "keys", "rotate", "field", "--practice", absent, "--all").status == 2


def test_destroying_asks_first(tmp_path: Path) -> None:
    """It is for good."""
    asked = run(tmp_path, "keys", "destroy", "field", "1", stdin="n\n")
    assert asked.status == 1
    assert "cannot be read afterwards" in asked.out


def _practice(folder: Path) -> str:
    rows = json.loads(run(folder, "keys", "status", "--json").out)
    return next(row["scope"] for row in rows if row["scope"] != "deployment")


def test_a_practice_is_not_destroyed_by_accident(tmp_path: Path) -> None:
    """Off unless a setting says otherwise, and its id has to be typed."""
    practice = _practice(tmp_path)
    before = (tmp_path / "keyring.json").read_bytes()
    off = run(tmp_path, "keys", "destroy-practice", practice, "--confirm", practice)
    assert (off.status, off.err.count("\n")) == (1, 1)
    assert "VANTREXIA_ALLOW_PRACTICE_DESTRUCTION=yes" in off.err
    on = {"VANTREXIA_ALLOW_PRACTICE_DESTRUCTION": "yes"}
    wrong = run(tmp_path, "keys", "destroy-practice", practice, stdin="yes\n", **on)
    assert (wrong.status, "Nothing was done" in wrong.err) == (1, True)
    assert (tmp_path / "keyring.json").read_bytes() == before


def test_a_destroyed_practice_leaves_a_trail_that_verifies(tmp_path: Path) -> None:
    """The service starts, its users are told, the trail is whole; every copy of the keys is named."""
    user = ("--email", "ann@practice.org", "--first-name", "Ann", "--last-name", "Lee", "--role", "admin")
    assert run(tmp_path, "users", "create", *user, stdin=2 * "correct horse battery\n").status == 0
    assert run(tmp_path, "keys", "rewrap", "--to", "file").status == 0
    practice = _practice(tmp_path)
    on = {"VANTREXIA_ALLOW_PRACTICE_DESTRUCTION": "yes"}
    done = run(tmp_path, "keys", "destroy-practice", practice, stdin=f"{practice}\n", **on)
    assert done.status == 0
    assert "keyring.json.1.old" in done.out
    assert run(tmp_path, "audit", "verify").status == 0
    assert "practice_destroy" in run(tmp_path, "audit", "dump").out
    told = run(tmp_path, "users", "list")
    assert (told.status, told.err.count("\n")) == (1, 1)
    assert "were destroyed" in told.err
    assert run(tmp_path, "keys", "rotate", "field").status == 1
