"""JSON Patch (RFC 6902): a list of operations on a JSON document, done in order or not at all.

Values are Python's of parsed JSON. The document that is given stays as it is. A patch can copy; so the result
is bounded after each operation, or a short patch could double a document until memory ends.
"""

import copy
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

OPERATIONS_MAX: Final = 100
NODES_MAX: Final = 20_000
SIZE_MAX: Final = 256 * 1024
"""Of what the texts, names and numbers of the document hold together, in characters."""
DEPTH_MAX: Final = 32

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")


class PatchError(Exception):
    """The patch cannot be done. The text says which operation and why, and quotes nothing that was sent."""


class MalformedPatchError(PatchError):
    """It is no patch, whatever the document is."""


def apply_patch(document: object, patch: object) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The document after the patch.

    Raises:
        MalformedPatchError: it is no patch.
        PatchError: the document lacks what an operation needs, or a test fails.
    """
    if not isinstance(patch, list):
        message = "A JSON Patch is a list of operations."
        raise MalformedPatchError(message)
    if len(patch) > OPERATIONS_MAX:
        message = f"Send at most {OPERATIONS_MAX} operations."
        raise MalformedPatchError(message)
    root = [copy.deepcopy(document)]
    for number, operation in enumerate(patch, start=1):
        try:
            _OPERATIONS[_kind(operation)](root, operation)
            _check_size(root[0])
        except PatchError as refused:
            kind, message = type(refused), f"Operation {number}: {refused}."
        else:
            continue
        # Raised outside the handler, in one place for all.
        raise kind(message)
    return root[0]


def _check_size(document: object) -> None:
    """Refuse what is too large, looking no further than a little beyond the limits.

    Every text counts wherever it stands: copies share it here, and hold it once each when they are written.
    """
    count = size = 0
    waiting = [(document, 0)]
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, int):
            # A digit is a little more than three bits.
            size += value.bit_length() // 3
        elif isinstance(value, dict | list):
            depth += 1
            if depth > DEPTH_MAX:
                message = "the document becomes too deep"
                raise PatchError(message)
            if isinstance(value, dict):
                size += sum(map(len, value))
            members = value.values() if isinstance(value, dict) else value
            waiting += ((member, depth) for member in members)
        if count + len(waiting) > NODES_MAX or size > SIZE_MAX:
            message = "the document becomes too large"
            raise PatchError(message)


def _kind(operation: object) -> str:
    kind = operation.get("op") if isinstance(operation, dict) else None
    if not isinstance(kind, str) or kind not in _OPERATIONS:
        message = "op must be add, remove, replace, move, copy or test"
        raise MalformedPatchError(message)
    return kind


def _pointer(operation: Mapping[str, Any], name: str = "path") -> list[str]:
    """The steps of a JSON Pointer (RFC 6901)."""
    text = operation.get(name)
    if not isinstance(text, str) or (text and not text.startswith("/")) or re.search("~(?![01])", text):
        message = f"{name} must be a JSON Pointer"
        raise MalformedPatchError(message)
    # The document stands in a list of one, so that it has a place like everything in it.
    return ["0", *(step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:])]


def _value(operation: Mapping[str, Any]) -> object:
    if "value" not in operation:
        message = "a value is missing"
        raise MalformedPatchError(message)
    _check_size(operation["value"])
    return copy.deepcopy(operation["value"])


def _parent(root: list[Any], steps: list[str]) -> Any:  # noqa: ANN401 - an object or a list
    found: Any = root
    for step in steps[:-1]:
        found = _child(found, step)
    if not isinstance(found, dict | list):
        raise PatchError(_NOWHERE)
    return found


def _child(parent: object, step: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(parent, dict):
        if step not in parent:
            raise PatchError(_NOWHERE)
        return parent[step]
    if isinstance(parent, list):
        return parent[_place(step, len(parent) - 1)]
    raise PatchError(_NOWHERE)


def _place(step: str, last: int) -> int:
    if _INDEX.fullmatch(step) is None or int(step) > last:
        raise PatchError(_NOWHERE)
    return int(step)


def _add_at(root: list[Any], steps: list[str], value: object) -> None:
    parent = _parent(root, steps)
    if isinstance(parent, dict):
        parent[steps[-1]] = value
    elif parent is root:
        root[0] = value
    else:
        place = len(parent) if steps[-1] == "-" else _place(steps[-1], len(parent))
        parent.insert(place, value)


def _remove_at(root: list[Any], steps: list[str]) -> object:
    parent = _parent(root, steps)
    value = _child(parent, steps[-1])
    if parent is root:
        root[0] = None
    else:
        del parent[steps[-1] if isinstance(parent, dict) else int(steps[-1])]
    return value


def _add(root: list[Any], operation: Mapping[str, Any]) -> None:
    _add_at(root, _pointer(operation), _value(operation))


def _remove(root: list[Any], operation: Mapping[str, Any]) -> None:
    _remove_at(root, _pointer(operation))


def _replace(root: list[Any], operation: Mapping[str, Any]) -> None:
    steps, value = _pointer(operation), _value(operation)
    parent = _parent(root, steps)
    _child(parent, steps[-1])
    parent[steps[-1] if isinstance(parent, dict) else int(steps[-1])] = value


def _move(root: list[Any], operation: Mapping[str, Any]) -> None:
    source, target = _pointer(operation, "from"), _pointer(operation)
    if target[: len(source)] == source and target != source:
        message = "a value cannot be moved into itself"
        raise PatchError(message)
    _add_at(root, target, _remove_at(root, source))


def _copy(root: list[Any], operation: Mapping[str, Any]) -> None:
    source, target = _pointer(operation, "from"), _pointer(operation)
    value = _child(_parent(root, source), source[-1])
    _check_size(value)
    _add_at(root, target, copy.deepcopy(value))


def _test(root: list[Any], operation: Mapping[str, Any]) -> None:
    steps, value = _pointer(operation), _value(operation)
    if not _is_equal(_child(_parent(root, steps), steps[-1]), value):
        message = "the test fails"
        raise PatchError(message)


def _is_equal(one: object, other: object) -> bool:
    """Equality of JSON: in Python true is 1, in JSON it is not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_equal, one, other))
    return one == other


_NOWHERE: Final = "there is nothing at this place"

_OPERATIONS: Final[Mapping[str, Callable[[list[Any], Mapping[str, Any]], None]]] = MappingProxyType(
    {"add": _add, "remove": _remove, "replace": _replace, "move": _move, "copy": _copy, "test": _test}
)
