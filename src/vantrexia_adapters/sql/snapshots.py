"""Sealed snapshots of what is open in memory: of directories, and of indexes of candidates."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, ClassVar, Final
from uuid import UUID

import attrs
import sqlalchemy as sa

from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.sql.scope import Protection
from vantrexia_adapters.sql.statements import Row, Statement
from vantrexia_adapters.sql.tables import practice_head
from vantrexia_core.kernel import IdSource, PracticeId
from vantrexia_core.patients import DirectoryHead, SnapshotLabel, chunk_binding, chunks
from vantrexia_core.protection import SnapshotCipher, UnreadableError

_SNAPSHOTS_KEPT: Final = 2

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_EPOCH: Final = sa.bindparam("of_epoch", type_=sa.Uuid())
_SNAPSHOT: Final = sa.bindparam("snapshot", type_=sa.Uuid())

_HEAD: Final = Statement(
    sa.select(practice_head.c.epoch, practice_head.c.seq).where(practice_head.c.practice_id == _PRACTICE)
)
_LOCK: Final = Statement(
    sa.select(practice_head.c.epoch, practice_head.c.seq)
    .where(practice_head.c.practice_id == _PRACTICE)
    .with_for_update()
)


FEW_CHANGES_MAX: Final = 256
"""Changed rows that are read with one statement. More come through a cursor of the server's, whose five round
trips cost more than the few rows that are usually new."""


@attrs.frozen(init=False)
class Changes:
    """The rows that changed after a change number: a few of them, or all."""

    few: Statement
    every: Statement

    def __init__(self, changed: "sa.Select[Any] | sa.CompoundSelect[Any]") -> None:
        self.__attrs_init__(Statement(changed.limit(FEW_CHANGES_MAX + 1)), Statement(changed))


@attrs.frozen(init=False)
class SnapshotTables:
    """Where snapshots of one kind rest, and the format that their chunks are bound to."""

    format: bytes
    newest: Statement
    chunks: Statement
    add: Statement
    add_chunk: Statement
    drop: Statement
    all: Statement
    labels: Statement
    reseal: Statement
    count: Statement

    def __init__(self, snapshot: sa.Table, chunk: sa.Table, chunk_format: bytes) -> None:
        newest = (
            sa.select(snapshot.c.id, snapshot.c.chunks, snapshot.c.as_of)
            .where(snapshot.c.practice_id == _PRACTICE, snapshot.c.epoch == _EPOCH)
            .order_by(snapshot.c.as_of.desc())
        )
        in_order = (
            sa.select(chunk.c.place, chunk.c.sealed)
            .where(chunk.c.snapshot_id == _SNAPSHOT)
            .order_by(chunk.c.place)
        )
        prefix = sa.func.substr(chunk.c.sealed, 1, 3, type_=sa.LargeBinary())
        self.__attrs_init__(
            chunk_format,
            Statement(newest),
            Statement(in_order),
            Statement(sa.insert(snapshot)),
            Statement(sa.insert(chunk)),
            Statement(sa.delete(snapshot).where(snapshot.c.id == _SNAPSHOT)),
            Statement(sa.select(snapshot.c.id).where(snapshot.c.practice_id == _PRACTICE)),
            Statement(
                sa.select(snapshot.c.id, snapshot.c.epoch, snapshot.c.as_of, snapshot.c.chunks)
                .where(snapshot.c.practice_id == _PRACTICE)
                .with_for_update()
            ),
            Statement(
                sa.update(chunk)
                .where(
                    chunk.c.snapshot_id == _SNAPSHOT,
                    chunk.c.place == sa.bindparam("at_place", type_=sa.Integer()),
                )
                .values({chunk.c.sealed: sa.bindparam("new_sealed", type_=sa.LargeBinary())})
            ),
            Statement(
                sa.select(prefix, sa.func.count())
                .select_from(chunk.join(snapshot))
                .where(snapshot.c.practice_id == _PRACTICE)
                .group_by(prefix)
            ),
        )


@attrs.frozen
class SqlIndexStore:
    """Implements the core's ``IndexStore``, on connections of its own: it sees what is committed."""

    _tables: ClassVar[SnapshotTables]

    _database: Database
    _protection: Protection
    _snapshots: SnapshotCipher
    _ids: IdSource

    def head(self, practice_id: PracticeId) -> DirectoryHead:
        """See `IndexStore`. A practice that was never founded has no rows either."""
        rows = self._database.alone(_HEAD, {"practice": practice_id})
        return DirectoryHead(*rows[0]) if rows else DirectoryHead(practice_id, 0)

    def _changed(self, changes: Changes, practice_id: PracticeId, *, after: int) -> Iterable[Row]:
        """The rows that changed since, of one moment."""
        parameters = {"practice": practice_id, "after": after}
        if after:
            rows = self._database.alone(changes.few, parameters)
            if len(rows) <= FEW_CHANGES_MAX:
                return rows
        return self._database.stream(changes.every, parameters)

    def load_snapshot(self, practice_id: PracticeId, epoch: UUID) -> bytes | None:
        """See `IndexStore`."""
        found = self._database.alone(self._tables.newest, {"practice": practice_id, "of_epoch": epoch})
        if not found:
            return None
        snapshot_id, count, as_of = found[0]
        label = SnapshotLabel(practice_id, snapshot_id, epoch, as_of, count, self._tables.format)
        rows = self._database.alone(self._tables.chunks, {"snapshot": snapshot_id})
        # The count and the change number are only what somebody wrote there until a chunk has opened.
        if len(rows) != count or [place for place, _ in rows] != list(range(len(rows))) or as_of < 0:
            raise UnreadableError
        return b"".join(
            self._snapshots.open(practice_id, partial(chunk_binding, label, place), bytes(sealed))
            for place, sealed in rows
        )

    def keep_snapshot(self, practice_id: PracticeId, epoch: UUID, as_of: int, snapshot: bytes) -> None:
        """See `IndexStore`. Sealed first: the practice's head is locked while rows are written only."""
        parts = list(chunks(snapshot))
        label = SnapshotLabel(practice_id, self._ids.new_id(), epoch, as_of, len(parts), self._tables.format)
        sealed = [
            self._snapshots.seal(practice_id, partial(chunk_binding, label, place), part)
            for place, part in enumerate(parts)
        ]
        transaction = Transaction(self._database)
        try:
            head = transaction.row(_LOCK, {"practice": practice_id})
            if head is None or head[0] != epoch or head[1] < as_of:
                return  # of rows that were undone by a restore
            kept = transaction.rows(self._tables.newest, {"practice": practice_id, "of_epoch": epoch})
            if kept and kept[0][2] >= as_of:
                return
            self._drop_all_but({id_ for id_, _, _ in kept[: _SNAPSHOTS_KEPT - 1]}, practice_id, transaction)
            row = {"id": label.snapshot_id, "practice_id": practice_id, "epoch": epoch, "as_of": as_of}
            transaction.change(self._tables.add, row | {"chunks": label.chunks})
            for place, part in enumerate(sealed):
                chunk = {"snapshot_id": label.snapshot_id, "place": place, "sealed": part}
                transaction.change(self._tables.add_chunk, chunk)
            transaction.commit()
        finally:
            transaction.close()

    def drop_snapshots(self, practice_id: PracticeId) -> None:
        """See `IndexStore`."""
        transaction = Transaction(self._database)
        try:
            self._drop_all_but(set(), practice_id, transaction)
            transaction.commit()
        finally:
            transaction.close()

    def chunks_by_key(self, practice_id: PracticeId) -> Mapping[int, int]:
        """How many chunks open by which version of the directory key."""
        counted = self._database.alone(self._tables.count, {"practice": practice_id})
        return {int.from_bytes(bytes(prefix)[1:], "big"): count for prefix, count in counted}

    def reseal_snapshots(self, practice_id: PracticeId) -> int:
        """Seal every chunk anew under the newest key, and say how many there were.

        A snapshot is a cache: one that does not open is dropped.
        """
        changed = 0
        transaction = Transaction(self._database)
        try:
            for id_, epoch, as_of, count in transaction.rows(self._tables.labels, {"practice": practice_id}):
                label = SnapshotLabel(practice_id, id_, epoch, as_of, count, self._tables.format)
                try:
                    resealed = [
                        {"snapshot": id_, "at_place": place, "new_sealed": self._anew(label, place, sealed)}
                        for place, sealed in transaction.rows(self._tables.chunks, {"snapshot": id_})
                    ]
                except UnreadableError:
                    transaction.change(self._tables.drop, {"snapshot": id_})
                    continue
                transaction.change_all(self._tables.reseal, resealed)
                changed += len(resealed)
            transaction.commit()
        finally:
            transaction.close()
        return changed

    def _anew(self, label: SnapshotLabel, place: int, sealed: bytes) -> bytes:
        bound_to = partial(chunk_binding, label, place)
        chunk = self._snapshots.open(label.practice_id, bound_to, bytes(sealed))
        return self._snapshots.seal(label.practice_id, bound_to, chunk)

    def _drop_all_but(self, kept: set[UUID], practice_id: PracticeId, transaction: Transaction) -> None:
        for (id_,) in transaction.rows(self._tables.all, {"practice": practice_id}):
            if id_ not in kept:
                transaction.change(self._tables.drop, {"snapshot": id_})
