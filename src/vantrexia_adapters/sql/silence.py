"""Cutting connections on which the server has fallen silent.

A server process that is stopped, or whose disk hangs, keeps its connections: the kernel answers for it, so
no time-out of TCP notices, and its own `statement_timeout` hangs with it. Without a bound of our own every
thread would end up waiting for it, one after the other.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Final

TICK_SECONDS: Final = 0.5
"""How often it is looked who waits for too long."""


class SilenceWatch:
    """Watches waits for a server's answer, and shuts the sockets of those that take too long.

    Whoever waits then gets the driver's error for a connection that broke. A wait costs an entry in a table;
    there is one thread, which begins with the first wait and sleeps between its looks.
    """

    def __init__(self, seconds_max: float, *, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds_max: Final = seconds_max
        self._seconds: Final = seconds
        self._lock: Final = threading.Lock()
        self._waits: dict[int, tuple[float, int]] = {}
        self._is_running = False

    @contextmanager
    def over(self, descriptor: int, *, times: int = 1) -> Iterator[None]:
        """Watch what is done inside. ``times`` the usual patience, for work that is known to be long."""
        if not self._is_running:
            self._run()
        wait = self._seconds() + self._seconds_max * times, descriptor
        key = id(wait)
        self._waits[key] = wait
        try:
            yield
        finally:
            # Under the lock: a descriptor that is let go may be another connection's a moment later.
            with self._lock:
                del self._waits[key]

    def cut(self) -> int:
        """Shut the sockets of all who have waited too long, and say how many there were."""
        now = self._seconds()
        with self._lock:
            late = {descriptor for until, descriptor in list(self._waits.values()) if until < now}
            for descriptor in late:
                # OSError: it broke by itself meanwhile.
                with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
                    connection.shutdown(socket.SHUT_RDWR)
        return len(late)

    def _run(self) -> None:
        with self._lock:
            if self._is_running:
                return
            self._is_running = True
        threading.Thread(target=self._look, name="vantrexia-silence", daemon=True).start()

    def _look(self) -> None:
        pause = threading.Event()
        while not pause.wait(TICK_SECONDS):
            self.cut()
