"""A figure that stands in two pages is one figure."""

import re

from tests.docs.pages import DOCS, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_figures_of_the_front_page_are_those_of_the_page_that_it_names() -> None:
    """Each time in the README's table stands in the row of the same operation there."""
    costs = README.partition("## What it costs")[2].partition("\n## ")[0]
    theirs = (DOCS / "explanation" / "performance.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+)[^|]*\| ([0-9.]+) ms \| ([0-9.]+) ms", costs, flags=re.MULTILINE)
    assert len(rows) >= 3
    for operation, ours, other in rows:
        assert re.search(
            rf"^\| {operation}[^|]*\| {ours} \([0-9.]+\) \| {other} \|", theirs, flags=re.MULTILINE
        ), operation
