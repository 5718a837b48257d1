"""Reading a backup to its end, and telling whether it is what was written and what it says of itself."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs

from vantrexia_adapters.backups.content import (
    FRAME_BYTES_MAX,
    End,
    FrameKind,
    Manifest,
    TableSum,
    decode_file,
    decode_rows,
    frames,
)
from vantrexia_adapters.backups.trail import TRAIL_TABLE, TrailRoll
from vantrexia_adapters.checkpoints import is_day
from vantrexia_adapters.crypto import (
    BackupFileError,
    BackupKey,
    DamagedBackupError,
    KeyCheck,
    KeyName,
    SealedReader,
    is_signed,
)
from vantrexia_adapters.sql import TableOutline
from vantrexia_core.audit import (
    EMPTY_ROOT,
    Checkpoint,
    GivenUp,
    MalformedCheckpointError,
    SignedCheckpoint,
    UntrustedCheckpointError,
    VerifierKey,
)
from vantrexia_core.kernel import PracticeId

Rows: TypeAlias = Sequence[tuple[Any, ...]]
Progress: TypeAlias = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Begins to show work under a label, of so many rows or bytes, and is then told how many more are done."""

KEY_RING: Final = "keyring.json"
ECW_KEYS: Final = "ecw-keys.pem"
CHECKPOINT: Final = "checkpoint"
DAYS: Final = "days/"
CHECKPOINT_KEYS: Final = "checkpoint-keys"
_FILES: Final = frozenset({KEY_RING, ECW_KEYS, CHECKPOINT, CHECKPOINT_KEYS})
"""All that a backup may hold, beside the checkpoints of days."""

FILES_BYTES_MAX: Final = FRAME_BYTES_MAX + 32 * 1024 * 1024
"""What all files together may take: the largest key ring, and all else. They are kept in memory."""

_FILES_MAX: Final = 20_000
"""A checkpoint a day is for more than fifty years."""

_KEPT_ROWS_MAX: Final = 500_000

_KEPT: Final = frozenset({"practice", "key_check"})
"""Small tables that are looked into."""


class IncompleteBackupError(BackupFileError):
    """It opens, and does not hold what it says. A fault of the program that wrote it."""

    sentence = "The backup does not hold what it says of itself. Nothing of it is used. Take another backup."


@attrs.frozen
class Contents:
    """A backup that was read to its end. ``salt`` is another one for each backup."""

    salt: bytes
    manifest: Manifest
    files: Mapping[str, bytes] = attrs.field(repr=False)
    end: End
    roots: Mapping[int, bytes] = attrs.field(repr=False)
    rollbacks: Sequence[GivenUp]
    trail_fault: int | None
    practices: tuple[PracticeId, ...]
    key_checks: tuple[KeyCheck, ...] = attrs.field(repr=False)

    @property
    def trail(self) -> Checkpoint:
        """The state of its trail."""
        return Checkpoint(self.manifest.origin, self.end.trail_size, self.end.trail_root)

    @property
    def has_keys(self) -> bool:
        """Whether the key ring is in it."""
        return KEY_RING in self.files

    @property
    def notes(self) -> Mapping[str, bytes]:
        """Its checkpoints: the newest, and the last of each day, by the names of their files."""
        return {name: note for name, note in self.files.items() if _is_note(name)}

    @property
    def verifiers(self) -> Sequence[VerifierKey]:
        """The public keys that the backup brings. Whoever restores it has the key ring's own to compare."""
        try:
            lines = self.files.get(CHECKPOINT_KEYS, b"").decode().splitlines()
            return [VerifierKey.parse(line) for line in lines]
        except (UnicodeDecodeError, MalformedCheckpointError):
            return []

    def fault(self, keys: Sequence[VerifierKey]) -> str | None:
        """What is wrong with its trail, compared with its own hashes and with its signed checkpoints."""
        if self.trail_fault is not None:
            return f"Entry {self.trail_fault} is not what it was when it was written."
        for note in self.notes.values():
            try:
                checkpoint = SignedCheckpoint.decode(note).opened(keys, is_signed)
            except (MalformedCheckpointError, UntrustedCheckpointError):
                return "A checkpoint in it is not signed by a key of this trail, or is damaged."
            if self.roots.get(checkpoint.size, EMPTY_ROOT) != checkpoint.root:
                return "The entries are not those that a checkpoint in it was signed for."
        return None


@contextmanager
def unseen(_label: str, _total: int) -> Iterator[Callable[[int], None]]:
    """Progress that nobody watches."""
    yield lambda _: None


