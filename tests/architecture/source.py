"""The product's source as a machine reads it: modules, their imports, their definitions."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import attrs

import vantrexia_core

SRC = Path(vantrexia_core.__file__).parents[1]
Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
PACKAGES = ("vantrexia_core", "vantrexia_adapters", "vantrexia_web")


@attrs.frozen
class Module:
    """A source file and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module = attrs.field(repr=False)

    @property
    def is_package(self) -> bool:
        """Whether it is somebody's front door."""
        return self.path.name == "__init__.py"

    def imports(self) -> Iterator[tuple[str, str | None]]:
        """Every import: the module, and the name taken from it if any."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, None) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.module or "", alias.name) for alias in node.names)

    def public_definitions(self) -> Iterator[tuple[str, ast.Module | Documented]]:
        """The module itself, and every function, class and method that has no underscore in its path."""
        yield self.name, self.tree
        yield from _definitions(self.tree, self.name)


def _definitions(node: ast.AST, path: str) -> Iterator[tuple[str, Documented]]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, Documented) or child.name.startswith("_"):
            continue
        yield f"{path}.{child.name}", child
        if isinstance(child, ast.ClassDef):
            yield from _definitions(child, f"{path}.{child.name}")


@cache
def modules(package: str) -> tuple[Module, ...]:
    """Every module of a package, by name."""
    found = []
    for path in sorted((SRC / package).rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


def contexts() -> tuple[str, ...]:
    """The rooms of the core."""
    return tuple(sorted(path.parent.name for path in (SRC / "vantrexia_core").glob("*/__init__.py")))
