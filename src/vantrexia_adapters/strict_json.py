"""JSON that is read strictly, whoever wrote it: what RFC 8259 leaves to the receiver's mercy is refused.

Refused are other encodings than UTF-8, a byte order mark, a key that occurs twice in an object (readers
disagree on which one counts), ``NaN`` and infinities, and depth beyond what the caller expects. Callers of
our API and the systems that we call are held to the same rules.
"""

import json
import re
from typing import Any, Final

_STRING_OR_BRACKET: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class StrictJsonError(ValueError):
    """The bytes are not JSON as strict as above. The text says what is wrong and quotes nothing."""


def read_json(raw: bytes, *, depth_max: int, values_max: int | None = None) -> object:
    """The value that ``raw`` holds.

    ``values_max`` bounds how many values there may be, before any of them is made: two bytes of text can
    become a hundred in memory. Brackets and commas are counted wherever they stand, in texts as well.

    Raises:
        StrictJsonError: it is not JSON, or not as strict as above.
    """
    complaint = "The body is not valid JSON in UTF-8."
    try:
        text = raw.decode()
        if values_max is not None and sum(map(text.count, "[{,")) > values_max:
            complaint = f"The body holds too much: at most {values_max} values."
        elif _is_within_depth(text, depth_max):
            return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refused_constant)
        else:
            complaint = f"The body is nested too deeply: at most {depth_max} levels."
    except StrictJsonError as refused:
        complaint = str(refused)
    except (ValueError, RecursionError):
        # ValueError covers bad UTF-8, bad JSON and numbers of thousands of digits.
        pass
    # Raised here, outside the handlers: the reader's own exception holds everything that was read.
    raise StrictJsonError(complaint)


def _is_within_depth(text: str, depth_max: int) -> bool:
    if text.count("[") + text.count("{") <= depth_max:
        return True
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        token = match[0]
        if token in {"[", "{"}:
            depth += 1
            if depth > depth_max:
                return False
        elif token in {"]", "}"}:
            depth -= 1
    return True


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        message = "A field occurs twice in one object. Send it once."
        raise StrictJsonError(message)
    return fields


def _refused_constant(_: str) -> None:
    message = "NaN and Infinity are not JSON."
    raise StrictJsonError(message)
