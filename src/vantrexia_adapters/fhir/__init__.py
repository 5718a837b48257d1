"""HL7 FHIR R4 (4.0.1): what the core knows, in the field's own exchange format. Mapping only, no I/O.

Resources are plain dictionaries, ready to be written as JSON. Validating each one on its way out would cost a
hundred times as much as making it; the tests hold them to the classes of ``fhir.resources`` instead.
"""

from vantrexia_adapters.fhir.audit_event import audit_event, audit_event_bundle
from vantrexia_adapters.fhir.bulk import (
    NDJSON,
    NDJSON_NAMES,
    departed_lines,
    line_outcome,
    patient_lines,
    resource_line,
)
from vantrexia_adapters.fhir.bundle import Found, searchset, subset
from vantrexia_adapters.fhir.capability import ServedOperation, ServedResource, capability_statement
from vantrexia_adapters.fhir.matching import MatchAsked, match_bundle, read_match
from vantrexia_adapters.fhir.outcome import Issue, operation_outcome
from vantrexia_adapters.fhir.patient import (
    InvalidResourceError,
    parse_line,
    parse_patient,
    parse_revision,
    render_patient,
)
from vantrexia_adapters.fhir.provenance import US_CORE_PROVENANCE, ProvenanceOf, render_provenance
from vantrexia_adapters.fhir.search_parameters import COMBINATIONS, PARAMETERS, SearchParameter
from vantrexia_adapters.fhir.searching import PROVENANCE, Asked, InvalidSearchError, read_search
from vantrexia_adapters.fhir.supplement import Json
from vantrexia_adapters.fhir.systems import US_CORE_PATIENT
from vantrexia_adapters.fhir.trail_searching import TRAIL_PARAMETERS, TrailAsked, read_trail_search

__all__ = [
    "COMBINATIONS",
    "NDJSON",
    "NDJSON_NAMES",
    "PARAMETERS",
    "PROVENANCE",
    "TRAIL_PARAMETERS",
    "US_CORE_PATIENT",
    "US_CORE_PROVENANCE",
    "Asked",
    "Found",
    "InvalidResourceError",
    "InvalidSearchError",
    "Issue",
    "Json",
    "MatchAsked",
    "ProvenanceOf",
    "SearchParameter",
    "ServedOperation",
    "ServedResource",
    "TrailAsked",
    "audit_event",
    "audit_event_bundle",
    "capability_statement",
    "departed_lines",
    "line_outcome",
    "match_bundle",
    "operation_outcome",
    "parse_line",
    "parse_patient",
    "parse_revision",
    "patient_lines",
    "read_match",
    "read_search",
    "read_trail_search",
    "render_patient",
    "render_provenance",
    "resource_line",
    "searchset",
    "subset",
]
