"""The machine's clock behind the core's port."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from vantrexia_adapters.system import SystemClock


def test_it_shows_utc_now() -> None:
    """Aware, in UTC, and between two looks at the machine's own clock."""
    clock = SystemClock()
    before = datetime.now(UTC)  # noqa: TID251 - what the clock is compared with
    now = clock.now()
    after = datetime.now(UTC)  # noqa: TID251 - likewise
    assert now.utcoffset() == timedelta(0)
    assert before <= now <= after


def test_it_never_goes_back() -> None:
    """Not within a thread, and not between threads that share it."""
    clock = SystemClock()

    def look(_: int) -> list[datetime]:
        return [clock.now() for _ in range(2_000)]

    with ThreadPoolExecutor(4) as threads:
        for seen in threads.map(look, range(4)):
            assert seen == sorted(seen)


def test_it_stands_still_while_the_machine_is_set_back() -> None:
    """A record is never older than the one it follows."""
    clock = SystemClock()
    ahead = clock.now() + timedelta(hours=1)
    clock._latest = ahead
    assert clock.now() == ahead
    assert clock.now() == ahead
