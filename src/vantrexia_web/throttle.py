"""Counting requests, and saying on every answer how many are left.

Who is signed in is counted by account, whatever token or address they use; everybody else by address. A
token that is not valid makes nobody: the request counts as anonymous.
"""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Final

from vantrexia_core.kernel import Clock, UnavailableError, UserId
from vantrexia_core.throttling import (
    HITS_MAX,
    PUBLISHED,
    Bucket,
    Limit,
    Limits,
    RateStore,
    Scope,
    Standing,
    ThrottledError,
)
from vantrexia_web.logs import LOGGER

HEALTH: Final = "health"
HEALTH_LIMIT: Final = Limit(3_600, 3_600)
"""The health page is none of the published scopes: a load balancer that asks every ten seconds must not use
up what its network has left for signing in. Its answers are kept, so asking costs next to nothing."""

REST_SECONDS: Final = 1.0
"""How long a store that failed is left alone: nobody waits for it again meanwhile."""

_NOBODYS: Final = Bucket(HEALTH, "nobody", Limit(HITS_MAX, 60))
_REFUSED_WITHOUT_STORE: Final = frozenset({Scope.AUTH, Scope.WEBHOOK})
"""Where guesses are made, an attempt that cannot be counted is refused."""


class RateStoreUnavailableError(UnavailableError):
    """Attempts cannot be counted just now, so none is let through where guessing must be limited."""

    code = "rate_limit_unavailable"
    sentence = "Signing in is not possible just now. Try again shortly."


class Throttle:
    """Counts hits in a store. When that fails, those who are signed in go on, counted by this process alone.

    ``standby`` counts meanwhile, and it counts what is never shared: visits of the health page.
    """

    def __init__(
        self,
        store: RateStore,
        standby: RateStore,
        clock: Clock,
        limits: Limits = PUBLISHED,
        *,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._store: Final = store
        self._standby: Final = standby
        self._clock: Final = clock
        self._limits: Final = limits
        self._seconds: Final = seconds
        self._rests_until = float("-inf")

    def count(self, scope: Scope, who: str) -> Standing:
        """Count a hit of ``who`` in a scope; the standing says whether it is admitted.

        Raises:
            RateStoreUnavailableError: the store failed, and this scope may not go on without it.
        """
        bucket = Bucket(scope.value, who, self._limits.of(scope))
        now = self._clock.now()
        if not self.is_resting:
            try:
                return self._store.hit(bucket, at=now)
            except UnavailableError as failure:
                self._rests_until = self._seconds() + REST_SECONDS
                LOGGER.warning("rate limits are counted by each process alone", exc_info=failure)
        if scope in _REFUSED_WITHOUT_STORE:
            raise RateStoreUnavailableError
        return self._standby.hit(bucket, at=now)

    def count_health(self, who: str) -> Standing:
        """Count a visit of the health page, in this process: it has to answer when nothing else does."""
        return self._standby.hit(Bucket(HEALTH, who, HEALTH_LIMIT), at=self._clock.now())

    def look(self) -> None:
        """Whether the store answers, for the health check; leaves nothing behind but a hit of nobody's.

        Raises:
            UnavailableError: it does not.
        """
        self._store.hit(_NOBODYS, at=self._clock.now())

    @property
    def is_resting(self) -> bool:
        """Whether the store failed a moment ago."""
        return self._seconds() < self._rests_until

    def limit_of(self, scope: Scope) -> Limit:
        """The limit in force."""
        return self._limits.of(scope)


class Tally:
    """What was counted for one request, and the headers that tell the caller."""

    __slots__ = ("_name", "_standing", "_throttle")

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle
        self._name = ""
        self._standing: Standing | None = None

    def count(self, scope: Scope, who: str) -> None:
        """Count the request in a scope.

        Raises:
            ThrottledError: it is one too many.
            RateStoreUnavailableError: see `Throttle.count`.
        """
        self._take(scope.value, self._throttle.count(scope, who))

    def count_health(self, who: str) -> None:
        """Count a visit of the health page.

        Raises:
            ThrottledError: it is one too many.
        """
        self._take(HEALTH, self._throttle.count_health(who))

    def _take(self, name: str, standing: Standing) -> None:
        # Of several buckets the caller is told of the one that is nearest to its end.
        before = self._standing
        if before is None or standing.remaining < before.remaining or not standing.is_admitted:
            self._name, self._standing = name, standing
        if not standing.is_admitted:
            raise ThrottledError(standing.seconds)

    @property
    def headers(self) -> Mapping[str, str]:
        """How the caller stands."""
        if self._standing is None:
            return uncounted_headers(self._throttle)
        return _headers(self._name, self._standing)


def uncounted_headers(throttle: Throttle, *, retry_after_seconds: int = 5) -> Mapping[str, str]:
    """The headers of an answer when the request could not be counted: no request is left for a moment.

    The draft lets a server say less than it may give when it is out of capacity.
    """
    scope = Scope.ANONYMOUS
    return _headers(
        scope.value,
        Standing(throttle.limit_of(scope), is_admitted=False, remaining=0, seconds=retry_after_seconds),
    )


def by_user(user_id: UserId) -> str:
    """What the hits of somebody who is signed in are counted by."""
    return f"user {user_id}"


def by_email(folded: str) -> str:
    """What attempts at one account are counted by, wherever they come from."""
    return f"email {folded}"


def _headers(name: str, standing: Standing) -> dict[str, str]:
    """The IETF's fields (draft-ietf-httpapi-ratelimit-headers-10) and those that most clients read today."""
    limit = standing.limit
    remaining, seconds = str(standing.remaining), str(standing.seconds)
    return {
        "RateLimit": f'"{name}";r={remaining};t={seconds}',
        "RateLimit-Policy": f'"{name}";q={limit.hits};w={limit.seconds}',
        "X-RateLimit-Limit": str(limit.hits),
        "X-RateLimit-Remaining": remaining,
        "X-RateLimit-Reset": seconds,
    }
