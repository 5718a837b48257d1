"""Every use case, broken at every call of a port in turn: all or nothing, and the trail says which.

The habit is SQLite's: make the n-th call fail for n = 1, 2, 3 … until the use case gets through.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import settings

from tests.builders import a_new_user, a_password, a_practice_id, a_suspicion, an_actor, an_origin
from tests.clients import ALL, TOKEN_URL, a_client, a_key, a_new_client
from tests.databases import SqliteTemplate, quick_engine
from tests.desks import SqlHouse, a_memory_desk, entries_of
from tests.faults.failing import AnyDesk, FailingDesk, Fault, Snapshot
from tests.marks import FIRST, LAST, a_marked_new_patient, a_marked_reason, core_frames, marks_in
from vantrexia_adapters.http import HttpTransport
from vantrexia_adapters.smart import FetchedKeySets, SmartClientProofs
from vantrexia_core.audit import (
    AlreadyAnswered,
    AuditUnavailableError,
    Inquiry,
    Once,
    Outcome,
    export_trail,
    read_trail,
)
from vantrexia_core.identity import (
    FAILURES_MAX,
    RESET_TOKEN_LIFE,
    AccountLockedError,
    AuthenticationFailedError,
    ClientKeys,
    Enrolment,
    FactorCode,
    MachineClient,
    ProfileRevision,
    User,
    change_client_keys,
    change_password,
    change_user,
    check_token,
    confirm_reset,
    create_user,
    declare_emergency,
    disable_two_factor,
    end_sessions,
    find_emergencies,
    find_users,
    finish_two_factor,
    grant_client_token,
    list_clients,
    list_users,
    log_out,
    look_up_user,
    recognise,
    refresh_tokens,
    register_client,
    request_reset,
    revise_profile,
    revoke_client,
    set_password,
    sign_in,
    start_two_factor,
    unlock_user,
    view_profile,
)
from vantrexia_core.identity.totp import code_of, step_at
from vantrexia_core.kernel import (
    Actor,
    MergeId,
    PageRequest,
    PatientId,
    Phi,
    Phone,
    Role,
    SuspicionId,
    UnavailableError,
    UndoneError,
)
from vantrexia_core.patients import (
    DateOfBirth,
    Decision,
    ExportWish,
    FileImport,
    FileLine,
    Listing,
    Mrn,
    NewPatient,
    Pair,
    Preview,
    Revision,
    archive_patient,
    begin_file_import,
    compare_records,
    decide,
    delete_patient,
    end_export,
    fetch_part,
    find_archived_patients,
    find_deleted_patients,
    find_disclosures,
    find_merges,
    find_patients,
    import_lines,
    list_versions,
    look_up_export,
    look_up_patient,
    merge_patients,
    read_version,
    register_patient,
    restore_patient,
    revise_patient,
    start_export,
    unarchive_patient,
    undo_merge,
)

ADMIN = an_actor()
REASON = a_marked_reason()
PASSWORD = a_password("a password with 26 letters")
RESET_TOKEN = Phi("5eed" * 16)
NEXT_PASSWORD = a_password("another one with 25 more")


class DiskError(Exception):
    """An error of a driver, which nobody has translated."""


ERRORS: dict[str, Callable[[], Exception]] = {
    "unavailable": UnavailableError,
    "no trail": AuditUnavailableError,
    "a foreign error": lambda: DiskError("the driver's own words"),
}


@attrs.frozen
class Scene:
    """A practice with one active, one archived and one deleted patient, and two accounts."""

    desk: AnyDesk
    active: PatientId
    archived: PatientId
    deleted: PatientId
    nurse: User
    nurse_acting: Actor
    locked: User
    access: Phi[str]
    refresh: Phi[str]
    boss: User
    boss_acting: Actor
    first_code: FactorCode
    backup_code: FactorCode
    export: UUID
    file: FileImport
    client: MachineClient
    assertion: Phi[str]
    pair: SuspicionId
    merge: MergeId
    stranger: PatientId

    @classmethod
    def on(cls, desk: AnyDesk) -> "Scene":
        """Set it up."""
        active, archived, deleted = (
            register_patient(desk, ADMIN, _new(f"S-{number}")).id for number in (1, 2, 3)
        )
        archive_patient(desk, ADMIN, archived, REASON)
        delete_patient(desk, ADMIN, deleted)
        register_patient(desk, ADMIN, _new("S-4"), once=_once("answered before"))
        boss = create_user(desk, ADMIN, a_new_user(Role.ADMIN, email="boss@example.org"), PASSWORD)
        nurse = create_user(desk, ADMIN, a_new_user(Role.NURSE), PASSWORD)
        locked = create_user(desk, ADMIN, a_new_user(Role.MA, email="locked@example.org"), PASSWORD)
        for _ in range(FAILURES_MAX):
            with suppress(AuthenticationFailedError, AccountLockedError):
                sign_in(desk, locked.email, Phi("wrong"), an_origin())
        tokens = sign_in(desk, nurse.email, PASSWORD, an_origin()).tokens
        acting = recognise(desk, tokens.access, an_origin())
        boss_acting, backup_code = _with_second_factor(desk, boss)
        first_code = _code(start_two_factor(desk, acting, PASSWORD), desk)
        with desk.begin(a_practice_id()) as work:
            work.reset_tokens.put(
                nurse, RESET_TOKEN, at=desk.clock.now(), expires_at=desk.clock.now() + RESET_TOKEN_LIFE
            )
            work.commit()
        people = (boss, boss_acting, first_code, backup_code)
        export = start_export(desk, ADMIN, ExportWish()).id
        file = begin_file_import(desk, ADMIN, None)
        desk.proofs = SmartClientProofs(FetchedKeySets(HttpTransport(), desk.clock))
        client = a_client(desk, a_practice_id())
        assertion = Phi(a_key().assertion(client.id, desk.clock.now()))
        survivor, loser = (register_patient(desk, ADMIN, _new(f"S-{number}")).id for number in (5, 6))
        merge = merge_patients(desk, ADMIN, survivor, loser, REASON).merge
        stranger = register_patient(desk, ADMIN, _stranger()).id
        with desk.begin(a_practice_id()) as work:
            work.suspicions.add([a_suspicion(active, archived)])
            work.commit()
        return cls(
            desk,
            active,
            archived,
            deleted,
            nurse,
            acting,
            locked,
            tokens.access,
            tokens.refresh,
            *people,
            export,
            file,
            client,
            assertion,
            Pair.of(active, archived).id,
            merge.id,
            stranger,
        )


def _with_second_factor(desk: AnyDesk, user: User) -> tuple[Actor, FactorCode]:
    """Turn somebody's second factor on; who they are now, and a backup code."""
    tokens = sign_in(desk, user.email, PASSWORD, an_origin()).tokens
    acting = recognise(desk, tokens.access, an_origin())
    codes = finish_two_factor(desk, acting, _code(start_two_factor(desk, acting, PASSWORD), desk))
    return acting, codes[0]


