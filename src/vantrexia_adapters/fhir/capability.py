"""What the FHIR endpoint can do, as a CapabilityStatement (https://hl7.org/fhir/R4/capabilitystatement.html).

Whoever serves says which interactions there are; nothing here promises one by itself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from vantrexia_adapters.fhir.search_parameters import SearchParameter

Json = dict[str, Any]

FHIR_VERSION: Final = "4.0.1"
US_CORE_SERVER: Final = "http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server"
BULK_DATA_SERVER: Final = "http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"
JSON_PATCH: Final = "application/json-patch+json"

_COMBINATION: Final = (
    "http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-parameter-combination"
)
_SECURITY: Final = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_OAUTH_URIS: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


@attrs.frozen
class ServedOperation:
    """An operation by its name without the dollar, and its definition."""

    name: str
    definition: str


@attrs.frozen
class ServedResource:
    """What can be done with resources of a type: FHIR's names of interactions, and what goes with them."""

    type: str
    interactions: tuple[str, ...]
    profiles: tuple[str, ...] = ()
    parameters: Sequence[SearchParameter] = ()
    combinations: Sequence[tuple[str, ...]] = ()
    reverse_includes: tuple[str, ...] = ()
    operations: tuple[ServedOperation, ...] = ()


def capability_statement(
    resources: Sequence[ServedResource],
    *,
    base_url: str,
    at: datetime,
    version: str,
    token_url: str | None,
    operations: Sequence[ServedOperation] = (),
) -> Json:
    """The statement of a server at ``base_url``; ``token_url`` is where machine clients get their tokens.

    ``operations`` are those of the whole server.
    """
    interactions = {name for resource in resources for name in resource.interactions}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "publisher": "Vantrexia",
        "kind": "instance",
        "instantiates": [US_CORE_SERVER, *([BULK_DATA_SERVER] if _exports(operations) else [])],
        "software": {"name": "Vantrexia", "version": version},
        "implementation": {"description": "Patient records for remote monitoring", "url": base_url},
        "fhirVersion": FHIR_VERSION,
        "format": ["json", "application/fhir+json", "application/json"],
        **({"patchFormat": [JSON_PATCH]} if "patch" in interactions else {}),
        "rest": [
            {
                "mode": "server",
                "security": _security(token_url),
                "resource": [_resource(resource) for resource in resources],
                **({"operation": _operations(operations)} if operations else {}),
            }
        ],
    }


def _exports(operations: Sequence[ServedOperation]) -> bool:
    return any(operation.name == "export" for operation in operations)


def _security(token_url: str | None) -> Json:
    if token_url is None:
        description = "Send an access token as 'Authorization: Bearer …'. Every call is written to a trail."
        return {"cors": False, "description": description}
    return {
        "extension": [{"url": _OAUTH_URIS, "extension": [{"url": "token", "valueUri": token_url}]}],
        "cors": False,
        "service": [{"coding": [{"system": _SECURITY, "code": "SMART-on-FHIR"}]}],
        "description": "SMART Backend Services, or a person's access token. Every call is recorded.",
    }


def _resource(served: ServedResource) -> Json:
    interactions = served.interactions
    content: Json = {}
    if served.combinations:
        content["extension"] = [_combination(names) for names in served.combinations]
    content["type"] = served.type
    if served.profiles:
        content["supportedProfile"] = list(served.profiles)
    content["interaction"] = [{"code": code} for code in interactions]
    if "update" in interactions:
        content |= {"versioning": "versioned", "updateCreate": False, "conditionalUpdate": False}
    if "read" in interactions:
        content |= {"readHistory": "vread" in interactions}
    if served.type == "Patient" and "read" in interactions:
        content["conditionalRead"] = "full-support"
    if "create" in interactions:
        content["conditionalCreate"] = True
    if "delete" in interactions:
        content["conditionalDelete"] = "not-supported"
    if served.reverse_includes:
        content["searchRevInclude"] = list(served.reverse_includes)
    if served.parameters:
        content["searchParam"] = [_parameter(parameter) for parameter in served.parameters]
    if served.operations:
        content["operation"] = _operations(served.operations)
    return content


def _operations(served: Sequence[ServedOperation]) -> list[Json]:
    return [{"name": operation.name, "definition": operation.definition} for operation in served]


def _parameter(parameter: SearchParameter) -> Json:
    return {
        "name": parameter.name,
        "definition": parameter.definition,
        "type": parameter.type,
        "documentation": parameter.documentation,
    }


def _combination(names: Sequence[str]) -> Json:
    required = [{"url": "required", "valueString": name} for name in names]
    return {"extension": required, "url": _COMBINATION}
