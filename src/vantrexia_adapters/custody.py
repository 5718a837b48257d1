"""Keys and what rests under them: the key ring beside the database that is sealed with it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs
import sqlalchemy as sa

from vantrexia_adapters.crypto import (
    DEPLOYMENT,
    KeyInUseError,
    KeyRing,
    KeyState,
    RingEntry,
    Scope,
)
from vantrexia_adapters.sql import Redigesting, Resealing, StoredKeyCheck, keep_key_checks
from vantrexia_adapters.sql.candidates import SqlCandidateStore
from vantrexia_adapters.sql.database import Database
from vantrexia_adapters.sql.directory import SqlDirectoryStore
from vantrexia_adapters.sql.scope import Protection
from vantrexia_adapters.sql.snapshots import SqlIndexStore
from vantrexia_adapters.sql.tables import candidates_chunk, directory_chunk
from vantrexia_core.kernel import IdSource, PracticeId
from vantrexia_core.protection import DEPLOYMENT_ONLY, Need, Purpose, SnapshotCipher

_NOT_DONE: Final = "Some values are still under the previous index key. Run: vantrexia keys reencrypt index"


@attrs.frozen(repr=False)
class RingCustody:
    """Implements the core's ``KeyCustody`` for one practice. Safe to use in several processes at once."""

    _ring: KeyRing
    _engine: sa.Engine
    _resealing: Resealing
    _redigesting: Redigesting
    _snapshots: Mapping[str, SqlIndexStore]
    practice_id: PracticeId

    @classmethod
    def over(
        cls,
        ring: KeyRing,
        engine: sa.Engine,
        protection: Protection,
        snapshots: SnapshotCipher,
        ids: IdSource,
        practice_id: PracticeId,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> "RingCustody":
        """The keys of a ring, and what a database holds under them."""
        database = Database(engine)
        stores = {
            table.name: store(database, protection, snapshots, ids)
            for table, store in (
                (directory_chunk, SqlDirectoryStore),
                (candidates_chunk, SqlCandidateStore),
            )
        }
        resealing = Resealing(database, protection, practice_id, sleep)
        redigesting = Redigesting(database, protection, practice_id, sleep)
        return cls(ring, engine, resealing, redigesting, stores, practice_id)

    def active(self, purpose: Purpose) -> int:
        """See `KeyCustody`."""
        self._ring.refresh()
        return self._ring.active(self._scope(purpose), purpose)

    def prepare(self, purpose: Purpose) -> int:
        """See `KeyCustody`."""
        return self._kept(self._ring.prepare(self._scope(purpose), purpose))

    def rotate(self, purpose: Purpose) -> int:
        """See `KeyCustody`."""
        if purpose is Purpose.INDEX:
            return self._rotate_index()
        return self._kept(self._ring.rotate(self._scope(purpose), purpose))

    def needs(self, purpose: Purpose) -> Sequence[Need]:
        """See `KeyCustody`."""
        active = self.active(purpose)
        # Destroyed ones too: a restored database may hold rows that need them.
        older = [entry.name.version for entry in self._entries(purpose) if entry.name.version != active]
        match purpose:
            case Purpose.FIELD:
                return self._resealing.needs(older)
            case Purpose.INDEX:
                return self._redigesting.needs(older)
            case Purpose.DIRECTORY:
                return [
                    Need(table, version, count)
                    for table, store in self._snapshots.items()
                    for version, count in store.chunks_by_key(self.practice_id).items()
                    if version in older
                ]
            case _:
                return []

    def reencrypt(self, purpose: Purpose) -> Iterator[int]:
        """See `KeyCustody`."""
        match purpose:
            case Purpose.FIELD:
                yield from self._resealing.reseal(self.active(purpose))
            case Purpose.INDEX:
                yield from self._redigesting.redigest(self.active(purpose))
            case Purpose.DIRECTORY:
                for store in self._snapshots.values():
                    yield store.reseal_snapshots(self.practice_id)
            case _:
                return

    def superseded(self, purpose: Purpose) -> Sequence[int]:
        """See `KeyCustody`."""
        active = self.active(purpose)
        return [
            entry.name.version
            for entry in self._entries(purpose)
            if entry.name.version < active and entry.state is KeyState.READABLE
        ]

    def retire(self, purpose: Purpose, version: int) -> None:
        """See `KeyCustody`."""
        self._ring.retire(self._scope(purpose), purpose, version)

    def retired_at(self, purpose: Purpose, version: int) -> datetime | None:
        """See `KeyCustody`."""
        return next(
            (
                entry.ended_at
                for entry in self._entries(purpose)
                if entry.name.version == version and entry.state is KeyState.RETIRED
            ),
            None,
        )

    def destroy(self, purpose: Purpose, version: int) -> None:
        """See `KeyCustody`."""
        self._ring.destroy(self._scope(purpose), purpose, version)

    def destroy_practice(self) -> int:
        """See `KeyCustody`."""
        return self._ring.destroy_scope(self.practice_id)

    def _rotate_index(self) -> int:
        """Published, then used by the practice, then active; repeated, it goes on where it stood."""
        version = max(entry.name.version for entry in self._entries(Purpose.INDEX))
        if version == self.active(Purpose.INDEX):
            if self._redigesting.is_open():
                raise KeyInUseError(_NOT_DONE)
            version = self._ring.prepare(self.practice_id, Purpose.INDEX)
        self._kept(version)
        if not self._redigesting.begin(version):
            raise KeyInUseError(_NOT_DONE)
        return self._ring.rotate(self.practice_id, Purpose.INDEX)

    def _scope(self, purpose: Purpose) -> Scope:
        return DEPLOYMENT if purpose in DEPLOYMENT_ONLY else self.practice_id

    def _entries(self, purpose: Purpose) -> Sequence[RingEntry]:
        return self._ring.entries(self._scope(purpose), purpose)

    def _kept(self, version: int) -> int:
        """Let the database know the new key: a ring without it is refused from now on."""
        keep_checks(self._engine, self._ring)
        return version


def keep_checks(engine: sa.Engine, ring: KeyRing) -> None:
    """Let a database know the ring that it is sealed with.

    Raises:
        UnavailableError: the database cannot be reached.
    """
    keep_key_checks(
        engine,
        (
            StoredKeyCheck(check.name.scope, check.name.purpose, check.name.version, check.value)
            for check in ring.checks()
        ),
    )
