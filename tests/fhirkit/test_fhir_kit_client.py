"""fhir-kit-client, of npm, connects to a served practice as it comes: a FHIR client that others wrote."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.programs import SECONDS_MAX, ask, free_port, run, serving
from tests.served.test_limits import CREATE_ADMIN, JSON, LOGIN, PASSWORD

HERE = Path(__file__).parent
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    NODE is None or not (HERE / "node_modules").is_dir(),
    reason="needs Node.js 20 or newer and packages of npm: `nox -s fhirkit` installs them and runs this",
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What each step of the program in ``client.mjs`` got."""
    folder, port = tmp_path_factory.mktemp("fhirkit"), free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {"VANTREXIA_PUBLIC_URL": url}
    assert run(folder / "data", *CREATE_ADMIN, stdin=f"{PASSWORD}\n", **settings).status == 0
    with serving(folder / "data", "serve", log=folder / "service.log", port=port, **settings):
        body = json.dumps({"email": "admin@practice.example", "password": PASSWORD}).encode()
        _, content = ask(port, "POST", LOGIN, body, JSON)
        arguments = [str(NODE), "client.mjs", f"{url}/fhir", json.loads(content)["access"]]
        finished = subprocess.run(arguments, cwd=HERE, capture_output=True, check=True, timeout=SECONDS_MAX)
        yield json.loads(finished.stdout)


def test_it_connects(results: dict[str, Any]) -> None:
    """It asks three documents at once and takes the first that tells it the token endpoint."""
    assert results["connect"]["tokenUrl"].endswith("/api/v1/auth/token/")
    assert results["capability"] == {"searches": True, "by_birthdate": True}


def test_it_creates_and_reads(results: dict[str, Any]) -> None:
    """What it reads is what it made."""
    assert [one["meta"]["versionId"] for one in results["create"]] == ["1", "1", "1"]
    assert results["read"] == results["create"][0]


def test_it_searches_and_pages(results: dict[str, Any]) -> None:
    """By GET and by POST; every page by its link."""
    assert results["search"] == ["Kit1"]
    assert results["post_search"] == ["Kit2"]
    assert results["pages"] == ["Kit0", "Kit1", "Kit2"]


def test_it_updates_patches_and_looks_back(results: dict[str, Any]) -> None:
    """Three versions, the first of them still there to be read."""
    assert (results["update"]["gender"], results["patch"]["gender"]) == ("other", "unknown")
    assert results["vread"] == results["create"][0]
    assert [entry["resource"]["meta"]["versionId"] for entry in results["history"]["entry"]] == [
        "3",
        "2",
        "1",
    ]


def test_it_asks_for_operations(results: dict[str, Any]) -> None:
    """All of a patient, and who somebody may be."""
    assert results["everything"]["entry"][0]["resource"]["id"] == results["create"][0]["id"]
    assert results["match"]["entry"][0]["resource"]["id"] == results["create"][1]["id"]


def test_it_deletes(results: dict[str, Any]) -> None:
    """Afterwards it reads our OperationOutcome: gone."""
    assert "failed" not in (results["delete"] or {})
    assert results["gone"]["response"]["status"] == 410
    assert results["gone"]["response"]["data"]["issue"][0]["code"] == "deleted"
