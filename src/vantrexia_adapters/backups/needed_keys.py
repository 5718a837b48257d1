"""Which keys the rows of a backup need, and which of them the key ring that is here has no more.

A key ring that survived keeps what was destroyed in it destroyed. So a backup from before can hold rows that
nobody could read after a restore. What a row needs is told by the first bytes of its envelopes, and the
versions of index keys by the heads of practices.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import attrs

from vantrexia_adapters.backups.reading import KEY_RING, Contents, Rows
from vantrexia_adapters.crypto import (
    BackupFileError,
    DamagedBackupError,
    KeyName,
    KeyRing,
    KeyState,
    RingEntry,
)
from vantrexia_adapters.crypto.ring_format import decode
from vantrexia_adapters.sql import TableOutline
from vantrexia_adapters.sql.resealing import SEALED_TABLES, SealedTable
from vantrexia_adapters.sql.tables import practice_head
from vantrexia_core.kernel import PracticeId
from vantrexia_core.protection import Purpose

_BY_NAME: Final[Mapping[str, SealedTable]] = {sealed.table.name: sealed for sealed in SEALED_TABLES}
_OWNERS: Final = frozenset(
    sealed.practice.table.name for sealed in SEALED_TABLES if sealed.joined is not None
)
"""Tables that say whose the rows of others are, by their ``id``."""


class KeysDestroyedError(BackupFileError):
    """Rows of the backup open by keys alone that were destroyed in the key ring that is here."""

    def __init__(self, path: Path, destroyed: Mapping[KeyName, int], *, has_own: bool) -> None:
        named = "; ".join(f"{name} ({rows} rows)" for name, rows in sorted(destroyed.items()))
        super().__init__(
            f"Rows of the backup need keys that were destroyed in the key ring at {path}: {named}. Nobody "
            "could read them. Nothing was changed. Name a newer backup, from after they were sealed anew, or "
            + (
                "restore into another, empty folder without a key ring: the backup's own is then put in its "
                "place, which undoes the destruction."
                if has_own
                else "put a copy of the key ring from before in its place, which undoes the destruction."
            )
        )


@attrs.define
class NeededKeys:
    """What the rows that have gone by need: of each key, how many rows."""

    _rows: Counter[KeyName] = attrs.field(factory=Counter)
    _owners: dict[str, dict[Any, UUID]] = attrs.field(factory=dict)

    def add(self, table: TableOutline, rows: Rows) -> None:
        """Look at a portion of a table. Tables come after those that their rows refer to.

        Raises:
            DamagedBackupError: a value is not of its column's kind.
        """
        try:
            self._add(table, rows)
        except (TypeError, ValueError):
            raise DamagedBackupError from None

    def _add(self, table: TableOutline, rows: Rows) -> None:
        columns = {name: place for place, (name, _) in enumerate(table.columns)}
        if table.name in _OWNERS and columns.keys() >= {"id", "practice_id"}:
            owners = self._owners.setdefault(table.name, {})
            owners.update((row[columns["id"]], row[columns["practice_id"]]) for row in rows)
        if table.name == practice_head.name:
            self._add_heads(columns, rows)
        if (sealed := _BY_NAME.get(table.name)) is not None:
            self._add_sealed(sealed, columns, rows)

    def check(self, ring: KeyRing, contents: Contents) -> Sequence[PracticeId]:
        """The practices that the ring knows as destroyed altogether: their rows are nobody's to read again.

        Raises:
            KeysDestroyedError: rows of another practice need a key that the backup's ring had, and this one
                has no more.
        """
        left = tuple(one for one in contents.practices if ring.is_destroyed(one))
        scopes = {str(one) for one in left}
        raw = contents.files.get(KEY_RING)
        here = _open(ring.all_entries())
        there = None if raw is None else _open(decode(raw).entries)
        destroyed = {
            name: rows
            for name, rows in self._rows.items()
            # What the backup's own does not open either was lost before, and no other ring brings it back.
            if name not in here and (there is None or name in there) and name.scope not in scopes
        }
        if destroyed:
            raise KeysDestroyedError(ring.path, destroyed, has_own=raw is not None)
        return left

    def _add_heads(self, columns: Mapping[str, int], rows: Rows) -> None:
        for name in ("index_version", "index_before"):
            if name not in columns or "practice_id" not in columns:
                continue
            for row in rows:
                if (version := row[columns[name]]) is not None:
                    self._rows[_named(row[columns["practice_id"]], Purpose.INDEX, int(version))] += 1

    def _add_sealed(self, sealed: SealedTable, columns: Mapping[str, int], rows: Rows) -> None:
        refers = "practice_id" if sealed.joined is None else _refers(sealed)
        if refers not in columns:
            return
        owners = None if sealed.joined is None else self._owners.get(sealed.practice.table.name, {})
        # Behind the byte that says which format it is.
        start, place = sealed.offset, columns[refers]
        places = [columns[column.name] for column in sealed.sealed if column.name in columns]
        for row in rows:
            practice_id = row[place] if owners is None else owners.get(row[place])
            if practice_id is None:
                continue
            for version in {row[at][start : start + 2] for at in places if row[at] is not None}:
                self._rows[_named(practice_id, Purpose.FIELD, int.from_bytes(version, "big"))] += 1


def _open(entries: Iterable[RingEntry]) -> set[KeyName]:
    return {entry.name for entry in entries if entry.state is not KeyState.DESTROYED}


def _named(practice_id: UUID, purpose: Purpose, version: int) -> KeyName:
    return KeyName(str(practice_id), purpose.value, version)


def _refers(sealed: SealedTable) -> str:
    """The column of a table that names the row which says whose it is."""
    (key,) = sealed.table.foreign_keys
    return str(key.parent.name)
