"""The reference says what the code says, and leaves nothing out."""

import importlib
import re

import attrs
import pytest
from click import Command

from tests.docs.pages import DOCS, ROOT, generator, prose
from vantrexia_adapters.settings import CONFIG, PREFIX, Settings
from vantrexia_core.kernel import Permission, Role, VantrexiaError
from vantrexia_web.routes import ROUTES, Guarded, Open

REFERENCE = DOCS / "reference"
COMMANDS: list[tuple[str, Command]] = list(generator().every_command())


def test_generated_parts_are_those_of_the_code() -> None:
    """Nothing has drifted; if it has: python docs/generate.py."""
    assert [str(page.relative_to(ROOT)) for page in generator().drifted()] == []


def test_every_generated_part_is_shown() -> None:
    """Each part the generator can make has a place on a page, and each place has a maker."""
    places = [
        name
        for page in DOCS.rglob("*.md")
        for name in re.findall(r"<!-- generated: ([a-z-]+) -->", page.read_text(encoding="utf-8"))
    ]
    assert sorted(places) == sorted(generator().BLOCKS)


@pytest.mark.parametrize("setting", [field.name for field in attrs.fields(Settings)])
def test_every_setting_is_documented(setting: str) -> None:
    """The settings page has a row for it, with a meaning."""
    row = re.search(
        rf"^\| `{PREFIX}{setting.upper()}` \|.*\| (?P<meaning>[^|]+) \|$",
        prose(REFERENCE / "settings.md"),
        re.MULTILINE,
    )
    assert row is not None
    assert row["meaning"].endswith(".")


def test_the_configuration_file_is_documented() -> None:
    """The variable that names the file is on the page, too."""
    assert f"`{PREFIX}{CONFIG.upper()}`" in prose(REFERENCE / "settings.md")


@pytest.mark.parametrize("package", generator().library.packages())
def test_every_public_name_of_the_library_is_documented(package: str) -> None:
    """What a package of the core hands out has an entry, and every entry is handed out."""
    page = prose(REFERENCE / "python" / f"{package}.md")
    entries, _, constants = page.partition("## Constants")
    documented = re.findall(r"^### (\w+)$", entries, re.MULTILINE)
    documented += re.findall(r"^- `(\w+)", constants, re.MULTILINE)
    assert set(documented) == set(importlib.import_module(f"vantrexia_core.{package}").__all__)


@pytest.mark.parametrize("error", generator().every_error(), ids=lambda error: error.__name__)
def test_every_error_is_documented(error: type[VantrexiaError]) -> None:
    """The errors page has a row with its code, its class and its sentence."""
    rows = [line for line in prose(REFERENCE / "errors.md").splitlines() if f"`{error.__name__}`" in line]
    assert len(rows) == 1
    assert f"`{error.code}`" in rows[0]
    assert error.sentence in rows[0]


@pytest.mark.parametrize("permission", list(Permission), ids=lambda permission: permission.name)
def test_every_permission_is_documented(permission: Permission) -> None:
    """The permissions page has a row with a cell for each role."""
    rows = [
        line for line in prose(REFERENCE / "permissions.md").splitlines() if f"`{permission.name}`" in line
    ]
    assert len(rows) == 1
    assert rows[0].count("|") == len(Role) + 2


@pytest.mark.parametrize("command", [path for path, _ in COMMANDS])
def test_every_command_is_documented(command: str) -> None:
    """The commands page has a section for it."""
    assert f"\n## {command}\n" in (REFERENCE / "cli.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "option"),
    [
        (path, name)
        for path, command in COMMANDS
        for option in command.params
        for name in option.opts
        if name[0] == "-"
    ],
)
def test_every_option_is_documented(path: str, option: str) -> None:
    """A command's section names each of its options."""
    sections = (REFERENCE / "cli.md").read_text(encoding="utf-8").split("\n## ")
    section = next(text for text in sections if text.startswith(f"{path}\n"))
    assert f"`{option}`" in section


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_documented(route: Guarded | Open) -> None:
    """The API page names method and path, and the permission of a guarded route."""
    path = re.sub(":[a-z]+}", "}", route.path)
    rows = [
        line
        for line in prose(REFERENCE / "api.md").splitlines()
        if line.startswith("| ") and f"`{route.method}`" in line and f"`{path}`" in line
    ]
    assert len(rows) == 1
    if isinstance(route, Guarded):
        assert f"`{route.permission.name}`" in rows[0]
