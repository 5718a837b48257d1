"""What every place for checkpoints promises."""

from datetime import date

import pytest

from vantrexia_core.audit import CheckpointStore, DamagedTileError, Tile

TODAY, TOMORROW = date(2026, 2, 6), date(2026, 2, 7)


class CheckpointStoreContract:
    """A place for checkpoints and tiles."""

    @pytest.fixture
    def store(self) -> CheckpointStore:
        """An empty one.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `store`: an empty CheckpointStore")

    def test_there_is_nothing_before_the_first_checkpoint(self, store: CheckpointStore) -> None:
        """No checkpoint, no history, no tile, and nothing to forget."""
        assert store.newest() is None
        assert list(store.history()) == []
        store.drop(Tile(0, 0, 1))
        with pytest.raises(DamagedTileError):
            store.tile(Tile(0, 0))

    def test_the_newest_checkpoint_and_each_days_last_are_kept(self, store: CheckpointStore) -> None:
        """Byte for byte; the newest day first, whatever was published last."""
        for note, day in ((b"one\n", TODAY), (b"two\n", TODAY), (b"three\n", TOMORROW)):
            store.publish(note, on=day)
            assert store.newest() == note
        assert list(store.history()) == [b"three\n", b"two\n"]

    def test_tiles_are_kept_by_their_names(self, store: CheckpointStore) -> None:
        """A partial one and the full one in its place are two; what is put again is replaced."""
        tiles = {
            Tile(0, 0, 3): b"partial",
            Tile(0, 0): b"full",
            Tile(1, 1234067): b"far",
            Tile(2, 0): b"high",
        }
        for tile in tiles:
            store.put(tile, b"older")
        for tile, content in tiles.items():
            store.put(tile, content)
        assert {tile: store.tile(tile) for tile in tiles} == tiles
        store.drop(Tile(0, 0, 3))
        with pytest.raises(DamagedTileError):
            store.tile(Tile(0, 0, 3))
        assert store.tile(Tile(0, 0)) == b"full"

    def test_one_at_a_time_may_publish(self, store: CheckpointStore) -> None:
        """A second one is told so, and gets its turn afterwards."""
        with store.lease(is_patient=False) as first, store.lease(is_patient=False) as second:
            assert (first, second) == (True, False)
        with store.lease(is_patient=True) as again:
            assert again
