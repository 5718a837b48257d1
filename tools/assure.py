"""Run the tests that `docs/assurance.toml` names, and record in `docs/assurance-results.json` how they ended.

``python tools/assure.py`` runs them; ``python tools/assure.py REPORT`` takes a report instead that
``pytest --junitxml=REPORT`` has written, of these tests or of all. `docs/generate.py` then makes the page. A
test that has many cases passed if all of them did; one that was skipped in part says so.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

ROOT: Final = Path(__file__).resolve().parents[1]
DOCS: Final = ROOT / "docs"
GOOD: Final = frozenset({"passed", "passed, in part skipped"})


def main(arguments: list[str]) -> int:
    """Run unless there is a report, record, and say whether every test passed."""
    promises = tomllib.loads((DOCS / "assurance.toml").read_text(encoding="utf-8"))["promise"]
    tests = sorted({test for promise in promises for test in promise["tests"]})
    with tempfile.TemporaryDirectory() as folder:
        report = Path(arguments[0] if arguments else Path(folder) / "report.xml")
        if not arguments:
            targets = [f"tests/{'::test_'.join(test.rsplit('::', 1))}" for test in tests]
            subprocess.call(
                [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *targets], cwd=ROOT
            )
        ended = outcomes(report.read_text(encoding="utf-8"))
    results = {test: said(ended.get(test, [])) for test in tests}
    recorded = {"on": datetime.now(UTC).date().isoformat(), "results": results}
    (DOCS / "assurance-results.json").write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    return int(not set(results.values()) <= GOOD)


def outcomes(report: str) -> dict[str, list[str]]:
    """How each case of each test ended, by the test's name in the table."""
    ended: dict[str, list[str]] = defaultdict(list)
    for case in ET.fromstring(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        module, _, kind = case.attrib["classname"].removeprefix("tests.").partition(".Test")
        name = case.attrib["name"].partition("[")[0].removeprefix("test_")
        within = f"Test{kind}::" if kind else ""
        bad = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
        ended[f"{module.replace('.', '/')}.py::{within}{name}"].append(bad[0] if bad else "passed")
    return ended


def said(cases: list[str]) -> str:
    """One word for all cases."""
    if not cases:
        return "not run"
    if {"failure", "error"} & set(cases):
        return "failed"
    return "passed, in part skipped" if "skipped" in cases and "passed" in cases else cases[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
