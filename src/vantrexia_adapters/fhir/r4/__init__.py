"""The official JSON schema of FHIR R4 (4.0.1), cut down by ``tools/cut_fhir_schema.py``. HL7, CC0 1.0."""