def _code(enrolment: Enrolment, desk: AnyDesk) -> FactorCode:
    return FactorCode(code_of(enrolment.secret, step_at(desk.clock.now())).reveal())


def _new(mrn: str | None = None) -> NewPatient:
    return attrs.evolve(a_marked_new_patient(), mrn=None if mrn is None else Mrn(mrn), external_id=None)


def _stranger() -> NewPatient:
    """Of the same name, and nobody's double."""
    return attrs.evolve(_new("S-7"), date_of_birth=DateOfBirth(date(2004, 2, 29)), email=None, phone=None)


def _once(key: str) -> Once:
    return Once(Phi(key), Phi(b"request"), lambda result: repr(result).encode())


UseCase = Callable[[Any, Scene], object]
CHANGES: dict[str, UseCase] = {
    "register": lambda desk, _: register_patient(desk, ADMIN, _new()),
    "register once": lambda desk, _: register_patient(desk, ADMIN, _new(), once=_once("fresh")),
    "revise": lambda desk, scene: revise_patient(
        desk, ADMIN, scene.active, Revision(phone=None), expected_version=1
    ),
    "archive": lambda desk, scene: archive_patient(desk, ADMIN, scene.active, REASON),
    "archive once": lambda desk, scene: archive_patient(
        desk, ADMIN, scene.active, REASON, once=_once("fresh")
    ),
    "unarchive": lambda desk, scene: unarchive_patient(desk, ADMIN, scene.archived),
    "decide": lambda desk, scene: decide(desk, ADMIN, scene.pair, Decision.DIFFERENT),
    "merge": lambda desk, scene: merge_patients(desk, ADMIN, scene.active, scene.archived, REASON),
    "merge despite differences": lambda desk, scene: merge_patients(
        desk, ADMIN, scene.active, scene.stranger, REASON, despite_differences=True
    ),
    "undo a merge": lambda desk, scene: undo_merge(desk, ADMIN, scene.merge, REASON),
    "delete": lambda desk, scene: delete_patient(desk, ADMIN, scene.active),
    "restore": lambda desk, scene: restore_patient(desk, ADMIN, scene.deleted, REASON),
    "open an account": lambda desk, _: create_user(desk, ADMIN, a_new_user(Role.MA), PASSWORD),
    "sign in": lambda desk, scene: sign_in(desk, scene.nurse.email, PASSWORD, an_origin()),
    "refresh": lambda desk, scene: refresh_tokens(desk, scene.refresh, an_origin()),
    "log out": lambda desk, scene: log_out(desk, scene.nurse_acting, scene.refresh),
    "log out everywhere": lambda desk, scene: log_out(
        desk, scene.nurse_acting, scene.refresh, all_sessions=True
    ),
    "revise a profile": lambda desk, scene: revise_profile(
        desk, scene.nurse_acting, ProfileRevision(phone=Phone("555-0177"))
    ),
    "unlock": lambda desk, scene: unlock_user(desk, ADMIN, scene.locked.id),
    "set a password": lambda desk, scene: set_password(desk, ADMIN, scene.nurse.id, NEXT_PASSWORD),
    "change a password": lambda desk, scene: change_password(
        desk, scene.nurse_acting, PASSWORD, NEXT_PASSWORD
    ),
    "ask for a reset": lambda desk, scene: request_reset(desk, scene.nurse.email, an_origin()),
    "reset a password": lambda desk, scene: confirm_reset(
        desk, scene.nurse.id, RESET_TOKEN, NEXT_PASSWORD, an_origin()
    ),
    "start a second factor": lambda desk, scene: start_two_factor(desk, scene.nurse_acting, PASSWORD),
    "turn a second factor on": lambda desk, scene: finish_two_factor(
        desk, scene.nurse_acting, scene.first_code
    ),
    "sign in with a second factor": lambda desk, scene: sign_in(
        desk, scene.boss.email, PASSWORD, an_origin(), scene.backup_code
    ),
    "turn a second factor off": lambda desk, scene: disable_two_factor(
        desk, scene.boss_acting, PASSWORD, scene.backup_code
    ),
    "register a client": lambda desk, _: register_client(desk, ADMIN, a_new_client("Another")),
    "change a client's keys": lambda desk, scene: change_client_keys(
        desk, ADMIN, scene.client.id, ClientKeys(jwks_url="https://example.org/keys")
    ),
    "revoke a client": lambda desk, scene: revoke_client(desk, ADMIN, scene.client.id),
    "grant a token": lambda desk, scene: grant_client_token(
        desk, scene.assertion, ALL, an_origin(), token_url=TOKEN_URL
    ),
    "import lines": lambda desk, scene: import_lines(
        desk, ADMIN, scene.file, [FileLine(1, _new()), FileLine(2, _new("S-1")), FileLine(3, None)], upto=3
    ),
    "end an account's sessions": lambda desk, scene: end_sessions(desk, ADMIN, scene.nurse.id),
    "end everybody's sessions": lambda desk, _: end_sessions(desk, ADMIN),
    "declare an emergency": lambda desk, scene: declare_emergency(desk, scene.nurse_acting, REASON),
    "close an account": lambda desk, scene: change_user(desk, ADMIN, scene.nurse.id, is_active=False),
}
READINGS: dict[str, UseCase] = {
    "begin a file": lambda desk, _: begin_file_import(desk, ADMIN, Phi(b"a file")),
    "preview lines": lambda desk, _: Preview(desk, ADMIN).look([FileLine(1, _new())]),
    "grant an export": lambda desk, _: start_export(desk, ADMIN, ExportWish()),
    "look at an export": lambda desk, scene: look_up_export(desk, ADMIN, scene.export),
    "fetch an export": lambda desk, scene: list(fetch_part(desk, ADMIN, scene.export, 0)[1]),
    "end an export": lambda desk, scene: end_export(desk, ADMIN, scene.export),
    "look up": lambda desk, scene: look_up_patient(desk, ADMIN, scene.active),
    "list": lambda desk, _: find_patients(desk, ADMIN, Listing(search=Phi(f"{FIRST} ^{LAST}"))),
    "compare a pair": lambda desk, scene: compare_records(desk, ADMIN, scene.pair),
    "list merges": lambda desk, scene: find_merges(desk, ADMIN, scene.active),
    "list versions": lambda desk, scene: list_versions(desk, ADMIN, scene.archived),
    "read a version": lambda desk, scene: read_version(desk, ADMIN, scene.archived, 1),
    "list archived": lambda desk, _: find_archived_patients(desk, ADMIN, Listing()),
    "list deleted": lambda desk, _: find_deleted_patients(desk, ADMIN, Listing()),
    "read the trail": lambda desk, scene: read_trail(desk, ADMIN, Inquiry(patient_id=scene.active)),
    "export the trail": lambda desk, _: export_trail(desk, ADMIN, Inquiry()),
    "account for disclosures": lambda desk, scene: find_disclosures(desk, ADMIN, scene.active),
    "list clients": lambda desk, _: list_clients(desk, ADMIN),
    "list accounts": lambda desk, _: list_users(desk, ADMIN),
    "list accounts by page": lambda desk, _: find_users(desk, ADMIN, PageRequest()),
    "look up an account": lambda desk, scene: look_up_user(desk, ADMIN, scene.nurse.id),
    "list emergencies": lambda desk, _: find_emergencies(desk, ADMIN, PageRequest()),
    "view a profile": lambda desk, scene: view_profile(desk, scene.nurse_acting),
    "check an access token": lambda desk, scene: check_token(desk, scene.access, an_origin()),
    "check a refresh token": lambda desk, scene: check_token(desk, scene.refresh, an_origin()),
    "recognise": lambda desk, scene: recognise(desk, scene.access, an_origin()),
    "be answered again": lambda desk, _: _answered_again(desk),
}
"""What leaves records, accounts, sessions and failed sign-ins as they were."""
USE_CASES = CHANGES | READINGS
COMPARING = frozenset({"register", "register once", "revise"})
"""What compares a record with the others, and does not fail if that does."""
CALLS_MAX = 60
"""No use case makes so many calls; a loop that does not end here is a mistake."""


