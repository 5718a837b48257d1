"""Bundles: many resources as one (https://hl7.org/fhir/R4/bundle.html)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

Json = dict[str, Any]

SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
"""Says of a resource that it is not the whole one."""


@attrs.frozen(repr=False)
class Found:
    """A resource of a searchset: where it is, why it is in it (match, include, outcome), how well it fits."""

    resource: Json
    url: str | None = None
    mode: str = "match"
    score: float | None = None
    grade: str | None = None


def searchset(found: Iterable[Found], *, total: int | None, links: Mapping[str, str]) -> Json:
    """What a search finds. ``total`` counts the matches on all pages."""
    bundle: Json = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        bundle["total"] = total
    if links:
        bundle["link"] = [{"relation": relation, "url": url} for relation, url in links.items()]
    entries = [_entry(one) for one in found]
    if entries:
        bundle["entry"] = entries
    return bundle


def subset(resource: Json, elements: Iterable[str]) -> Json:
    """The resource with those of its elements that are wanted, and those that it cannot be without."""
    wanted = {"resourceType", "id", "meta", *elements}
    kept = {name: value for name, value in resource.items() if name.removeprefix("_") in wanted}
    meta = kept.get("meta", {})
    return {**kept, "meta": {**meta, "tag": [*meta.get("tag", ()), SUBSETTED]}}


def _entry(found: Found) -> Json:
    search: Json = {"mode": found.mode}
    if found.grade is not None:
        url = "http://hl7.org/fhir/StructureDefinition/match-grade"
        search = {"extension": [{"url": url, "valueCode": found.grade}], **search}
    if found.score is not None:
        search["score"] = found.score
    entry: Json = {} if found.url is None else {"fullUrl": found.url}
    return {**entry, "resource": found.resource, "search": search}
