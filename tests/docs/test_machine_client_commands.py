"""The page on machine clients is walked: a served service, and openssl and curl as the other program."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks
from tests.programs import environment, free_port, serving

PAGE = DOCS / "how-to" / "register-a-machine-client.md"
WALK_SECONDS_MAX = 240

pytestmark = pytest.mark.skipif(
    any(shutil.which(program) is None for program in ("bash", "curl", "openssl")),
    reason="the page is for people who have bash, curl and openssl",
)


def test_every_command_of_the_page_works_in_its_order(tmp_path: Path) -> None:
    """A key is made, registered and used; afterwards the client is narrowed and ended."""
    key, register, script, use, end = (block.text for block in blocks(PAGE) if block.language == "sh")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    data, here = tmp_path / "data", tmp_path / "here"
    here.mkdir()
    program = f"{sys.executable} -m vantrexia_adapters.cli"
    commands = "\n".join(
        (
            # The reader's own programs; no settings of whoever runs the tests, and no proxy in between.
            f"export HOME={here} no_proxy='*'",
            f'vantrexia() {{ {program} "$@"; }}',
            key,
            register,
            "CLIENT_ID=$(vantrexia clients list | tail -1 | cut -d' ' -f1)",
            f"TOKEN_URL={url}/api/v1/auth/token/",
            script,
            use,
            "cp keys.json both-keys.json",
            end,
            'sh get-token.sh "$CLIENT_ID" "$TOKEN_URL" system/Patient.rs',
        )
    )
    settings = {"VANTREXIA_PUBLIC_URL": url}
    with serving(data, log=tmp_path / "log", port=port, **settings):
        walked = subprocess.run(
            ("bash", "-eu", "-c", commands),
            capture_output=True,
            encoding="utf-8",
            cwd=here,
            env=environment(data, **settings),
            timeout=WALK_SECONDS_MAX,
            check=False,
        )
    assert walked.returncode == 0, walked.stderr
    assert '"resourceType":"Bundle"' in walked.stdout
    assert "is revoked" in walked.stdout
    assert walked.stdout.rstrip().endswith("}")
    assert '"error":"invalid_client"' in walked.stdout.rpartition("is revoked")[2]
