"""``vantrexia patients import``: every line settled once, whatever comes between."""

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.programs import environment, run
from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.cli.bulk_import import LINE_BYTES_MAX
from vantrexia_adapters.settings import Settings
from vantrexia_core.identity import operator
from vantrexia_core.kernel import Origin, PageRequest
from vantrexia_core.patients import Listing, Patient, delete_patient, find_patients

pytestmark = pytest.mark.usefixtures("founded")

MRN = "https://vantrexia.com/mrn"


def a_line(number: int, *, mrn: str | None = None, **changes: Any) -> str:
    """A Patient; another number, another person."""
    patient = {
        "resourceType": "Patient",
        "name": [{"family": f"Quintero{number}", "given": ["Marisol"]}],
        "gender": "female",
        "birthDate": f"1961-04-{1 + number % 28:02}",
    }
    if mrn is not None:
        patient["identifier"] = [{"system": MRN, "value": mrn}]
    return json.dumps(patient | changes)


def _file(folder: Path, *lines: str) -> str:
    file = folder / "patients.ndjson"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(file)


def _patients(folder: Path) -> list[Patient]:
    with open_service(Settings(data_dir=folder)) as service:
        page = PageRequest(1, 100)
        return list(
            find_patients(service.desk, operator(service.practice_id, Origin()), Listing(page=page)).items
        )


def _outcomes(folder: Path) -> dict[str, list[str]]:
    """What the second file tells: lines, and the codes or places of what is wrong."""
    told = (folder / "patients.ndjson.errors.ndjson").read_text(encoding="utf-8").splitlines()
    return {
        outcome["id"]: [
            issue.get("expression", [issue["details"]["coding"][0]["code"]])[0] for issue in outcome["issue"]
        ]
        for outcome in map(json.loads, told)
        if outcome["resourceType"] == "OperationOutcome"
    }


def test_a_file_is_imported(tmp_path: Path) -> None:
    """Everybody, with the identifiers they bring or one of ours, and each on the trail."""
    file = _file(tmp_path, a_line(1, mrn="A-1"), "", a_line(2), a_line(3))
    done = run(tmp_path, "patients", "import", file)
    assert (done.status, "imported: 3, passed over: 0, refused: 0" in done.err) == (0, True), done.err
    found = _patients(tmp_path)
    assert [one.name.last.reveal() for one in found] == ["Quintero1", "Quintero2", "Quintero3"]
    assert [one.mrn.reveal() for one in found] == ["A-1", "MRN-00001", "MRN-00002"]
    told = run(tmp_path, "patients", "disclosures", str(found[0].id), "--json").out
    assert told.count("\n") == 1  # our own list; an import shows nobody
    assert not (tmp_path / "patients.ndjson.errors.ndjson").exists()


def test_a_file_comes_twice(tmp_path: Path) -> None:
    """The same content: nothing is done. Anew: who has an identifier is passed over, others are new again."""
    file = _file(tmp_path, a_line(1, mrn="A-1"), a_line(2))
    run(tmp_path, "patients", "import", file)
    again = run(tmp_path, "patients", "import", file)
    assert (again.status, "was imported on" in again.err) == (0, True)
    anew = run(tmp_path, "patients", "import", file, "--again")
    assert "imported: 1, passed over: 1, refused: 0" in anew.err
    assert len(_patients(tmp_path)) == 3


def test_refused_lines_are_told_of_and_keep_nobody_back(tmp_path: Path) -> None:
    """Each by its number, with places and codes and nothing of what was sent; the others are stored."""
    run(tmp_path, "patients", "import", "-", "--errors", str(tmp_path / "e"), stdin=a_line(1, mrn="A-1"))
    file = _file(
        tmp_path,
        "{",
        '{"resourceType": "Observation"}',
        a_line(3, birthDate="1961-02-30"),
        a_line(4, birthDate="2999-01-01"),
        a_line(5, mrn="A-1"),
        a_line(1, mrn="A-1"),
        a_line(7, mrn="B-7"),
        a_line(8, mrn="B-7"),
        a_line(9),
        " " * (LINE_BYTES_MAX + 5),
    )
    done = run(tmp_path, "patients", "import", file)
    assert (done.status, "imported: 2, passed over: 1, refused: 7" in done.err) == (1, True), done.err
    assert _outcomes(tmp_path) == {
        "line-1": ["Patient"],
        "line-2": ["Patient"],
        "line-3": ["Patient.birthDate"],
        "line-4": ["line_invalid"],
        "line-5": ["identifier_of_another"],
        "line-8": ["identifier_of_another"],
        "line-10": ["line_invalid"],
    }
    text = (tmp_path / "patients.ndjson.errors.ndjson").read_text(encoding="utf-8")
    assert not [word for word in ("Quintero", "1961", "2999", "A-1", "B-7") if word in text]


