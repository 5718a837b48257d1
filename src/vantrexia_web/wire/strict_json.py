"""JSON as we accept it: what RFC 8259 leaves to the receiver's mercy is refused.

Refused are other encodings than UTF-8, a byte order mark, a key that occurs twice in an object (readers
disagree on which one counts), ``NaN`` and infinities, and depth beyond any body of this API.
"""

import json
import re
from typing import Any, Final

from vantrexia_web.problems import UnreadableBodyError

DEPTH_MAX: Final = 32

_STRING_OR_BRACKET: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class _RefusedError(ValueError):
    """A hook of the JSON reader says no."""


def parse_json(body: bytes) -> object:
    """The value that ``body`` holds.

    Raises:
        UnreadableBodyError: it is not JSON, or not as strict as above.
    """
    complaint = "The body is not valid JSON in UTF-8."
    try:
        text = body.decode()
        if _is_within_depth(text):
            return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refused_constant)
        complaint = f"The body is nested too deeply: at most {DEPTH_MAX} levels."
    except _RefusedError as refused:
        complaint = str(refused)
    except (ValueError, RecursionError):
        # ValueError covers bad UTF-8, bad JSON and numbers of thousands of digits.
        pass
    # Raised here, outside the handlers: the reader's own exception holds the whole body.
    raise UnreadableBodyError(complaint)


def _is_within_depth(text: str) -> bool:
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return True
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        token = match[0]
        if token in {"[", "{"}:
            depth += 1
            if depth > DEPTH_MAX:
                return False
        elif token in {"]", "}"}:
            depth -= 1
    return True


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        message = "A field occurs twice in one object. Send it once."
        raise _RefusedError(message)
    return fields


def _refused_constant(_: str) -> None:
    message = "NaN and Infinity are not JSON."
    raise _RefusedError(message)
