"""``vantrexia directory``: what the directory of a practice takes."""

import json
import re
from pathlib import Path

import pytest

from tests.builders import a_new_patient
from tests.marks import FIRST, LAST, MRN, marks_in
from tests.programs import run
from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.settings import Settings
from vantrexia_core.identity import operator
from vantrexia_core.kernel import Origin
from vantrexia_core.patients import delete_patient, register_patient

pytestmark = pytest.mark.usefixtures("founded")


@pytest.fixture
def practice(tmp_path: Path) -> str:
    """The id of a practice with three patients, one of them deleted, in the embedded database."""
    with open_service(Settings(data_dir=tmp_path)) as service:
        actor = operator(service.practice_id, Origin())
        register_patient(service.desk, actor, a_new_patient(first=FIRST, last=LAST, mrn=MRN))
        register_patient(service.desk, actor, a_new_patient())
        delete_patient(service.desk, actor, register_patient(service.desk, actor, a_new_patient()).id)
        return str(service.practice_id)


def test_the_figures_are_json_for_machines(tmp_path: Path, practice: str) -> None:
    """Deleted patients are in the directory too; nothing waits after a start."""
    (row,) = json.loads(run(tmp_path, "directory", "--json").out)
    assert {name: row[name] for name in ("practice", "patients", "waiting", "unreadable", "loaded_from")} == {
        "practice": practice,
        "patients": 3,
        "waiting": 0,
        "unreadable": 0,
        "loaded_from": "rows",
    }
    assert row["as_of"] == 4
    assert 100 < row["memory_bytes"] < 100_000
    assert 0 <= row["load_seconds"] < 60


def test_the_figures_are_a_table_for_people(tmp_path: Path, practice: str) -> None:
    """A line of titles and one for the practice."""
    titles, figures = run(tmp_path, "directory").out.splitlines()
    assert titles.split()[:2] == ["practice", "patients"]
    assert figures.split()[:2] == [practice, "3"]


def test_the_figures_are_metrics(tmp_path: Path, practice: str) -> None:
    """OpenMetrics 1.0: each family announced before its sample, and an end."""
    lines = run(tmp_path, "directory", "--metrics").out.splitlines()
    assert lines[-1] == "# EOF"
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert families == [
        "vantrexia_directory_patients",
        "vantrexia_directory_waiting",
        "vantrexia_directory_unreadable",
        "vantrexia_directory_memory_bytes",
    ]
    assert all(re.fullmatch(r"# TYPE \S+ gauge", line) for line in lines if line.startswith("# TYPE"))
    for family in families:
        at = lines.index(f"# TYPE {family} gauge")
        assert lines[at + 1].startswith(f"# HELP {family} ")
        assert re.fullmatch(rf'{family}\{{practice="{practice}"\}} \d+', lines[at + 2])
    assert f'vantrexia_directory_patients{{practice="{practice}"}} 3' in lines


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--metrics",)], ids=str)
def test_the_figures_name_nobody(tmp_path: Path, practice: str, arguments: tuple[str, ...]) -> None:
    """They may go to whoever watches the machines."""
    assert marks_in(run(tmp_path, "directory", *arguments).out) == []


def test_a_fresh_practice_has_an_empty_directory(tmp_path: Path) -> None:
    """No patient, and no error."""
    (row,) = json.loads(run(tmp_path, "directory", "--json").out)
    assert (row["patients"], row["as_of"]) == (0, 0)


def test_a_practice_over_the_limit_is_refused_with_a_sentence(tmp_path: Path, practice: str) -> None:
    """The sentence says what to do, and the command fails."""
    done = run(tmp_path, "directory", VANTREXIA_DIRECTORY_PATIENTS_MAX="2")
    assert done.status == 1
    assert "more patients than the directory may hold" in done.err
    assert done.out == ""
