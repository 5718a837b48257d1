"""The thread that looks every few seconds whether a letter is due.

Letters do not leave in the request that asked for them: a mail server may be slow or down, and how long an
answer takes must not tell whether an account exists.
"""

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

from vantrexia_core.identity import Round
from vantrexia_core.kernel import UnavailableError

ROUND_SECONDS: Final = 3.0
ROUND_SECONDS_MAX: Final = 300.0
"""Longer than a slow mail server can make a round of letters last."""

_LOGGER: Final = logging.getLogger("vantrexia.mail")


class Postman:
    """Makes rounds until it is told to stop. Several processes may each have one: the store shares the work.

    ``make_round`` answers all requests that are due.
    """

    def __init__(self, make_round: Callable[[], Round], *, round_seconds: float = ROUND_SECONDS) -> None:
        self._make_round: Final = make_round
        self._round_seconds: Final = round_seconds
        self._is_over: Final = threading.Event()
        self._began_at = monotonic()
        self._thread: Final = threading.Thread(target=self._work, name="vantrexia-mail", daemon=True)

    def check(self) -> None:
        """Nothing, while rounds are made.

        Raises:
            UnavailableError: the thread has ended, or is in one round for longer than any takes.
        """
        if not self._thread.is_alive() or monotonic() - self._began_at > ROUND_SECONDS_MAX:
            raise UnavailableError

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the round under way, and no other."""
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._is_over.is_set():
            self._began_at = monotonic()
            self.go_round()
            self._is_over.wait(self._round_seconds)

    def go_round(self) -> None:
        """One round. Whatever goes wrong is said in the log and tried again in a later one."""
        try:
            made = self._make_round()
        except Exception as error:  # noqa: BLE001 - the last resort of this thread
            # Only the kind: the frames of a letter hold its token.
            _LOGGER.error("mail round failed: %s", type(error).__name__)  # noqa: TRY400 - as above
            return
        if made.given_up:
            # A mail server that is down for a day must not keep an emergency from those who look at it.
            _LOGGER.error(
                "administrators never told of an emergency: %d letters given up after a day; see vantrexia "
                "audit emergencies",
                made.given_up,
            )
        if made.failed:
            _LOGGER.warning("mail not sent: %d, will be tried again: %s", made.failed, made.reason)
