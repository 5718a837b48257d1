"""The house as its code says it is: rooms, who imports whom, and which adapters keep which port.

``generate.py`` draws this. A room is what lies directly in a package: a folder, or a file beside the folders.
"""

import ast
import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import attrs

PACKAGES: Final = ("vantrexia_core", "vantrexia_adapters", "vantrexia_web")
SRC: Final = Path(__file__).resolve().parents[1] / "src"

_PROGRAM: Final = ".__main__"
"""Such a module acts when it is imported."""


@attrs.frozen
class Room:
    """A folder or a file directly in a package, with the sentence that says what it is for."""

    package: str
    name: str
    sentence: str = attrs.field(eq=False)

    @property
    def path(self) -> str:
        """As an import names it."""
        return f"{self.package}.{self.name}"


@attrs.frozen
class Kept:
    """Ports of one context that the same rooms keep."""

    context: str
    ports: Sequence[str]
    rooms: Sequence[str]


@cache
def rooms(package: str) -> Sequence[Room]:
    """The rooms of a package, by name."""
    inside = sorted((SRC / package).iterdir())
    files = {path.stem: path for path in inside if path.suffix == ".py" and path.stem != "__init__"}
    folders = {path.name: path / "__init__.py" for path in inside if (path / "__init__.py").exists()}
    return [Room(package, name, _first_sentence(path)) for name, path in sorted({**files, **folders}.items())]


@cache
def imports() -> Mapping[Room, frozenset[Room]]:
    """Of every room those that it imports."""
    everywhere = [room for package in PACKAGES for room in rooms(package)]
    named = {room: _modules_named(room) for room in everywhere}
    return {
        room: frozenset(
            other
            for other in everywhere
            if other != room and any(f"{name}.".startswith(f"{other.path}.") for name in named[room])
        )
        for room in everywhere
    }


def steps(package: str) -> Iterator[tuple[Room, Room]]:
    """The imports between the rooms of a package, without those that follow from the others."""
    graph = {
        room: {other for other in imports()[room] if other.package == package} for room in rooms(package)
    }
    for room, others in graph.items():
        beyond = {far for other in others for far in _reached(other, graph)}
        yield from ((room, other) for other in sorted(others - beyond, key=lambda each: each.name))


@cache
def kept() -> Sequence[Kept]:
    """Every port of the core, with the rooms of the adapters in which a class keeps it."""
    rows: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for port in _ports():
        keepers = {kind.__module__.split(".")[1] for kind in _adapters() if _keeps(kind, port)}
        rows.setdefault((port.__module__.split(".")[1], tuple(sorted(keepers))), []).append(port.__name__)
    return [Kept(context, sorted(names), keepers) for (context, keepers), names in rows.items()]


def every_module(package: str) -> Iterator[types.ModuleType]:
    """All modules of a package, imported."""
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        if not found.name.endswith(_PROGRAM):
            yield importlib.import_module(found.name)


def _first_sentence(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split()).replace("``", "`")


def _modules_named(room: Room) -> frozenset[str]:
    place = SRC / room.package / room.name
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    return frozenset(
        name for path in files for name in _imported(ast.parse(path.read_text(encoding="utf-8")))
    )


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _reached(start: Room, graph: Mapping[Room, set[Room]]) -> set[Room]:
    found: set[Room] = set()
    waiting = [*graph[start]]
    while waiting:
        if (room := waiting.pop()) not in found:
            found.add(room)
            waiting.extend(graph[room])
    return found


def _classes(package: str) -> Iterator[type[object]]:
    for module in every_module(package):
        for value in vars(module).values():
            if inspect.isclass(value) and value.__module__ == module.__name__:
                yield value


def _ports() -> Iterator[type[object]]:
    """What the contexts show of what they need of the world."""
    for kind in _classes("vantrexia_core"):
        context = importlib.import_module(".".join(kind.__module__.split(".")[:2]))
        if getattr(kind, "_is_protocol", False) and kind.__name__ in context.__all__:
            yield kind


@cache
def _adapters() -> Sequence[type[object]]:
    return [kind for kind in _classes("vantrexia_adapters") if not kind.__name__.startswith("_")]


def _keeps(kind: type[object], port: type[object]) -> bool:
    """Whether a class has the port's members: methods that take and give the same, and what is read."""
    initialise = vars(kind).get("__init__")
    assigned = initialise.__code__.co_names if isinstance(initialise, types.FunctionType) else ()
    members = [name for name in dir(port) if not name.startswith("_")]
    if not set(members) <= {*dir(kind), *assigned}:
        return False
    return all(
        _fits(inspect.getattr_static(port, name), inspect.getattr_static(kind, name, None))
        for name in members
    )


def _fits(wanted: object, given: object) -> bool:
    if not inspect.isfunction(wanted):
        return not inspect.isfunction(given)  # a property is kept by whatever can be read
    if not inspect.isfunction(given):
        return False
    asked, offered = inspect.signature(wanted), inspect.signature(given)
    names = [*asked.parameters]
    more = [*offered.parameters.values()][len(names) :]
    return (
        [*offered.parameters][: len(names)] == names
        and all(parameter.default is not parameter.empty for parameter in more)
        and _narrows(offered.return_annotation, asked.return_annotation)
    )


def _narrows(given: object, wanted: object) -> bool:
    """Whether what is given back can be the wanted; generics and ports are left to the type checker."""
    if isinstance(given, types.UnionType) and isinstance(wanted, types.UnionType):
        return all(
            any(_narrows(one, other) for other in typing.get_args(wanted)) for one in typing.get_args(given)
        )
    if isinstance(wanted, types.UnionType):
        return any(_narrows(given, one) for one in typing.get_args(wanted))
    if not inspect.isclass(given) or not inspect.isclass(wanted) or getattr(wanted, "_is_protocol", False):
        return True
    return issubclass(given, wanted)
