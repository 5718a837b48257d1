"""How Sphinx makes a site of these pages: ``nox -s docs``.

The pages are read on a forge as well, so they are plain Markdown and no directive stands in them. The one
thing that a site needs beyond that, an order of all pages, is taken from the lists of ``index.md``.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sphinx.application import Sphinx

DOCS: Final = Path(__file__).resolve().parent
_PROJECT: Final = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_SECTION: Final = re.compile(r"^## (?P<caption>.+?)$(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_PAGE: Final = re.compile(r"\]\((?P<page>[\w/.-]+)\.md(?:#[^)]*)?\)")

project = "Vantrexia"
version = release = _PROJECT["version"]
author = _PROJECT["authors"][0]["name"]
project_copyright = author
language = "en"

extensions = ["myst_parser", "sphinxcontrib.mermaid"]
source_suffix = {".md": "markdown"}
nitpicky = True  # a reference that leads nowhere is a warning, and warnings are errors

myst_heading_anchors = 4  # as a forge gives them
myst_fence_as_directive = ["mermaid"]
myst_links_external_new_tab = False

html_theme = "furo"
html_title = f"Vantrexia {release}"
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None  # two builds of one commit are alike


def sections(index: str) -> Iterator[tuple[str, list[str]]]:
    """The headings of the index, each with the pages that it leads to."""
    for section in _SECTION.finditer(index):
        yield section["caption"], list(dict.fromkeys(_PAGE.findall(section["body"])))


def add_order(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Give the index the hidden table of contents that the side bar shows."""
    if docname == "index":
        for caption, pages in sections(source[0]):
            listed = "\n".join(pages)
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", add_order)
