"""The names that Patients are written in: systems of identifiers, profiles, extensions."""

from typing import Final

MRN_SYSTEM: Final = "https://vantrexia.com/mrn"
EXTERNAL_ID_SYSTEM: Final = "https://eclinicalworks.com/patient-id"
SSN_SYSTEMS: Final = frozenset({"http://hl7.org/fhir/sid/us-ssn", "urn:oid:2.16.840.1.113883.4.1"})
"""FHIR's name for it, and the OID that the same registry has in older systems."""

RECORD_NUMBER_TYPE: Final = "MR"
SSN_TYPE: Final = "SS"

US_CORE_PATIENT: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
DATA_ABSENT_REASON: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
