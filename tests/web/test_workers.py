"""The pool that runs plain functions for the event loop."""

import asyncio
import threading

import pytest

from vantrexia_core.kernel import UnavailableError
from vantrexia_web.workers import Workers


def _pool(threads=2, **limits):
    return Workers(threads, name="test", **limits)


def test_a_job_runs_in_a_thread_of_the_pool():
    """And its result comes back."""
    pool = _pool()
    name = asyncio.run(pool.run(lambda: threading.current_thread().name))
    assert name in {"test-1", "test-2"}
    pool.drain()


def test_what_a_job_raises_is_raised():
    """The very exception."""
    pool, error = _pool(), ValueError("x")

    def fail():
        raise error

    with pytest.raises(ValueError, match="x") as raised:
        asyncio.run(pool.run(fail))
    assert raised.value is error
    pool.drain()


def test_no_more_threads_are_used_than_there_are():
    """A hundred jobs share two threads, and all get their own answer."""
    pool = _pool()

    async def many():
        return await asyncio.gather(
            *(pool.run(lambda n=n: (n, threading.current_thread().name)) for n in range(100))
        )

    results = asyncio.run(many())
    assert [number for number, _ in results] == list(range(100))
    assert {name for _, name in results} <= {"test-1", "test-2"}
    pool.drain()


def test_a_job_whose_caller_left_before_it_began_is_dropped():
    """Nobody waits for it, so it is not done."""
    pool, gate, done = _pool(threads=1), threading.Event(), []

    async def scenario():
        first = asyncio.ensure_future(pool.run(gate.wait))
        second = asyncio.ensure_future(pool.run(lambda: done.append("second")))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        gate.set()
        await first
        await pool.run(lambda: done.append("third"))

    asyncio.run(scenario())
    pool.drain()
    assert done == ["third"]


def test_a_job_that_has_begun_runs_to_its_end():
    """A change does not stop half-way because its caller went away."""
    pool, began, gate, done = _pool(threads=1), threading.Event(), threading.Event(), []

    def job():
        began.set()
        gate.wait()
        done.append("done")

    async def scenario():
        task = asyncio.ensure_future(pool.run(job))
        await asyncio.to_thread(began.wait)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        gate.set()

    asyncio.run(scenario())
    pool.drain()
    assert done == ["done"]


def test_draining_finishes_what_was_taken():
    """Jobs that wait for a thread are still done; then the threads are gone."""
    pool, gate, done = _pool(threads=1), threading.Event(), []

    async def scenario():
        jobs = [asyncio.ensure_future(pool.run(gate.wait))]
        jobs += [asyncio.ensure_future(pool.run(lambda n=n: done.append(n))) for n in range(5)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.to_thread(pool.drain)
        await asyncio.gather(*jobs)

    asyncio.run(scenario())
    assert done == [0, 1, 2, 3, 4]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test-")]


def test_a_drained_pool_takes_nothing_until_it_is_opened_again():
    """Shutting down and starting again are both possible."""
    pool = _pool()
    pool.open()
    pool.drain()
    with pytest.raises(UnavailableError):
        asyncio.run(pool.run(int))
    pool.open()
    assert asyncio.run(pool.run(int)) == 0
    pool.drain()


def test_a_queue_that_is_full_refuses():
    """Better a quick no than an answer that nobody waits for any more."""
    pool, gate = _pool(threads=1, waiting_max=2), threading.Event()
    began = threading.Event()

    def block():
        began.set()
        gate.wait()

    async def scenario():
        jobs = [asyncio.ensure_future(pool.run(block))]
        await asyncio.to_thread(began.wait)
        jobs += [asyncio.ensure_future(pool.run(int)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError):
            await pool.run(int)
        gate.set()
        await asyncio.gather(*jobs)

    asyncio.run(scenario())
    pool.drain()


def test_a_loop_that_ended_does_not_end_the_thread():
    """A late result for a closed loop is dropped, and the thread goes on with the next job."""
    pool, began, gate = _pool(threads=1), threading.Event(), threading.Event()

    def job():
        began.set()
        gate.wait()

    async def leave():
        task = asyncio.ensure_future(pool.run(job))
        await asyncio.to_thread(began.wait)
        task.cancel()

    asyncio.run(leave())
    gate.set()
    assert asyncio.run(pool.run(lambda: 7)) == 7
    pool.drain()


def test_a_pool_has_at_least_one_thread():
    """A pool of none would keep everybody waiting for ever."""
    with pytest.raises(ValueError, match="at least one"):
        _pool(threads=0)