def _answered_again(desk: Any) -> bytes:
    try:
        register_patient(desk, ADMIN, _new("S-4"), once=_once("answered before"))
    except AlreadyAnswered as again:
        return again.answer.reveal()
    message = "done a second time"
    raise AssertionError(message)


def _is_noted(desk: AnyDesk) -> bool:
    with desk.begin(a_practice_id()) as work:
        return work.uncompared.count() > 0


@pytest.fixture(params=["memory", "sqlite"])
def new_scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Scene]]:
    """Sets the scene as often as it is asked to, each time in a store of its own."""
    houses: list[SqlHouse] = []

    def on_memory() -> Scene:
        return Scene.on(a_memory_desk())

    def on_sqlite() -> Scene:
        folder: Path = tmp_path_factory.mktemp("scene")
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        house = SqlHouse(quick_engine(template.database(folder)), folder)
        houses.append(house)
        house.found(a_practice_id())
        return Scene.on(house.desk())

    yield on_memory if request.param == "memory" else on_sqlite
    for house in houses:
        with closing(house):
            pass


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("use_case", USE_CASES)
def test_a_call_that_fails_leaves_nothing_but_its_line(
    new_scene: Callable[[], Scene], use_case: str, error: str
) -> None:
    """Before the n-th call, for every n: nothing is changed or shown, and trying again succeeds.

    One scene serves all n: after each failure it must be as it was.
    """
    scene, do = new_scene(), USE_CASES[use_case]
    before, fault, at = Snapshot.of(scene.desk), Fault(0, ERRORS[error]), 0
    for at in range(1, CALLS_MAX):
        fault, lines = Fault(at, ERRORS[error]), len(entries_of(scene.desk))
        try:
            do(FailingDesk(scene.desk, fault), scene)
        except (UnavailableError, DiskError) as failure:
            assert marks_in(core_frames(failure)) == []  # noqa: PT017 - the last one succeeds
        else:
            if not fault.has_struck:
                break
            # Only the comparison with other records may fail without a word: the note stays.
            assert _is_noted(scene.desk) == (use_case in COMPARING), fault.struck
            scene = new_scene()
            before = Snapshot.of(scene.desk)
            continue
        assert Snapshot.of(scene.desk) == before, fault.struck
        written = entries_of(scene.desk)[lines:]
        outcomes = [entry.outcome for entry in written]
        assert outcomes in ([], [Outcome.FAILED]), fault.struck
    assert not fault.has_struck
    assert at > 1
    assert (Snapshot.of(scene.desk) != before) == (use_case in CHANGES)


