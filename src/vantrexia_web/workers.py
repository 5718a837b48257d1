"""Running plain functions for an event loop: a few long-lived threads fed by one queue.

A request crosses into a thread once and comes back once. Threads live as long as the app, so whatever is
bound to a thread (a database connection) is opened a few times only.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Final, TypeVar

import attrs

from vantrexia_core.kernel import UnavailableError

T = TypeVar("T")

WAITING_MAX: Final = 1000
"""Calls that may wait for a thread. A longer queue would only make every caller time out."""


@attrs.frozen(eq=False, repr=False)
class _Job:
    """A function to run and the future that waits for it."""

    run: Callable[[], Any]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"


class Workers:
    """A pool of ``threads`` threads that start with the first job.

    A job whose caller went away before it began is dropped; one that has begun runs to its end, so that no
    change stops half-way because somebody closed a connection.
    """

    def __init__(self, threads: int, *, name: str, waiting_max: int = WAITING_MAX) -> None:
        if threads < 1:
            message = "a pool needs at least one thread"
            raise ValueError(message)
        self._size: Final = threads
        self._name: Final = name
        self._waiting_max: Final = waiting_max
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._is_open = True
        self._lock: Final = threading.Lock()

    def open(self) -> None:
        """Start the threads, unless they run already."""
        with self._lock:
            self._is_open = True
            # Daemons: a process that ends without draining is not held up; the store undoes what was open.
            for number in range(len(self._threads), self._size):
                thread = threading.Thread(target=self._work, name=f"{self._name}-{number + 1}", daemon=True)
                thread.start()
                self._threads.append(thread)

    async def run(self, job: Callable[[], T]) -> T:
        """Run ``job`` in a thread and return what it returns, or raise what it raises.

        Raises:
            UnavailableError: the pool is closed, or too many calls are waiting already.
        """
        if not self._is_open or self._queue.qsize() >= self._waiting_max:
            raise UnavailableError
        if not self._threads:
            self.open()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Job(job, loop, future))
        return await future

    def drain(self) -> None:
        """Take no more jobs, finish those that were taken, end the threads. Blocks until they have ended."""
        with self._lock:
            self._is_open = False
            threads, self._threads = self._threads, []
        for _ in threads:
            self._queue.put(None)
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            if job.future.cancelled():
                continue
            _do(job)
            # A thread at rest keeps neither a request nor an answer alive.
            del job


def _do(job: _Job) -> None:
    result, error = None, None
    try:
        result = job.run()
    except BaseException as raised:  # noqa: BLE001 - whatever happened belongs to the waiting caller
        error = raised
    with suppress(RuntimeError):
        # RuntimeError: the loop was closed meanwhile, and nobody is waiting any more.
        job.loop.call_soon_threadsafe(_deliver, job.future, result, error)


def _deliver(future: "asyncio.Future[Any]", result: object, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
