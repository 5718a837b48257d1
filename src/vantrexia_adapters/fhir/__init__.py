"""HL7 FHIR R4 (4.0.1): what the core knows, in the field's own exchange format. Mapping only, no I/O.

Resources are plain dictionaries, ready to be written as JSON. Validating each one on its way out would cost a
hundred times as much as making it; the tests hold them to the classes of ``fhir.resources`` instead.
"""

from vantrexia_adapters.fhir.audit_event import audit_event, audit_event_bundle
from vantrexia_adapters.fhir.bulk import NDJSON, NDJSON_NAMES, departed_lines, patient_lines
from vantrexia_adapters.fhir.outcome import Issue, operation_outcome

__all__ = [
    "NDJSON",
    "NDJSON_NAMES",
    "Issue",
    "audit_event",
    "audit_event_bundle",
    "departed_lines",
    "operation_outcome",
    "patient_lines",
]
