"""A whole service in memory: the real app, real tokens, real password hashes, a practice with people."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import attrs
from starlette.testclient import TestClient

from tests.builders import a_name, a_new_patient, a_patient_id, a_practice_id, a_suspicion, an_actor
from tests.sources import CountedIds, CountedSecrets, ManualClock
from vantrexia_adapters.crypto.passwords import Argon2Cost, Argon2Passwords
from vantrexia_adapters.http import Request as HttpRequest
from vantrexia_adapters.http import Response, Trouble
from vantrexia_adapters.memory import MemoryDesk, MemoryRateStore, MemoryRoster
from vantrexia_adapters.smart import FetchedKeySets, SmartClientProofs
from vantrexia_adapters.tokens import JwtTokens
from vantrexia_core.audit import Action, AuditEntry
from vantrexia_core.ehr import EhrRoster, ImportJob, start_import
from vantrexia_core.identity import (
    OPERATOR_ID,
    NewPassword,
    NewUser,
    Session,
    TokenPair,
    User,
    create_user,
    operator,
)
from vantrexia_core.kernel import (
    Email,
    IdSource,
    Origin,
    PatientId,
    PersonName,
    PracticeId,
    Role,
    SessionId,
    SuspicionId,
    TokenId,
)
from vantrexia_core.patients import (
    Export,
    ExportWish,
    ExternalId,
    Merge,
    NewPatient,
    Patient,
    Reason,
    archive_patient,
    delete_patient,
    merge_patients,
    register_patient,
    start_export,
)
from vantrexia_core.throttling import HITS_MAX, Limit, Limits
from vantrexia_web.app import create_app
from vantrexia_web.importer import Importer
from vantrexia_web.throttle import Throttle

PUBLIC_URL: Final = "https://app.vantrexia.com"
PASSWORD: Final = "SecureP@ss123"
PATIENTS: Final = "/api/v1/patients/"
ARCHIVED: Final = "/api/v1/patients/archived/"
IMPORT: Final = "/api/v1/patients/import_selected_from_ecw/"
IMPORTS: Final = "/api/v1/patients/imports/"
SEARCH: Final = "/api/v1/patients/search_ecw/"
DELETED: Final = "/api/v1/admin/patients/deleted/"
NO_LIMITS: Final = Limits(*[Limit(HITS_MAX, 86_400)] * 5)
LOGIN: Final = "/api/v1/auth/login/"


class OneKey:
    """A signing key that never changes."""

    generation = 1

    def active(self) -> int:
        """The only version."""
        return 1

    def all(self) -> Mapping[int, bytes]:
        """The only key."""
        return {1: bytes(range(32))}

    def superseded(self) -> Mapping[int, datetime]:
        """None."""
        return {}

    def refresh(self) -> None:
        """There is nothing to notice."""


class Hosts:
    """Where machine clients' keys are fetched: answers by URL, and how often each was asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, Response | Trouble] = {}
        self.asked: list[str] = []

    def send(self, request: HttpRequest) -> Response | Trouble:
        """The answer that was put there."""
        self.asked.append(request.url)
        return self.answers.get(request.url, Trouble.UNREACHABLE)


class ScriptedIds:
    """Gives out the ids it was told to, then counted ones."""

    def __init__(self, ids: Iterable[UUID]) -> None:
        counted = CountedIds("after the script")
        self._ids = chain(ids, iter(counted.new_id, None))

    def new_id(self) -> UUID:
        """The next one."""
        return next(self._ids)


