"""The store of counted requests: one arithmetic, whoever keeps the windows and however many come at once."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.stores import at_once
from tests.redises import NONE, running_redis, server_program
from tests.sources import EPOCH
from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_adapters.redis import RedisRateStore
from vantrexia_adapters.sql import SqlRateStore, open_engine, open_rate_file
from vantrexia_core.throttling import Bucket, Limit, RateStore, Standing

HOUR = timedelta(hours=1)
MINUTE = Limit(20, 60)


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


@attrs.frozen
class Counting:
    """A store, and a second one that shares its windows wherever such a store can be shared."""

    store: RateStore
    another: RateStore
    _numbers: Iterator[int] = attrs.field(factory=count)

    def bucket(self, limit: Limit = MINUTE) -> Bucket:
        """One that nobody has hit."""
        return Bucket("user", f"user {next(self._numbers)}", limit)


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgresql", "redis"])
def counting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counting]:
    """A store of each kind."""
    with ExitStack() as stack:
        if request.param == "memory":
            store = MemoryRateStore()
            yield Counting(store, store)
        elif request.param == "redis":
            program = server_program()
            if program is None:
                pytest.skip(NONE)
            url, _ = stack.enter_context(running_redis(program))
            stores = [RedisRateStore(url, _digest) for _ in range(2)]
            for each in stores:
                stack.callback(each.close)
            yield Counting(*stores)
        else:
            if request.param == "sqlite":
                path: Path = tmp_path_factory.mktemp("rates") / "rates.sqlite3"
                engines = [open_rate_file(path) for _ in range(2)]
            else:
                url = stack.enter_context(request.getfixturevalue("postgresql").database())
                engines = [open_engine(url) for _ in range(2)]
            for engine in engines:
                stack.callback(engine.dispose)
            yield Counting(*(SqlRateStore(engine, _digest) for engine in engines))


def _hits(store: RateStore, bucket: Bucket, number: int, at: datetime = EPOCH) -> list[Standing]:
    return [store.hit(bucket, at=at) for _ in range(number)]


def test_exactly_the_limit_passes_and_remaining_falls_by_one(counting: Counting) -> None:
    """Twenty a minute: nineteen left, eighteen, …, none; the next ones are refused."""
    bucket = counting.bucket()
    standings = _hits(counting.store, bucket, 23)
    assert [one.is_admitted for one in standings] == [True] * 20 + [False] * 3
    assert [one.remaining for one in standings] == [*range(19, -1, -1), 0, 0, 0]


def test_one_thousand_an_hour(counting: Counting) -> None:
    """The published limit of an account: the 1,001st waits for the first to run out, to the second."""
    bucket = counting.bucket(Limit(1_000, 3_600))
    standings = [counting.store.hit(bucket, at=EPOCH + timedelta(seconds=n)) for n in range(1_001)]
    assert [one.is_admitted for one in standings] == [True] * 1_000 + [False]
    wait = standings[-1].seconds
    assert wait == 2_600
    almost = EPOCH + timedelta(seconds=1_000 + wait, milliseconds=-1)
    assert not counting.store.hit(bucket, at=almost).is_admitted
    assert counting.store.hit(bucket, at=almost + timedelta(milliseconds=1)).is_admitted
    assert not counting.store.hit(bucket, at=almost + timedelta(milliseconds=1)).is_admitted


def test_the_border_of_a_window_lets_nobody_pass_twice(counting: Counting) -> None:
    """Twenty at the end of a minute and twenty at the beginning of the next are forty in two seconds."""
    bucket = counting.bucket()
    assert counting.store.hit(bucket, at=EPOCH).is_admitted
    assert all(one.is_admitted for one in _hits(counting.store, bucket, 19, EPOCH + timedelta(seconds=59)))
    admitted = [one.is_admitted for one in _hits(counting.store, bucket, 20, EPOCH + timedelta(seconds=61))]
    assert sum(admitted) == 1


def test_a_refused_hit_changes_nothing(counting: Counting) -> None:
    """Whoever goes on asking waits no longer than who does not."""
    bucket = counting.bucket()
    _hits(counting.store, bucket, 20)
    refused = _hits(counting.store, bucket, 50, EPOCH + timedelta(seconds=30))
    assert {one.seconds for one in refused} == {30}
    assert counting.store.hit(bucket, at=EPOCH + timedelta(seconds=60)).remaining == 19


def test_buckets_do_not_know_each_other(counting: Counting) -> None:
    """Another caller, another scope and another limit begin with nothing counted."""
    bucket = counting.bucket()
    _hits(counting.store, bucket, 20)
    for other in (
        counting.bucket(),
        Bucket("auth", bucket.who, bucket.limit),
        Bucket(bucket.scope, bucket.who, Limit(21, 60)),
    ):
        assert counting.store.hit(other, at=EPOCH).is_admitted
    assert not counting.store.hit(bucket, at=EPOCH).is_admitted


def test_stores_that_share_windows_count_together(counting: Counting) -> None:
    """Two workers, or two hosts, grant one limit."""
    bucket = counting.bucket()
    pairs = [
        (counting.store.hit(bucket, at=EPOCH), counting.another.hit(bucket, at=EPOCH)) for _ in range(11)
    ]
    assert [one.is_admitted for pair in pairs for one in pair] == [True] * 20 + [False] * 2


@pytest.mark.parametrize("limit", [Limit(20, 60), Limit(1_503, 3_600)], ids=str)
def test_of_simultaneous_hits_exactly_the_limit_passes(counting: Counting, limit: Limit) -> None:
    """Sixteen threads on two stores ask for more than there is."""
    bucket = counting.bucket(limit)
    each = limit.hits // 16 + 2

    def ask(store: RateStore) -> list[Standing]:
        return _hits(store, bucket, each)

    calls = [lambda s=store: ask(s) for store in [counting.store, counting.another] * 8]
    answers = at_once(calls)
    standings = [one for answer in answers if isinstance(answer, list) for one in answer]
    assert len(standings) == each * 16
    admitted = [one.remaining for one in standings if one.is_admitted]
    assert len(admitted) == limit.hits
    # One step each: no two of them saw the same number left.
    assert sorted(admitted) == list(range(limit.hits))


def test_a_host_whose_clock_is_behind_gets_no_more(counting: Counting) -> None:
    """Five seconds behind: what the one ahead has recorded counts for it, too."""
    bucket = counting.bucket()
    _hits(counting.store, bucket, 12)
    behind = _hits(counting.another, bucket, 12, EPOCH - timedelta(seconds=5))
    assert sum(one.is_admitted for one in behind) == 8


HITS = st.lists(st.tuples(st.integers(1, 6), st.integers(-2_000, 70_000)), min_size=1, max_size=25)


@given(hits=st.integers(1, 12) | st.sampled_from([1_001, 2_500]), script=HITS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
def test_every_store_counts_as_memory_does(
    counting: Counting, hits: int, script: list[tuple[int, int]]
) -> None:
    """Any bursts, any pauses, clocks that differ: the same standings, hit by hit."""
    bucket, memory, at = counting.bucket(Limit(hits, 60)), MemoryRateStore(), EPOCH
    for number, milliseconds in script:
        for _ in range(number):
            assert counting.store.hit(bucket, at=at) == memory.hit(bucket, at=at)
        at += timedelta(milliseconds=milliseconds)
