"""A trail as plain files: its entries in bundles beside checkpoints and tiles (C2SP tlog-tiles).

The folder and the public key are enough to verify it: neither the database nor any other key is needed.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from vantrexia_adapters.checkpoints.folder import FolderCheckpoints
from vantrexia_core.audit import (
    HASH_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Bundle,
    CheckpointStore,
    DamagedTileError,
    MalformedCheckpointError,
    SignedCheckpoint,
    StoredEntry,
    Tile,
    TrailSource,
    bundles_between,
    decode_bundle,
    encode_bundle,
    leaf_hash,
    tiles_between,
)
from vantrexia_core.kernel import UnavailableError

_FOLDER_MODE: Final = 0o700


def prepare_folder(folder: Path) -> None:
    """Make the folder for an export, if it is not there yet.

    Raises:
        FileExistsError: there is something in it.
    """
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(str(folder))


def export_trail(
    source: TrailSource,
    store: CheckpointStore,
    folder: Path,
    progress: Callable[[int], None] = lambda _: None,
    *,
    note: bytes | None = None,
) -> int:
    """Write the entries that the newest checkpoint covers, with all that is needed to verify them.

    With ``note``, an older checkpoint of the store, the trail as it was then.

    Entries are written as they are. One that is no entry any more leaves an empty place, which the
    verification then names. Returns how many there are; the folder must be new or empty.

    Raises:
        FileExistsError: there is something in the folder.
        UnavailableError: trail or checkpoints cannot be read, or the files not be written.
        DamagedTileError: a tile is not there; publishing a checkpoint makes damaged ones anew.
    """
    prepare_folder(folder)
    target = FolderCheckpoints(folder)
    with store.lease(is_patient=True):
        # Partial tiles are replaced by the next checkpoint; full ones stay.
        newest, history = store.newest(), list(store.history())
        note = newest if note is None else note
        size = _size_of(note)
        stored = partial(_tile_of_older, store, _size_of(newest))
        parts = [(tile, stored(tile)) for tile in tiles_between(0, size) if not tile.is_full]
    for tile, content in parts:
        target.put(tile, content)
    for tile in tiles_between(0, size):
        if tile.is_full:
            target.put(tile, store.tile(tile))
    entries = (stored.canonical or b"" for stored in source.entries(after=0))
    for bundle in bundles_between(0, size):
        portion = list(islice(entries, bundle.width))
        target.write(bundle.path, encode_bundle(portion))
        progress(len(portion))
    for number, older in enumerate(one for one in reversed(history) if _size_of(one) <= size):
        target.write(f"days/{number:06}", older)
    if note is not None:
        target.write("checkpoint", note)
    return size


def _size_of(note: bytes | None) -> int:
    return 0 if note is None else SignedCheckpoint.decode(note).checkpoint.size


def _tile_of_older(store: CheckpointStore, newest_size: int, tile: Tile) -> bytes:
    """A tile that was not full yet: the beginning of what lies in its place today."""
    hashes = newest_size >> (TILE_HEIGHT * tile.level)
    width = min(TILE_WIDTH, hashes - tile.index * TILE_WIDTH)
    return store.tile(Tile(tile.level, tile.index, width))[: tile.width * HASH_BYTES]


class ExportedTrail:
    """Implements the core's ``TrailSource`` over an exported folder."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def size(self) -> int:
        """See `TrailSource`. What the folder's own checkpoint says; the inspector checks who signed it."""
        note = FolderCheckpoints(self._path).newest()
        try:
            return 0 if note is None else SignedCheckpoint.decode(note).checkpoint.size
        except MalformedCheckpointError:
            return 0

    def leaves(self, *, after: int) -> Iterator[tuple[int, bytes]]:
        """See `TrailSource`."""
        return ((stored.seq, stored.leaf) for stored in self.entries(after=after))

    def entries(self, *, after: int) -> Iterator[StoredEntry]:
        """See `TrailSource`. Ends where a bundle is missing or damaged: what follows is then missing."""
        for bundle in bundles_between(after, self.size()):
            try:
                entries = decode_bundle(bundle, self._read(bundle))
            except DamagedTileError:
                return
            for seq, entry in enumerate(entries, bundle.start + 1):
                if seq > after:
                    yield StoredEntry(seq, entry or None, leaf_hash(entry))

    def _read(self, bundle: Bundle) -> bytes:
        try:
            return (self._path / bundle.path).read_bytes()
        except FileNotFoundError:
            raise DamagedTileError from None
        except OSError:
            raise UnavailableError from None
