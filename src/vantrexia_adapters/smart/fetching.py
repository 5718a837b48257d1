"""Key sets of machine clients by URL: fetched within bounds, kept for minutes, asked for one at a time.

Anybody can make us look for a client's keys by pretending to be that client. So what was fetched is kept, a
failure is remembered for a while, and a set is not asked for again for every unknown ``kid``. The threads
that ask are few and serve all practices: a slow URL holds two of them at most, and slow URLs together
`HELD_MAX`, each for a bounded time. So one is always left for those whose keys are known.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Final, Protocol

import attrs

from vantrexia_adapters.http import Request, Response, Trouble
from vantrexia_adapters.smart.keys import KEY_SET_BYTES_MAX, KeySetError, PublicKey, read_key_set
from vantrexia_core.kernel import Clock

FETCH_SECONDS_MAX: Final = 5.0
KEPT_MAX: Final = timedelta(minutes=5)
"""How long a set is believed, or as long as its ``Cache-Control`` says if that is less (SMART 2.2)."""
REST: Final = timedelta(seconds=10)
"""How long a URL is left alone after it was asked for a ``kid`` that it does not have."""
REST_AFTER_FAILURE: Final = timedelta(seconds=30)
"""The same after it could not be fetched: a host that hangs may take five seconds each time."""
SETS_MAX: Final = 1_000
HELD_MAX: Final = 3
"""How many threads may fetch, or wait for a fetch, at a time: fewer than there are for machine clients."""

_MAX_AGE: Final = re.compile(r'max-age="?([0-9]{1,9})"?')


class Transport(Protocol):
    """One HTTP exchange within the request's bounds; follows no redirect."""

    def send(self, request: Request) -> Response | Trouble:
        """The answer, or why there is none."""
        ...


class KeySetUnavailableError(Exception):
    """The set cannot be fetched now. The text says why, for an operator."""


@attrs.frozen
class _Fetched:
    """A set, or why there is none; until when it is believed, and from when on it may be asked for again."""

    keys: Sequence[PublicKey]
    failure: str | None
    until: datetime
    again_from: datetime


class _UnderWay:
    """A fetch that has begun: whether somebody waits for it already, and what it brought."""

    def __init__(self) -> None:
        self.is_awaited = False
        self.has_ended: Final = Event()
        self.brought: _Fetched | None = None


class FetchedKeySets:
    """Threads may share it. ``transport`` decides which hosts may be reached at all."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport: Final = transport
        self._clock: Final = clock
        self._lock: Final = Lock()
        self._fetched: dict[str, _Fetched] = {}
        self._under_way: dict[str, _UnderWay] = {}
        self._held = 0

    def keys(self, url: str, kid: str) -> Sequence[PublicKey]:
        """The set behind a URL, looked at anew if it lacks ``kid`` and was not fetched a moment ago.

        Raises:
            KeySetUnavailableError: it could not be fetched, now or a moment ago; or its host is so slow that
                one thread fetches it and another one waits already; or other hosts are.
        """
        found = self._known(url, kid)
        if found is None:
            with self._holding():
                found = self._fetched_once(url, kid)
        if found.failure is not None:
            raise KeySetUnavailableError(found.failure)
        return found.keys

    @contextmanager
    def _holding(self) -> Iterator[None]:
        """One of the threads that may be held up."""
        with self._lock:
            if self._held >= HELD_MAX:
                raise KeySetUnavailableError("other clients' keys are being fetched; try again in seconds")
            self._held += 1
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1

    def _known(self, url: str, kid: str) -> _Fetched | None:
        now = self._clock.now()
        with self._lock:
            known = self._fetched.get(url)
        if known is None or now >= known.until:
            return None
        has_key = any(key.kid == kid for key in known.keys)
        return known if has_key or now < known.again_from else None

    def _fetched_once(self, url: str, kid: str) -> _Fetched:
        """Fetch the set, or take what a fetch under way brings: with ``max-age=0`` as well."""
        ours = _UnderWay()
        with self._lock:
            under_way = self._under_way.get(url)
            if under_way is None:
                self._under_way[url] = ours
            elif under_way.is_awaited:
                raise KeySetUnavailableError("it is being fetched, and another request waits for it")
            else:
                under_way.is_awaited = True
        if under_way is not None:
            under_way.has_ended.wait(FETCH_SECONDS_MAX)
            if under_way.brought is None:
                raise KeySetUnavailableError("another request's fetch of it brought nothing in time")
            return under_way.brought
        try:
            # Perhaps somebody else's fetch ended just before ours began.
            ours.brought = self._known(url, kid) or self._fetch(url)
            return ours.brought
        finally:
            with self._lock:
                del self._under_way[url]
            ours.has_ended.set()

    def _fetch(self, url: str) -> _Fetched:
        request = Request(
            "GET", url, {"Accept": "application/json"}, b"", FETCH_SECONDS_MAX, KEY_SET_BYTES_MAX
        )
        answer = self._transport.send(request)
        now = self._clock.now()
        keys: Sequence[PublicKey] = ()
        failure, kept = None, REST_AFTER_FAILURE
        if isinstance(answer, Trouble):
            failure = answer.value
        elif answer.status != 200:  # noqa: PLR2004 - the status itself
            failure = f"an answer with status {answer.status}"
        else:
            try:
                keys, kept = read_key_set(answer.body), _kept(answer.headers)
            except KeySetError as unusable:
                failure = str(unusable)
        fetched = _Fetched(keys, failure, now + kept, now + (min(REST, kept) if failure is None else kept))
        with self._lock:
            self._fetched.pop(url, None)
            while len(self._fetched) >= SETS_MAX:
                del self._fetched[next(iter(self._fetched))]
            self._fetched[url] = fetched
        return fetched


def _kept(headers: Mapping[str, str]) -> timedelta:
    """How long an answer may be kept (RFC 9111, section 5.2.2)."""
    directives = [part.strip().lower() for part in headers.get("cache-control", "").split(",")]
    if {"no-store", "no-cache"} & set(directives):
        return timedelta(0)
    ages = [found[1] for part in directives if (found := _MAX_AGE.fullmatch(part))]
    return min(KEPT_MAX, timedelta(seconds=int(ages[0]))) if ages else KEPT_MAX
