"""The rows behind the directory in SQL, and its sealed snapshots."""

import logging
from collections.abc import Iterator
from functools import partial
from typing import Final
from uuid import UUID

import attrs
import sqlalchemy as sa

from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.sql.patients import FIRST, LAST, MRN
from vantrexia_adapters.sql.scope import Protection
from vantrexia_adapters.sql.statements import Statement
from vantrexia_adapters.sql.tables import directory_chunk, directory_snapshot, patient, practice_head
from vantrexia_core.kernel import IdSource, PracticeId
from vantrexia_core.patients import (
    DirectoryEntry,
    DirectoryHead,
    SnapshotLabel,
    Spelling,
    Status,
    Unreadable,
    chunk_binding,
    chunks,
)
from vantrexia_core.protection import Place, SnapshotCipher, UnreadableError

_SNAPSHOTS_KEPT: Final = 2
_SPELLINGS_KEPT: Final = 400_000

_LOG: Final = logging.getLogger(__name__)

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_EPOCH: Final = sa.bindparam("of_epoch", type_=sa.Uuid())
_SNAPSHOT: Final = sa.bindparam("snapshot", type_=sa.Uuid())

_HEAD: Final = Statement(
    sa.select(practice_head.c.epoch, practice_head.c.seq).where(practice_head.c.practice_id == _PRACTICE)
)
_CHANGED: Final = Statement(
    sa.select(
        patient.c.seq,
        patient.c.n,
        patient.c.id,
        patient.c.status,
        patient.c.created_at,
        patient.c.sealed_version,
        patient.c.last_name,
        patient.c.first_name,
        patient.c.mrn,
    ).where(patient.c.practice_id == _PRACTICE, patient.c.seq > sa.bindparam("after", type_=sa.BigInteger()))
)
_NEWEST: Final = Statement(
    sa.select(directory_snapshot.c.id, directory_snapshot.c.chunks, directory_snapshot.c.as_of)
    .where(directory_snapshot.c.practice_id == _PRACTICE, directory_snapshot.c.epoch == _EPOCH)
    .order_by(directory_snapshot.c.as_of.desc())
)
_CHUNKS: Final = Statement(
    sa.select(directory_chunk.c.place, directory_chunk.c.sealed)
    .where(directory_chunk.c.snapshot_id == _SNAPSHOT)
    .order_by(directory_chunk.c.place)
)
_LOCK: Final = Statement(
    sa.select(practice_head.c.epoch, practice_head.c.seq)
    .where(practice_head.c.practice_id == _PRACTICE)
    .with_for_update()
)
_ADD: Final = Statement(sa.insert(directory_snapshot))
_ADD_CHUNK: Final = Statement(sa.insert(directory_chunk))
_DROP: Final = Statement(sa.delete(directory_snapshot).where(directory_snapshot.c.id == _SNAPSHOT))
_SNAPSHOTS: Final = Statement(
    sa.select(
        directory_snapshot.c.id,
        directory_snapshot.c.epoch,
        directory_snapshot.c.as_of,
        directory_snapshot.c.chunks,
    )
    .where(directory_snapshot.c.practice_id == _PRACTICE)
    .with_for_update()
)
_RESEAL: Final = Statement(
    sa.update(directory_chunk)
    .where(
        directory_chunk.c.snapshot_id == _SNAPSHOT,
        directory_chunk.c.place == sa.bindparam("at_place", type_=sa.Integer()),
    )
    .values({directory_chunk.c.sealed: sa.bindparam("new_sealed", type_=sa.LargeBinary())})
)
_ALL: Final = Statement(
    sa.select(directory_snapshot.c.id).where(directory_snapshot.c.practice_id == _PRACTICE)
)


