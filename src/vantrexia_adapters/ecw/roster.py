"""The EHR as the core's port: drives the protocol's flows, over a transport, in a few threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, Protocol

from vantrexia_adapters.ecw.exchange import Flow, Pause, Renew, Reply, T, Token
from vantrexia_adapters.ecw.protocol import EcwProtocol
from vantrexia_adapters.http import Request, Response, Trouble
from vantrexia_core.ehr import EhrPatient, EhrQuery, EhrUnavailableError, Fault, Missed
from vantrexia_core.kernel import Clock
from vantrexia_core.patients import ExternalId

CALLS_AT_ONCE_MAX: Final = 4
"""At 300 ms a call that is some 800 a minute: more than the budget, so more would only wait."""

_RENEWAL_SENTENCE: Final = "eClinicalWorks did not answer our sign-in in time. Try again shortly."


class Transport(Protocol):
    """What makes the calls. Threads share it."""

    def send(self, request: Request) -> Response | Trouble:
        """One exchange within the request's limits; never an exception."""
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...


class EcwRoster:
    """Implements the core's ``EhrRoster`` over eClinicalWorks. Threads may share it."""

    def __init__(
        self, protocol: EcwProtocol, transport: Transport, clock: Clock, sleep: Callable[[float], None]
    ) -> None:
        self._protocol: Final = protocol
        self._transport: Final = transport
        self._clock: Final = clock
        self._sleep: Final = sleep
        self._renewing: Final = Lock()

    def fetch(self, ids: Sequence[ExternalId], *, seconds_max: float) -> Sequence[EhrPatient | Missed]:
        """See `EhrRoster`. What nobody could be asked about is `Missed` if anything else was answered."""
        until = self._until(seconds_max)
        if not ids:
            return []
        with ThreadPoolExecutor(min(CALLS_AT_ONCE_MAX, len(ids)), "vantrexia-ecw") as threads:
            outcomes = list(threads.map(lambda id_: self._one(id_, until), ids))
        unavailable = [outcome for outcome in outcomes if isinstance(outcome, EhrUnavailableError)]
        if len(unavailable) == len(outcomes):
            raise EhrUnavailableError(unavailable[0].detail)
        return [
            Missed(id_, Fault.FAILED) if isinstance(outcome, EhrUnavailableError) else outcome
            for id_, outcome in zip(ids, outcomes, strict=True)
        ]

    def search(self, query: EhrQuery, *, seconds_max: float) -> Sequence[EhrPatient]:
        """See `EhrRoster`."""
        until = self._until(seconds_max)
        return self._run(self._protocol.search(query, until))

    def check(self) -> None:
        """Say whether calls may be made now, without making one: a look for the health page.

        Raises:
            EhrUnavailableError: the last calls found nobody, or we were refused.
        """
        self._protocol.check()

    def close(self) -> None:
        """Let go of open connections."""
        self._transport.close()

    def _until(self, seconds_max: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds_max)

    def _one(self, id_: ExternalId, until: datetime) -> EhrPatient | Missed | EhrUnavailableError:
        try:
            return self._run(self._protocol.fetch(id_, until))
        except EhrUnavailableError as unavailable:
            return unavailable

    def _run(self, flow: Flow[T]) -> T:
        reply: Reply = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as done:
                result: T = done.value
                return result
            match step:
                case Request():
                    reply = self._transport.send(step)
                case Pause():
                    reply = self._sleep(step.seconds)
                case Renew():
                    reply = self._renewed(step)

    def _renewed(self, step: Renew) -> Token:
        """A fresh token. Who waits for another thread's renewal takes what that one got."""
        seconds = (step.until - self._clock.now()).total_seconds()
        if not self._renewing.acquire(timeout=max(seconds, 0)):
            raise EhrUnavailableError(_RENEWAL_SENTENCE)
        try:
            known = self._protocol.token(step.stale)
            return known or self._run(self._protocol.renew(step.until))
        finally:
            self._renewing.release()
