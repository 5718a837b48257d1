"""Log lines: JSON, one object each, without PHI.

An exception is logged by its class and the places it passed through. Its message is left out, and so are the
values of variables: libraries quote what they choke on, and here that may be somebody's birth date. For the
same reason the arguments of other libraries' log calls are left out; only our own are filled in.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from typing import Final, TextIO

from vantrexia_core.kernel import UnavailableError, full_disk_behind

LOGGER: Final = logging.getLogger("vantrexia.web")

FRAMES_MAX: Final = 50
CHAIN_MAX: Final = 10
_OUR_OWN: Final = ("vantrexia", "vantrexia_core", "vantrexia_adapters", "vantrexia_web")
"""Where our loggers begin: those of the adapters are named after their modules."""


class PhiFreeFormatter(logging.Formatter):
    """Renders a record as one line of JSON. ``extra={"fields": {…}}`` adds members."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        is_ours = record.name.partition(".")[0] in _OUR_OWN
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage() if is_ours else str(record.msg),
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            line |= fields
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = described(record.exc_info[1])
        # ensure_ascii keeps line feeds, escape codes and odd Unicode from forging or breaking a line.
        return json.dumps(line, ensure_ascii=True, default=lambda value: type(value).__name__)


def why(unavailable: UnavailableError) -> str:
    """What keeps us from answering: its code, or a disk that somebody has to make room on."""
    full = full_disk_behind(unavailable)
    return unavailable.code if full is None else full.detail


def described(error: BaseException) -> list[dict[str, object]]:
    """An exception and those it came from: class and places, outermost call first, no messages."""
    chain: list[dict[str, object]] = []
    current: BaseException | None = error
    while current is not None and len(chain) < CHAIN_MAX:
        chain.append(
            {
                "type": f"{type(current).__module__}.{type(current).__qualname__}",
                "frames": _places(current.__traceback__),
            }
        )
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace, limit=-FRAMES_MAX)
    return [f"{'/'.join(PurePath(f.filename).parts[-3:])}:{f.lineno} {f.name}" for f in frames]


def configure_logging(level: str, stream: TextIO | None = None) -> None:
    """Send everything that is logged in this process to ``stream`` (standard error) as PHI-free lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(PhiFreeFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    # Without their arguments, other libraries' chatter tells nothing; their warnings tell at least where.
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    for name in _OUR_OWN:
        logging.getLogger(name).setLevel(level.upper())
