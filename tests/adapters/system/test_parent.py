"""Ending together with the process that started this one."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import vantrexia_adapters

SOURCES = str(Path(vantrexia_adapters.__file__).parents[1])
PROGRAM = (
    "from vantrexia_adapters.system import end_with_parent; end_with_parent(lambda: {}); print('goes on')"
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can be asked: run it there")
@pytest.mark.parametrize(
    ("is_alive", "code", "printed"), [("True", 0, "goes on\n"), ("False", -signal.SIGTERM, "")]
)
def test_a_process_whose_parent_died_before_it_asked_ends(is_alive: str, code: int, printed: str) -> None:
    """The system tells of a death to come: one that has been before is looked for."""
    ran = subprocess.run(
        (sys.executable, "-c", PROGRAM.format(is_alive)),
        check=False,
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONPATH": SOURCES},
    )
    assert (ran.returncode, ran.stdout) == (code, printed), ran.stderr
