"""Windows of hits in Redis or Valkey: one script a hit, which the server runs as one step."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from vantrexia_core.kernel import UnavailableError
from vantrexia_core.throttling import (
    Bucket,
    Standing,
    Window,
    group_of,
    kept_bytes,
    milliseconds,
    oldest_that_counts,
    standing,
)

if TYPE_CHECKING:
    from redis import Redis

ANSWER_SECONDS_MAX: Final = 1.0
"""How long a request waits for Redis, to connect or to answer, before it goes on without it."""
CONNECTIONS_MAX: Final = 32

_PREFIX: Final = b"vantrexia:rate:"

_HIT: Final = """
-- The arithmetic of vantrexia_core.throttling.hit. A bucket is one value: the newest hit's time and the open
-- group's count, packed, and then the marks. Times are whole milliseconds, exact in a double.
local at, oldest, hits = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local group, kept, life = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local latest, part, marks = 0, 0, ''
local value = redis.call('GET', KEYS[1])
if value then
  latest, part = struct.unpack('>I6I4', value)
  marks = string.sub(value, 11)
end
local open = part
if latest < oldest then open = 0 end
local deciding = #marks - 6 * math.ceil((hits - open) / group)
if deciding >= 0 and struct.unpack('>I6', marks, deciding + 1) >= oldest then
  return {0, latest, part, marks}
end
latest = math.max(latest, at)
part = open + 1
if part >= group then
  part = 0
  marks = string.sub(marks .. struct.pack('>I6', latest), -kept)
end
redis.call('SET', KEYS[1], struct.pack('>I6I4', latest, part) .. marks, 'PX', life)
return {1, latest, part, marks}
"""


class RateStoreUnusableError(Exception):
    """The Redis that the settings name cannot be used from here. The text says why, without its password."""


class RedisRateStore:
    """Implements the core's ``RateStore`` for all hosts that share a Redis.

    ``digest`` is keyed: addresses and e-mails of those who ask do not lie in Redis.
    """

    def __init__(self, url: str, digest: Callable[[bytes], bytes]) -> None:
        """Connect when first asked.

        Raises:
            RateStoreUnusableError: the URL is malformed, or the client library is not installed.
        """
        self._redis: Final = _client(url)
        self._digest: Final = digest
        self._hit: Final = self._redis.register_script(_HIT)

    def hit(self, bucket: Bucket, *, at: datetime) -> Standing:
        """See `RateStore`."""
        from redis.exceptions import RedisError  # noqa: PLC0415 - an extra: it may not be installed

        limit, now = bucket.limit, milliseconds(at)
        try:
            is_admitted, latest, part, marks = self._hit(
                keys=[_PREFIX + self._digest(bucket.key)],
                args=[
                    now,
                    oldest_that_counts(limit, now),
                    limit.hits,
                    group_of(limit),
                    kept_bytes(limit),
                    limit.seconds * 1000,
                ],
            )
        except (RedisError, OSError):
            failure = UnavailableError()
        else:
            return standing(Window(marks, part, latest), limit, now, is_admitted=bool(is_admitted))
        # Outside the handler: the client's own error may name the host, and is not even chained.
        raise failure

    def close(self) -> None:
        """Let go of the connections."""
        self._redis.close()


def _client(url: str) -> "Redis":
    try:
        from redis import Redis  # noqa: PLC0415 - an extra: it may not be installed
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415
    except ImportError:
        message = "Redis needs its client: install vantrexia[redis]"
        raise RateStoreUnusableError(message) from None
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        message = "VANTREXIA_RATE_STORE must be such as redis://host:6379/0 or rediss://…"
        raise RateStoreUnusableError(message)
    try:
        return Redis.from_url(
            url,
            socket_timeout=ANSWER_SECONDS_MAX,
            socket_connect_timeout=ANSWER_SECONDS_MAX,
            max_connections=CONNECTIONS_MAX,
            # A hit that was lost on the way may have been counted: sending it again would count it twice.
            retry=Retry(NoBackoff(), 0),
            decode_responses=False,
        )
    except ValueError:
        failure = RateStoreUnusableError("VANTREXIA_RATE_STORE is not a Redis URL.")
    raise failure
