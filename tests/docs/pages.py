"""Reading the documentation: its pages, their fenced blocks, their headings."""

import ast
import importlib
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import attrs

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def _pages(room: str) -> list[Path]:
    return [page for page in (ROOT / room).rglob("*.md") if "node_modules" not in page.parts]


PAGES = tuple(sorted(_pages("docs")))
GUIDED = (ROOT / "README.md", *PAGES)
"""The pages and the README, which makes the same kind of claims."""

EVERY_PAGE = tuple(
    sorted(
        [*ROOT.glob("*.md"), *(page for room in ("docs", "bench", "src", "tests") for page in _pages(room))]
    )
)
"""Whatever is written for readers anywhere in the repository."""

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@attrs.frozen
class Block:
    """A fenced block: its language, its text, and the line of the page on which its text begins."""

    language: str
    text: str
    line: int


def name_of(page: Path) -> str:
    """The page as a reader calls it."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Sequence[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(match["language"], match["text"], text.count("\n", 0, match.start("text")) + 1)
        for match in _FENCE.finditer(text)
    ]


def simple_commands(line: str) -> Iterator[tuple[str, ...]]:
    """The commands of a line of shell, as words, without the settings before them."""
    reader = shlex.shlex(line, posix=True, punctuation_chars="|&;()<>")
    reader.whitespace_split = True
    words: list[str] = []
    for word in [*reader, ";"]:
        if re.fullmatch(r"[|&;()]+", word):
            while words and re.match(r"[A-Z_]+=", words[0]):
                del words[0]
            if words:
                yield tuple(words)
            words = []
        else:
            words.append(word)


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def headings(page: Path) -> Sequence[tuple[int, str]]:
    """Level and text of each heading."""
    found = re.finditer(r"^(#+) +(.+?) *$", prose(page), re.MULTILINE)
    return [(len(match[1]), match[2]) for match in found]


def anchors(page: Path) -> frozenset[str]:
    """The anchors that a forge gives to the headings of a page."""
    plain = (re.sub(r"[`*]", "", text).lower() for _, text in headings(page))
    return frozenset(re.sub(r"[^\w\- ]", "", text).replace(" ", "-") for text in plain)


def has_test(file: Path, name: str) -> bool:
    """Whether a file defines a test: ``test_name``, or ``TestClass::test_name`` of a class or its bases."""
    kind, _, method = name.rpartition("::")
    if not kind:
        module = ast.parse(file.read_text(encoding="utf-8"))
        return name in {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    # A contract's tests are inherited, so the class is looked at as it is.
    imported = importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    return callable(getattr(getattr(imported, kind, None), method, None))


def generator() -> ModuleType:
    """``docs/generate.py``, which is a program and lies in no package; beside it is what it imports."""
    if str(DOCS) not in sys.path:
        sys.path.append(str(DOCS))
    return importlib.import_module("generate")
