"""No deed without a record: every law of the one way to protected data."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import attrs
import pytest

from tests.builders import a_new_patient, a_patient, a_patient_id, a_practice_id, an_actor, an_origin
from tests.desks import a_memory_desk, entries_of
from tests.sources import ManualClock
from vantrexia_adapters.memory import MemoryDesk, MemoryWork
from vantrexia_core.audit import (
    Action,
    AlreadyAnswered,
    Attempt,
    AuditEntry,
    AuditUnavailableError,
    IdempotencyKeyReusedError,
    Once,
    Outcome,
    authorize,
    record_refusal,
    undertake,
)
from vantrexia_core.kernel import (
    Actor,
    BrokenPromiseError,
    IdSource,
    InvalidError,
    NotFoundError,
    Permission,
    PermissionDeniedError,
    Phi,
    PracticeId,
    Reach,
    RequestId,
    Role,
    UnavailableError,
)
from vantrexia_core.patients import Patient, Registered, Viewed, delete_patient, register_patient

CREATE = Attempt(an_actor(), Action.CREATE, Permission.WRITE_PATIENTS)
VIEW = Attempt(an_actor(), Action.READ, Permission.VIEW_PATIENTS, a_patient_id())
REGISTERED = Registered(a_patient_id(), changed=("first_name",), disclosed=(a_patient_id(),))


def _once(key: str = "key-1", request: bytes = b"POST /patients/ {}") -> Once:
    return Once(Phi(key), Phi(request), lambda patient: str(patient.id).encode())


def _patients_of(desk: MemoryDesk) -> list[Patient]:
    return [filed.patient for filed in desk.committed.shelf(a_practice_id()).patients.values()]


# --- a deed that is done -------------------------------------------------------------------------------


def test_a_finished_deed_is_kept_together_with_its_entry() -> None:
    """The change and the line about it become visible at once."""
    desk = a_memory_desk()
    with undertake(desk, CREATE) as deed:
        deed.work.patients.add(a_patient())
        assert (_patients_of(desk), desk.entries) == ([], [])
        answer = deed.finish(REGISTERED, "the answer")
        assert (_patients_of(desk), len(desk.entries)) == ([a_patient()], 1)
    assert answer == "the answer"


def test_an_entry_says_who_did_what_to_whom_when_and_from_where() -> None:
    """Every column of the line, once (45 CFR 164.312(b))."""
    desk = a_memory_desk()
    actor = an_actor(Role.NURSE, user_id=77, origin=an_origin("req-9", "192.0.2.99"))
    with undertake(desk, attrs.evolve(CREATE, actor=actor)) as deed:
        deed.finish(REGISTERED, None)
    assert entries_of(desk) == [
        AuditEntry(
            at=desk.clock.now(),
            action=Action.CREATE,
            outcome=Outcome.DONE,
            practice_id=a_practice_id(),
            actor_id=actor.user_id,
            role=Role.NURSE,
            code=None,
            patient_id=a_patient_id(),
            changed=("first_name",),
            disclosed=(a_patient_id(),),
            user_id=None,
            request_id=RequestId("req-9"),
            address="192.0.2.99",
        )
    ]


def test_a_deed_has_one_present() -> None:
    """Time that passes while it is under way does not show in its entry."""
    clock = ManualClock()
    desk, began = a_memory_desk(clock), clock.now()
    with undertake(desk, VIEW) as deed:
        clock.advance(timedelta(minutes=1))
        assert deed.now == began
        deed.finish(Viewed(a_patient_id()), None)
    assert [entry.at for entry in entries_of(desk)] == [began]


@pytest.mark.parametrize(("role", "reach"), [(Role.NURSE, Reach.PRACTICE), (Role.PATIENT, Reach.OWN)])
def test_a_deed_knows_how_far_it_may_reach(role: Role, reach: Reach) -> None:
    """What was granted travels with the deed."""
    desk = a_memory_desk()
    with undertake(desk, attrs.evolve(VIEW, actor=an_actor(role))) as deed:
        assert deed.reach is reach
        deed.finish(Viewed(a_patient_id()), None)


def test_the_entry_of_a_deed_names_the_patient_of_the_attempt_when_the_fact_has_none() -> None:
    """Asked for one record: the line says which, whatever the fact leaves out."""
    desk = a_memory_desk()
    with undertake(desk, VIEW) as deed:
        deed.finish(Viewed(), None)
    assert [entry.patient_id for entry in entries_of(desk)] == [a_patient_id()]


# --- a deed that breaks the rules of deeds -------------------------------------------------------------


def test_a_deed_that_is_not_finished_is_undone() -> None:
    """Leaving without a record is the program's fault: nothing is kept, and the failure is recorded."""
    desk = a_memory_desk()
    with pytest.raises(BrokenPromiseError, match="without a record"), undertake(desk, CREATE) as deed:
        deed.work.patients.add(a_patient())
    assert _patients_of(desk) == []
    assert [(entry.outcome, entry.code) for entry in desk.entries] == [(Outcome.FAILED, "server_error")]


