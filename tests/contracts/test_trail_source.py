"""What every source of the committed trail promises: the very bytes that were hashed, in order."""

from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from tests.builders import NOW
from tests.contracts.stores import Stores
from tests.contracts.test_audit import EMPTY, FULL
from tests.ledger import OneKey
from vantrexia_adapters.checkpoints import ExportedTrail, FolderCheckpoints, export_trail
from vantrexia_adapters.crypto import is_signed
from vantrexia_adapters.memory import MemoryDesk, MemoryTrailSource
from vantrexia_adapters.sql import SqlTrailSource
from vantrexia_core.audit import Notary, StoredEntry, TrailSource, encode_entry, leaf_hash

ENTRIES = [
    attrs.evolve(EMPTY if number % 3 else FULL, version=number, actor_id=number) for number in range(600)
]


@pytest.fixture(params=["store", "exported"])
def source_of(request: pytest.FixtureRequest, stores: Stores, tmp_path: Path) -> Callable[[], TrailSource]:
    """The trail of the stores, as it lies there or as it was exported to files."""

    def source() -> TrailSource:
        desk = stores.desk
        inside: TrailSource = (
            MemoryTrailSource(desk.entries)
            if isinstance(desk, MemoryDesk)
            else SqlTrailSource(desk._database.engine)
        )
        if request.param == "store":
            return inside
        notary = Notary(inside, FolderCheckpoints(tmp_path / "checkpoints"), OneKey(), is_signed)
        notary.publish(NOW, is_patient=True)
        export_trail(inside, notary.store, tmp_path / "trail")
        return ExportedTrail(tmp_path / "trail")

    return source


def test_it_gives_the_entries_that_were_committed(stores: Stores, source_of: Callable[[], TrailSource]):
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


def test_an_empty_trail_has_nothing(stores: Stores, source_of: Callable[[], TrailSource]):
    """And says so."""
    source = source_of()
    assert (source.size(), list(source.entries(after=0)), list(source.leaves(after=0))) == (0, [], [])


def test_what_is_not_committed_is_not_there(stores: Stores, source_of: Callable[[], TrailSource]):
    """Nobody signs for what may yet be undone."""
    with stores.desk.begin(stores.here) as work:
        work.trail.append(FULL)
        work.commit()
    with stores.desk.begin(stores.here) as work:
        work.trail.append(EMPTY)
    assert source_of().size() == 1
