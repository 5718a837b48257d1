"""FHIR's invariants (https://hl7.org/fhir/R4/patient.html#constraints) that no schema and no class checks.

They are looked at last: everything here has the shape that R4 gives it.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from vantrexia_adapters.fhir.narrative import NarrativeError, check_narrative
from vantrexia_adapters.fhir.refusing import Path

Json = dict[str, Any]
Problem = tuple[str, Path, str]

_ATTACHMENTS: Final = frozenset({"photo", "valueAttachment"})
_POINTS: Final = frozenset({"telecom", "valueContactPoint"})
_PERIODS: Final = frozenset({"period", "valuePeriod"})
_EXTENSIONS: Final = frozenset({"extension", "modifierExtension"})
_TARGETS: Final = {
    ("generalPractitioner",): frozenset({"Organization", "Practitioner", "PractitionerRole"}),
    ("managingOrganization",): frozenset({"Organization"}),
    ("contact", "organization"): frozenset({"Organization"}),
    ("link", "other"): frozenset({"Patient", "RelatedPerson"}),
    ("identifier", "assigner"): frozenset({"Organization"}),
}
"""The types that the references of a Patient may point to."""

_REFERENCE: Final = re.compile(
    r"(?:.*/)?([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)


def broken_invariants(patient: Json) -> Iterator[Problem]:
    """What is wrong with a Patient whose shape is right."""
    yield from _not_understood(patient)
    yield from _in_object(patient, ())
    yield from _contacts(patient)
    yield from _contained(patient)
    yield from _references(patient)


def _not_understood(patient: Json) -> Iterator[Problem]:
    """FHIR forbids to go on with what changes the meaning of the rest and is not understood."""
    for name in ("implicitRules", "_implicitRules"):
        if name in patient:
            yield "not-supported", (name,), "This service knows no rules beyond those of R4."


def _in_object(value: Json, path: Path) -> Iterator[Problem]:
    for name, member in value.items():
        below = (*path, name)
        if name == "modifierExtension":
            yield "extension", below, "This service knows no extension that changes what an element means."
        elif name == "text" and isinstance(member, dict) and "div" in member:
            yield from _narrative(member["div"], (*below, "div"))
        elif name == "valueBase64Binary":
            yield from _base64(member, below)
        if isinstance(member, dict):
            yield from _in_element(name, member, below)
        elif isinstance(member, list):
            for place, one in enumerate(member):
                if isinstance(one, dict):
                    yield from _in_element(name, one, (*below, place))


def _in_element(name: str, element: Json, path: Path) -> Iterator[Problem]:
    if name in _EXTENSIONS:
        yield from _extension(element, path)
    elif name in _POINTS:
        if "value" in element and "system" not in element and "_system" not in element:
            yield "invariant", path, "A contact point with a value says its system (cpt-2)."
    elif name in _ATTACHMENTS:
        yield from _attachment(element, path)
    if name in _PERIODS:
        yield from _period(element, path)
    yield from _in_object(element, path)


def _extension(extension: Json, path: Path) -> Iterator[Problem]:
    values = {name.removeprefix("_") for name in extension if name.lstrip("_").startswith("value")}
    if len(values) > 1:
        yield "structure", path, "An extension has one value."
    elif bool(values) == ("extension" in extension):
        yield "invariant", path, "An extension has either a value or extensions of its own (ext-1)."


def _attachment(attachment: Json, path: Path) -> Iterator[Problem]:
    for name in ("data", "hash"):
        if name in attachment:
            yield from _base64(attachment[name], (*path, name))
    if "data" in attachment and "contentType" not in attachment and "_contentType" not in attachment:
        yield "invariant", path, "An attachment with data says its contentType (att-1)."


def _base64(text: str, path: Path) -> Iterator[Problem]:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        yield "value", path, "This is not base64."


def _period(period: Json, path: Path) -> Iterator[Problem]:
    """per-1, as far as both ends are said: days compare without their zone."""
    start, end = str(period.get("start", ""))[:10], str(period.get("end", ""))[:10]
    known = min(len(start), len(end))
    if start[:known] > end[:known]:
        yield "invariant", path, "A period starts before it ends (per-1)."


def _narrative(div: object, path: Path) -> Iterator[Problem]:
    complaint = "A narrative is text."
    try:
        if isinstance(div, str):
            check_narrative(div)
            return
    except NarrativeError as refused:
        complaint = str(refused)
    yield "invariant", path, complaint


def _contacts(patient: Json) -> Iterator[Problem]:
    for place, contact in enumerate(patient.get("contact", ())):
        if not contact.keys() & {"name", "telecom", "address", "organization"}:
            sentence = "A contact has a name, a telecom, an address or an organization (pat-1)."
            yield "invariant", ("contact", place), sentence


def _contained(patient: Json) -> Iterator[Problem]:
    seen: set[str] = set()
    used = set(_fragments(patient))
    for place, resource in enumerate(patient.get("contained", ())):
        path = ("contained", place)
        id_ = resource.get("id")
        if id_ is None:
            yield "required", (*path, "id"), "A contained resource has an id, by which it is referred to."
        elif id_ in seen:
            yield "invariant", (*path, "id"), "Two contained resources have different ids."
        elif f"#{id_}" not in used and "#" not in set(_fragments(resource)):
            yield (
                "invariant",
                path,
                "A contained resource is referred to from the resource around it (dom-3).",
            )
        seen.add(str(id_))
        meta = resource.get("meta", {})
        if "versionId" in meta or "lastUpdated" in meta:
            yield "invariant", (*path, "meta"), "A contained resource has no version (dom-4)."
        if "security" in meta:
            yield "invariant", (*path, "meta"), "A contained resource has no security label (dom-5)."


def _references(patient: Json) -> Iterator[Problem]:
    kinds = {one.get("id"): one["resourceType"] for one in patient.get("contained", ())}
    for path, reference in _objects_with("reference", patient, ()):
        literal = str(reference["reference"])
        if literal.startswith("#") and literal != "#" and literal[1:] not in kinds:
            yield "not-found", (*path, "reference"), "No contained resource has this id (ref-1)."
    for names, allowed in _TARGETS.items():
        for path, reference in _elements_at(patient, names, ()):
            kind = _kind_of(reference, kinds)
            if kind is not None and kind not in allowed:
                sentence = f"This refers to: {', '.join(sorted(allowed))}."
                yield "value", path, sentence


def _kind_of(reference: Json, contained: dict[Any, str]) -> str | None:
    """The type that a reference points to, if it can be told."""
    literal = str(reference.get("reference", ""))
    if literal == "#":
        return "Patient"
    if literal.startswith("#"):
        return contained.get(literal[1:])
    match = _REFERENCE.fullmatch(literal)
    said = reference.get("type")
    return match[1] if match is not None else said if isinstance(said, str) else None


def _elements_at(value: Any, names: Sequence[str], path: Path) -> Iterator[tuple[Path, Json]]:  # noqa: ANN401
    """The elements that a path of names leads to, each list on the way gone through."""
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from _elements_at(one, names, (*path, place))
    elif not names:
        yield path, value
    elif isinstance(value, dict) and names[0] in value:
        yield from _elements_at(value[names[0]], names[1:], (*path, names[0]))


def _objects_with(name: str, value: Any, path: Path) -> Iterator[tuple[Path, Json]]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        if isinstance(value.get(name), str):
            yield path, value
        for step, member in value.items():
            yield from _objects_with(name, member, (*path, step))
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from _objects_with(name, member, (*path, place))


def _fragments(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """The texts that may refer to something contained: references, canonicals and URIs alike."""
    if isinstance(value, str):
        if value.startswith("#"):
            yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _fragments(member)
