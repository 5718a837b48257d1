"""JSON bodies, read as strictly as `vantrexia_adapters.strict_json` reads."""

from typing import Final

from vantrexia_adapters.strict_json import StrictJsonError, read_json
from vantrexia_web.problems import UnreadableBodyError

DEPTH_MAX: Final = 32


def parse_json(body: bytes) -> object:
    """The value that ``body`` holds.

    Raises:
        UnreadableBodyError: it is not JSON, or not strict enough.
    """
    try:
        return read_json(body, depth_max=DEPTH_MAX)
    except StrictJsonError as refused:
        complaint = str(refused)
    # Raised outside the handler: the reader's frames hold the whole body.
    raise UnreadableBodyError(complaint)
