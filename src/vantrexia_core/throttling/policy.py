"""What is limited, and to how much: the published table of rate limits, one row a scope."""

import re
from enum import Enum
from typing import Final

import attrs

from vantrexia_core.kernel import InvalidValueError, VantrexiaError

HITS_MAX: Final = 1_000_000_000
"""The highest limit that can be set: practically none, and still a number that every client can read."""

_SECONDS_OF: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_SPELLING: Final = re.compile(r"([0-9]{1,10})/(second|minute|hour|day)", re.ASCII)


class Scope(Enum):
    """Rate limits, by the names that callers read in the ``RateLimit-Policy`` header."""

    USER = "user"
    ANONYMOUS = "anonymous"
    AUTH = "auth"
    WEBHOOK = "webhook"
    INGESTION = "ingestion"


@attrs.frozen
class Limit:
    """At most ``hits`` within any ``seconds`` seconds."""

    hits: int
    seconds: int

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.hits <= HITS_MAX or self.seconds not in _SECONDS_OF.values():
            raise InvalidValueError(_EXPECTED)

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """A limit as settings spell it: ``1000/hour``.

        Raises:
            InvalidValueError: it is not written like this, is zero, or is out of bounds.
        """
        match = _SPELLING.fullmatch(text.strip())
        if match is None:
            raise InvalidValueError(_EXPECTED)
        return cls(int(match[1]), _SECONDS_OF[match[2]])

    def __str__(self) -> str:
        unit = next(name for name, seconds in _SECONDS_OF.items() if seconds == self.seconds)
        return f"{self.hits}/{unit}"


_EXPECTED: Final = f"must be such as 1000/hour: 1 to {HITS_MAX} in a second, minute, hour or day"


@attrs.frozen
class Limits:
    """The limit of each scope; by default the published ones."""

    user: Limit = Limit(1_000, 3_600)
    anonymous: Limit = Limit(100, 3_600)
    auth: Limit = Limit(20, 60)
    webhook: Limit = Limit(500, 3_600)
    ingestion: Limit = Limit(1_000, 3_600)

    def of(self, scope: Scope) -> Limit:
        """The limit of a scope."""
        limit: Limit = getattr(self, scope.value)
        return limit


PUBLISHED: Final = Limits()


@attrs.frozen(repr=False)
class Bucket:
    """Hits that are counted together: those of one caller in one scope.

    ``who`` may be an address or an e-mail, so a bucket does not print, and a store that outlives the process
    keeps a keyed digest of `key` and not the text.
    """

    scope: str
    who: str
    limit: Limit

    @property
    def key(self) -> bytes:
        """The same for the same caller, scope and limit: a changed limit begins with nothing counted."""
        return f"{self.scope} {self.limit} {self.who}".encode("utf-8", "surrogatepass")


class ThrottledError(VantrexiaError):
    """The caller asked more often than its limit allows; it may ask again when ``wait_seconds`` are over."""

    code = "throttled"
    sentence = "Request was throttled."

    def __init__(self, wait_seconds: int = 1) -> None:
        # The words of the published example.
        super().__init__(f"Request was throttled. Expected available in {wait_seconds} seconds.")
        self.wait_seconds: Final = wait_seconds
