"""What is installed is pinned: every package at one version, every file by its hash."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"(?P<name>[a-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+))?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def _requirements(file: Path) -> dict[str, list[str]]:
    """The hashes of each requirement of a file, by its first line."""
    found: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip().removesuffix("\\").strip()
        if text.startswith("--hash"):
            found[list(found)[-1]].append(text)
        elif text:
            found[text] = []
    return found


def _wanted(groups: list[list[str]]) -> set[str]:
    names = (re.match(r"[A-Za-z0-9._-]+", wanted) for group in groups for wanted in group)
    return {_normal(name.group()) for name in names if name} - {"vantrexia"}


def _normal(name: str) -> str:
    """As the packaging specifications compare names."""
    return re.sub("[-_.]+", "-", name).lower()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_requirement_has_one_version_and_its_hashes(file: Path) -> None:
    """A line of another kind (an index, an option, a URL) would decide where files come from."""
    requirements = _requirements(file)
    assert requirements
    for line, hashes in requirements.items():
        assert PINNED.fullmatch(line), line
        assert hashes, line
        assert all(map(HASH.fullmatch, hashes)), line


def test_everything_that_the_project_asks_for_is_pinned() -> None:
    """For the tests all of it, for serving at least what the program itself needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = _wanted([project["project"]["dependencies"]])
    extras = _wanted(list(project["project"]["optional-dependencies"].values()))
    for name, wanted in (("serve.txt", needed), ("dev.txt", needed | extras)):
        pinned = {_normal(line.partition("==")[0]) for line in _requirements(ROOT / "requirements" / name)}
        assert wanted <= pinned, name


def test_no_environment_is_made_without_the_hashes() -> None:
    """The one program that makes them says so to the installer."""
    program = (ROOT / "dev.py").read_text(encoding="utf-8")
    assert program.count('"--requirement"') == program.count('"--require-hashes"') == 1
