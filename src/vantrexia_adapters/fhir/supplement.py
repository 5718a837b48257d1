"""What a FHIR client said of a patient, packed into the one text that the record keeps of it.

The text is canonical JSON::

    {"at": {"last_name": ["name", 0, "family"], …}, "document": {…}, "format": 1}

``document`` is the Patient as it was sent, without what the server owns and without social security numbers.
``at`` says which field of the record was taken from which place in it, so that a field that changed since can
be written over what was said, and a rule that will choose differently one day cannot confuse old documents.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs
import orjson

from vantrexia_core.kernel import BrokenPromiseError
from vantrexia_core.patients import Supplement

Json: TypeAlias = dict[str, Any]
Path: TypeAlias = Sequence[str | int]

_FORMAT: Final = 1


@attrs.frozen(repr=False)
class Told:
    """A document, and where in it the record's fields come from."""

    document: Json
    at: Mapping[str, Path]


def packed(told: Told) -> Supplement:
    """The text.

    Raises:
        InvalidValueError: it is longer than a record keeps.
    """
    content = {"format": _FORMAT, "document": told.document, "at": told.at}
    return Supplement(orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode())


def unpacked(supplement: Supplement) -> Told:
    """What `packed` packed; a document of one's own, to be changed at will.

    Raises:
        BrokenPromiseError: it is of another format.
    """
    content = orjson.loads(supplement.reveal())
    if content.get("format") != _FORMAT:
        message = "this supplement was packed by another version"
        raise BrokenPromiseError(message)
    return Told(content["document"], content["at"])
