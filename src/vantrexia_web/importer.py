"""The thread that goes on with imports in the background, in every process that serves.

Jobs are stored in the database. One process at a time takes one, for a limited time. If it is killed, another
process continues, or the same one after its next start.
"""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

from vantrexia_core.ehr import BackgroundDesk, import_next
from vantrexia_core.kernel import Origin, UnavailableError
from vantrexia_web.logs import LOGGER, why

LOOK_SECONDS: Final = 15.0
"""How long an idle thread waits before it looks for jobs that other processes left."""
BATCH_SECONDS_MAX: Final = 300.0
"""Longer than an EHR that answers slowly can make a batch last."""
ORIGIN: Final = Origin(address="background:import")


class Importer:
    """Settles batch after batch while there is anything to import, then sleeps until it is woken."""

    def __init__(
        self,
        desk: BackgroundDesk,
        *,
        step: Callable[[BackgroundDesk, Origin], bool] = import_next,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._desk: Final = desk
        self._step: Final = step
        self._look_seconds: Final = look_seconds
        self._wakes: Final = threading.Event()
        self._is_open = False
        self._thread: threading.Thread | None = None
        self._looked_at = monotonic()

    def check(self) -> None:
        """Return if imports go on.

        Raises:
            UnavailableError: the thread has ended, or has been in one batch for longer than any takes.
        """
        thread = self._thread
        if thread is None or not thread.is_alive() or monotonic() - self._looked_at > BATCH_SECONDS_MAX:
            raise UnavailableError

    def open(self) -> None:
        """Start, unless it runs already."""
        if self._thread is None:
            self._is_open = True
            # A daemon: a process that ends without draining is not held up; what is unfinished is undone.
            self._thread = threading.Thread(target=self._work, name="vantrexia-import", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Look for jobs now."""
        self._wakes.set()

    def drain(self) -> None:
        """Finish the batch under way and end. Blocks until it has ended."""
        thread, self._thread = self._thread, None
        self._is_open = False
        self._wakes.set()
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while self._is_open:
            self._looked_at = monotonic()
            if not self._has_worked():
                self._wakes.wait(self._look_seconds)
                self._wakes.clear()

    def _has_worked(self) -> bool:
        try:
            return self._step(self._desk, ORIGIN)
        except UnavailableError as unavailable:
            LOGGER.warning("imports wait: %s", why(unavailable), exc_info=unavailable)
        except Exception as error:  # noqa: BLE001 - the thread must outlive whatever a batch does
            LOGGER.error("an import failed unexpectedly", exc_info=error)
        return False
