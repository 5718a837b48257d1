"""Desks for tests of the core: everything is real but the time, the ids and the price of a password."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from tests.builders import a_practice_id
from tests.credentials import QuickPasswords, QuickTokens
from tests.databases import quick_engine
from tests.sources import CountedIds, CountedSecrets, ManualClock
from vantrexia_adapters.crypto import (
    AesGcmFieldCipher,
    AesGcmSnapshotCipher,
    HmacBlindIndex,
    HmacRowSeal,
    KeyRing,
)
from vantrexia_adapters.custody import RingCustody
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_adapters.sql import SqlDesk, add_practice, migrate
from vantrexia_adapters.sql.scope import Protection
from vantrexia_contracts.stores import entries_of  # noqa: F401 - one home, a shorter way to it
from vantrexia_core.ehr import EhrRoster
from vantrexia_core.identity import Passwords, Tokens
from vantrexia_core.kernel import IdSource, PatientId, PracticeId
from vantrexia_core.patients import NewPatient, Patient, PatientDesk, add_numbered


def a_memory_desk(
    clock: ManualClock | None = None,
    ids: IdSource | None = None,
    rosters: Mapping[PracticeId, EhrRoster] | None = None,
) -> MemoryDesk:
    """An empty memory with injected time, ids and credentials."""
    return MemoryDesk(
        clock or ManualClock(),
        ids or CountedIds(),
        CountedSecrets(),
        QuickPasswords(),
        QuickTokens(),
        rosters=rosters or {},
    )


@cache
def _a_ring() -> bytes:
    """A ring with the keys of the practices that most tests act in, made once: it waits for the disk."""
    with TemporaryDirectory() as folder:
        ring = KeyRing.create(Path(folder, "keyring.json"), ManualClock())
        for number in (1, 2):
            ring.ensure_scope(a_practice_id(number))
        return ring.path.read_bytes()


class SqlHouse:
    """A migrated database and its key ring, in which any number of practices are founded and desks opened."""

    def __init__(self, engine: sa.Engine, directory: Path) -> None:
        migrate(engine)
        self.engine = engine
        path = directory / "keyring.json"
        path.touch(mode=0o600)
        path.write_bytes(_a_ring())
        self._ring = KeyRing.open(path, ManualClock())

    @classmethod
    def on_sqlite(cls, directory: Path) -> "SqlHouse":
        """A house of its own in a directory."""
        return cls(quick_engine(f"sqlite:///{directory / 'vantrexia.sqlite3'}"), directory)

    def found(self, practice_id: PracticeId) -> PracticeId:
        """A practice with its keys."""
        self._ring.ensure_scope(practice_id)
        return add_practice(self.engine, practice_id, "A practice", at=ManualClock().now())

    def desk(
        self,
        clock: ManualClock | None = None,
        ids: IdSource | None = None,
        rosters: Mapping[PracticeId, EhrRoster] | None = None,
        *,
        passwords: Passwords | None = None,
        tokens: Tokens | None = None,
    ) -> SqlDesk:
        """A desk over all practices of this house; two of them are like two processes on one database."""
        return SqlDesk(
            engine=self.engine,
            cipher=AesGcmFieldCipher(self._ring),
            index=HmacBlindIndex(self._ring),
            seal=HmacRowSeal(self._ring),
            clock=clock or ManualClock(),
            ids=ids or CountedIds(),
            secrets=CountedSecrets(),
            passwords=passwords or QuickPasswords(),
            tokens=tokens or QuickTokens(),
            snapshots=AesGcmSnapshotCipher(self._ring),
            rosters=rosters,
        )

    @property
    def ring(self) -> KeyRing:
        """The key ring."""
        return self._ring

    def custody(self, practice_id: PracticeId, engine: sa.Engine | None = None) -> RingCustody:
        """The keys of a practice of this house, and what rests under them."""
        cipher, snapshots = AesGcmFieldCipher(self._ring), AesGcmSnapshotCipher(self._ring)
        protection = Protection(cipher, HmacBlindIndex(self._ring), HmacRowSeal(self._ring))
        return RingCustody.over(
            self._ring,
            engine or self.engine,
            protection,
            snapshots,
            CountedIds(),
            practice_id,
            sleep=lambda _: None,
        )

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def put(desk: PatientDesk, new: NewPatient, practice_id: PracticeId | None = None) -> Patient:
    """A record stored beside the use cases: nobody looks whom it resembles, and the trail says nothing."""
    with desk.begin(practice_id or a_practice_id()) as work:
        patient, _ = add_numbered(
            work.patients,
            new,
            id_=PatientId(desk.ids.new_id()),
            practice_id=practice_id or a_practice_id(),
            now=desk.clock.now(),
        )
        work.commit()
    return patient
