"""What answers of the FHIR endpoint are made of: resources, their links, their addresses."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from vantrexia_adapters.fhir import (
    Found,
    Json,
    render_provenance,
)
from vantrexia_core.kernel import Page, PatientId
from vantrexia_core.patients import (
    Patient,
    PatientLink,
    find_links,
)
from vantrexia_web.answer import Answer
from vantrexia_web.call import Call
from vantrexia_web.outcomes import BASE


def other_pages(page: Page[Any]) -> Mapping[str, int | None]:
    """Where the other pages are, by the names of their relations; none where there is one page only."""
    number, last = page.request.number, max(1, -(-page.count // page.request.size))
    if last == 1:
        return {}
    return {
        "first": 1,
        "previous": number - 1 if page.has_previous else None,
        "next": number + 1 if page.has_next else None,
        "last": last,
    }


def provenance_entry(call: Call, patient: Patient, *, mode: str = "match") -> Found:
    """The entry of a Bundle that says where a version of a record comes from."""
    rendered = render_provenance(patient)
    return Found(rendered, f"{call.site.public_url}{BASE}/Provenance/{rendered['id']}", mode)


def patient_url(call: Call, patient_id: PatientId) -> str:
    """Where a patient is read."""
    return f"{call.site.public_url}{BASE}/Patient/{patient_id}"


def with_links(call: Call, patients: Sequence[Patient]) -> Iterator[tuple[Patient, Sequence[PatientLink]]]:
    """Records together with their links to others of the same person: one look-up for all."""
    return zip(patients, find_links(call.desk, call.actor.practice_id, patients), strict=True)


def fhir_answer(
    content: Json, form: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """A resource in the media type that was asked for."""
    return Answer(status, orjson.dumps(content), {"Vary": "Accept", **(headers or {})}, form)
