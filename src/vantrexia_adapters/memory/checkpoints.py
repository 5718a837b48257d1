"""Checkpoints in memory, for deployments without a folder: tests and trials."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from threading import Lock

from vantrexia_core.audit import DamagedTileError, Tile


class MemoryCheckpoints:
    """Implements the core's ``CheckpointStore``."""

    def __init__(self) -> None:
        self._newest: bytes | None = None
        self._days: dict[date, bytes] = {}
        self._tiles: dict[Tile, bytes] = {}
        self._lock = Lock()

    def newest(self) -> bytes | None:
        """See `CheckpointStore`."""
        return self._newest

    def history(self) -> Iterator[bytes]:
        """See `CheckpointStore`."""
        return (note for _, note in sorted(self._days.items(), reverse=True))

    def tile(self, tile: Tile) -> bytes:
        """See `CheckpointStore`."""
        try:
            return self._tiles[tile]
        except KeyError:
            raise DamagedTileError from None

    def put(self, tile: Tile, content: bytes) -> None:
        """See `CheckpointStore`."""
        self._tiles[tile] = content

    def drop(self, tile: Tile) -> None:
        """See `CheckpointStore`."""
        self._tiles.pop(tile, None)

    def publish(self, note: bytes, *, on: date) -> None:
        """See `CheckpointStore`."""
        self._newest = self._days[on] = note

    @contextmanager
    def lease(self, *, is_patient: bool) -> Iterator[bool]:
        """See `CheckpointStore`."""
        is_ours = self._lock.acquire(blocking=is_patient)
        try:
            yield is_ours
        finally:
            if is_ours:
                self._lock.release()
