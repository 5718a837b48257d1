"""The whole of the patients' use cases as one machine: any call, by anybody, in any order, against a model.

After every step the stores must hold what the model holds, and the trail must say what the model says: the
same lines, all of them, in the same order.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar, TypeVar

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.builders import a_name, a_new_patient, an_actor
from tests.machines.model import MAY, KeptAnswer, Known, Model
from tests.machines.replay import replayed
from tests.sources import CountedIds, ManualClock
from tests.strategies.patients import dates_of_birth, genders, phones, reasons
from tests.strategies.texts import KNOWN_NAMES
from vantrexia_core.audit import (
    RECEIPT_LIFE,
    Action,
    AlreadyAnswered,
    IdempotencyKeyReusedError,
    Once,
    Outcome,
)
from vantrexia_core.kernel import (
    Actor,
    NamePart,
    NotFoundError,
    Page,
    PageRequest,
    PatientId,
    PermissionDeniedError,
    Phi,
    PracticeId,
    Role,
    StaleVersionError,
    VantrexiaError,
)
from vantrexia_core.patients import (
    KEEP,
    AlreadyArchivedError,
    ExternalId,
    ExternalIdTakenError,
    GoneError,
    InvalidTransitionError,
    Listing,
    Move,
    MovedPatient,
    Mrn,
    MrnTakenError,
    NewPatient,
    NotArchivedError,
    Ordering,
    Patient,
    PatientDesk,
    Reason,
    Revision,
    Status,
    archive_patient,
    delete_patient,
    find,
    find_archived_patients,
    find_deleted_patients,
    find_patients,
    list_versions,
    look_up_patient,
    read_version,
    register_patient,
    restore_patient,
    revise_patient,
    unarchive_patient,
)

T = TypeVar("T")
Refusal = type[VantrexiaError]

# Few of each, so that calls meet: the same names, the same numbers, the same keys, the same records.
NAMES = st.sampled_from((*KNOWN_NAMES[:12], "Smith", "Smithers", "李")).map(NamePart)
MRNS = st.sampled_from(("MRN-00001", "MRN-00003", "X-1", "x-1", "Ⅹ-1")).map(Mrn)
EXTERNAL_IDS = st.sampled_from(("E-1", "e-1", "E-2")).map(ExternalId)
ROLES = st.one_of(st.just(Role.ADMIN), st.just(Role.ADMIN), st.sampled_from(Role))
WHERE = st.sampled_from((0, 0, 0, 0, 1))
WHICH = st.integers(0, 9)
"""0 to 7: one of the practice's records; 8: one of the other practice's; 9: one that never was."""
UNRENDERABLE = b"a request whose answer cannot be rendered"
ONCES = st.none() | st.tuples(
    st.sampled_from(("key-1", "key-2")), st.sampled_from((b"one", b"one", b"another", UNRENDERABLE))
)
SEARCHES = st.none() | st.sampled_from(
    ("smith", "^smith", "SMÍTH", "obrien", "^brien", "garcia", "mrn", "mrn-0000", "x-1", "o 1", "%", "李", "")
)
NEXT_MOVE = {Status.ACTIVE: Move.ARCHIVE, Status.ARCHIVED: Move.UNARCHIVE, Status.DELETED: Move.RESTORE}
PAGES = st.builds(PageRequest, st.sampled_from((1, 1, 1, 1, 2)), st.sampled_from((1, 2, 5, 100)))
VERSIONS = st.sampled_from((None, None, None, 0, 0, 1, -1))
"""Distance of the expected version from the real one; None expects nothing."""


@attrs.frozen
class Ground:
    """Where a run of the machine takes place: an empty pair of practices at a desk."""

    desk: PatientDesk
    practices: tuple[PracticeId, PracticeId]


def _shown_by(result: object) -> tuple[PatientId, tuple[PatientId, ...]]:
    """Whom an answer is about, and whose PHI it shows: a registered patient's, a reason's subject's."""
    if isinstance(result, MovedPatient):
        shows = result.change.move in {Move.ARCHIVE, Move.RESTORE}
        return result.patient.id, (result.patient.id,) if shows else ()
    assert isinstance(result, Patient)
    return result.id, (result.id,)


