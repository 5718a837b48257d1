"""What every source of the committed trail promises: the very bytes that were hashed, in order."""

from collections.abc import Callable

import attrs
import pytest

from vantrexia_contracts.audit import EMPTY, FULL
from vantrexia_contracts.stores import Stores, StoresContract
from vantrexia_core.audit import StoredEntry, TrailSource, encode_entry, leaf_hash
from vantrexia_core.kernel import UserId

ENTRIES = [
    attrs.evolve(EMPTY if number % 3 else FULL, version=number, actor_id=UserId(number))
    for number in range(600)
]


class TrailSourceContract(StoresContract):
    """The committed trail: of the stores, unless ``source_of`` is overridden by another way to read it."""

    @pytest.fixture
    def source_of(self, stores: Stores) -> Callable[[], TrailSource]:
        """What gives the source when everything was committed."""
        return lambda: stores.trail_source

    def test_it_gives_the_entries_that_were_committed(
        self, stores: Stores, source_of: Callable[[], TrailSource]
    ) -> None:
        """All of them, or those behind a number, with the leaves that were kept beside them."""
        with stores.desk.begin(stores.here) as work:
            for entry in ENTRIES:
                work.trail.append(entry)
            work.commit()
        source = source_of()
        expected = [
            StoredEntry(seq, raw, leaf_hash(raw)) for seq, raw in enumerate(map(encode_entry, ENTRIES), 1)
        ]
        assert source.size() == len(ENTRIES)
        for after in (0, 1, 255, 256, 599, 600, 1_000):
            assert list(source.entries(after=after)) == expected[after:]
            assert list(source.leaves(after=after)) == [(one.seq, one.leaf) for one in expected[after:]]

    def test_an_empty_trail_has_nothing(self, stores: Stores, source_of: Callable[[], TrailSource]) -> None:
        """And says so."""
        source = source_of()
        assert (source.size(), list(source.entries(after=0)), list(source.leaves(after=0))) == (0, [], [])

    def test_what_is_not_committed_is_not_there(
        self, stores: Stores, source_of: Callable[[], TrailSource]
    ) -> None:
        """Nobody signs for what may yet be undone."""
        with stores.desk.begin(stores.here) as work:
            work.trail.append(FULL)
            work.commit()
        with stores.desk.begin(stores.here) as work:
            work.trail.append(EMPTY)
        assert source_of().size() == 1
