"""What a Patient of R4 (4.0.1) may look like, to the letter, before anything is taken from it.

No one checker knows all of it, so several look, each where the others are blind: a walk over the bare JSON
(blank texts, empty objects, the padding of lists), the official JSON schema (members, codes, forms of
values), the classes of ``fhir.resources`` for R4B (real dates, mandatory elements, choices), then FHIR's
invariants. R4B has the same Patient as R4; two values of extensions that it adds are refused by the schema.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, Final, TypeAlias

from jsonschema_rs import Draft6Validator, ValidationError, ValidationErrorKind

from vantrexia_adapters.fhir.invariants import broken_invariants
from vantrexia_adapters.fhir.outcome import Issue
from vantrexia_adapters.fhir.refusing import InvalidResourceError, Path, issue_at
from vantrexia_adapters.fhir.supplement import Json
from vantrexia_adapters.strict_json import StrictJsonError, read_json

DEPTH_MAX: Final = 32
VALUES_MAX: Final = 20_000
NUMBER_MAX: Final = 2**63 - 1
ISSUES_MAX: Final = 20
"""What one answer says at most: whoever sends more mistakes has made one of them many times."""
PROBLEMS_MAX: Final = 400
"""Of which so many are looked at: several may be of one place."""

_MEMBER: Final = re.compile(r"_?[a-z][A-Za-z0-9]{0,63}")
_REFUSED_CHARACTERS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_UNKNOWN_TO_CLASSES: Final = re.compile(r"valueMeta|_value[A-Z]\w*|_url")

Problem: TypeAlias = tuple[str, Path, str]
"""A code of FHIR's issue-type, a place, a sentence."""


def checked_patient(content: bytes | Mapping[str, Any]) -> Json:
    """The Patient, a copy of one's own.

    Raises:
        InvalidResourceError: it is none of R4.
    """
    patient = _object(content)
    for look in (_in_form, _in_schema, _in_class, broken_invariants):
        if issues := _issues(islice(look(patient), PROBLEMS_MAX)):
            raise InvalidResourceError(issues)
    return patient


def _issues(problems: Iterable[Problem]) -> list[Issue]:
    """One issue for each place, the first."""
    found: dict[str | None, Issue] = {}
    for kind, path, sentence in problems:
        issue = issue_at(kind, path, sentence)
        found.setdefault(issue.expression, issue)
        if len(found) == ISSUES_MAX:
            break
    return list(found.values())


def _object(content: bytes | Mapping[str, Any]) -> Json:
    complaint = "This is no Patient: its resourceType must say so."
    value: object = None
    try:
        raw = content if isinstance(content, bytes) else json.dumps(content, allow_nan=False).encode()
        value = read_json(raw, depth_max=DEPTH_MAX, values_max=VALUES_MAX)
    except StrictJsonError as refused:
        complaint = str(refused)
    except (TypeError, ValueError, RecursionError):
        complaint = "This is not JSON."
    if not isinstance(value, dict) or value.get("resourceType") != "Patient":
        # Raised here, outside the handlers: the readers' own exceptions hold what was read.
        raise InvalidResourceError([issue_at("structure", (), complaint)])
    return value


# ------------------------------------------------------------------ the form of JSON in FHIR


def _in_form(patient: Json) -> Iterator[Problem]:
    return _in_object(patient, ())


def _in_object(value: Json, path: Path) -> Iterator[Problem]:
    if not value:
        yield "structure", path, "An object in FHIR is never empty: leave the element out."
    for name, member in value.items():
        if _MEMBER.fullmatch(name) is None:
            yield "structure", path, "It has a member whose name is none of FHIR's."
        elif name.startswith("_") and not _is_element(member):
            yield "structure", (*path, name), "Beside a primitive stand its id and extensions, nothing else."
        elif isinstance(member, list):
            yield from _in_list(member, value.get(_other(name)), (*path, name))
        else:
            yield from _in_value(member, (*path, name))


def _is_element(value: object) -> bool:
    members = value if isinstance(value, list) else [value]
    return all(isinstance(member, dict) or (member is None and value is not None) for member in members)


def _in_list(members: list[Any], others: object, path: Path) -> Iterator[Problem]:
    if not members:
        yield "structure", path, "A list in FHIR is never empty: leave the element out."
    halves: list[Any] = others if isinstance(others, list) else []
    if halves and len(halves) != len(members):
        yield "structure", path, "The two halves of a list of primitives are of one length, padded with null."
        return
    for place, member in enumerate(members):
        if member is not None:
            yield from _in_value(member, (*path, place))
        elif not halves or halves[place] is None:
            sentence = "Null pads a list of primitives only where its other half has an extension."
            yield "structure", (*path, place), sentence


def _in_value(value: object, path: Path) -> Iterator[Problem]:
    if isinstance(value, dict):
        yield from _in_object(value, path)
    elif isinstance(value, list):
        yield "structure", path, "FHIR has no lists of lists."
    elif value is None:
        yield "structure", path, "FHIR has no null: leave the element out."
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield "value", path, "This number is out of the range of 64 bits."
    elif isinstance(value, int):
        if abs(value) > NUMBER_MAX:
            yield "value", path, "This number is out of the range of 64 bits."
    elif isinstance(value, str):
        if not value.strip():
            yield "value", path, "A text is never empty or blank: leave the element out."
        elif _REFUSED_CHARACTERS.search(value):
            yield "value", path, "A text holds no control characters and no halves of characters."


def _other(name: str) -> str:
    """The other half of a primitive: ``given`` has its extensions in ``_given``."""
    return name.removeprefix("_") if name.startswith("_") else f"_{name}"


