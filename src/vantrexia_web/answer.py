"""What an endpoint gives back: a status, a body, headers; packed to bytes, the receipt of a repeated call."""

from collections.abc import Iterator, Mapping
from typing import Final

import attrs
import orjson

JSON: Final = "application/json"

_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


@attrs.frozen(repr=False)
class Answer:
    """One response. Its body may hold PHI, so it does not print.

    ``chunks`` is the body of an answer that is too long to be held: each is made when the one before is sent.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = attrs.field(factory=dict)
    media_type: str = JSON
    chunks: Iterator[bytes] | None = attrs.field(default=None, eq=False)

    def with_media_type(self, media_type: str) -> "Answer":
        """The same answer under another name."""
        return attrs.evolve(self, media_type=media_type)

    def with_headers(self, **headers: str) -> "Answer":
        """The same answer with further headers; an underscore in a name stands for a dash."""
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        return attrs.evolve(self, headers={**self.headers, **added})

    def packed(self) -> bytes:
        """Everything in bytes, to be kept under an Idempotency-Key."""
        return orjson.dumps([self.status, dict(self.headers), self.media_type]) + b"\n" + self.body

    @classmethod
    def unpacked(cls, packed: bytes) -> "Answer":
        """What `packed` packed."""
        head, _, body = packed.partition(b"\n")
        status, headers, media_type = orjson.loads(head)
        return cls(status, body, headers, media_type)


def json_answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in JSON; times become UTC with ``Z``, to the second."""
    return Answer(status, orjson.dumps(content, option=_OPTIONS), headers or {})