def test_a_commit_behind_the_deeds_back_is_no_finish() -> None:
    """Whoever commits the work directly is told so, and the trail has the failure."""
    desk = a_memory_desk()
    with pytest.raises(BrokenPromiseError), undertake(desk, CREATE) as deed:
        deed.work.commit()
    assert [entry.outcome for entry in desk.entries] == [Outcome.FAILED]


def test_the_fact_of_another_deed_is_refused() -> None:
    """A creation cannot be recorded as a reading; nothing is kept."""
    desk = a_memory_desk()
    with pytest.raises(BrokenPromiseError, match="its own fact"), undertake(desk, CREATE) as deed:
        deed.work.patients.add(a_patient())
        deed.finish(Viewed(a_patient_id()), None)
    assert _patients_of(desk) == []
    assert [entry.outcome for entry in desk.entries] == [Outcome.FAILED]


def test_a_deed_ends_once() -> None:
    """A second finish is refused; the first stays."""
    desk = a_memory_desk()
    with pytest.raises(BrokenPromiseError, match="ends once"), undertake(desk, CREATE) as deed:
        deed.finish(REGISTERED, None)
        deed.finish(REGISTERED, None)
    assert [entry.outcome for entry in desk.entries] == [Outcome.DONE, Outcome.FAILED]


# --- refusals and failures -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refusal", [NotFoundError(), InvalidError.on("mrn", "Taken."), IdempotencyKeyReusedError()]
)
def test_a_refusal_is_recorded_with_its_code_and_undone(refusal: NotFoundError) -> None:
    """The caller gets the very refusal; the trail gets a line without fields."""
    desk = a_memory_desk()
    with pytest.raises(type(refusal)) as caught, undertake(desk, VIEW) as deed:
        deed.work.patients.add(a_patient())
        raise refusal
    assert caught.value is refusal
    assert _patients_of(desk) == []
    [entry] = desk.entries
    assert (entry.outcome, entry.code, entry.patient_id) == (Outcome.REFUSED, refusal.code, a_patient_id())
    assert (entry.changed, entry.disclosed) == ((), ())


@pytest.mark.parametrize("failure", [RuntimeError("a driver's own words"), ZeroDivisionError()])
def test_a_failure_is_recorded_and_undone(failure: Exception) -> None:
    """Whatever breaks: nothing is kept, the trail says that the service failed, the error goes on."""
    desk = a_memory_desk()
    with pytest.raises(type(failure)) as caught, undertake(desk, CREATE) as deed:
        deed.work.patients.add(a_patient())
        raise failure
    assert caught.value is failure
    assert _patients_of(desk) == []
    assert [(entry.outcome, entry.code) for entry in desk.entries] == [(Outcome.FAILED, "server_error")]


def test_an_interrupted_deed_is_undone() -> None:
    """Ctrl-C or a killed worker thread leaves nothing behind, and nothing stands in its way."""
    desk = a_memory_desk()
    with pytest.raises(KeyboardInterrupt), undertake(desk, CREATE) as deed:
        deed.work.patients.add(a_patient())
        raise KeyboardInterrupt
    assert (_patients_of(desk), desk.entries) == ([], [])


def test_an_unavailable_store_is_not_asked_again_for_a_line() -> None:
    """A second attempt to write would only take longer to say so."""
    desk = a_memory_desk()
    with pytest.raises(UnavailableError), undertake(desk, CREATE):
        raise UnavailableError
    assert desk.entries == []


def test_a_denied_deed_opens_no_work_and_is_recorded() -> None:
    """The body never runs."""
    desk, ran = a_memory_desk(), []
    denied = attrs.evolve(CREATE, actor=an_actor(Role.PATIENT))
    with pytest.raises(PermissionDeniedError), undertake(desk, denied):
        ran.append("the body")
    assert ran == []
    [entry] = desk.entries
    assert (entry.outcome, entry.code, entry.role) == (Outcome.REFUSED, "permission_denied", Role.PATIENT)


# --- the doors in front --------------------------------------------------------------------------------


def test_authorizing_tells_the_reach_and_leaves_no_line() -> None:
    """The deed that follows will be recorded; the question before it is not one."""
    desk = a_memory_desk()
    assert authorize(desk, VIEW) is Reach.PRACTICE
    assert desk.entries == []


