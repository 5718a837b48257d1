"""A desk that breaks at the n-th call of a port, whichever port that is."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

import attrs
import sqlalchemy as sa

from tests.builders import a_patient_id, a_practice_id
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_adapters.sql import SqlDesk
from vantrexia_adapters.sql.tables import backup_code, reset_token, used_assertion, user_session
from vantrexia_core.kernel import ClientId, EmergencyId, PageRequest, PracticeId
from vantrexia_core.patients import Decision, Listing, Patient, Status, StatusChange, SuspicionListing

AnyDesk = MemoryDesk | SqlDesk

PORTS = frozenset(
    {
        "clock",
        "ids",
        "candidacy",
        "directory",
        "accounts",
        "passwords",
        "tokens",
        "secrets",
        "import_queue",
        "clients",
        "proofs",
    }
)
"""What a desk hands out, beside units of work."""
STORES = frozenset(
    {
        "accounts",
        "clients",
        "ehr_records",
        "emergencies",
        "emergency_notices",
        "exports",
        "file_imports",
        "import_jobs",
        "lockouts",
        "merges",
        "patients",
        "receipts",
        "reset_requests",
        "reset_tokens",
        "second_factors",
        "sessions",
        "suspicions",
        "trail",
        "trail_search",
        "uncompared",
        "used_assertions",
        "users",
    }
)
"""What a unit of work hands out."""


@attrs.define
class Fault:
    """Breaks one call: the ``at``-th, counted from 1; before it is made, or after it, unanswered."""

    at: int
    error: Callable[[], Exception]
    is_after: bool = False
    calls: list[str] = attrs.Factory(list)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, counted and perhaps broken."""

        def counted(*arguments: Any, **named: Any) -> Any:
            self.calls.append(name)
            is_it = len(self.calls) == self.at
            if is_it and not self.is_after:
                raise self.error()
            try:
                return call(*arguments, **named)
            finally:
                if is_it:
                    # Whatever it answered, a result or a refusal of its own.
                    raise self.error()

        return counted

    @property
    def has_struck(self) -> bool:
        """Whether the call that breaks was reached."""
        return len(self.calls) >= self.at

    @property
    def struck(self) -> str:
        """The name of the call that broke."""
        return self.calls[self.at - 1]


@attrs.frozen
class _Counting:
    """An object whose every method is counted; ``inner`` attributes are objects to be counted themselves."""

    name: str
    real: Any
    fault: Fault
    inner: frozenset[str] = frozenset()

    def __getattr__(self, name: str) -> Any:
        value, path = getattr(self.real, name), f"{self.name}.{name}"
        if name in self.inner:
            return _Counting(path, value, self.fault)
        return self.fault.around(path, value) if callable(value) else value


class FailingDesk(_Counting):
    """Stands before a real desk; satisfies what every use case asks of one."""

    def __init__(self, desk: AnyDesk, fault: Fault) -> None:
        super().__init__("desk", desk, fault, PORTS)

    def roster(self, practice_id: PracticeId) -> Any:
        """The practice's EHR, counted like a store."""
        return _Counting("roster", self.real.roster(practice_id), self.fault)

    def begin(self, practice_id: PracticeId) -> AbstractContextManager[Any]:
        """A unit of work whose stores and commit are counted."""
        return self._counted_work("desk.begin", lambda: self.real.begin(practice_id))

    def begin_sign_in(self) -> AbstractContextManager[Any]:
        """A unit of work for the trail alone, counted too."""
        return self._counted_work("desk.begin_sign_in", self.real.begin_sign_in)

    @contextmanager
    def _counted_work(self, name: str, begin: Callable[[], AbstractContextManager[Any]]) -> Iterator[Any]:
        with self.fault.around(name, begin)() as work:
            yield _Counting("work", work, self.fault, STORES)


@attrs.frozen
class Snapshot:
    """Everything that a practice's stores hold, but for ids: a call that is made again gets another one."""

    patients: tuple[Patient, ...]
    versions: tuple[Patient, ...]
    moves: tuple[StatusChange, ...]
    pairs: tuple[object, ...]
    merges: tuple[object, ...]
    users: tuple[object, ...]
    credentials: tuple[object, ...]

    @classmethod
    def of(cls, desk: AnyDesk) -> "Snapshot":
        """Read it through the ports, without touching the trail."""
        nobody, practice_id = a_patient_id(0), a_practice_id()
        found = [
            desk.directory.find(practice_id, Listing(status, page=PageRequest(1, 100))) for status in Status
        ]
        with desk.begin(practice_id) as work:
            stored = [
                patient
                for one in found
                for patient in work.patients.fetch(one.numbers, as_of=one.as_of) or ()
            ]
            versions = [
                version
                for patient in stored
                for version in work.patients.versions(patient.id, PageRequest(1, 100)).items
            ]
            moves = [change for patient in stored for change in work.patients.history(patient.id)]
            every_pair = SuspicionListing(frozenset(Decision), page=PageRequest(1, 100))
            pairs = [
                (one.decision.value, one.version, one.records is None)
                for one in work.suspicions.page(every_pair).items
            ]
            merges = [(merge.taken, merge.is_undone) for one in stored for merge in work.merges.of(one.id)]
            users = tuple(work.users.all())
            nobodys = ClientId(UUID(int=0))
            clients = [attrs.evolve(client, id=nobodys) for client in work.clients.all()]
            hashes = [tuple(work.users.password_hashes(user.id)) for user in users]
            factors = [work.second_factors.get_to_change(user) for user in users]
            unnamed = EmergencyId(UUID(int=0))
            emergencies = [
                attrs.evolve(one, id=unnamed) for one in work.emergencies.newest_first(skip=0, limit=9)
            ]
        with desk.begin_sign_in() as asking:
            due = asking.reset_requests.next_due(desk.clock.now())
            # Its key is a digest under the key ring of this house.
            asked = None if due is None else attrs.evolve(due, key=b"")
            untold = asking.emergency_notices.next_due(desk.clock.now())
            notice = None if untold is None else attrs.evolve(untold, emergency_id=unnamed)
        failures = [desk.accounts.failures(user.email) for user in users]
        return cls(
            tuple(sorted((attrs.evolve(one, id=nobody) for one in stored), key=lambda one: one.mrn.reveal())),
            tuple(
                sorted(
                    (attrs.evolve(one, id=nobody) for one in versions),
                    key=lambda one: (one.mrn.reveal(), one.version),
                )
            ),
            tuple(attrs.evolve(change, patient_id=nobody) for change in moves),
            tuple(sorted(pairs)),
            tuple(merges),
            users,
            (
                *hashes,
                *factors,
                asked,
                *failures,
                *clients,
                *emergencies,
                notice,
                *_sessions(desk),
                *_used_up(desk),
            ),
        )


def _sessions(desk: AnyDesk) -> list[object]:
    """All sessions: no port lists them, so they are read behind it."""
    if isinstance(desk, MemoryDesk):
        return sorted(desk.committed.sessions.values(), key=lambda session: session.id)
    with desk._database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(user_session).order_by(user_session.c.id))]


def _used_up(desk: AnyDesk) -> list[object]:
    """What can be used once, of which no port gives more than a yes or no."""
    if isinstance(desk, MemoryDesk):
        codes = [len(codes) for codes in desk.committed.backup_codes.values()]
        return [codes, len(desk.committed.reset_tokens), len(desk.committed.used_assertions)]
    with desk._database.engine.connect() as connection:
        return [
            connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (backup_code, reset_token, used_assertion)
        ]
