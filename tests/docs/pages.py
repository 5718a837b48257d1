"""Reading the documentation: its pages, their fenced blocks, their headings."""

import importlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import attrs

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

PAGES = tuple(sorted(DOCS.rglob("*.md")))
GUIDED = (ROOT / "README.md", *PAGES)
"""The pages and the README, which makes the same kind of claims."""

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


def generator() -> ModuleType:
    """``docs/generate.py``, which is a program and lies in no package; beside it is what it imports."""
    if str(DOCS) not in sys.path:
        sys.path.append(str(DOCS))
    return importlib.import_module("generate")
