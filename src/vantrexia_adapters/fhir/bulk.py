"""Bulk Data (HL7 FHIR Bulk Data Access 2.0.0): resources as newline-delimited JSON, one to a line."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import orjson

from vantrexia_adapters.fhir.bundle import subset
from vantrexia_adapters.fhir.outcome import Issue, operation_outcome
from vantrexia_adapters.fhir.rendering import render_patient
from vantrexia_adapters.fhir.supplement import Json
from vantrexia_core.patients import Departed, Patient, PatientLink

NDJSON: Final = "application/fhir+ndjson"
NDJSON_NAMES: Final = (NDJSON, "application/ndjson", "ndjson")
"""What ``_outputFormat`` may say; all three mean the same."""


def patient_lines(
    patients: Sequence[Patient],
    links: Sequence[Sequence[PatientLink]],
    elements: Collection[str] = (),
) -> bytes:
    """The Patients and their links, a line each. With ``elements`` only those, tagged as not the whole."""
    resources = (render_patient(one, links=its) for one, its in zip(patients, links, strict=True))
    if elements:
        return b"".join([resource_line(subset(resource, elements)) for resource in resources])
    return b"".join(map(resource_line, resources))


def departed_lines(departed: Sequence[Departed]) -> bytes:
    """A transaction Bundle that would delete these Patients, on a line."""
    entries = [{"request": {"method": "DELETE", "url": f"Patient/{one.patient_id}"}} for one in departed]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    return resource_line(bundle)


def line_outcome(number: int, issues: Iterable[Issue]) -> Json:
    """What is wrong with a line of a file, by its number; nothing of what it says."""
    outcome = operation_outcome(issues)
    return {"resourceType": outcome.pop("resourceType"), "id": f"line-{number}", **outcome}


def resource_line(resource: Json) -> bytes:
    """A resource on a line of its own."""
    return orjson.dumps(resource, option=orjson.OPT_APPEND_NEWLINE)
