"""What the contracts of stores are given, and how they make several callers come at once."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Final, Protocol, TypeVar

import attrs
import pytest

from vantrexia_adapters.memory import MemoryRoster
from vantrexia_contracts.given.builders import a_new_patient, a_patient, a_patient_id, a_practice_id
from vantrexia_contracts.given.sources import ManualClock
from vantrexia_core.audit import AuditEntry, Desk, RecordedWork, TrailSource
from vantrexia_core.ehr import EhrRoster, EhrWork, ImportQueue
from vantrexia_core.identity import (
    Accounts,
    ClientProofs,
    Clients,
    ClientWork,
    Passwords,
    SignInWork,
    Tokens,
    UserWork,
)
from vantrexia_core.kernel import Clock, IdSource, PatientId, PracticeId, SecretSource
from vantrexia_core.patients import (
    Candidacy,
    CandidateStore,
    DirectoryStore,
    DisclosureWork,
    Patient,
    PatientDirectory,
    SearchTokens,
    VersionWork,
)

HERE: Final = a_practice_id(1)
ELSEWHERE: Final = a_practice_id(2)
T = TypeVar("T")


class WholeWork(EhrWork, VersionWork, DisclosureWork, ClientWork, UserWork, Protocol):
    """A unit of work with everything that the contexts ask of one."""


class WholeDesk(Protocol):
    """A desk with everything that the contexts ask of one: each of their ``…Desk`` ports at once."""

    @property
    def clock(self) -> Clock:
        """The present."""
        ...

    @property
    def ids(self) -> IdSource:
        """Fresh ids."""
        ...

    @property
    def secrets(self) -> SecretSource:
        """Fresh secrets."""
        ...

    @property
    def passwords(self) -> Passwords:
        """Password hashing."""
        ...

    @property
    def tokens(self) -> Tokens:
        """Tokens."""
        ...

    @property
    def proofs(self) -> ClientProofs:
        """How machine clients prove who they are."""
        ...

    @property
    def accounts(self) -> Accounts:
        """Accounts of every practice."""
        ...

    @property
    def clients(self) -> Clients:
        """Machine clients of every practice."""
        ...

    @property
    def directory(self) -> PatientDirectory:
        """The practices' directories."""
        ...

    @property
    def candidacy(self) -> Candidacy:
        """Whom of a practice somebody may be."""
        ...

    @property
    def search_tokens(self) -> SearchTokens:
        """Searches that a link may name."""
        ...

    @property
    def import_queue(self) -> ImportQueue:
        """The open imports of all practices."""
        ...

    def roster(self, practice_id: PracticeId) -> EhrRoster:
        """The EHR of a practice."""
        ...

    def begin(self, practice_id: PracticeId) -> AbstractContextManager[WholeWork]:
        """A unit of work of one practice."""
        ...

    def begin_sign_in(self) -> AbstractContextManager[SignInWork]:
        """A unit of work of no practice: nobody is known yet."""
        ...


@attrs.frozen
class Stores:
    """One adapter's desk with two practices, both empty; the first has an EHR that knows nobody yet.

    The desk reads its time from ``clock``, gets its ids from a `CountedIds` or any other source, and asks
    ``roster`` when somebody is imported to ``here``. The three others are what lies behind the desk: what its
    directory and its candidates are read from, and the trail.
    """

    desk: WholeDesk
    clock: ManualClock
    roster: MemoryRoster
    directory_store: DirectoryStore
    candidate_store: CandidateStore
    trail_source: TrailSource
    here: PracticeId = HERE
    elsewhere: PracticeId = ELSEWHERE

    def store(self, *patients: Patient) -> None:
        """Commit records to the practice that they name."""
        for patient in patients:
            with self.desk.begin(patient.practice_id) as work:
                work.patients.add(patient)
                work.commit()

    def read(self, patient_id: PatientId, practice_id: PracticeId | None = None) -> Patient:
        """A record as somebody else sees it now."""
        with self.desk.begin(practice_id or self.here) as work:
            return work.patients.get(patient_id)


class StoresContract:
    """A contract that is held against `Stores`: override ``stores`` with a fixture that gives yours."""

    @pytest.fixture
    def stores(self) -> Stores:
        """Empty stores of the adapter under test.

        Raises:
            NotImplementedError: always; it is yours to say how your stores are opened and closed.
        """
        raise NotImplementedError("override the fixture `stores`: give a Stores over your adapter")


def a_record(
    number: int = 1,
    *,
    mrn: str | None = None,
    external_id: str | None = None,
    practice_id: PracticeId | None = None,
    last: str = "Quintero",
) -> Patient:
    """A record that collides with no other number's."""
    return a_patient(
        a_new_patient(last=last, mrn=mrn or f"MRN-{number:05d}", external_id=external_id),
        id_=a_patient_id(number),
        practice_id=practice_id,
    )


def entries_of(
    desk: Desk[RecordedWork], practice_id: PracticeId | None = None, *, after: int = 0
) -> Sequence[AuditEntry]:
    """The trail behind the entry numbered ``after``, oldest first, as a unit of work reads it."""
    with desk.begin(practice_id or a_practice_id()) as work:
        return [sequenced.entry for sequenced in work.trail.read(after=after, limit=1_000_000)]


def at_once(calls: Iterable[Callable[[], T]]) -> list[T | Exception]:
    """Make all calls at the same moment, a thread each; their results or errors in the order of the calls."""
    calls = list(calls)
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        start.wait()
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - the caller judges it
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
