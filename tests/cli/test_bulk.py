"""``vantrexia patients export``: everybody into a file, whole or not at all."""

import gzip
import json
import stat
from pathlib import Path
from uuid import UUID

import pytest

from tests.builders import a_new_patient
from tests.programs import run
from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.settings import Settings
from vantrexia_core.identity import operator
from vantrexia_core.kernel import Origin, PatientId
from vantrexia_core.patients import delete_patient, register_patient

PEOPLE = 3


@pytest.fixture
def ids(tmp_path: Path) -> list[str]:
    """The ids of some patients in the embedded database at ``tmp_path``."""
    with open_service(Settings(data_dir=tmp_path)) as service:
        actor = operator(service.practice_id, Origin())
        people = [register_patient(service.desk, actor, a_new_patient()) for _ in range(PEOPLE)]
        gone = register_patient(service.desk, actor, a_new_patient())
        delete_patient(service.desk, actor, gone.id)
        return [str(one.id) for one in people]


def _disclosures(folder: Path, id_: str) -> list[str]:
    out = run(folder, "patients", "disclosures", id_, "--json").out
    return [json.loads(line)["action"] for line in out.splitlines()]


def test_everybody_is_exported(tmp_path: Path, ids: list[str]) -> None:
    """A Patient a line, in a file for its owner alone; each is on the trail as disclosed."""
    file = tmp_path / "out.ndjson"
    done = run(tmp_path, "patients", "export", str(file))
    assert (done.status, done.out) == (0, "")
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(line["resourceType"], line["id"]) for line in lines] == [("Patient", id_) for id_ in ids]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert _disclosures(tmp_path, ids[0]) == ["create", "export"]
    assert f"{PEOPLE} patients were exported" in done.err


def test_a_name_that_says_so_is_compressed(tmp_path: Path, ids: list[str]) -> None:
    """gzip, and the same content as on standard output."""
    file = tmp_path / "out.ndjson.gz"
    assert run(tmp_path, "patients", "export", str(file)).status == 0
    plain = run(tmp_path, "patients", "export", "-")
    assert gzip.decompress(file.read_bytes()).decode() == plain.out
    assert plain.out.count("\n") == len(ids)


def test_a_file_that_is_there_stays(tmp_path: Path, ids: list[str]) -> None:
    """Unless it is to be replaced; and nobody is disclosed for nothing."""
    file = tmp_path / "out.ndjson"
    file.write_text("mine")
    refused = run(tmp_path, "patients", "export", str(file))
    assert (refused.status, file.read_text()) == (1, "mine")
    assert "--force" in refused.err
    assert _disclosures(tmp_path, ids[0]) == ["create"]
    assert run(tmp_path, "patients", "export", str(file), "--force").status == 0
    assert file.read_text(encoding="utf-8").count("\n") == PEOPLE


def test_changes_since_a_moment(tmp_path: Path, ids: list[str]) -> None:
    """The last line says from when to go on; the deleted are named beside the file."""
    file = tmp_path / "all.ndjson"
    since = run(tmp_path, "patients", "export", str(file)).err.rpartition("--since ")[2].strip()
    changes = tmp_path / "changes.ndjson"
    with open_service(Settings(data_dir=tmp_path)) as service:
        delete_patient(service.desk, operator(service.practice_id, Origin()), PatientId(UUID(ids[0])))
    assert run(tmp_path, "patients", "export", str(changes), "--since", since).status == 0
    (bundle,) = map(json.loads, (tmp_path / "changes.deleted.ndjson").read_text().splitlines())
    deleted = [entry["request"]["url"] for entry in bundle["entry"]]
    assert f"Patient/{ids[0]}" in deleted
    assert run(tmp_path, "patients", "export", str(tmp_path / "x"), "--since", "soon").status == 2


def test_what_a_killed_export_left_is_in_nobodys_way(tmp_path: Path, ids: list[str]) -> None:
    """The next one begins anew, and leaves one file."""
    file = tmp_path / "out.ndjson"
    file.with_name("out.ndjson.partial").write_text("of one that was killed")
    assert run(tmp_path, "patients", "export", str(file)).status == 0
    assert file.read_text(encoding="utf-8").count("\n") == len(ids)
    assert not file.with_name("out.ndjson.partial").exists()