# ------------------------------------------------------------------ the official schema


@cache
def _schema(resource: str) -> Draft6Validator:
    text = files("vantrexia_adapters.fhir.r4").joinpath("schema.json").read_text(encoding="utf-8")
    return Draft6Validator({**json.loads(text), "$ref": f"#/definitions/{resource}"}, offline=True)


@cache
def _resources() -> frozenset[str]:
    text = files("vantrexia_adapters.fhir.r4").joinpath("schema.json").read_text(encoding="utf-8")
    either = json.loads(text)["definitions"]["ResourceList"]["oneOf"]
    return frozenset(one["$ref"].rpartition("/")[2] for one in either)


def _in_schema(patient: Json) -> Iterator[Problem]:
    # Each contained resource is held against its own type: "one of seventeen" would say nothing.
    outer = {name: value for name, value in patient.items() if name != "contained"}
    yield from _against("Patient", outer, ())
    yield from _meta_values(patient, ())
    contained = patient.get("contained", [])
    if not isinstance(contained, list):
        yield "structure", ("contained",), "This is a list."
        return
    for place, resource in enumerate(contained):
        path = ("contained", place)
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if not isinstance(kind, str):
            yield "structure", path, "A contained resource says its resourceType."
        elif kind not in _resources():
            yield "not-supported", path, "Resources of this type are not contained in a Patient here."
        elif "contained" in resource:
            yield "invariant", path, "A contained resource contains no resources (dom-2)."
        else:
            yield from _against(kind, resource, path)


def _against(kind: str, resource: Any, path: Path) -> Iterator[Problem]:  # noqa: ANN401 - any JSON
    validator, bare = _schema(kind), _bare(resource)
    if validator.is_valid(bare):
        return
    padded: dict[int, list[int]] = {}
    for error in validator.iter_errors(bare):
        yield from _problems(error, (*path, *_padded_path(resource, error.instance_path, padded)))


def _problems(error: ValidationError, path: Path) -> Iterator[Problem]:
    match error.kind:
        case ValidationErrorKind.AdditionalProperties(unexpected):
            for name in unexpected:
                yield "structure", (*path, name), "R4 has no such element here."
        case ValidationErrorKind.Required(name):
            yield "required", (*path, name), "This element is mandatory."
        case ValidationErrorKind.Enum():
            yield "code-invalid", path, "This is none of the codes that R4 has for it."
        case ValidationErrorKind.Pattern():
            yield "value", path, "This is not in the form that R4 has for it."
        case ValidationErrorKind.Type(types):
            yield "structure", path, f"This is of the type {' or '.join(types)}."
        case _:
            yield "structure", path, "This is not what R4 has here."


def _meta_values(value: Any, path: Path) -> Iterator[Problem]:  # noqa: ANN401 - any JSON
    """Extensions whose value is a Meta: R4 has them (datatypes, "open type"), its schema forgot them."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "valueMeta":
                yield from _against("Meta", member, (*path, name))
            else:
                yield from _meta_values(member, (*path, name))
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from _meta_values(member, (*path, place))


def _bare(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Without what R4 has and its schema does not know: the nulls that pad lists, and `_meta_values`."""
    if isinstance(value, dict):
        return {name: _bare(member) for name, member in value.items() if name != "valueMeta"}
    if isinstance(value, list):
        return [_bare(member) for member in value if member is not None]
    return value


def _padded_path(resource: Any, bare: Path, padded: dict[int, list[int]]) -> Path:  # noqa: ANN401 - any JSON
    """The place in what was sent of a place in what is `_bare`.

    ``padded`` remembers, by the identity of a list, where its members stand: long lists have many mistakes.
    """
    path: list[str | int] = []
    value = resource
    for step in bare:
        if isinstance(step, int) and isinstance(value, list):
            if id(value) not in padded:
                padded[id(value)] = [place for place, member in enumerate(value) if member is not None]
            path.append(padded[id(value)][step])
        else:
            path.append(step)
        value = value[path[-1]]
    return path


# ------------------------------------------------------------------ the classes of R4B


def _in_class(patient: Json) -> Iterator[Problem]:
    # A fifth of a second, which nobody pays who only shows patients, and no command but those that read them.
    from fhir.resources.R4B.patient import Patient as R4Patient  # noqa: PLC0415 - as above
    from pydantic import ValidationError as ClassError  # noqa: PLC0415 - as above

    errors: Sequence[Any] = ()
    try:
        R4Patient.model_validate(_known_to_classes(patient))
    except ClassError as refused:
        errors = refused.errors(include_input=False, include_url=False, include_context=False)
    except (AttributeError, TypeError, ValueError, LookupError):
        # They stumble over some shapes instead of refusing them.
        errors = ({"type": "shape", "loc": (), "msg": ""},)
    for error in errors:
        if error["type"].endswith("missing"):
            yield "required", error["loc"], "This element is mandatory."
        elif error["msg"].endswith("got multiple!"):
            yield "structure", error["loc"], "Of an element that has several types, one is sent."
        else:
            yield "value", error["loc"], "This is not in the form that R4 has for it."


def _known_to_classes(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Without what R4 has and the classes do not know, in extensions; the schema has looked at it."""
    if isinstance(value, dict):
        return {
            name: _known_to_classes(one)
            for name, one in value.items()
            if _UNKNOWN_TO_CLASSES.fullmatch(name) is None
        }
    if isinstance(value, list):
        return [_known_to_classes(one) for one in value]
    return value
