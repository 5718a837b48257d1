"""What the FHIR endpoint says of itself: read off the table of routes and the table of search parameters."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import orjson

from vantrexia_adapters.fhir import (
    COMBINATIONS,
    PARAMETERS,
    PROVENANCE,
    TRAIL_PARAMETERS,
    US_CORE_PATIENT,
    US_CORE_PROVENANCE,
    ServedOperation,
    ServedResource,
    capability_statement,
)
from vantrexia_adapters.smart import smart_configuration, token_url
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.endpoints import fhir, fhir_search
from vantrexia_web.openapi import API_VERSION
from vantrexia_web.outcomes import BASE, FHIR_JSON
from vantrexia_web.routes import ROUTES

INTERACTION_OF: Final[Mapping[Callable[..., Answer], str]] = MappingProxyType(
    {
        fhir.read: "read",
        fhir.vread: "vread",
        fhir.history: "history-instance",
        fhir_search.search: "search-type",
        fhir_search.search_by_post: "search-type",
        fhir.create: "create",
        fhir.update: "update",
        fhir.patch: "patch",
        fhir.delete: "delete",
        fhir.provenance: "read",
        fhir_search.search_trail: "search-type",
        fhir_search.search_trail_by_post: "search-type",
    }
)
"""FHIR's names of what the endpoints do."""

OPERATION_OF: Final[Mapping[Callable[..., Answer], ServedOperation]] = MappingProxyType(
    {
        fhir.everything: ServedOperation(
            "everything", "http://hl7.org/fhir/OperationDefinition/Patient-everything"
        ),
        fhir.match: ServedOperation("match", "http://hl7.org/fhir/OperationDefinition/Patient-match"),
    }
)

_BULK: Final = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"
EXPORT_AT: Final[Mapping[str, ServedOperation]] = MappingProxyType(
    {
        f"{BASE}/$export": ServedOperation("export", f"{_BULK}/export"),
        f"{BASE}/Patient/$export": ServedOperation("export", f"{_BULK}/patient-export"),
    }
)
"""One endpoint at two levels, which FHIR gives two definitions."""

_PARAMETERS: Final = {"Patient": PARAMETERS, "AuditEvent": TRAIL_PARAMETERS}
_PROFILES: Final = {"Patient": (US_CORE_PATIENT,), "Provenance": (US_CORE_PROVENANCE,)}


def fhir_pages(public_url: str, *, at: datetime) -> dict[str, Answer]:
    """The pages that never change while the service runs, by path."""
    statement = capability_statement(
        [_served(type_) for type_ in _types()],
        base_url=f"{public_url}{BASE}",
        at=at,
        version=API_VERSION,
        token_url=token_url(public_url),
        operations=(EXPORT_AT[f"{BASE}/$export"],),
    )
    return {
        f"{BASE}/metadata": Answer(200, orjson.dumps(statement), {"Vary": "Accept"}, FHIR_JSON),
        fhir.SMART_PATH: json_answer(smart_configuration(public_url)),
    }


def _types() -> list[str]:
    return list(dict.fromkeys(_type_of(route.path) for route in ROUTES if route.endpoint in INTERACTION_OF))


def _type_of(path: str) -> str:
    """The type of resources that a path is about: what follows the base."""
    return path.removeprefix(f"{BASE}/").partition("/")[0]


def _served(type_: str) -> ServedResource:
    endpoints = [route.endpoint for route in ROUTES if _type_of(route.path) == type_]
    interactions = dict.fromkeys(INTERACTION_OF[one] for one in endpoints if one in INTERACTION_OF)
    is_patient = type_ == "Patient"
    return ServedResource(
        type_,
        tuple(interactions),
        profiles=_PROFILES.get(type_, ()),
        parameters=tuple(_PARAMETERS.get(type_, {}).values()),
        combinations=COMBINATIONS if is_patient else (),
        reverse_includes=(PROVENANCE,) if is_patient else (),
        operations=(
            *dict.fromkeys(OPERATION_OF[one] for one in endpoints if one in OPERATION_OF),
            *(operation for path, operation in EXPORT_AT.items() if _type_of(path) == type_),
        ),
    )
