"""``vantrexia ecw``: importing lists of ids, and going on after a kill."""

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.desks import entries_of
from tests.programs import environment, run
from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.settings import Settings
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.patients import Listing

pytestmark = pytest.mark.usefixtures("founded")

SANDBOX = {"VANTREXIA_ECW_SOURCE": "sandbox"}
IDS = [f"ECW-{500_000 + number}" for number in range(300)]


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A file of ids that the sandbox's EHR knows."""
    file = tmp_path / "ids.txt"
    file.write_text("# from the appointments of this week\n\n" + "\n".join(IDS) + "\n", encoding="utf-8")
    return file


def _practice(folder: Path) -> tuple[int, Counter[tuple[Outcome, str | None]]]:
    """How many active patients there are, and how imports ended in the trail."""
    with open_service(Settings(data_dir=folder)) as service:
        count = service.desk.directory.find(service.practice_id, Listing()).count
        ended = Counter(
            (entry.outcome, entry.code)
            for entry in entries_of(service.desk, service.practice_id)
            if entry.action is Action.IMPORT
        )
    return count, ended


def test_a_list_of_ids_is_imported(tmp_path: Path, listed: Path) -> None:
    """With progress on standard error, and nothing to complain about on standard output."""
    done = run(tmp_path, "ecw", "import", str(listed), "--json", **SANDBOX)
    assert (done.status, json.loads(done.out)) == (0, [])
    assert "Importing patients: 300 of 300" in done.err
    assert "imported: 300, updated: 0, skipped: 0, error: 0" in done.err
    assert _practice(tmp_path) == (300, Counter({(Outcome.DONE, None): 300}))


def test_whoever_was_not_imported_is_shown_with_the_reason(tmp_path: Path) -> None:
    """The status says that there were errors; the others are here."""
    run(tmp_path, "ecw", "import", "-", stdin="ECW-12345\n", **SANDBOX)
    done = run(tmp_path, "ecw", "import", "-", "--json", stdin="ECW-12345\nECW-67890\nnobody\n", **SANDBOX)
    rows = json.loads(done.out)
    assert done.status == 1
    assert [(row["ecw_id"], row["status"]) for row in rows] == [("ECW-12345", "skipped"), ("nobody", "error")]
    assert _practice(tmp_path)[0] == 2


def test_an_import_that_was_killed_goes_on_where_it_stood(tmp_path: Path, listed: Path) -> None:
    """SIGKILL in the middle: nothing is doubled, nothing is lost, and what was settled is not done again."""
    command = [sys.executable, "-m", "vantrexia_adapters.cli", "ecw", "import", str(listed)]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=environment(tmp_path, **SANDBOX)
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Importing patients:"):
            break
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=60) == -signal.SIGKILL
    process.stderr.close()
    before, _ = _practice(tmp_path)
    assert 0 < before < len(IDS)
    resumed = run(tmp_path, "ecw", "import", str(listed), "--resume", **SANDBOX)
    assert resumed.status == 0
    assert f"Going on: {before} of 300 were settled." in resumed.err
    # Had anybody been imported twice or asked for again, the trail would have more entries, or other ones.
    assert _practice(tmp_path) == (300, Counter({(Outcome.DONE, None): 300}))


def test_there_is_nothing_to_resume_before_the_first_import(tmp_path: Path) -> None:
    """It begins, as without the option."""
    done = run(tmp_path, "ecw", "import", "-", "--resume", stdin="ECW-12345\n", **SANDBOX)
    assert done.status == 0
    assert "Going on" not in done.err


def test_patients_are_brought_up_to_date(tmp_path: Path) -> None:
    """With --refresh those who are here are read again."""
    run(tmp_path, "ecw", "import", "-", stdin="ECW-12345\n", **SANDBOX)
    done = run(tmp_path, "ecw", "import", "-", "--refresh", "--json", stdin="ECW-12345\n", **SANDBOX)
    assert [row["reason"].partition(" (")[0] for row in json.loads(done.out)] == ["Patient is up to date"]


def test_without_an_ehr_the_command_says_so(tmp_path: Path) -> None:
    """One line, and status 1."""
    refused = run(tmp_path, "ecw", "import", "-", stdin="ECW-12345\n")
    assert refused.status == 1
    assert refused.err.startswith("Error: No eClinicalWorks connection is set up")


def test_a_line_that_is_no_id_is_named_and_not_repeated(tmp_path: Path) -> None:
    """By its number: what stands there may be anything."""
    refused = run(tmp_path, "ecw", "import", "-", stdin="ECW-12345\n" + "x" * 65 + "\n", **SANDBOX)
    assert refused.status == 1
    assert "line 2" in refused.err
    assert "xxx" not in refused.err