def _rendered(result: object) -> bytes:
    patient = result.patient if isinstance(result, MovedPatient) else result
    assert isinstance(patient, Patient)
    return f"{patient.id} {patient.version} {patient.updated_at}".encode()


def _not_rendered(_: object) -> bytes:
    raise ZeroDivisionError


class PracticeMachine(RuleBasedStateMachine):
    """The machine; a subclass says where the ground comes from."""

    new_ground: ClassVar[Callable[[ManualClock, CountedIds], Ground]]

    @initialize()
    def begin(self) -> None:
        """Start with two empty practices."""
        self.clock = ManualClock()
        self.ground = type(self).new_ground(self.clock, CountedIds())
        self.desk = self.ground.desk
        self.model = Model({practice_id: {} for practice_id in self.ground.practices})
        self.repeatable: list[Callable[[], None]] = []
        self.changed_practices = set(self.ground.practices)
        with self.desk.begin(self.ground.practices[0]) as work:
            self.trail_before = max((entry.seq for entry in work.trail.read(limit=10**6)), default=0)
        for where, last in ((0, "Smith"), (0, "O'Brien"), (0, "Garcia-Lopez"), (1, "Smith")):
            self._register(self._who(Role.ADMIN, where, 9), a_new_patient(last=last), None)

    # --- who, which ------------------------------------------------------------------------------------

    def _who(self, role: Role, where: int, linked: int) -> Actor:
        patient_id = self._which(where, linked) if role is Role.PATIENT and linked < 9 else None
        return an_actor(role, practice_id=self.ground.practices[where], patient_id=patient_id)

    def _which(self, where: int, number: int) -> PatientId:
        ids = list(self.model.records[self.ground.practices[where if number < 8 else 1 - where]])
        return ids[number % len(ids)] if number < 9 and ids else PatientId(CountedIds("nobody").new_id())

    # --- one call --------------------------------------------------------------------------------------

    def _call(
        self,
        actor: Actor,
        action: Action,
        call: Callable[[Once | None], T],
        *refusals: Refusal,
        patient_id: PatientId | None = None,
        once: tuple[str, bytes] | None = None,
    ) -> T | None:
        """Make the call and compare how it ends; None when it was not done."""
        now = self.clock.now()
        receipt = self.model.receipt(actor, once[0], now) if once else None
        if actor.role not in MAY[action]:
            refusals, receipt = (PermissionDeniedError,), None
        elif once and receipt and receipt.request != once[1]:
            refusals, receipt = (IdempotencyKeyReusedError,), None
        elif receipt and self._is_deleted(actor, receipt.patient_id):
            refusals, receipt = (NotFoundError,), None
        try:
            result = call(self._once(once))
        except AlreadyAnswered as again:
            assert receipt is not None, "answered from a receipt that should not be there"
            assert again.answer == Phi(receipt.answer)  # noqa: PT017 - only if the model says so
            self.model.record(
                actor,
                action,
                Outcome.REPLAYED,
                now,
                patient_id=receipt.patient_id,
                disclosed=receipt.disclosed,
            )
        except VantrexiaError as refused:
            assert receipt is None, "a receipt was ignored"
            # That a record is gone is told apart from that there is none in FHIR's answers alone.
            kind = NotFoundError if isinstance(refused, GoneError) else type(refused)
            assert kind in refusals
            outcome, code = Outcome.REFUSED, refused.code
            self.model.record(actor, action, outcome, now, patient_id=patient_id, code=code)
        except ZeroDivisionError:
            assert once is not None
            assert (receipt, refusals, once[1]) == (None, (), UNRENDERABLE), "failed without a reason"
            self.model.record(actor, action, Outcome.FAILED, now, patient_id=patient_id, code="server_error")
        else:
            assert receipt is None, "done twice"
            assert refusals == (), "done, although it should have been refused"
            if once:
                key = (actor.practice_id, actor.user_id, once[0])
                self.model.receipts[key] = KeptAnswer(once[1], _rendered(result), now, *_shown_by(result))
            return result
        finally:
            self.changed_practices.add(actor.practice_id)
        return None

    def _is_deleted(self, actor: Actor, patient_id: PatientId) -> bool:
        return self.model.records[actor.practice_id][patient_id].patient.status is Status.DELETED

    @staticmethod
    def _once(once: tuple[str, bytes] | None) -> Once | None:
        if once is None:
            return None
        key, request = once
        return Once(Phi(key), Phi(request), _not_rendered if request == UNRENDERABLE else _rendered)

    # --- changes ---------------------------------------------------------------------------------------

    @rule(
        role=ROLES,
        where=WHERE,
        first=NAMES,
        last=NAMES,
        born=dates_of_birth(),
        phone=st.none() | phones(),
        mrn=st.none() | st.none() | MRNS,
        external_id=st.none() | st.none() | EXTERNAL_IDS,
        once=ONCES,
    )
    def register(self, role, where, first, last, born, phone, mrn, external_id, once) -> None:  # type: ignore[no-untyped-def]
        """Register somebody, perhaps under a number that is taken."""
        actor = self._who(role, where, 9)
        new = attrs.evolve(
            a_new_patient(), name=attrs.evolve(a_name(), first=first, last=last), date_of_birth=born,
            phone=phone, mrn=mrn, external_id=external_id,
        )  # fmt: skip
        self._register(actor, new, once)
        if once:
            self.repeatable.append(lambda: self._register(actor, new, once))

    def _register(self, actor: Actor, new: NewPatient, once: tuple[str, bytes] | None) -> None:
        patient = self._call(
            actor,
            Action.CREATE,
            lambda once: register_patient(self.desk, actor, new, once=once),
            *self._conflicts(actor.practice_id, new.mrn, new.external_id, None),
            once=once,
        )
        if patient is not None:
            assert not self.model.taken(actor.practice_id, "mrn", patient.mrn, None)
            assert new.mrn is not None or patient.mrn.reveal().startswith("MRN-0")
            now = self.clock.now()
            changed = self.model.register(actor, new, patient, now)
            self.model.record(
                actor, Action.CREATE, Outcome.DONE, now,
                patient_id=patient.id, changed=changed, disclosed=(patient.id,), version=1,
            )  # fmt: skip

    def _conflicts(
        self, practice_id: PracticeId, mrn: object, external_id: object, but: PatientId | None
    ) -> tuple[Refusal, ...]:
        """Which refusals are in order; where both values are taken, either."""
        values: tuple[tuple[str, object, Refusal], ...] = (
            ("mrn", mrn, MrnTakenError),
            ("external_id", external_id, ExternalIdTakenError),
        )
        return tuple(
            refusal
            for field, value, refusal in values
            if isinstance(value, Phi) and self.model.taken(practice_id, field, value, but)
        )

    @rule(
        role=ROLES,
        where=WHERE,
        which=WHICH,
        expected=VERSIONS,
        revision=st.builds(
            Revision,
            first_name=st.just(KEEP) | NAMES,
            last_name=st.just(KEEP) | NAMES,
            date_of_birth=st.just(KEEP) | dates_of_birth(),
            gender=st.just(KEEP) | genders(),
            mrn=st.just(KEEP) | MRNS,
            phone=st.just(KEEP) | st.none() | phones(),
            external_id=st.just(KEEP) | st.none() | EXTERNAL_IDS,
        ),
    )
    def revise(self, role, where, which, expected, revision) -> None:  # type: ignore[no-untyped-def]
        """Change some fields, perhaps from an old version, to a taken number, or to nothing new."""
        actor, patient_id = self._who(role, where, 9), self._which(where, which)
        known = self.model.seen(actor, patient_id)
        version = self._expected(known, expected)
        revised = self._call(
            actor,
            Action.UPDATE,
            lambda _: revise_patient(self.desk, actor, patient_id, revision, expected_version=version),
            *self._refusals_of_revision(known, version, revision),
            patient_id=patient_id,
        )
        if revised is not None and known is not None:
            now = self.clock.now()
            changed = self.model.revise(known, revision, now)
            assert revised == known.patient
            self.model.record(
                actor, Action.UPDATE, Outcome.DONE, now,
                patient_id=patient_id, changed=changed, disclosed=(patient_id,),
                version=known.patient.version,
            )  # fmt: skip

    def _refusals_of_revision(
        self, known: Known | None, version: int | None, revision: Revision
    ) -> tuple[Refusal, ...]:
        if known is None:
            return (NotFoundError,)
        if version not in {None, known.patient.version}:
            return (StaleVersionError,)
        return self._conflicts(
            known.patient.practice_id, revision.mrn, revision.external_id, known.patient.id
        )

    @staticmethod
    def _expected(known: Known | None, distance: int | None) -> int | None:
        return None if distance is None else (known.patient.version if known else 1) + distance

    @rule(
        role=ROLES,
        where=WHERE,
        which=WHICH,
        move=st.none() | st.sampled_from((Move.ARCHIVE, Move.UNARCHIVE, Move.DELETE, Move.RESTORE)),
        reason=reasons(),
        expected=VERSIONS,
        once=ONCES,
    )
    def move(self, role, where, which, move, reason, expected, once) -> None:  # type: ignore[no-untyped-def]
        """Archive, unarchive, delete or restore, whether it is its turn or not; None is what comes next."""
        actor, patient_id = self._who(role, where, 9), self._which(where, which)
        known = self.model.records[actor.practice_id].get(patient_id)
        move = move or NEXT_MOVE[known.patient.status if known else Status.ACTIVE]
        version = None if move is Move.RESTORE else self._expected(known, expected)
        self._move(actor, patient_id, move, reason, version, once)
        if once:
            self.repeatable.append(lambda: self._move(actor, patient_id, move, reason, version, once))

    def _move(
        self,
        actor: Actor,
        patient_id: PatientId,
        move: Move,
        reason: Reason,
        version: int | None,
        once: tuple[str, bytes] | None,
    ) -> None:
        known = self.model.records[actor.practice_id].get(patient_id)
        after = self._after(known, move, version)
        moved = self._call(
            actor,
            Action(move.value),
            lambda once: self._do_move(actor, patient_id, move, reason, version, once),
            *(() if isinstance(after, Status) else (after,)),
            patient_id=patient_id,
            once=None if move is Move.DELETE else once,
        )
        if moved is not None and known is not None and isinstance(after, Status):
            now = self.clock.now()
            why = reason if move in {Move.ARCHIVE, Move.RESTORE} else None
            self.model.move(known, move, after, actor, now, why)
            assert moved == MovedPatient(known.patient, known.moves[-1])
            self.model.record(
                actor,
                Action(move.value),
                Outcome.DONE,
                now,
                patient_id=patient_id,
                changed=("status",),
                disclosed=() if why is None else (patient_id,),
                version=known.patient.version,
            )

    @staticmethod
    def _after(known: Known | None, move: Move, version: int | None) -> Status | Refusal:
        """Where the move leads: the contract's words in four lines."""
        status = known.patient.status if known else Status.DELETED
        if known is None or (status is Status.DELETED and move is not Move.RESTORE):
            return NotFoundError
        if move is Move.RESTORE and status is not Status.DELETED:
            return InvalidTransitionError
        if move is Move.ARCHIVE and status is Status.ARCHIVED:
            return AlreadyArchivedError
        if move is Move.UNARCHIVE and status is Status.ACTIVE:
            return NotArchivedError
        if version not in {None, known.patient.version}:
            return StaleVersionError
        return {Move.ARCHIVE: Status.ARCHIVED, Move.DELETE: Status.DELETED}.get(move, Status.ACTIVE)

    def _do_move(
        self,
        actor: Actor,
        patient_id: PatientId,
        move: Move,
        reason: Reason,
        version: int | None,
        once: Once | None,
    ) -> MovedPatient:
        desk = self.desk
        if move is Move.ARCHIVE:
            return archive_patient(desk, actor, patient_id, reason, expected_version=version, once=once)
        if move is Move.UNARCHIVE:
            return unarchive_patient(desk, actor, patient_id, expected_version=version, once=once)
        if move is Move.DELETE:
            return delete_patient(desk, actor, patient_id, expected_version=version)
        return restore_patient(desk, actor, patient_id, reason, once=once)

    @rule(which=st.integers(0, 3))
    @precondition(lambda self: self.repeatable)
    def repeat(self, which: int) -> None:
        """Send one of the last calls with a key once more, as a client does that lost the answer."""
        self.repeatable[-1 - which % len(self.repeatable)]()

    # --- readings --------------------------------------------------------------------------------------

    @rule(role=ROLES, where=WHERE, which=WHICH, linked=WHICH)
    def look_up(self, role, where, which, linked) -> None:  # type: ignore[no-untyped-def]
        """Look at one record; a patient at the own one or at another's."""
        actor, patient_id = self._who(role, where, linked), self._which(where, which)
        known = self.model.seen(actor, patient_id)
        if role is Role.PATIENT and actor.patient_id != patient_id:
            known = None
        patient = self._call(
            actor,
            Action.READ,
            lambda _: look_up_patient(self.desk, actor, patient_id),
            *(() if known else (NotFoundError,)),
            patient_id=patient_id,
        )
        if patient is not None and known is not None:
            assert patient == known.patient
            self.model.record(
                actor, Action.READ, Outcome.DONE, self.clock.now(),
                patient_id=patient_id, disclosed=(patient_id,), version=patient.version,
            )  # fmt: skip

    @rule(role=ROLES, where=WHERE, which=WHICH, linked=WHICH, distance=st.integers(-1, 3))
    def read_version(self, role, where, which, linked, distance) -> None:  # type: ignore[no-untyped-def]
        """Look at a former version, perhaps one that never was; a patient at the own ones only."""
        actor, patient_id = self._who(role, where, linked), self._which(where, which)
        known = self.model.seen(actor, patient_id)
        if role is Role.PATIENT and actor.patient_id != patient_id:
            known = None
        version = (known.patient.version if known else 1) - distance
        every = {one.version: one for one in (known.patient, *known.former)} if known else {}
        shown = self._call(
            actor,
            Action.READ_VERSION,
            lambda _: read_version(self.desk, actor, patient_id, version),
            *(() if version in every else (NotFoundError,)),
            patient_id=patient_id,
        )
        if shown is not None:
            made_by = next(
                entry
                for entry in self.model.trail
                if (entry.patient_id, entry.version) == (patient_id, version) and entry.changed
            )
            assert shown.patient == every[version]
            told = None if shown.made_by is None else shown.made_by.entry
            assert told == (None if role is Role.PATIENT else made_by)
            self.model.record(
                actor, Action.READ_VERSION, Outcome.DONE, self.clock.now(),
                patient_id=patient_id, disclosed=(patient_id,), version=version,
            )  # fmt: skip

    @rule(role=ROLES, where=WHERE, which=WHICH, linked=WHICH, page=PAGES)
    def list_versions(self, role, where, which, linked, page) -> None:  # type: ignore[no-untyped-def]
        """Look at a page of versions; a patient at the own ones only."""
        actor, patient_id = self._who(role, where, linked), self._which(where, which)
        known = self.model.seen(actor, patient_id)
        if role is Role.PATIENT and actor.patient_id != patient_id:
            known = None
        every = (known.patient, *known.former) if known else ()
        is_behind = page.number > 1 and page.offset >= len(every)
        shown = self._call(
            actor,
            Action.LIST_VERSIONS,
            lambda _: list_versions(self.desk, actor, patient_id, page),
            *((NotFoundError,) if is_behind or known is None else ()),
            patient_id=patient_id,
        )
        if shown is not None:
            assert shown.count == len(every)
            expected = every[page.offset : page.offset + page.size]
            assert tuple(one.patient for one in shown.items) == expected
            self.model.record(
                actor, Action.LIST_VERSIONS, Outcome.DONE, self.clock.now(),
                patient_id=patient_id, disclosed=(patient_id,),
            )  # fmt: skip

    @rule(
        role=ROLES,
        where=WHERE,
        linked=WHICH,
        action=st.sampled_from((Action.LIST, Action.LIST, Action.LIST_ARCHIVED, Action.LIST_DELETED)),
        status=st.sampled_from((Status.ACTIVE, Status.ARCHIVED)),
        search=SEARCHES,
        ordering=st.sampled_from(Ordering),
        page=PAGES,
    )
    def list_(self, role, where, linked, action, status, search, ordering, page) -> None:  # type: ignore[no-untyped-def]
        """Look at a page of the active, the archived or the deleted."""
        actor = self._who(role, where, linked)
        listing = Listing(status, None if search is None else Phi(search), ordering, page)
        shown = {
            Action.LIST: status,
            Action.LIST_ARCHIVED: Status.ARCHIVED,
            Action.LIST_DELETED: Status.DELETED,
        }
        entries = self.model.directory(actor.practice_id)
        if role is Role.PATIENT:
            entries = [entry for entry in entries if entry.id == actor.patient_id]
        count, numbers = find(entries, attrs.evolve(listing, status=shown[action]))
        id_of = {entry.number: PatientId(entry.id) for entry in entries}
        ids = tuple(map(id_of.__getitem__, numbers))
        use_cases: dict[Action, Callable[[], Page[Patient] | Page[MovedPatient]]] = {
            Action.LIST: lambda: find_patients(self.desk, actor, listing),
            Action.LIST_ARCHIVED: lambda: find_archived_patients(self.desk, actor, listing),
            Action.LIST_DELETED: lambda: find_deleted_patients(self.desk, actor, listing),
        }
        is_behind = page.number > 1 and page.offset >= count
        result = self._call(
            actor, action, lambda _: use_cases[action](), *((NotFoundError,) if is_behind else ())
        )
        if result is not None:
            known = [self.model.records[actor.practice_id][id_] for id_ in ids]
            if action is Action.LIST:
                assert result.items == tuple(one.patient for one in known)
            else:
                assert result.items == tuple(MovedPatient(one.patient, one.moves[-1]) for one in known)
            assert (result.count, result.request) == (count, page)
            self.model.record(actor, action, Outcome.DONE, self.clock.now(), disclosed=tuple(sorted(ids)))

    @rule(
        by=st.sampled_from(
            (timedelta(microseconds=1), timedelta(seconds=1), timedelta(hours=13), RECEIPT_LIFE)
        )
    )
    def tick(self, by: timedelta) -> None:
        """Let time pass, up to the life of a receipt."""
        self.clock.advance(by)

    # --- what holds after every step -------------------------------------------------------------------

    @invariant()
    def the_trail_says_what_happened(self) -> None:
        """Line by line: nothing is missing, nothing is added, nothing is changed."""
        with self.desk.begin(self.ground.practices[0]) as work:
            read = work.trail.read(after=self.trail_before, limit=10**6)
        assert [sequenced.entry for sequenced in read] == self.model.trail

    def teardown(self) -> None:
        """The trail of the whole run, played again, gives the very records, states and versions there are.

        Entries, not the model: whoever has the trail alone can tell what the tables must hold.
        """
        with self.desk.begin(self.ground.practices[0]) as work:
            told = replayed(one.entry for one in work.trail.read(after=self.trail_before, limit=10**6))
        for practice_id in self.ground.practices:
            there: dict[PatientId, tuple[Status, int]] = {}
            with self.desk.begin(practice_id) as work:
                for status in Status:
                    listing = Listing(status, page=PageRequest(1, 100))
                    found = self.desk.directory.find(practice_id, listing)
                    stored = work.patients.fetch(found.numbers, as_of=found.as_of)
                    assert stored is not None
                    assert found.count == len(stored)
                    there |= {one.id: (one.status, one.version) for one in stored}
            assert told.get(practice_id, {}) == there

    @invariant()
    def the_stores_hold_what_the_model_holds(self) -> None:
        """Every record of every status, its version and its history; no record of the other practice."""
        for practice_id in sorted(self.changed_practices):
            with self.desk.begin(practice_id) as work:
                for status in Status:
                    found = self.desk.directory.find(practice_id, Listing(status, page=PageRequest(1, 100)))
                    expected = {
                        id_: known
                        for id_, known in self.model.records[practice_id].items()
                        if known.patient.status is status
                    }
                    stored = work.patients.fetch(found.numbers, as_of=found.as_of)
                    assert stored is not None
                    assert {one.id: one for one in stored} == {
                        id_: known.patient for id_, known in expected.items()
                    }
                    assert found.count == len(expected)
                    for id_, known in expected.items():
                        assert list(work.patients.history(id_)) == known.moves
                        versions = work.patients.versions(id_, PageRequest(1, 100)).items
                        assert list(versions) == [known.patient, *known.former][:100]
        self.changed_practices = set()
