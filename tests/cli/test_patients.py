"""``vantrexia patients``: what an administrator does about deleted records."""

import json
from pathlib import Path

import pytest

from tests.builders import a_new_patient
from tests.programs import run
from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.settings import Settings
from vantrexia_core.identity import operator
from vantrexia_core.kernel import Origin
from vantrexia_core.patients import delete_patient, register_patient


@pytest.fixture
def deleted(tmp_path: Path) -> str:
    """The id of a deleted patient in the embedded database at ``tmp_path``."""
    with open_service(Settings(data_dir=tmp_path)) as service:
        actor = operator(service.practice_id, Origin())
        patient = register_patient(service.desk, actor, a_new_patient())
        delete_patient(service.desk, actor, patient.id)
        return str(patient.id)


def test_a_deleted_record_is_shown(tmp_path: Path, deleted: str) -> None:
    """Deleted lists it with the time and the person."""
    rows = json.loads(run(tmp_path, "patients", "deleted", "--json").out)
    assert [row["id"] for row in rows] == [deleted]
    assert rows[0]["deleted_at"].endswith("Z")


def test_a_deleted_record_is_restored(tmp_path: Path, deleted: str) -> None:
    """Restore makes it active again; a second time there is nothing to restore."""
    assert run(tmp_path, "patients", "restore", deleted, stdin="by mistake\n").status == 0
    assert json.loads(run(tmp_path, "patients", "deleted", "--json").out) == []
    again = run(tmp_path, "patients", "restore", deleted, "--reason-stdin", stdin="by mistake\n")
    assert (again.status, again.err) == (
        1,
        "Error: This patient is not deleted, so there is nothing to restore.\n",
    )


def test_a_reason_is_wanted(tmp_path: Path, deleted: str) -> None:
    """A blank reason is refused."""
    refused = run(tmp_path, "patients", "restore", deleted, "--reason-stdin", stdin="  \n")
    assert (refused.status, refused.err) == (1, "Error: reason: This field may not be blank.\n")


def test_the_disclosures_of_a_patient_are_shown(tmp_path: Path, deleted: str) -> None:
    """Of a deleted one, too: a line each with when, what and from where; asking shows nothing more."""
    rows = [
        json.loads(line)
        for line in run(tmp_path, "patients", "disclosures", deleted, "--json").out.splitlines()
    ]
    assert [(row["action"], row["patients_shown"]) for row in rows] == [("create", 1)]
    run(tmp_path, "patients", "deleted")
    for_people = run(tmp_path, "patients", "disclosures", deleted)
    assert [line.split()[2] for line in for_people.out.splitlines()] == ["create", "list_deleted"]
    assert "console:" in for_people.out
    assert for_people.err == "2 disclosures\n"


def test_disclosures_of_a_period_are_shown(tmp_path: Path, deleted: str) -> None:
    """Days of UTC, both counting."""
    assert run(tmp_path, "patients", "disclosures", deleted, "--to", "2020-01-01").err == "0 disclosures\n"
    assert run(tmp_path, "patients", "disclosures", deleted, "--from", "2020-01-01").err == "1 disclosures\n"


def test_disclosures_of_an_unknown_patient_are_refused(tmp_path: Path, deleted: str) -> None:
    """One line and status 1."""
    refused = run(tmp_path, "patients", "disclosures", "4d5e6f7a-8b9c-4d1e-af3a-4b5c6d7e8f9a")
    assert (refused.status, refused.err) == (1, "Error: No such record.\n")
