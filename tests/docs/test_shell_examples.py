"""The tutorial is walked as a reader walks it: a real demo, a real shell, a real curl."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, Block, blocks

TUTORIAL = DOCS / "tutorials" / "first-patient.md"
START = "python3 dev.py demo\n"
PUBLISHED = "http://127.0.0.1:8000"
CUT = "---8<---"
START_SECONDS_MAX = 60
WALK_SECONDS_MAX = 240

VANTREXIA = (sys.executable, "-m", "vantrexia_adapters.cli")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a running demo."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("demo")
    # What the demo throws away lies where the test session throws away, even if the demo is killed.
    command = ("env", f"TMPDIR={folder}", *VANTREXIA, "demo", "--port", str(port), "--patients", "3")
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
        try:
            _wait_until_answering(process, port, folder / "output")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS_MAX)


@pytest.mark.skipif(
    shutil.which("bash") is None or shutil.which("curl") is None,
    reason="the tutorial is for people who have bash and curl",
)
def test_the_tutorial_can_be_walked(demo: str, tmp_path: Path) -> None:
    """Each command of the tutorial, in order, prints what the tutorial says it prints."""
    steps = _steps(blocks(TUTORIAL))
    script = f"\necho '{CUT}'\n".join(commands.replace(PUBLISHED, demo) for commands, _ in steps)
    # The reader's own Python, curl without the settings of whoever runs the test, and no proxy in between.
    here = f"export PATH={Path(sys.executable).parent}:$PATH HOME={tmp_path} PYTHONUTF8=1 no_proxy='*'\n"
    walked = subprocess.run(
        ("bash", "-eu", "-c", here + script),
        check=True,
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        timeout=WALK_SECONDS_MAX,
    )
    printed = walked.stdout.split(f"{CUT}\n")
    assert [
        (commands, shown)
        for (commands, expected), shown in zip(steps, printed, strict=True)
        if re.fullmatch(expected, shown) is None
    ] == []


def test_the_tutorial_starts_with_the_demo() -> None:
    """The first command is the one that the walk replaces by a demo of its own."""
    assert next(block.text for block in blocks(TUTORIAL) if block.language == "sh") == START


def _steps(page: Sequence[Block]) -> list[tuple[str, str]]:
    """Commands with the pattern of what they print; ``…`` in the page stands for anything on one line."""
    steps = [[block.text, ""] for block in page if block.language == "sh" and block.text != START]
    number = -1
    for block in page:
        if block.language == "sh" and block.text != START:
            number += 1
        elif block.language in {"json", "output"}:
            steps[number][1] = re.escape(block.text).replace("…", "[^\n]+")
    return [(commands, pattern) for commands, pattern in steps]


def _wait_until_answering(process: "subprocess.Popen[bytes]", port: int, output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        try:
            # A dead demo is noticed at once; a live one is given a moment before the next knock.
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    return
        else:
            break
    pytest.fail(f"the demo did not start: {output.read_text(encoding='utf-8', errors='replace')}")
