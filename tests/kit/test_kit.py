"""The published contracts, subclassed by somebody who has nothing of this repository but the wheel."""

import re
import runpy
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import vantrexia_contracts
from tests.docs.pages import DOCS, blocks

HERE = Path(__file__).parent
PAGE = DOCS / "how-to" / "add-an-adapter.md"
INSTALLED = Path(vantrexia_contracts.__file__).parents[1]
FILES = ("recorded_ids.py", "test_recorded_ids.py", "test_my_stores.py")
"""What the Python examples of the page are saved as, in their order."""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """How each test of the page's adapters and of the wrong ones ended, by class: its failure, or nothing."""
    folder = tmp_path_factory.mktemp("stranger")
    examples = [block.text for block in blocks(PAGE) if block.language == "python"]
    for file, text in zip(FILES, examples, strict=True):
        (folder / file).write_text(text, encoding="utf-8")
    (folder / "test_wrong.py").write_bytes((HERE / "wrong.py").read_bytes())
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    ran = subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=report.xml"),
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env={"PYTHONPATH": str(INSTALLED), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    assert (folder / "report.xml").exists(), ran.stdout + ran.stderr
    found: dict[str, dict[str, str]] = {}
    for case in ET.parse(folder / "report.xml").iter("testcase"):  # noqa: S314 - pytest wrote it
        bad = [f"{one.attrib['message']}\n{one.text}" for one in case if one.tag in {"failure", "error"}]
        kind = case.attrib["classname"].rpartition(".")[2]
        found.setdefault(kind, {})[case.attrib["name"]] = "".join(bad)
    return found


def test_the_page_shows_what_its_adapter_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run as the program that it is, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    adapter, *_ = (block.text for block in blocks(PAGE) if block.language == "python")
    (tmp_path / FILES[0]).write_text(adapter, encoding="utf-8")
    runpy.run_path(FILES[0], run_name="__main__")
    assert capsys.readouterr().out == next(block.text for block in blocks(PAGE) if block.language == "output")


@pytest.mark.parametrize("kind", ["TestRecordedIds", "TestMyUnitOfWork", "TestMyLockouts"])
def test_an_adapter_that_keeps_its_promises_passes(ended: dict[str, dict[str, str]], kind: str) -> None:
    """Those of the how-to, saved to files as it says."""
    assert ended[kind]
    assert set(ended[kind].values()) == {""}


@pytest.mark.parametrize(
    ("kind", "broken"),
    [
        ("TestHastyDesk", "test_a_work_that_is_only_left_leaves_nothing"),
        ("TestLocalClock", "test_a_clock_shows_utc_and_never_goes_back"),
        ("TestPlainWrapper", "test_what_was_wrapped_unwraps_and_shows_nothing"),
        ("TestPlainWrapper", "test_another_key_encryption_key_unwraps_nothing"),
    ],
)
def test_an_adapter_that_breaks_a_promise_fails(
    ended: dict[str, dict[str, str]], kind: str, broken: str
) -> None:
    """By the test of that promise, which shows both sides of what it compares."""
    assert re.match(r"AssertionError: assert .|assert .|Failed: DID NOT RAISE", ended[kind][broken])


def test_a_hasty_desk_fails_for_its_haste_alone(ended: dict[str, dict[str, str]]) -> None:
    """What has nothing to do with the broken promise passes."""
    assert [name for name, failure in ended["TestHastyDesk"].items() if failure] == [
        "test_a_work_that_is_only_left_leaves_nothing",
        "test_a_work_does_not_see_what_others_have_not_committed",
    ]


def test_a_contract_without_an_adapter_says_what_to_override(ended: dict[str, dict[str, str]]) -> None:
    """By the name of the fixture."""
    assert "override the fixture `ids`" in ended["TestForgotten"]["test_ids_are_fresh_and_of_version_4"]