def test_authorizing_refuses_with_a_line() -> None:
    """Before anything is parsed or looked up."""
    desk = a_memory_desk()
    with pytest.raises(PermissionDeniedError):
        authorize(desk, attrs.evolve(CREATE, actor=an_actor(Role.DATA_MONITOR)))
    assert [(entry.outcome, entry.code) for entry in desk.entries] == [(Outcome.REFUSED, "permission_denied")]


def test_input_that_did_not_parse_is_recorded() -> None:
    """A call that never reached its use case has a line too."""
    desk = a_memory_desk()
    record_refusal(desk, CREATE, InvalidError.on("mrn", "Too long."))
    [entry] = desk.entries
    assert (entry.action, entry.outcome, entry.code) == (Action.CREATE, Outcome.REFUSED, "validation_error")


# --- a trail that cannot be written --------------------------------------------------------------------


class _SilentTrail:
    """A trail out of reach."""

    def append(self, entry: AuditEntry) -> None:
        raise AuditUnavailableError


@attrs.define
class _SilentWork:
    """A work whose trail is out of reach."""

    _work: MemoryWork
    trail: _SilentTrail = attrs.Factory(_SilentTrail)

    def __getattr__(self, name: str) -> object:
        return getattr(self._work, name)


@attrs.define
class _SilentDesk:
    """A real desk whose works cannot write the trail; ``works_left`` of them still can."""

    desk: MemoryDesk
    works_left: int = 0

    @property
    def clock(self) -> ManualClock:
        assert isinstance(self.desk.clock, ManualClock)
        return self.desk.clock

    @property
    def ids(self) -> IdSource:
        return self.desk.ids

    @contextmanager
    def begin(self, practice_id: PracticeId) -> Iterator[MemoryWork]:
        with self.desk.begin(practice_id) as work:
            self.works_left -= 1
            yield work if self.works_left >= 0 else _SilentWork(work)  # type: ignore[misc]


@attrs.define
class _ClosedDesk(_SilentDesk):
    """A desk whose works do not even begin, after ``works_left`` of them."""

    @contextmanager
    def begin(self, practice_id: PracticeId) -> Iterator[MemoryWork]:
        self.works_left -= 1
        if self.works_left < 0:
            raise UnavailableError
        with self.desk.begin(practice_id) as work:
            yield work


def test_a_change_without_a_trail_is_not_made() -> None:
    """Fail closed: the caller is told, and nothing is kept."""
    desk = _SilentDesk(a_memory_desk())
    with pytest.raises(AuditUnavailableError), undertake(desk, CREATE) as deed:
        deed.work.patients.add(a_patient())
        deed.finish(REGISTERED, None)
    assert (_patients_of(desk.desk), desk.desk.entries) == ([], [])


def test_a_reading_without_a_trail_is_not_answered() -> None:
    """No trail, no data."""
    desk, shown = _SilentDesk(a_memory_desk()), []
    with pytest.raises(AuditUnavailableError), undertake(desk, VIEW) as deed:
        shown.append(deed.finish(Viewed(a_patient_id()), "PHI"))
    assert shown == []


@pytest.mark.parametrize("unreachable", [_SilentDesk, _ClosedDesk])
@pytest.mark.parametrize("works_left", [0, 1])
def test_a_refusal_that_cannot_be_recorded_is_an_unavailable_trail(
    unreachable: type[_SilentDesk], works_left: int
) -> None:
    """Even a 403 or a 404 needs its line; without it the caller learns only that the trail is away."""
    desk = unreachable(a_memory_desk(), works_left)
    refused = attrs.evolve(CREATE, actor=an_actor(Role.PATIENT)) if works_left == 0 else VIEW
    with pytest.raises(AuditUnavailableError), undertake(desk, refused):
        raise NotFoundError
    assert desk.desk.entries == []


@pytest.mark.parametrize("unreachable", [_SilentDesk, _ClosedDesk])
def test_the_doors_in_front_need_the_trail_too(unreachable: type[_SilentDesk]) -> None:
    """Authorizing and refusing input fail closed alike."""
    desk = unreachable(a_memory_desk())
    with pytest.raises(AuditUnavailableError):
        authorize(desk, attrs.evolve(CREATE, actor=an_actor(Role.PATIENT)))
    with pytest.raises(AuditUnavailableError):
        record_refusal(desk, CREATE, NotFoundError())


# --- calls that happen once ----------------------------------------------------------------------------