@attrs.frozen
class SqlDirectoryStore:
    """Implements the core's ``DirectoryStore``, on connections of its own: it sees what is committed."""

    _database: Database
    _protection: Protection
    _snapshots: SnapshotCipher
    _ids: IdSource

    def head(self, practice_id: PracticeId) -> DirectoryHead:
        """See `DirectoryStore`. A practice that was never founded has no rows either."""
        rows = self._database.alone(_HEAD, {"practice": practice_id})
        return DirectoryHead(*rows[0]) if rows else DirectoryHead(practice_id, 0)

    def entries(
        self, practice_id: PracticeId, *, after: int
    ) -> Iterator[tuple[int, DirectoryEntry | Unreadable]]:
        """See `DirectoryStore`."""
        cipher = self._protection.cipher
        # A million patients share some hundred thousand names: each is folded once.
        spellings: dict[str, Spelling] = {}
        unreadable = 0
        for seq, n, id_, status, created_at, sealed_version, last, first, mrn in self._database.stream(
            _CHANGED, {"practice": practice_id, "after": after}
        ):
            place = Place(practice_id, id_, sealed_version)
            try:
                names = (LAST.open(cipher, place, last), FIRST.open(cipher, place, first))
                number = MRN.open(cipher, place, mrn)
            except UnreadableError:
                unreadable += 1
                yield seq, Unreadable(n)
                continue
            if len(spellings) >= _SPELLINGS_KEPT:
                spellings.clear()
            for name in names:
                if name not in spellings:
                    spellings[name] = Spelling.of(name)
            last_name, first_name = map(spellings.__getitem__, names)
            spelled = (last_name, first_name, Spelling.of(number))
            yield seq, DirectoryEntry(n, id_, Status(status), created_at, *spelled)
        if unreadable:
            _LOG.error("records that do not open are missing from a directory: %d", unreadable)

    def load_snapshot(self, practice_id: PracticeId, epoch: UUID) -> bytes | None:
        """See `DirectoryStore`."""
        found = self._database.alone(_NEWEST, {"practice": practice_id, "of_epoch": epoch})
        if not found:
            return None
        snapshot_id, count, as_of = found[0]
        label = SnapshotLabel(practice_id, snapshot_id, epoch, as_of, count)
        rows = self._database.alone(_CHUNKS, {"snapshot": snapshot_id})
        # The count and the change number are only what somebody wrote there until a chunk has opened.
        if len(rows) != count or [place for place, _ in rows] != list(range(len(rows))) or as_of < 0:
            raise UnreadableError
        return b"".join(
            self._snapshots.open(practice_id, partial(chunk_binding, label, place), bytes(sealed))
            for place, sealed in rows
        )

    def keep_snapshot(self, practice_id: PracticeId, epoch: UUID, as_of: int, snapshot: bytes) -> None:
        """See `DirectoryStore`. Sealed first: the practice's head is locked while rows are written only."""
        parts = list(chunks(snapshot))
        label = SnapshotLabel(practice_id, self._ids.new_id(), epoch, as_of, len(parts))
        sealed = [
            self._snapshots.seal(practice_id, partial(chunk_binding, label, place), part)
            for place, part in enumerate(parts)
        ]
        transaction = Transaction(self._database)
        try:
            head = transaction.row(_LOCK, {"practice": practice_id})
            if head is None or head[0] != epoch or head[1] < as_of:
                return  # of rows that were undone by a restore
            kept = transaction.rows(_NEWEST, {"practice": practice_id, "of_epoch": epoch})
            if kept and kept[0][2] >= as_of:
                return
            self._drop_all_but({id_ for id_, _, _ in kept[: _SNAPSHOTS_KEPT - 1]}, practice_id, transaction)
            row = {"id": label.snapshot_id, "practice_id": practice_id, "epoch": epoch, "as_of": as_of}
            transaction.change(_ADD, row | {"chunks": label.chunks})
            for place, part in enumerate(sealed):
                chunk = {"snapshot_id": label.snapshot_id, "place": place, "sealed": part}
                transaction.change(_ADD_CHUNK, chunk)
            transaction.commit()
        finally:
            transaction.close()

    def reseal_snapshots(self, practice_id: PracticeId) -> int:
        """Seal every chunk anew under the newest key, and say how many there were.

        A snapshot is a cache: one that does not open is dropped.
        """
        changed = 0
        transaction = Transaction(self._database)
        try:
            for id_, epoch, as_of, count in transaction.rows(_SNAPSHOTS, {"practice": practice_id}):
                label = SnapshotLabel(practice_id, id_, epoch, as_of, count)
                try:
                    resealed = [
                        {
                            "snapshot": id_,
                            "at_place": place,
                            "new_sealed": self._anew(label, place, sealed),
                        }
                        for place, sealed in transaction.rows(_CHUNKS, {"snapshot": id_})
                    ]
                except UnreadableError:
                    transaction.change(_DROP, {"snapshot": id_})
                    continue
                transaction.change_all(_RESEAL, resealed)
                changed += len(resealed)
            transaction.commit()
        finally:
            transaction.close()
        return changed

    def _anew(self, label: SnapshotLabel, place: int, sealed: bytes) -> bytes:
        bound_to = partial(chunk_binding, label, place)
        chunk = self._snapshots.open(label.practice_id, bound_to, bytes(sealed))
        return self._snapshots.seal(label.practice_id, bound_to, chunk)

    def drop_snapshots(self, practice_id: PracticeId) -> None:
        """See `DirectoryStore`."""
        transaction = Transaction(self._database)
        try:
            self._drop_all_but(set(), practice_id, transaction)
            transaction.commit()
        finally:
            transaction.close()

    def _drop_all_but(self, kept: set[UUID], practice_id: PracticeId, transaction: Transaction) -> None:
        for (id_,) in transaction.rows(_ALL, {"practice": practice_id}):
            if id_ not in kept:
                transaction.change(_DROP, {"snapshot": id_})
