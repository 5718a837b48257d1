"""The store of counted requests: one arithmetic, whoever keeps the windows and however many come at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_contracts.given.sources import EPOCH
from vantrexia_contracts.stores import at_once
from vantrexia_core.throttling import Bucket, Limit, RateStore, Standing

HOUR = timedelta(hours=1)
MINUTE = Limit(20, 60)


@attrs.frozen
class Counting:
    """A store, and a second one that shares its windows wherever such a store can be shared."""

    store: RateStore
    another: RateStore
    _numbers: Iterator[int] = attrs.field(factory=count)

    def bucket(self, limit: Limit = MINUTE) -> Bucket:
        """One that nobody has hit."""
        return Bucket("user", f"user {next(self._numbers)}", limit)


def _hits(store: RateStore, bucket: Bucket, number: int, at: datetime = EPOCH) -> list[Standing]:
    return [store.hit(bucket, at=at) for _ in range(number)]


HITS = st.lists(st.tuples(st.integers(1, 6), st.integers(-2_000, 70_000)), min_size=1, max_size=25)


class RateStoreContract:
    """Windows of hits, counted."""

    @pytest.fixture
    def counting(self) -> Counting:
        """A store, and a second one that shares its windows if such a store can be shared.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `counting`: a Counting of two stores")

    def test_exactly_the_limit_passes_and_remaining_falls_by_one(self, counting: Counting) -> None:
        """Twenty a minute: nineteen left, eighteen, …, none; the next ones are refused."""
        bucket = counting.bucket()
        standings = _hits(counting.store, bucket, 23)
        assert [one.is_admitted for one in standings] == [True] * 20 + [False] * 3
        assert [one.remaining for one in standings] == [*range(19, -1, -1), 0, 0, 0]

    def test_one_thousand_an_hour(self, counting: Counting) -> None:
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

    def test_the_border_of_a_window_lets_nobody_pass_twice(self, counting: Counting) -> None:
        """Twenty at the end of a minute and twenty at the beginning of the next are forty in two seconds."""
        bucket = counting.bucket()
        assert counting.store.hit(bucket, at=EPOCH).is_admitted
        assert all(
            one.is_admitted for one in _hits(counting.store, bucket, 19, EPOCH + timedelta(seconds=59))
        )
        admitted = [
            one.is_admitted for one in _hits(counting.store, bucket, 20, EPOCH + timedelta(seconds=61))
        ]
        assert sum(admitted) == 1

    def test_a_refused_hit_changes_nothing(self, counting: Counting) -> None:
        """Whoever goes on asking waits no longer than who does not."""
        bucket = counting.bucket()
        _hits(counting.store, bucket, 20)
        refused = _hits(counting.store, bucket, 50, EPOCH + timedelta(seconds=30))
        assert {one.seconds for one in refused} == {30}
        assert counting.store.hit(bucket, at=EPOCH + timedelta(seconds=60)).remaining == 19

    def test_buckets_do_not_know_each_other(self, counting: Counting) -> None:
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

    def test_stores_that_share_windows_count_together(self, counting: Counting) -> None:
        """Two workers, or two hosts, grant one limit."""
        bucket = counting.bucket()
        pairs = [
            (counting.store.hit(bucket, at=EPOCH), counting.another.hit(bucket, at=EPOCH)) for _ in range(11)
        ]
        assert [one.is_admitted for pair in pairs for one in pair] == [True] * 20 + [False] * 2

    @pytest.mark.parametrize("limit", [Limit(20, 60), Limit(1_503, 3_600)], ids=str)
    def test_of_simultaneous_hits_exactly_the_limit_passes(self, counting: Counting, limit: Limit) -> None:
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

    def test_a_host_whose_clock_is_behind_gets_no_more(self, counting: Counting) -> None:
        """Five seconds behind: what the one ahead has recorded counts for it, too."""
        bucket = counting.bucket()
        _hits(counting.store, bucket, 12)
        behind = _hits(counting.another, bucket, 12, EPOCH - timedelta(seconds=5))
        assert sum(one.is_admitted for one in behind) == 8

    @given(hits=st.integers(1, 12) | st.sampled_from([1_001, 2_500]), script=HITS)
    @settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25
    )
    def test_every_store_counts_as_memory_does(
        self, counting: Counting, hits: int, script: list[tuple[int, int]]
    ) -> None:
        """Any bursts, any pauses, clocks that differ: the same standings, hit by hit."""
        bucket, memory, at = counting.bucket(Limit(hits, 60)), MemoryRateStore(), EPOCH
        for number, milliseconds in script:
            for _ in range(number):
                assert counting.store.hit(bucket, at=at) == memory.hit(bucket, at=at)
            at += timedelta(milliseconds=milliseconds)