class Service:
    """The app with everything behind it within reach. Use as a context manager."""

    def __init__(
        self,
        *,
        at: datetime = datetime(2026, 2, 6, 14, 30, tzinfo=UTC),
        ids: IdSource | None = None,
        desk: type[MemoryDesk] = MemoryDesk,
        limits: Limits | None = None,
        ehr: EhrRoster | None = None,
        **app: Any,
    ) -> None:
        self.clock = ManualClock(at)
        self.practice_id = a_practice_id()
        # The smallest cost there is: these tests are not about how slow a hash is.
        self.roster = MemoryRoster()
        self.hosts = Hosts()
        self.desk = desk(
            clock=self.clock,
            ids=ids or CountedIds("patients"),
            secrets=CountedSecrets(),
            passwords=Argon2Passwords(bytes(32), Argon2Cost(memory_kib=64, passes=1, lanes=1)),
            tokens=JwtTokens(OneKey(), ids=CountedIds("tokens"), issuer=PUBLIC_URL),
            rosters={self.practice_id: ehr or self.roster},
            proofs=SmartClientProofs(FetchedKeySets(self.hosts, self.clock)),
        )
        # Most tests are not about limits, and many of them share an address.
        throttle = Throttle(MemoryRateStore(), MemoryRateStore(), self.clock, limits or NO_LIMITS)
        settings = {
            "public_url": PUBLIC_URL,
            "request_ids": CountedIds("requests"),
            "throttle": throttle,
        } | app
        if settings.pop("runs_imports", False):
            settings["importer"] = Importer(self.desk)
        self.app = create_app(self.desk, **settings)
        # In clear nobody is answered.
        self.client = TestClient(self.app, "https://testserver", follow_redirects=False)
        self._session_ids = CountedIds("sessions")
        self._users: dict[tuple[PracticeId, str], User] = {}

    def __enter__(self) -> Self:
        self.client.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.__exit__(kind, error, trace)

    def user(
        self,
        role: Role = Role.PROVIDER,
        *,
        email: str | None = None,
        name: PersonName | None = None,
        practice_id: PracticeId | None = None,
        patient_id: PatientId | None = None,
    ) -> User:
        """The account of that role and address, opened when first asked for."""
        practice = practice_id or self.practice_id
        address = email or f"{role.value}@{practice.hex[-4:]}.example.org"
        if (practice, address) not in self._users:
            new = NewUser(Email(address), name or a_name("Sarah", "Johnson"), role, patient_id)
            if role is Role.PATIENT and patient_id is None:
                new = attrs.evolve(new, patient_id=a_patient_id())
            actor = operator(practice, Origin())
            self._users[practice, address] = create_user(self.desk, actor, new, NewPassword(PASSWORD))
        return self._users[practice, address]

    def headers(self, role: Role = Role.PROVIDER, **account: Any) -> dict[str, str]:
        """The header that signs a request in."""
        return {"Authorization": f"Bearer {self.tokens(role, **account).access.reveal()}"}

    def tokens(self, role: Role = Role.PROVIDER, **account: Any) -> TokenPair:
        """The tokens of a fresh session, without the price of a password."""
        user, at = self.user(role, **account), self.clock.now()
        session = Session(
            SessionId(self._session_ids.new_id()),
            user.id,
            TokenId(self._session_ids.new_id()),
            at,
            at + self.desk.tokens.session_life,
        )
        # Past whatever a test has made of its desk: this is no request.
        with MemoryDesk.begin_sign_in(self.desk) as work:
            work.sessions.open(session)
            work.commit()
        return self.desk.tokens.issue(user, session, at=at)

    def send(
        self, method: str, path: str, body: object = None, role: Role | None = Role.ADMIN, **headers: str
    ) -> Any:
        """One request, signed in as ``role`` if there is one; an underscore in a header stands for a dash."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if role is not None:
            sent = self.headers(role) | sent
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent = {"Content-Type": "application/json"} | sent
        return self.client.request(method, path, content=content, headers=sent)

    def patient(self, new: NewPatient | None = None, *, practice_id: PracticeId | None = None) -> Patient:
        """A registered patient."""
        actor = an_actor(practice_id=practice_id or self.practice_id)
        return register_patient(self.desk, actor, new or a_new_patient())

    def archived_patient(self, reason: str = "Moved away") -> Patient:
        """An archived patient."""
        actor = an_actor(practice_id=self.practice_id)
        return archive_patient(self.desk, actor, self.patient().id, Reason(reason)).patient

    def deleted_patient(self) -> Patient:
        """A deleted patient."""
        actor = an_actor(practice_id=self.practice_id)
        return delete_patient(self.desk, actor, self.patient().id).patient

    def pair(self) -> SuspicionId:
        """Two patients who may be one."""
        self.desk.candidacy.is_asked = False  # what is in the list is what is put there here
        found = a_suspicion(self.patient().id, self.patient().id)
        with self.desk.begin(self.practice_id) as work:
            work.suspicions.add([found])
            work.commit()
        return found.id

    def export(self) -> Export:
        """An export that an administrator was granted, with a part of each kind."""
        self.patient()
        self.deleted_patient()
        actor = self.user(Role.ADMIN).as_actor(Origin())
        return start_export(self.desk, actor, ExportWish(since=self.clock.now() - timedelta(days=1)))

    def merge(self) -> Merge:
        """A merge of two patients."""
        actor = an_actor(practice_id=self.practice_id)
        return merge_patients(
            self.desk, actor, self.patient().id, self.patient().id, Reason("Registered twice")
        ).merge

    def job(self, *ids: str) -> ImportJob:
        """An import in the background that an administrator started."""
        actor = self.user(Role.ADMIN).as_actor(Origin())
        return start_import(self.desk, actor, [ExternalId(id_) for id_ in ids or ("ECW-12345",)])

    @property
    def trail(self) -> list[AuditEntry]:
        """The trail, without the opening of the accounts."""
        return [
            entry
            for entry in self.desk.entries
            if entry.action is not Action.USER_CREATE or entry.actor_id != OPERATOR_ID
        ]

    @property
    def stored(self) -> object:
        """What is stored of the practice's patients, to compare before and after."""
        shelf = self.desk.committed.shelf(self.practice_id)
        return dict(shelf.patients), dict(shelf.moves), shelf.mrn_number


def path_of(patient: Patient, action: str = "") -> str:
    """A patient's path, or that of an action on it."""
    return f"{PATIENTS}{patient.id}/{f'{action}/' if action else ''}"


def restore_path(patient: Patient) -> str:
    """The path that restores a deleted patient."""
    return f"/api/v1/admin/patients/{patient.id}/restore/"
