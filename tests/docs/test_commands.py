"""Commands and settings on pages that no test walks: they are there, and take what is given to them.

A page whose commands are run in their order has a test of its own (`test_shell_examples`,
`test_session_commands`, `test_machine_client_commands`). Others want a server, a key service, an EHR or an
administrator's machine, and cannot be run here.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import attrs
import click
import pytest

from tests.docs.pages import EVERY_PAGE, ROOT, blocks, generator, name_of, simple_commands
from vantrexia_adapters.settings import Settings

COMMANDS: dict[str, click.Command] = dict(generator().every_command())
SESSIONS = set(
    re.findall(
        r'^@nox\.session(?:\(.*?name="(\w+)".*?\)|\(.*?\))?\ndef (\w+)',
        (ROOT / "noxfile.py").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
)
SESSION_NAMES = {name or function for name, function in SESSIONS}


@attrs.frozen
class Line:
    """One simple command of a page, as words."""

    page: Path
    number: int
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{name_of(self.page)}:{self.number}"


def _lines() -> Iterator[Line]:
    for page in EVERY_PAGE:
        for block in blocks(page):
            if block.language == "sh":
                text = re.sub(r"\\\n", " ", block.text)
                text = re.sub(r"'[^']*'|\"[^\"]*\"", lambda quoted: quoted[0].replace("\n", " "), text)
                for number, line in enumerate(text.splitlines(), start=block.line):
                    for words in simple_commands(line):
                        yield Line(page, number, words)


LINES = list(_lines())
OURS = [line for line in LINES if Path(line.words[0]).name == "vantrexia"]


@pytest.mark.parametrize("line", OURS, ids=str)
def test_a_command_of_ours_is_there_and_has_the_options(line: Line) -> None:
    """By the words that call it, down to the last group; options are those of its help."""
    path, rest = "vantrexia", list(line.words[1:])
    while rest and f"{path} {rest[0]}" in COMMANDS:
        path = f"{path} {rest.pop(0)}"
    command = COMMANDS[path]
    given = {word.partition("=")[0] for word in rest if word.startswith("--")}
    assert given <= {option for one in command.params for option in one.opts} | {"--help"}
    if isinstance(command, click.Group):
        assert not rest or given == {"--help"}, f"{path} has no command {rest[0]}"


@pytest.mark.parametrize("line", [line for line in LINES if Path(line.words[0]).name == "nox"], ids=str)
def test_a_session_of_nox_is_there(line: Line) -> None:
    """By the name after ``-s``."""
    if "-s" in line.words:
        assert line.words[line.words.index("-s") + 1] in SESSION_NAMES


@pytest.mark.parametrize("line", [line for line in LINES if Path(line.words[0]).name == "pytest"], ids=str)
def test_a_folder_of_tests_is_there(line: Line) -> None:
    """As far as the words are paths of this repository."""
    assert [word for word in line.words if word.startswith("tests/") and not (ROOT / word).exists()] == []


@pytest.mark.parametrize("page", EVERY_PAGE, ids=name_of)
def test_settings_in_toml_are_settings(page: Path) -> None:
    """Each block is a configuration file that the service would read."""
    known = {field.name for field in attrs.fields(Settings)}
    for block in blocks(page):
        if block.language == "toml":
            assert set(tomllib.loads(block.text)) <= known