def test_who_was_deleted_stays_deleted(tmp_path: Path) -> None:
    """An identifier of a deleted record: an administrator is needed."""
    file = _file(tmp_path, a_line(1, mrn="A-1"))
    run(tmp_path, "patients", "import", file)
    (patient,) = _patients(tmp_path)
    with open_service(Settings(data_dir=tmp_path)) as service:
        delete_patient(service.desk, operator(service.practice_id, Origin()), patient.id)
    assert run(tmp_path, "patients", "import", file, "--again").status == 1
    assert _outcomes(tmp_path) == {"line-1": ["here_deleted"]}


def test_a_dry_run_stores_nothing(tmp_path: Path) -> None:
    """The same verdicts as the import that follows, two lines for one person among them."""
    file = _file(tmp_path, a_line(1, mrn="A-1"), "{", a_line(1, mrn="A-1"), a_line(2, mrn="A-1"), a_line(3))
    dry = run(tmp_path, "patients", "import", file, "--dry-run")
    assert (dry.status, _patients(tmp_path)) == (1, [])
    dry_outcomes = _outcomes(tmp_path)
    wet = run(tmp_path, "patients", "import", file)
    counts = "imported: 2, passed over: 1, refused: 2"
    assert (counts in dry.err, counts in wet.err) == (True, True), dry.err + wet.err
    assert _outcomes(tmp_path) == dry_outcomes


def test_what_is_packed_and_what_is_piped(tmp_path: Path) -> None:
    """Gzip is known by its first bytes; one that was cut off says where."""
    packed = gzip.compress("\n".join(a_line(number) for number in range(200)).encode())
    file = tmp_path / "patients.ndjson"
    file.write_bytes(packed[: len(packed) // 2])
    cut = run(tmp_path, "patients", "import", str(file))
    assert (cut.status, "damaged behind line" in cut.err) == (1, True)
    file.write_bytes(packed)
    assert "imported: 200" in run(tmp_path, "patients", "import", str(file)).err
    piped = run(tmp_path, "patients", "import", "-", "--errors", str(tmp_path / "e"), stdin=a_line(999))
    assert (piped.status, "imported: 1," in piped.err) == (0, True)
    assert "imported: 0," in run(tmp_path, "patients", "import", _file(tmp_path)).err


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_whoever_is_stopped_goes_on_where_they_were(tmp_path: Path, how: signal.Signals) -> None:
    """Killed or interrupted in the middle: whole lots stay, and no line comes twice or is lost."""
    count, lines = 2_400, [a_line(number) for number in range(2_400)]
    file = _file(tmp_path, *lines)
    # Behind whoever watches it: on a busy machine it would be over before the signal comes.
    arguments = [
        "nice",
        "-n",
        "15",
        sys.executable,
        "-m",
        "vantrexia_adapters.cli",
        "patients",
        "import",
        file,
    ]
    with subprocess.Popen(arguments, env=environment(tmp_path), stderr=subprocess.PIPE) as program:
        _wait_until_it_imports(program)
        program.send_signal(how)
        program.communicate(timeout=60)
    assert program.returncode != 0
    done = run(tmp_path, "patients", "import", file)
    assert (done.status, f"imported: {count}, passed over: 0, refused: 0" in done.err) == (0, True), done.err
    assert "Going on behind line" in done.err
    with open_service(Settings(data_dir=tmp_path)) as service:
        actor = operator(service.practice_id, Origin())
        assert find_patients(service.desk, actor, Listing()).count == count


def _wait_until_it_imports(program: subprocess.Popen[bytes]) -> None:
    assert program.stderr is not None
    deadline = time.monotonic() + 60
    while b"Importing lines" not in program.stderr.readline():
        assert time.monotonic() < deadline
        assert program.poll() is None
