"""The commands by which people are let in and got out do what their page says."""

import json
import shlex
from pathlib import Path

from tests.docs.pages import DOCS, blocks
from tests.programs import run

PAGE = DOCS / "how-to" / "manage-sessions-and-keys.md"
PASSWORD = "a long pass phrase"
FRESH = "quite another pass phrase"


def test_every_command_of_the_page_works_in_its_order(tmp_path: Path) -> None:
    """On a new installation, for the account that the page names; afterwards the second key signs."""
    for name, role in (("boss", "admin"), ("ann", "nurse")):
        who = ("--email", f"{name}@practice.org", "--first-name", name, "--last-name", "Lee", "--role", role)
        done = run(tmp_path, "users", "create", *who, "--password-stdin", stdin=f"{PASSWORD}\n")
        assert done.status == 0, done.err
    lines = [line for block in blocks(PAGE) if block.language == "sh" for line in block.text.splitlines()]
    commands = [line.partition("|")[0] for line in lines if line.startswith("vantrexia ")]
    assert len(commands) == 9
    for command in commands:
        _, *words = shlex.split(command, comments=True)
        done = run(tmp_path, *words, stdin=f"{FRESH}\n{FRESH}\n")
        assert done.status == 0, (command, done.err)
    keys = json.loads(run(tmp_path, "keys", "status", "--json").out)
    assert [key["version"] for key in keys if key["purpose"] == "token"] == [1, 2, 3]
    [ann] = [u for u in json.loads(run(tmp_path, "users", "list", "--json").out) if "ann" in u["email"]]
    assert (ann["role"], ann["is_active"]) == ("data_monitor", False)
