"""What every store promises of the rows behind the directory, and of its snapshots."""

from tests.contracts.stores import OurStores
from vantrexia_contracts.directory_store import DirectoryStoreContract, PlainFeed, Reader


class TestDirectoryStore(OurStores, DirectoryStoreContract):
    """Each of our adapters."""


def test_whoever_follows_a_plain_sequence_misses_somebody() -> None:
    """The test before this one can fail: where numbers are not locked, a lower one may come later."""
    feed = PlainFeed()
    reader = Reader(feed)

    def overtake() -> None:
        feed.write(1, lambda: None)
        reader.look()

    feed.write(0, overtake)
    reader.look()
    assert reader.seen == {1}
    assert not reader.is_in_order