def read_backup(
    path: Path,
    key: BackupKey,
    *,
    stops: Sequence[int] = (),
    take: Callable[[TableOutline, Rows], None] = lambda _table, _rows: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Contents:
    """Read all of a backup, giving each portion of rows to ``take`` as it comes.

    What ``take`` gets is what was written; that nothing is missing is known when this returns. ``stops`` are
    sizes of the trail whose roots are wanted. ``progress`` is told how many more bytes were read.

    Raises:
        BackupFileError: it is no backup, damaged, sealed under another key, or of a newer version.
    """
    try:
        with path.open("rb") as file:
            source = SealedReader(file, key)
            reading = _Reading(list(stops), take)
            for kind, payload in frames(source):
                reading.take_frame(kind, payload)
                progress(len(payload))
            source.finish()
    except OSError as refused:
        message = f"The backup {path} cannot be read: {refused.strerror}."
        raise BackupFileError(message) from None
    return reading.contents(source.header.salt)


def bytes_of(path: Path) -> int:
    """How long a backup is.

    Raises:
        BackupFileError: there is none.
    """
    try:
        return path.stat().st_size
    except OSError as refused:
        message = f"The backup {path} cannot be read: {refused.strerror}."
        raise BackupFileError(message) from None


def salt_of(path: Path, key: BackupKey) -> bytes:
    """What tells a backup from every other.

    Raises:
        BackupFileError: it is no backup, or sealed under another key.
    """
    bytes_of(path)
    with path.open("rb") as file:
        return SealedReader(file, key).header.salt


@attrs.define
class _Reading:
    """What was read so far."""

    _stops: list[int]
    _take: Callable[[TableOutline, Rows], None]
    _manifest: Manifest | None = None
    _files: dict[str, bytes] = attrs.field(factory=dict)
    _files_bytes: int = 0
    _roll: TrailRoll | None = None
    _sums: "dict[str, Sum]" = attrs.field(factory=dict)
    _kept: dict[str, list[dict[str, Any]]] = attrs.field(factory=dict)
    _end: End | None = None

    def take_frame(self, kind: FrameKind, payload: bytes) -> None:
        if (kind is FrameKind.MANIFEST) is not (self._manifest is None):
            raise IncompleteBackupError
        match kind:
            case FrameKind.MANIFEST:
                self._begin(Manifest.decode(payload))
            case FrameKind.FILE:
                self._add_file(*decode_file(payload))
            case FrameKind.ROWS:
                self._add_rows(payload)
            case FrameKind.END:
                self._end = End.decode(payload)

    def contents(self, salt: bytes) -> Contents:
        manifest, end, roll = self._manifest, self._end, self._roll
        if manifest is None or end is None or roll is None:
            raise IncompleteBackupError
        sums = {name: one.result for name, one in self._sums.items()}
        if end.tables != sums or (end.trail_size, end.trail_root) != (roll.frontier.size, roll.frontier.root):
            raise IncompleteBackupError
        try:
            practices = sorted(self._kept.get("practice", ()), key=lambda row: (row["created_at"], row["id"]))
            checks = tuple(
                KeyCheck(KeyName(row["scope"], row["purpose"], row["version"]), row["value"])
                for row in self._kept.get("key_check", ())
            )
            ids = tuple(PracticeId(row["id"]) for row in practices)
        except (KeyError, TypeError):
            raise IncompleteBackupError from None
        return Contents(salt, manifest, self._files, end, roll.roots, roll.rollbacks, roll.fault, ids, checks)

    def _begin(self, manifest: Manifest) -> None:
        self._manifest = manifest
        for table in manifest.outline.tables:
            self._sums[table.name] = Sum()
            if table.name == TRAIL_TABLE:
                self._roll = TrailRoll([name for name, _ in table.columns], self._stops)

    def _add_file(self, name: str, content: bytes) -> None:
        if name not in _FILES and not _is_of_a_day(name):
            # Whoever restores it would write to wherever the name leads.
            raise DamagedBackupError
        if name in self._files:
            raise IncompleteBackupError
        self._files[name] = content
        self._files_bytes += len(content)
        if len(self._files) > _FILES_MAX or self._files_bytes > FILES_BYTES_MAX:
            raise DamagedBackupError
        if _is_note(name):
            try:
                self._stops.append(SignedCheckpoint.decode(content).checkpoint.size)
            except MalformedCheckpointError:
                # `Contents.fault` says so.
                return

    def _add_rows(self, payload: bytes) -> None:
        if self._manifest is None:
            raise IncompleteBackupError
        table, rows = decode_rows(self._manifest.outline, payload)
        self._sums[table.name].add(len(rows), payload)
        names = [name for name, _ in table.columns]
        if table.name == TRAIL_TABLE and self._roll is not None:
            try:
                self._roll.add(rows)
            except (KeyError, AttributeError, TypeError):
                raise DamagedBackupError from None
        elif table.name in _KEPT:
            kept = self._kept.setdefault(table.name, [])
            kept.extend(dict(zip(names, row, strict=True)) for row in rows)
            if len(kept) > _KEPT_ROWS_MAX:
                raise DamagedBackupError
        self._take(table, rows)


def _is_note(name: str) -> bool:
    return name == CHECKPOINT or _is_of_a_day(name)


def _is_of_a_day(name: str) -> bool:
    return name.startswith(DAYS) and is_day(name.removeprefix(DAYS))


class Sum:
    """Rows and digest of a table while its portions go by."""

    __slots__ = ("_digest", "_rows")

    def __init__(self) -> None:
        self._rows = 0
        self._digest = sha256()

    def add(self, rows: int, payload: bytes) -> None:
        """A portion, as it stands in its frame."""
        self._rows += rows
        self._digest.update(payload)

    @property
    def result(self) -> TableSum:
        """What has gone by."""
        return TableSum(self._rows, self._digest.hexdigest())
