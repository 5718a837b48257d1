"""Every Python example of the documentation runs, and prints what the page says it prints."""

import contextlib
import io
from pathlib import Path

import pytest

from tests.docs.pages import GUIDED, blocks, name_of

WITH_PYTHON = [page for page in GUIDED if any(block.language == "python" for block in blocks(page))]


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
