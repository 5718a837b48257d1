"""``--help``: every command is told whole in its group's list, and shows a call that works."""

import re
from collections.abc import Iterator
from pathlib import Path

import attrs
import click
import pytest

from tests.docs.pages import generator, simple_commands

COMMANDS: dict[str, click.Command] = dict(generator().every_command())
GROUPS = [path for path, command in COMMANDS.items() if isinstance(command, click.Group)]
COLUMNS = 80
"""Of a terminal that nobody has widened."""
AN_ID = "4d5e6f7a-8b9c-4d1e-af3a-4b5c6d7e8f9a"


@pytest.mark.parametrize("path", GROUPS)
def test_no_command_is_cut_in_the_list_of_its_group(path: str) -> None:
    """On 80 columns, each on a line of its own: give a longer one a ``short_help``."""
    told = click.Context(COMMANDS[path], info_name=path, terminal_width=COLUMNS).get_help()
    _, _, listed = told.partition("\nCommands:\n")
    inner = [one for one in COMMANDS if one.startswith(f"{path} ") and " " not in one[len(path) + 1 :]]
    assert [line.split()[0] for line in listed.splitlines()] == [one.rpartition(" ")[2] for one in inner]
    assert [line for line in listed.splitlines() if line.endswith("...")] == []


@attrs.frozen
class Example:
    """A call of ours in the help of a command."""

    shown_by: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.shown_by}: {' '.join(self.words)}"


def _examples() -> Iterator[Example]:
    for path, command in COMMANDS.items():
        _, _, shown = (command.help or "").partition("Example")
        for line in re.sub(r"\\\n\s*", "", shown).splitlines()[1:]:
            # What stands behind some blanks is said about the call.
            call = re.split(r"(?<=\S) {3,}", line)[0]
            for words in simple_commands(call):
                if words[0] == "vantrexia":
                    yield Example(path, words)


EXAMPLES = list(_examples())


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_shows_a_call_of_itself(path: str) -> None:
    """A group shows one of a command in it."""
    calls = [" ".join(one.words) for one in EXAMPLES if one.shown_by == path]
    assert any(f"{call} ".startswith(f"{path} ") for call in calls)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_is_understood(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every word of it: options, choices and numbers. Files need not be here, and ID stands for an id."""
    monkeypatch.chdir(tmp_path)
    path, words = "vantrexia", list(example.words[1:])
    while words and f"{path} {words[0]}" in COMMANDS:
        path = f"{path} {words.pop(0)}"
    redirected = words.index(">") if ">" in words else len(words)
    given = [AN_ID if re.fullmatch(r"[A-Z]{2,}", word) else word for word in words[:redirected]]
    _provide(COMMANDS[path], given)
    with COMMANDS[path].make_context(path, given):
        pass


def _provide(command: click.Command, given: list[str]) -> None:
    """The files and folders of a call, wherever they would have to be."""
    raw, _, _ = command.make_parser(click.Context(command)).parse_args(list(given))
    for param in command.params:
        if isinstance(param.type, click.Path | click.File):
            found = raw.get(param.name or "")
            for name in found if isinstance(found, list | tuple) else [found]:
                if isinstance(name, str) and not Path(name).is_absolute():
                    is_folder = isinstance(param.type, click.Path) and not param.type.file_okay
                    Path(name).mkdir() if is_folder else Path(name).touch()
