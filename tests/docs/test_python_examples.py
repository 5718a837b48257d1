"""Every Python example of the documentation runs, and prints what the page says it prints."""

import contextlib
import io
from pathlib import Path

import pytest

from tests.docs.pages import EVERY_PAGE, ROOT, blocks, name_of

RUN_BY = {"docs/how-to/add-an-adapter.md": "tests/kit/test_kit.py"}
"""Pages whose examples are files of a project, and the test that saves and runs them as such."""

WITH_PYTHON = [
    page
    for page in EVERY_PAGE
    if name_of(page) not in RUN_BY and any(block.language == "python" for block in blocks(page))
]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_python_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples of a page, in order, in one namespace and an empty directory; ``output`` is compared."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    printed = ""
    for block in blocks(page):
        if block.language == "python":
            # Blank lines in front, so that a traceback names the line of the page.
            code = compile("\n" * (block.line - 1) + block.text, name_of(page), "exec")
            with contextlib.redirect_stdout(io.StringIO()) as shown:
                exec(code, namespace)  # noqa: S102 - our own examples
            printed = shown.getvalue()
        elif block.language == "output":
            assert printed == block.text


@pytest.mark.parametrize(("page", "test"), RUN_BY.items())
def test_what_runs_elsewhere_is_run_there(page: str, test: str) -> None:
    """The test that is named for a page reads that page."""
    assert f'"{Path(page).name}"' in (ROOT / test).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", EVERY_PAGE, ids=name_of)
def test_python_goes_by_one_name(page: Path) -> None:
    """Under another one, an example would be run by nobody."""
    assert [block.line for block in blocks(page) if block.language in {"py", "python3", "pycon"}] == []