@pytest.mark.parametrize("use_case", USE_CASES)
def test_a_call_whose_answer_is_lost_has_happened_wholly_or_not_at_all(
    request: pytest.FixtureRequest, new_scene: Callable[[], Scene], use_case: str
) -> None:
    """After the n-th call, for every n: a change is kept if and only if the trail says that it was done.

    On SQLite, where setting every scene anew takes long, every third n by day.

    Only a comparison with other records may be lost without a word.
    """
    do = USE_CASES[use_case]
    done = new_scene()
    before = Snapshot.of(done.desk)
    do(done.desk, done)
    after, fault, at = Snapshot.of(done.desk), Fault(0, UnavailableError), 0
    is_whole = _is_night() or request.node.callspec.params["new_scene"] == "memory"
    for at in range(1, CALLS_MAX, 1 if is_whole else 3):
        scene, fault = new_scene(), Fault(at, UnavailableError, is_after=True)
        lines = len(entries_of(scene.desk))
        try:
            do(FailingDesk(scene.desk, fault), scene)
        except UnavailableError as failure:
            assert marks_in(core_frames(failure)) == []  # noqa: PT017 - the last one succeeds
        else:
            if not fault.has_struck:
                break
            assert use_case in {*COMPARING, "be answered again"}, fault.struck
            assert _told(scene, use_case) == _without(after, use_case), fault.struck
            continue
        outcomes = [entry.outcome for entry in entries_of(scene.desk)[lines:]]
        assert bool(outcomes) is ("work.commit" in fault.calls[:at]), fault.struck
        assert _told(scene, use_case) == _without(after if outcomes else before, use_case), fault.struck
    assert not fault.has_struck
    assert at > 1


