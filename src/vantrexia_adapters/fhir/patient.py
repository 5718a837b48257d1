"""Patients in FHIR R4: ours as resources, and resources as ours."""

from vantrexia_adapters.fhir.reading import parse_line, parse_patient, parse_revision
from vantrexia_adapters.fhir.refusing import InvalidResourceError
from vantrexia_adapters.fhir.rendering import render_patient

__all__ = ["InvalidResourceError", "parse_line", "parse_patient", "parse_revision", "render_patient"]
