"""Where a version of a patient's record comes from, as US Core wants it told: when, and whose record it is.

It says of the practice that it wrote the record and handed it on. Which of its people did stands in the audit
trail, for those who may read that.
"""

import re
from typing import Any, Final
from uuid import UUID

import attrs

from vantrexia_core.kernel import PatientId
from vantrexia_core.patients import Patient

US_CORE_PROVENANCE: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-provenance"

_PARTICIPANT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_TRANSMITTER: Final = "http://hl7.org/fhir/us/core/CodeSystem/us-core-provenance-participant-type"
_ID: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9][0-9]{0,15})")


@attrs.frozen
class ProvenanceOf:
    """Which version of which record a Provenance is about: all that its id says."""

    patient_id: PatientId
    version: int

    @classmethod
    def read(cls, id_: str) -> "ProvenanceOf | None":
        """What an id is about; None if it is no id of ours."""
        match = _ID.fullmatch(id_)
        return None if match is None else cls(PatientId(UUID(match[1])), int(match[2]))

    @property
    def id(self) -> str:
        """The id."""
        return f"{self.patient_id}.{self.version}"


def render_provenance(patient: Patient) -> dict[str, Any]:
    """The Provenance of a version of a record."""
    at = patient.updated_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    practice = {
        "type": "Organization",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": patient.practice_id.urn},
        "display": "The practice that keeps this record",
    }
    return {
        "resourceType": "Provenance",
        "id": ProvenanceOf(patient.id, patient.version).id,
        "meta": {"versionId": "1", "lastUpdated": at, "profile": [US_CORE_PROVENANCE]},
        "target": [{"reference": f"Patient/{patient.id}"}],
        "recorded": at,
        "agent": [
            _agent(_PARTICIPANT, "author", "Author", practice),
            _agent(_TRANSMITTER, "transmitter", "Transmitter", practice),
        ],
    }


def _agent(system: str, code: str, display: str, who: dict[str, Any]) -> dict[str, Any]:
    return {"type": {"coding": [{"system": system, "code": code, "display": display}]}, "who": who}
