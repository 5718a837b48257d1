"""Keeping the trail's checkpoints current while a service runs, and looking whether the trail is sound."""

import logging
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Final

import attrs

from vantrexia_core.audit import (
    Checkpoint,
    FaultKind,
    Inspector,
    Notary,
    TrailDivergedError,
    UntrustedCheckpointError,
)
from vantrexia_core.kernel import Clock, UnavailableError, full_disk_behind

NEWEST: Final = 8_192
"""Entries below the newest checkpoint that a self-check reads; a tenth of a second."""

CHECK_SECONDS: Final = 60.0
"""From one self-check to the next."""

LATE_SECONDS: Final = 60.0
"""How long entries may wait for a checkpoint before the trail counts as degraded."""

_LOG: Final = logging.getLogger(__name__)


@attrs.frozen
class TrailHealth:
    """How the trail is. ``unprotected`` entries are not covered by a checkpoint yet.

    ``is_sound`` is False once something in the trail or its checkpoints was found to be wrong, and
    ``is_current`` while no checkpoint can be published.
    """

    unprotected: int
    is_sound: bool
    is_current: bool


class TrailKeeper:
    """Publishes checkpoints every few seconds, and verifies the newest part of the trail every minute.

    Every process of a deployment may have one: they take turns, and there is nothing to publish twice. What
    it finds it reports and logs; it refuses nothing, for care goes on while somebody looks into it.
    """

    def __init__(
        self,
        notary: Notary,
        clock: Clock,
        *,
        publish_seconds: float,
        check_seconds: float = CHECK_SECONDS,
        pause: Callable[[Event, float], bool] = Event.wait,
    ) -> None:
        self.notary: Final = notary
        self._clock: Final = clock
        self._publish_seconds: Final = publish_seconds
        self._check_rounds: Final = max(1, round(check_seconds / publish_seconds))
        self._late_rounds: Final = max(1, round(LATE_SECONDS / publish_seconds))
        self._pause: Final = pause
        self._ending: Final = Event()
        self._turn: Final = Lock()
        self._thread: Thread | None = None
        self._failed_rounds = 0
        self._waited_rounds = 0
        self._awaited = 0
        self._fault: str | None = None
        # Looked at before this process writes anything: a new trail has no checkpoint, and nothing to miss.
        self._missing: str | None = None
        with suppress(UnavailableError):
            self._missing = _missing(notary)

    def start(self) -> None:
        """Begin, in a thread of its own. Verifies first and publishes then."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name="vantrexia-trail", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End, with a last checkpoint that covers everything this process has written."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.publish(is_patient=True)

    def publish(self, *, is_patient: bool = False) -> None:
        """Publish a checkpoint if there is something new. What goes wrong is logged, and told by `health`."""
        with self._turn:
            try:
                if self._missing is not None:
                    # A move to another machine, a process that was killed; or they were taken away.
                    _LOG.warning("%s", self._missing)
                    self._missing = None
                self._wait_for(self.notary.publish(self._clock.now(), is_patient=is_patient))
            except (TrailDivergedError, UntrustedCheckpointError) as diverged:
                self._found(diverged.detail)
                self._failed_rounds += 1
            except Exception as failure:  # noqa: BLE001 - whatever it is, the next round tries again
                self._failed_rounds += 1
                if self._failed_rounds == 1:
                    why = full_disk_behind(failure) or type(failure).__name__
                    _LOG.warning("no checkpoint of the audit trail can be published: %s", why)
            else:
                if self._failed_rounds:
                    _LOG.warning("checkpoints of the audit trail are published again")
                self._failed_rounds = 0

    def verify(self) -> None:
        """Verify the newest part of the trail. What is found stays found until the service is restarted."""
        notary = self.notary
        inspector = Inspector(notary.source, notary.store, notary.keys.verifiers(), notary.check)
        try:
            fault = inspector.inspect(newest=NEWEST).fault
        except Exception as failure:  # noqa: BLE001 - as above
            _LOG.warning("the audit trail cannot be verified now: %s", type(failure).__name__)
            return
        if fault is None:
            return
        if fault.kind is not FaultKind.NO_CHECKPOINT:  # `publish` tells of that
            self._found(fault.sentence)

    def health(self) -> TrailHealth:
        """How the trail is, asked of store and checkpoints.

        Raises:
            UnavailableError: one of them cannot be read.
        """
        try:
            checkpoint = self.notary.newest()
        except UntrustedCheckpointError as untrusted:
            self._found(untrusted.detail)
            checkpoint = None
        unprotected = self.notary.source.size() - (checkpoint.size if checkpoint else 0)
        return TrailHealth(
            unprotected=max(0, unprotected),
            is_sound=self._fault is None,
            is_current=max(self._failed_rounds, self._waited_rounds) < self._late_rounds,
        )

    def _wait_for(self, newest: Checkpoint | None) -> None:
        """Count the rounds in which whoever else has the lease has not covered what was there before."""
        if (newest.size if newest else 0) >= self._awaited:
            self._waited_rounds, self._awaited = 0, self.notary.source.size()
            return
        self._waited_rounds += 1
        if self._waited_rounds == self._late_rounds:
            _LOG.warning(
                "no checkpoint of the audit trail was published for a while: another process keeps the lock "
                "of their folder"
            )

    def _found(self, sentence: str) -> None:
        if self._fault is None:
            # Numbers of entries and what is wrong with them, nothing of what they say.
            _LOG.error("the audit trail is not what it was: %s", sentence)
        self._fault = self._fault or sentence

    def _run(self) -> None:
        rounds = 0
        while True:
            if rounds % self._check_rounds == 0:
                self.verify()
            self.publish()
            rounds += 1
            if self._pause(self._ending, self._publish_seconds):
                return


def _missing(notary: Notary) -> str | None:
    """What is not there of the checkpoints of a trail with entries, for people."""
    if notary.store.newest() is not None or not (size := notary.source.size()):
        return None
    if any(True for _ in notary.store.history()):
        return "the newest checkpoint of the audit trail is gone; it has to go on from the last one of a day"
    return f"the audit trail has {size} entries and no checkpoint; a first one is signed"
