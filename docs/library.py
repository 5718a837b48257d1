"""The public face of the library, read from its source: what each package hands out, and what it says of it.

``generate.py`` makes the pages of it. Signatures are shown as they are written: what an interpreter makes of
them at run time differs from version to version, and source does not.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import attrs

SRC: Final = Path(__file__).resolve().parents[1] / "src"
CORE: Final = "vantrexia_core"
KIT: Final = "vantrexia_contracts"
VALUE_CHARACTERS_MAX: Final = 60

_GROUPS: Final = ("Functions", "Values", "Ports", "Errors", "Constants and types")
_SECTION: Final = re.compile(r"^(Raises|Args|Returns|Yields|Attributes):\n", re.MULTILINE)
_RAISED: Final = re.compile(r"^    (\w+(?:, \w+)*): ", re.MULTILINE)


@attrs.frozen
class Name:
    """Something that a package hands out: where it is defined, and how."""

    name: str
    module: str
    node: ast.stmt
    documentation: str

    @property
    def group(self) -> str:
        """Under which heading it stands."""
        if isinstance(self.node, ast.FunctionDef):
            return "Functions"
        if not isinstance(self.node, ast.ClassDef):
            return "Constants and types"
        bases = {ast.unparse(base).partition("[")[0] for base in self.node.bases}
        if "Protocol" in bases:
            return "Ports"
        return "Errors" if self.name.endswith("Error") else "Values"


def packages() -> list[str]:
    """The packages of the core, in order of their names."""
    return sorted(path.parent.name for path in (SRC / CORE).glob("*/__init__.py"))


def sentence(package: str) -> str:
    """What a package says it is for, in one line."""
    return _one_line(ast.get_docstring(_tree(package)) or "")


def names(package: str) -> Iterator[Name]:
    """What a package hands out, in order of the names."""
    tree = _tree(package)
    (handed_out,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    for name in sorted(handed_out, key=str.casefold):
        module, node, documentation = _found(package, name)
        yield Name(name, module, node, documentation)


def page(package: str) -> Iterator[str]:
    """The reference of a package: a section for each kind of thing, an entry for each name."""
    entries = list(names(package))
    for group in _GROUPS:
        grouped = [entry for entry in entries if entry.group == group]
        if not grouped:
            continue
        yield f"## {group}"
        yield ""
        if group == "Constants and types":
            yield from _constants(grouped)
            yield ""
            continue
        for entry in grouped:
            yield f"### {entry.name}"
            yield ""
            yield from _entry(entry)


def contracts() -> Iterator[tuple[str, str, str, str]]:
    """Each contract of the kit: its module, its name, the fixtures to override, and its first sentence."""
    for path in sorted((SRC / KIT).glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name.endswith("Contract"):
                bases = [ast.unparse(base) for base in node.bases]
                own = [
                    f"{one.name}: {ast.unparse(one.returns)}"
                    for one in node.body
                    if isinstance(one, ast.FunctionDef) and one.returns is not None and _is_wanted(one)
                ]
                if node.name != "StoresContract":
                    wanted = ["stores: Stores"] if "StoresContract" in bases else own
                    said = _one_line(ast.get_docstring(node) or "")
                    yield path.stem, node.name, "; ".join(wanted), said


def _is_wanted(fixture: ast.FunctionDef) -> bool:
    return bool(fixture.decorator_list) and isinstance(fixture.body[-1], ast.Raise)


def _entry(entry: Name) -> Iterator[str]:
    if isinstance(entry.node, ast.FunctionDef):
        yield from _fenced([_signature(entry.node)])
        yield from _prose(entry.documentation)
        return
    assert isinstance(entry.node, ast.ClassDef)  # noqa: S101 - what else is neither of the two is a constant
    yield from _fenced(_class_head(entry.node))
    yield from _prose(entry.documentation)
    methods = [one for one in entry.node.body if isinstance(one, ast.FunctionDef) and _is_public(one.name)]
    for method in methods:
        said = _one_line(inspect.cleandoc(ast.get_docstring(method) or ""))
        raised = _RAISED.findall(_sections(ast.get_docstring(method) or "").get("Raises", ""))
        raises = f" Raises {', '.join(map(_quoted, raised))}." if raised else ""
        yield f"- `{_method(method)}`: {said}{raises}"
    if methods:
        yield ""


def _constants(entries: Sequence[Name]) -> Iterator[str]:
    for entry in entries:
        node = entry.node
        value = _value(node.value) if isinstance(node, ast.Assign | ast.AnnAssign) else ""
        shown = f" = {value}" if 0 < len(value) <= VALUE_CHARACTERS_MAX else ""
        said = " ".join(_plain(entry.documentation).split())
        yield f"- `{entry.name}{shown}`{': ' + said if said else ''}"


def _value(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return f"{node.value:_}"
    return "" if node is None else ast.unparse(node)


def _class_head(node: ast.ClassDef) -> Iterator[str]:
    bases = [ast.unparse(base) for base in node.bases]
    fields = list(_fields(node))
    if any(base.endswith("Enum") for base in bases):
        yield _head(node.name, bases)
        for one in node.body:
            if isinstance(one, ast.Assign):
                yield f"    {ast.unparse(one)}"
        return
    made = next(
        (one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None
    )
    yield _head(node.name, bases)
    if made is not None:
        yield f"    {_signature(made, is_method=True)}"
    for field in fields:
        yield f"    {field}"


def _head(name: str, bases: Sequence[str]) -> str:
    return f"class {name}({', '.join(bases)})" if bases else f"class {name}"


def _fields(node: ast.ClassDef) -> Iterator[str]:
    if not any("attrs" in ast.unparse(decorator) for decorator in node.decorator_list):
        return
    for one in node.body:
        if isinstance(one, ast.AnnAssign) and _is_public(ast.unparse(one.target)):
            told = f"{ast.unparse(one.target)}: {_type(one.annotation)}"
            if one.value is None:
                yield told
            elif not ast.unparse(one.value).startswith("attrs."):
                yield f"{told} = {ast.unparse(one.value)}"
            elif "init=False" not in ast.unparse(one.value):
                has_default = re.search(r"\b(default|factory)=", ast.unparse(one.value))
                yield f"{told} = …" if has_default else told


def _method(node: ast.FunctionDef) -> str:
    if any(ast.unparse(decorator).endswith("property") for decorator in node.decorator_list):
        return f"{node.name}: {_type(node.returns)}"
    return _signature(node, is_method=True)


def _signature(node: ast.FunctionDef, *, is_method: bool = False) -> str:
    returned = f" -> {_type(node.returns)}" if node.returns is not None else ""
    arguments = list(_arguments(node.args))
    is_static = any(ast.unparse(decorator) == "staticmethod" for decorator in node.decorator_list)
    return f"{node.name}({', '.join(arguments[is_method and not is_static :])}){returned}"


def _arguments(given: ast.arguments) -> Iterator[str]:
    by_place = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(by_place) - len(given.defaults)) + list(given.defaults)
    for place, (argument, default) in enumerate(zip(by_place, defaults, strict=True), start=1):
        yield _argument(argument, default)
        if place == len(given.posonlyargs):
            yield "/"
    if given.vararg is not None:
        yield f"*{_argument(given.vararg, None)}"
    elif given.kwonlyargs:
        yield "*"
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield _argument(argument, default)
    if given.kwarg is not None:
        yield f"**{_argument(given.kwarg, None)}"


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    told = argument.arg if argument.annotation is None else f"{argument.arg}: {_type(argument.annotation)}"
    return told if default is None else f"{told} = {ast.unparse(default)}"


def _type(annotation: ast.expr | None) -> str:
    """As it is written, without the quotes of what is defined further down."""
    return "" if annotation is None else ast.unparse(annotation).replace("'", "")


def _fenced(lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    yield "```text"
    for line in lines:
        yield from _wrapped(line)
    yield "```"
    yield ""


def _wrapped(line: str) -> Iterator[str]:
    """A long signature takes a line for each argument."""
    if len(line) <= 100 or "(" not in line:  # noqa: PLR2004 - a line that a narrow window shows whole
        yield line
        return
    head, _, rest = line.partition("(")
    depth, argument = 0, ""
    yield f"{head}("
    for place, letter in enumerate(rest):
        if letter == ")" and depth == 0:
            yield f"    {argument.strip()},"
            yield f"){rest[place + 1 :]}"
            return
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            yield f"    {argument.strip()},"
            argument = ""
        else:
            argument += letter


def _prose(documentation: str) -> Iterator[str]:
    sections = _sections(documentation)
    text = sections.pop("").strip()
    if text:
        yield text
        yield ""
    for title, body in sections.items():
        items = _RAISED.sub(lambda match: f"- {_quoted(match[1])}: ", body.rstrip())
        yield f"{title}:"
        yield ""
        yield re.sub(r"^        +", "  ", items, flags=re.MULTILINE)
        yield ""


def _sections(documentation: str) -> dict[str, str]:
    first, *others = _SECTION.split(_plain(inspect.cleandoc(documentation)))
    return {"": first, **dict(zip(others[::2], others[1::2], strict=True))}


def _plain(documentation: str) -> str:
    return documentation.replace("``", "`")


def _quoted(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split(", "))


def _one_line(documentation: str) -> str:
    return " ".join(_plain(documentation).partition("\n\n")[0].split())


def _is_public(name: str) -> bool:
    return not name.startswith("_")


@cache
def _tree(module: str) -> ast.Module:
    path = SRC.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(file.read_text(encoding="utf-8"))


def _found(module: str, name: str) -> tuple[str, ast.stmt, str]:
    """Where a name is defined, followed through imports, with its documentation."""
    body = _tree(module).body
    for place, node in enumerate(body):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return module, node, ast.get_docstring(node) or ""
        if isinstance(node, ast.Assign | ast.AnnAssign) and name in _targets(node):
            after = body[place + 1] if place + 1 < len(body) else None
            said = ast.get_docstring(ast.Module([after], [])) if after is not None else None
            return module, node, said or ""
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                if (alias.asname or alias.name) == name and node.module.startswith("vantrexia_"):
                    return _found(node.module, alias.name)
    raise LookupError(f"{module} hands out {name}, which is not defined there")


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [ast.unparse(one) for target in targets for one in getattr(target, "elts", [target])]
