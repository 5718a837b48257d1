"""Who may import whom, beyond what the import contracts say."""

import re
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, Module, contexts, modules

ROOT = Path(__file__).parents[2]
CORE = modules("vantrexia_core")
EVERYTHING = [module for package in PACKAGES for module in modules(package)]
PURE = {
    "array",
    "base64",
    "attrs",
    "collections.abc",
    "bisect",
    "collections",
    "contextlib",
    "datetime",
    "enum",
    "functools",
    "hashlib",
    "hmac",
    "itertools",
    "math",
    "operator",
    "re",
    "sys",
    "types",
    "typing",
    "unicodedata",
    "uuid",
}
"""What the domain is made of. No I/O, no clock, no randomness; to add a module here is a decision."""
IMPURE = {("datetime", "now"), ("uuid", "uuid1"), ("uuid", "uuid4"), ("uuid", "getnode")}


@pytest.mark.parametrize("module", CORE, ids=lambda module: module.name)
def test_the_core_imports_only_what_is_pure(module: Module) -> None:
    """An allow-list: a forbidden list is always one module behind."""
    foreign = {name for name, _ in module.imports() if not name.startswith("vantrexia_core")}
    assert foreign <= PURE
    assert set(module.imports()) & IMPURE == set()


def _context_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "vantrexia_core" and len(parts) > 1 else None


@pytest.mark.parametrize("module", EVERYTHING, ids=lambda module: module.name)
def test_a_context_is_entered_by_its_front_door(module: Module) -> None:
    """``from vantrexia_core.patients import …``: what is behind the door may move without asking."""
    rooms = {
        name
        for name, _ in module.imports()
        if name.count(".") > 1
        and name.startswith("vantrexia_core.")
        and _context_of(name) != _context_of(module.name)
    }
    assert rooms == set()


@pytest.mark.parametrize("module", CORE, ids=lambda module: module.name)
def test_a_context_does_not_enter_itself_by_its_own_front_door(module: Module) -> None:
    """Inside, rooms name each other; the door would close a ring."""
    context = _context_of(module.name)
    assert context is None or f"vantrexia_core.{context}" not in {name for name, _ in module.imports()}


def test_the_contexts_are_those_of_the_river() -> None:
    """The checks above look at all of them."""
    assert contexts() == ("audit", "ehr", "identity", "kernel", "patients", "protection", "throttling")


@pytest.mark.parametrize("folder", ["src", "tests", "bench", "tools", "docs"])
def test_fhir_is_r4_everywhere(folder: str) -> None:
    """``fhir.resources.patient`` is R5, accepts nearly the same, and no test of a Patient would notice."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("*.py")]
    imported = {
        name for text in sources for name in re.findall(r"(?:from|import) (fhir\.resources[\w.]*)", text)
    }
    assert all(name.startswith("fhir.resources.R4B.") for name in imported)
