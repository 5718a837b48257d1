"""``vantrexia patients merge``, ``merges`` and ``unmerge``."""

import json
from datetime import date
from pathlib import Path

import pytest

from tests.builders import a_new_patient
from tests.programs import run
from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.settings import Settings
from vantrexia_core.identity import operator
from vantrexia_core.kernel import Origin, PatientId
from vantrexia_core.patients import DateOfBirth, Phone, Revision, register_patient, revise_patient


@pytest.fixture
def two(tmp_path: Path) -> tuple[PatientId, PatientId]:
    """Two records of one person in the embedded database at ``tmp_path``; the first has no phone."""
    with open_service(Settings(data_dir=tmp_path)) as service:
        actor = operator(service.practice_id, Origin())
        one, other = (
            register_patient(service.desk, actor, a_new_patient(phone=phone)) for phone in (None, "555-0142")
        )
        return one.id, other.id


def test_two_records_are_merged_and_separated(tmp_path: Path, two: tuple[PatientId, PatientId]) -> None:
    """With a reason; what was merged and edited since is asked about."""
    survivor, loser = map(str, two)
    merged = run(tmp_path, "patients", "merge", survivor, loser, "--reason-stdin", stdin="one person\n")
    assert merged.status == 0, merged.err
    (row,) = json.loads(run(tmp_path, "patients", "merges", loser, "--json").out)
    assert (row["survivor"], row["loser"], row["fields"]) == (survivor, loser, "phone")
    again = run(tmp_path, "patients", "merge", survivor, loser, "--reason-stdin", stdin="one person\n")
    assert again.status == 1
    assert "merged into that one before" in again.err
    with open_service(Settings(data_dir=tmp_path)) as service:
        actor = operator(service.practice_id, Origin())
        revise_patient(service.desk, actor, two[0], Revision(phone=Phone("555-0177")))
    undo = ("patients", "unmerge", row["id"], "--reason-stdin")
    asked = run(tmp_path, *undo, stdin="two people\n")
    assert (asked.status, "--heir phone=survivor|loser|neither" in asked.err) == (1, True)
    assert run(tmp_path, *undo, "--heir", "phone=me", stdin="two people\n").status == 2
    undone = run(tmp_path, *undo, "--heir", "phone=loser", stdin="two people\n")
    assert (undone.status, undone.out) == (0, f"Patients {survivor} and {loser} are two records again.\n")
    (row,) = json.loads(run(tmp_path, "patients", "merges", survivor, "--json").out)
    assert row["undone_at"] is not None


def test_records_that_look_like_two_peoples_are_merged_only_by_whoever_looked(
    tmp_path: Path, two: tuple[PatientId, PatientId]
) -> None:
    """The refusal says what differs and what to do."""
    with open_service(Settings(data_dir=tmp_path)) as service:
        actor = operator(service.practice_id, Origin())
        born = Revision(date_of_birth=DateOfBirth(date(2004, 2, 29)))
        revise_patient(service.desk, actor, two[0], born)
    merge = ("patients", "merge", *map(str, two), "--reason-stdin")
    refused = run(tmp_path, *merge, stdin="one person\n")
    assert refused.status == 1
    assert "--despite-differences" in refused.err
    assert "guards: the birth dates differ; the birth years are a generation apart" in refused.err
    merged = run(tmp_path, *merge, "--despite-differences", stdin="one person\n")
    assert merged.status == 0, merged.err