def _is_night() -> bool:
    return settings.get_current_profile_name() == "night"


def _told(scene: Scene, use_case: str) -> Snapshot:
    return _without(Snapshot.of(scene.desk), use_case)


def _without(snapshot: Snapshot, use_case: str) -> Snapshot:
    """Without the pairs that a comparison would find, where it may be lost."""
    return attrs.evolve(snapshot, pairs=()) if use_case in COMPARING else snapshot


SOURCES = ("desk.clock", "desk.ids", "desk.secrets", "desk.passwords", "desk.tokens")
"""What keeps nothing, so that nothing of it can be undone."""


@pytest.mark.parametrize("use_case", USE_CASES)
def test_a_call_that_was_undone_is_made_again(use_case: str) -> None:
    """A deadlock or a lost connection at the n-th call, for every n: done once, and nobody notices."""
    do, done = USE_CASES[use_case], Scene.on(a_memory_desk())
    lines = len(entries_of(done.desk))
    counting = Fault(0, UndoneError)
    do(FailingDesk(done.desk, counting), done)
    # Hashes and session ids are made anew with each try; a comparison that fails is noted, not tried again.
    after = attrs.evolve(Snapshot.of(done.desk), credentials=(), pairs=())
    outcomes = [entry.outcome for entry in entries_of(done.desk)[lines:]]
    broken = [at for at, call in enumerate(counting.calls, 1) if not call.startswith(SOURCES)]
    # Every scene is set anew: by day a fifth of the calls, another fifth for each use case; by night all.
    for at in broken if _is_night() else broken[len(use_case) % 5 :: 5] or broken[:1]:
        scene = Scene.on(a_memory_desk())
        lines = len(entries_of(scene.desk))
        fault = Fault(at, UndoneError)
        do(FailingDesk(scene.desk, fault), scene)
        assert fault.has_struck
        assert attrs.evolve(Snapshot.of(scene.desk), credentials=(), pairs=()) == after, fault.struck
        assert [entry.outcome for entry in entries_of(scene.desk)[lines:]] == outcomes, fault.struck
    assert broken


@pytest.mark.parametrize("use_case", ["register once", "archive once"])
def test_a_caller_who_lost_the_answer_gets_it_by_asking_again(
    new_scene: Callable[[], Scene], use_case: str
) -> None:
    """That is what the Idempotency-Key is for: done once, answered as often as asked."""
    scene, do = new_scene(), CHANGES[use_case]
    twin, counting = new_scene(), Fault(0, UnavailableError)
    do(FailingDesk(twin.desk, counting), twin)
    fault = Fault(counting.calls.index("work.commit") + 1, UnavailableError, is_after=True)
    with pytest.raises(UnavailableError):
        do(FailingDesk(scene.desk, fault), scene)
    kept = Snapshot.of(scene.desk)
    with pytest.raises(AlreadyAnswered):
        do(scene.desk, scene)
    assert Snapshot.of(scene.desk) == kept
    assert [entry.outcome for entry in entries_of(scene.desk)[-2:]] == [Outcome.DONE, Outcome.REPLAYED]
