"""Every Python example of the documentation runs, and prints what the page says it prints."""

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import pytest

import vantrexia_core
from tests.docs.pages import EVERY_PAGE, ROOT, blocks, name_of

INSTALLED = str(Path(vantrexia_core.__file__).parents[1])

RUN_BY = {"docs/how-to/add-an-adapter.md": "tests/kit/test_kit.py"}
"""Pages whose examples are files of a project, and the test that saves and runs them as such."""

AS_PROGRAM = {"docs/tutorials/library-in-django.md": "clinic.py"}
"""Pages whose examples make one program, which sets up its whole process; and what it is called there."""

WITH_PYTHON = [
    page
    for page in EVERY_PAGE
    if name_of(page) not in {*RUN_BY, *AS_PROGRAM}
    and any(block.language == "python" for block in blocks(page))
]

AGAIN = ["README.md", "docs/tutorials/library-in-a-script.md"]
"""Pages that a reader may run a second time in the same folder; what they print may differ then."""


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_python_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples of a page, in order, in one namespace and an empty directory; ``output`` is compared."""
    monkeypatch.chdir(tmp_path)
    _run(page)


@pytest.mark.parametrize("page", AGAIN)
def test_examples_may_be_run_again(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder that the first run has filled: nothing is taken, nobody is there twice by mistake."""
    monkeypatch.chdir(tmp_path)
    _run(ROOT / page)
    _run(ROOT / page, compares=False)


@pytest.mark.parametrize(("page", "program"), AS_PROGRAM.items())
def test_a_page_that_is_a_program_runs(page: str, program: str, tmp_path: Path) -> None:
    """Its examples, saved under the name that it says, print all that it shows."""
    shown = blocks(ROOT / page)
    assert f"`{program}`" in (ROOT / page).read_text(encoding="utf-8")
    (tmp_path / program).write_text(
        "".join(block.text for block in shown if block.language == "python"), encoding="utf-8"
    )
    ran = subprocess.run(
        (sys.executable, "-W", "error", program),
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        env={"PYTHONPATH": INSTALLED, "PYTHONUTF8": "1"},
    )
    assert (ran.stdout, ran.returncode) == (
        "".join(block.text for block in shown if block.language == "output"),
        0,
    ), ran.stderr


def _run(page: Path, *, compares: bool = True) -> None:
    namespace: dict[str, object] = {"__name__": "__main__"}
    printed = ""
    for block in blocks(page):
        if block.language == "python":
            # Blank lines in front, so that a traceback names the line of the page.
            code = compile("\n" * (block.line - 1) + block.text, name_of(page), "exec")
            with contextlib.redirect_stdout(io.StringIO()) as shown:
                exec(code, namespace)  # noqa: S102 - our own examples
            printed = shown.getvalue()
        elif block.language == "output" and compares:
            assert printed == block.text


@pytest.mark.parametrize(("page", "test"), RUN_BY.items())
def test_what_runs_elsewhere_is_run_there(page: str, test: str) -> None:
    """The test that is named for a page reads that page."""
    assert f'"{Path(page).name}"' in (ROOT / test).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", EVERY_PAGE, ids=name_of)
def test_python_goes_by_one_name(page: Path) -> None:
    """Under another one, an example would be run by nobody."""
    assert [block.line for block in blocks(page) if block.language in {"py", "python3", "pycon"}] == []
