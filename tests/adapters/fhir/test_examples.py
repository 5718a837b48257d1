"""HL7's own example Patients, where they lie on this machine: each as the documentation says.

They are not part of this repository. Get them from https://hl7.org/fhir/R4/patient-examples.html and from the
packages of US Core (https://hl7.org/fhir/us/core/history.html), put the files into folders ``hl7-spec`` and
``us-core`` (there with the version in front, ``6.1.0-example.json``), and name the folder around them in the
environment variable ``FHIR_EXAMPLES``.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.fhir.test_rendering import _without_ours
from tests.builders import an_actor
from tests.desks import a_memory_desk
from tests.docs.pages import DOCS, prose
from vantrexia_adapters.fhir.patient import (
    InvalidResourceError,
    parse_patient,
    parse_revision,
    render_patient,
)
from vantrexia_core.patients import look_up_patient, register_patient, revise_patient

FOLDER = os.environ.get("FHIR_EXAMPLES", "")  # noqa: TID251 - where they lie is up to the machine
ROW = re.compile(r"^\| `((?:hl7-spec|us-core)/[^`]+)` \| ([^|]+) \|", re.MULTILINE)
EQUAL = "given back equal"

pytestmark = pytest.mark.skipif(not FOLDER, reason="FHIR_EXAMPLES names no folder of HL7's example Patients")


def _examples() -> list[Path]:
    return sorted(Path(FOLDER).glob("*/*.json")) if FOLDER else []


def _name(example: Path) -> str:
    return f"{example.parent.name}/{example.name}"


def _verdict(said: dict[str, Any]) -> str:
    """What becomes of a Patient that is created, read, and sent back as it was read."""
    try:
        new = parse_patient(json.dumps(said).encode())
    except InvalidResourceError as refused:
        return ", ".join(f"refused: `{issue.kind}` at `{issue.expression}`" for issue in refused.issues)
    desk, actor = a_memory_desk(), an_actor()
    patient_id = register_patient(desk, actor, new).id
    patient = look_up_patient(desk, actor, patient_id)
    shown = render_patient(patient)
    ours = {name: value for name, value in _without_ours(shown).items() if value != []}
    theirs = {name: value for name, value in said.items() if name not in {"id", "meta", "active"}}
    assert revise_patient(desk, actor, patient_id, parse_revision(shown, patient)).version == 1
    return EQUAL if ours == theirs else "changed"


@pytest.mark.parametrize("example", _examples(), ids=_name)
def test_an_example_fares_as_the_page_says(example: Path):
    """Accepted and given back equal, beside what is the server's; or refused, where and why."""
    verdicts = dict(ROW.findall(prose(DOCS / "reference" / "fhir-patient.md")))
    assert verdicts[_name(example)] == _verdict(json.loads(example.read_bytes()))


def test_the_page_lists_every_example():
    """No more and no less."""
    rows = [name for name, _ in ROW.findall(prose(DOCS / "reference" / "fhir-patient.md"))]
    assert rows == [_name(example) for example in _examples()]
