"""``vantrexia keys ecw``: from the first key to the retirement of an old one."""

import json
import stat
from pathlib import Path

from tests.programs import run


def uses(folder: Path) -> list[str]:
    """What the keys are for."""
    return [row["use"] for row in json.loads(run(folder, "keys", "ecw", "show", "--json").out)]


def test_a_key_s_life(tmp_path: Path) -> None:
    """Created, joined by the next one, replaced by it, retired; each step says what is so now."""
    folder = tmp_path / "data"
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
    assert all(set(row) == {"scope", "purpose", "version", "state", "created_at"} for row in rows)


def test_a_new_token_key_signs_and_the_old_one_stays_readable(tmp_path: Path) -> None:
    """And the database knows it from now on: an older ring is refused at the next start."""
    assert run(tmp_path, "users", "list").status == 0
    ring = tmp_path / "keyring.json"
    before = ring.read_bytes()
    assert run(tmp_path, "keys", "rotate", "token").out == "The token key has version 2 now.\n"
    rows = json.loads(run(tmp_path, "keys", "status", "--json").out)
    states = {row["version"]: row["state"] for row in rows if row["purpose"] == "token"}
    assert states == {1: "readable", 2: "active"}
    ring.write_bytes(before)
    refused = run(tmp_path, "users", "list")
    assert refused.status == 1
    assert "token key 2 of the deployment" in refused.err


def test_no_other_key_is_rotated_by_this_command(tmp_path: Path) -> None:
    """The others protect what is stored, and need more than a new version."""
    assert run(tmp_path, "keys", "rotate", "account").status == 2