def _register(desk: MemoryDesk, once: Once | None, actor: Actor | None = None) -> Patient:
    return register_patient(desk, actor or an_actor(), a_new_patient(), once=once)


def test_a_repeated_call_is_answered_again_and_done_once() -> None:
    """The first answer, byte for byte, and a line that says so."""
    desk = a_memory_desk()
    first = _register(desk, _once())
    with pytest.raises(AlreadyAnswered) as caught:
        _register(desk, _once())
    assert caught.value.answer == Phi(str(first.id).encode())
    assert _patients_of(desk) == [first]
    assert [entry.outcome for entry in desk.entries] == [Outcome.DONE, Outcome.REPLAYED]


def test_an_answer_given_again_discloses_again() -> None:
    """The line of a replay names the record and whose PHI left, as the first one did."""
    desk = a_memory_desk()
    first = _register(desk, _once())
    with pytest.raises(AlreadyAnswered):
        _register(desk, _once())
    assert [(entry.patient_id, entry.disclosed) for entry in desk.entries] == [(first.id, (first.id,))] * 2


def test_a_key_used_for_another_request_is_refused() -> None:
    """Nobody gets the answer to a question they did not ask."""
    desk = a_memory_desk()
    _register(desk, _once(request=b"one"))
    with pytest.raises(IdempotencyKeyReusedError):
        _register(desk, _once(request=b"another"))
    assert len(_patients_of(desk)) == 1
    assert [entry.code for entry in desk.entries] == [None, "idempotency_key_reused"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda: (an_actor(Role.NURSE), _once()), id="another account"),
        pytest.param(lambda: (an_actor(), _once("key-2")), id="another key"),
        pytest.param(lambda: (an_actor(), None), id="no key"),
    ],
)
def test_a_receipt_is_for_one_account_and_one_key(other: Callable[[], tuple[Actor, Once | None]]) -> None:
    """Anybody else's call is a call of its own."""
    desk = a_memory_desk()
    _register(desk, _once())
    actor, once = other()
    _register(desk, once, actor)
    assert len(_patients_of(desk)) == 2


def test_a_refused_call_leaves_no_receipt() -> None:
    """What was refused may be tried again with the same key, and is then done."""
    desk = a_memory_desk()
    future = a_new_patient(born=(desk.clock.now() + timedelta(days=3)).date())
    with pytest.raises(InvalidError):
        register_patient(desk, an_actor(), future, once=_once())
    _register(desk, _once())
    assert [entry.outcome for entry in desk.entries] == [Outcome.REFUSED, Outcome.DONE]


def test_a_receipt_ends_after_a_day() -> None:
    """24 hours later the same key is a new call."""
    clock = ManualClock()
    desk = a_memory_desk(clock)
    _register(desk, _once())
    clock.advance(timedelta(hours=24) - timedelta(microseconds=1))
    with pytest.raises(AlreadyAnswered):
        _register(desk, _once())
    clock.advance(timedelta(microseconds=1))
    _register(desk, _once())
    assert len(_patients_of(desk)) == 2


def test_a_permission_lost_in_the_meantime_outweighs_a_receipt() -> None:
    """Asking again is asking: the role is checked before the receipt is looked at."""
    desk = a_memory_desk()
    _register(desk, _once(), an_actor(Role.NURSE, user_id=5))
    with pytest.raises(PermissionDeniedError):
        _register(desk, _once(), an_actor(Role.DATA_MONITOR, user_id=5))


def test_a_replay_without_a_trail_is_not_answered() -> None:
    """The answer contains PHI, so it needs its line like the first one did."""
    desk = a_memory_desk()
    _register(desk, _once())
    silent = _SilentDesk(desk)
    with pytest.raises(AuditUnavailableError), undertake(silent, CREATE, _once()):
        pass
    assert [entry.outcome for entry in desk.entries] == [Outcome.DONE]


def test_what_makes_a_call_once_does_not_print_itself() -> None:
    """Key, request and answer may hold PHI."""
    once = _once("a-key-with-phi", b"a body with phi")
    assert "phi" not in f"{once!r} {AlreadyAnswered(Phi(b'phi'))!r}".replace("Phi(•••)", "")


def test_an_answer_about_a_deleted_record_is_not_given_again() -> None:
    """It is hidden from whoever asked first as well, and the refusal is on the trail."""
    desk = a_memory_desk()
    first = _register(desk, _once())
    delete_patient(desk, an_actor(Role.ADMIN), first.id)
    with pytest.raises(NotFoundError):
        _register(desk, _once())
    assert (desk.entries[-1].outcome, desk.entries[-1].code) == (Outcome.REFUSED, "not_found")
