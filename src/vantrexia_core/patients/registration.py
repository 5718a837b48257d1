"""Registering patients and revising their demographics."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeAlias

import attrs

from vantrexia_core.audit import Action, Attempt, Deed, Once, preparing, repeated_if_undone, undertake
from vantrexia_core.kernel import Actor, PageRequest, PatientId, Permission, PracticeId, StaleVersionError
from vantrexia_core.patients.facts import Registered, Revised
from vantrexia_core.patients.lifecycle import Move, status_after
from vantrexia_core.patients.links import PatientLink, links_of
from vantrexia_core.patients.lookup import searched
from vantrexia_core.patients.matching.grades import MatchGrade
from vantrexia_core.patients.matching.traits import Person
from vantrexia_core.patients.model import ExpectedVersion, NewPatient, Patient, Revision
from vantrexia_core.patients.moving import check_shown
from vantrexia_core.patients.ports import MatchingDesk, MrnTakenError, PatientStore, PatientWork
from vantrexia_core.patients.resembling import Resembling, check_may_be_told, may_be_told
from vantrexia_core.patients.searching import PatientSearch
from vantrexia_core.patients.suspecting import (
    ANNOUNCED_MAX,
    IDENTITY,
    POLICY,
    DuplicateSuspectedError,
    OnDuplicate,
    compare_now,
    look,
    look_again,
    on_course,
    suspicions_of,
)
from vantrexia_core.patients.suspicion import Occasion, Suspicion
from vantrexia_core.patients.values import Mrn

OPENED_TO_REGISTER_MAX: Final = 50
"""Records that the search before a registration may open: it is repeated while the whole practice waits."""


class AmbiguousSearchError(StaleVersionError):
    """A search that should tell whether somebody is known finds more than one (FHIR, conditional create)."""

    code = "ambiguous"
    sentence = "More than one record fits the condition, so nothing was done. Make it narrower."


SINGLE_STEPS_MAX: Final = 8
"""Taken numbers that are stepped over one by one. From then on steps double: a practice that brought 100,000
numbers like ours is passed in some twenty, and its numbering goes on behind them with a gap."""


@attrs.frozen
class Admission:
    """A registered patient, and whom the record resembles: the likeliest first, `ANNOUNCED_MAX` at most.

    ``resembled`` is empty for actors who may not see the practice's patients. ``is_compared`` is False when
    the record could not be compared now; it is noted, and compared later. ``links`` are those of a record
    that was here already.
    """

    patient: Patient
    resembled: tuple[tuple[PatientId, MatchGrade], ...] = ()
    is_compared: bool = True
    links: tuple[PatientLink, ...] = ()


def register_patient(
    desk: MatchingDesk, actor: Actor, new: NewPatient, *, once: Once | None = None
) -> Patient:
    """Create a record in the actor's practice and give it an MRN if it has none.

    Whom it resembles is queued for review, and not told: see `admit_patient`.

    Raises:
        PermissionDeniedError: the role may not create patients.
        InvalidError: a birth in the future; an MRN or external id that another record has.
    """
    if once is not None:
        render = once.render
        once = attrs.evolve(once, render=lambda admission: render(admission.patient))
    return _admitted(desk, actor, new, once, OnDuplicate.QUEUE, is_told=False).patient


def admit_patient(
    desk: MatchingDesk,
    actor: Actor,
    new: NewPatient,
    *,
    once: Once | None = None,
    on_duplicate: OnDuplicate = OnDuplicate.QUEUE,
) -> Admission:
    """Like `register_patient`, and tell whom the record resembles.

    Raises:
        PermissionDeniedError: the role may not create patients.
        InvalidError: a birth in the future; an MRN or external id that another record has.
        InsufficientScopeError: ``on_duplicate`` asks for a stop, which says who is here, and the machine
            client's scopes do not let it see the practice's patients.
        DuplicateSuspectedError: ``on_duplicate`` asks for a stop, and somebody seems to be here already.
    """
    return _admitted(desk, actor, new, once, on_duplicate, is_told=may_be_told(actor))


@repeated_if_undone
def _admitted(
    desk: MatchingDesk,
    actor: Actor,
    new: NewPatient,
    once: Once | None,
    on_duplicate: OnDuplicate,
    *,
    is_told: bool,
) -> Admission:
    attempt = Attempt(actor, Action.CREATE, Permission.WRITE_PATIENTS)
    with preparing(desk, attempt):
        resembling = _looked(desk, actor, new, on_duplicate)
    with undertake(desk, attempt, once, before_replay=check_shown) as deed:
        return deed.finish(*_taken_in(desk, deed, new, resembling, on_duplicate, is_told=is_told))


@repeated_if_undone
def register_unless_known(
    desk: MatchingDesk,
    actor: Actor,
    new: NewPatient,
    known: PatientSearch,
    *,
    once: Once | None = None,
    on_duplicate: OnDuplicate = OnDuplicate.QUEUE,
) -> tuple[Admission, bool]:
    """Create a record unless a search finds one; the record, and whether it is a new one.

    Nobody else adds or changes a record of the practice between the search that finds none and the creation.
    A new one is compared with the others, and told of, as `admit_patient` does.

    Raises:
        PermissionDeniedError: the role may not create patients.
        AmbiguousSearchError: the search finds several.
        TooCostlyError: only opening more than `OPENED_TO_REGISTER_MAX` records could answer the search.
        InvalidError: a birth in the future; an MRN or external id that another record has.
        InsufficientScopeError, DuplicateSuspectedError: as `admit_patient`.
    """
    attempt = Attempt(actor, Action.CREATE, Permission.WRITE_PATIENTS)
    with preparing(desk, attempt):
        resembling = _looked(desk, actor, new, on_duplicate)
    with undertake(desk, attempt, once, before_replay=check_shown) as deed:
        # Whoever is found is shown: who may only write must not learn who is here.
        actor.require(Permission.VIEW_PATIENTS, Action.LIST)
        patient = _known(desk, deed, known)
        if patient is None:
            # Nobody, so far: now it counts, and the practice waits for an answer that is known to be cheap.
            deed.work.patients.be_alone()
            patient = _known(desk, deed, known)
        if patient is not None:
            shown = Registered(patient.id, disclosed=(patient.id,), version=patient.version)
            (links,) = links_of(deed.work, [patient])
            return deed.finish(shown, (Admission(patient, links=links), False))
        fact, admission = _taken_in(desk, deed, new, resembling, on_duplicate, is_told=may_be_told(actor))
        return deed.finish(fact, (admission, True))


def _looked(
    desk: MatchingDesk, actor: Actor, new: NewPatient, on_duplicate: OnDuplicate
) -> Resembling | None:
    """Whom the new record resembles, looked up before anything is locked.

    Raises:
        PermissionDeniedError: the actor asks for a stop, and may not be told whom the record resembles.
    """
    if on_duplicate is OnDuplicate.REFUSE:
        # The refusal alone confirms that somebody is here: it is not for those who may only write.
        check_may_be_told(actor)
    return look(desk, actor.practice_id, Person.of(new))


def revise_patient(
    desk: MatchingDesk,
    actor: Actor,
    patient_id: PatientId,
    revision: Revision | Callable[[Patient], Revision],
    *,
    expected_version: ExpectedVersion = None,
) -> Patient:
    """Replace some or all demographics. With ``expected_version`` a record changed meanwhile is refused.

    When it tells otherwise who somebody is, the record is compared again, and whom it resembles is queued.
    ``revision`` may be worked out from the record as it stands: nobody else changes it meanwhile. It is asked
    twice, as it is first seen what will become of the record. The record that comes back is whole: show it
    only to whom `may_read_patients`, as scopes can grant changing alone.

    Raises:
        PermissionDeniedError: the role may not change patients.
        NotFoundError: no such record in the practice, or it is deleted.
        StaleVersionError: the record is at another version than expected.
        InvalidError: a birth in the future; an MRN or external id that another record has.
    """
    return _revised(desk, actor, patient_id, revision, expected_version, is_telling=False)


def patch_patient(
    desk: MatchingDesk,
    actor: Actor,
    patient_id: PatientId,
    patch: Callable[[Patient], Revision],
    *,
    expected_version: ExpectedVersion = None,
) -> Patient:
    """Like `revise_patient`, by something that fits only what stands there: a JSON Patch tests and copies.

    Whether it fits tells what the record holds, so it takes the right to read as well as to change.

    Raises:
        InsufficientScopeError: the machine client's scopes let it change the record and not read it.
        PermissionDeniedError, NotFoundError, StaleVersionError, InvalidError: as `revise_patient`.
    """
    return _revised(desk, actor, patient_id, patch, expected_version, is_telling=True)


@repeated_if_undone
def _revised(
    desk: MatchingDesk,
    actor: Actor,
    patient_id: PatientId,
    revision: Revision | Callable[[Patient], Revision],
    expected_version: ExpectedVersion,
    *,
    is_telling: bool,
) -> Patient:
    attempt = Attempt(actor, Action.UPDATE, Permission.WRITE_PATIENTS, patient_id)
    is_noted = False

    def revised_from(patient: Patient, now: datetime) -> tuple[Patient, Revised]:
        said = revision
        if not isinstance(said, Revision):
            status_after(patient.status, Move.REVISE)
            patient.check_version(expected_version)
            said = said(patient)
        revised = patient.revise(said, now=now)
        patient.check_version(expected_version)
        return revised

    with preparing(desk, attempt):
        if is_telling:
            actor.require(Permission.VIEW_PATIENTS, Action.READ)
        foreseen = _foreseen(desk, actor.practice_id, patient_id, revised_from)
    with undertake(desk, attempt) as deed:
        patient = deed.work.patients.get_to_change(patient_id)
        revised, fact = revised_from(patient, deed.now)
        if revised.version != patient.version:
            deed.work.patients.save(revised)
        if _tells_who(desk, fact):
            is_noted = not _is_compared(deed, revised, foreseen)
        if is_noted:
            deed.work.uncompared.add([patient_id], at=deed.now)
        deed.finish(fact, revised)
    if is_noted and (foreseen is None or foreseen[1] is not None):
        # Somebody else changed it first: what was foreseen is of another person.
        compare_now(desk, actor.practice_id, patient_id, Occasion.REVISION)
    return revised


def _tells_who(desk: MatchingDesk, fact: Revised) -> bool:
    """Whether a change tells otherwise who somebody is, so that the record is compared again."""
    return desk.candidacy.is_asked and not IDENTITY.isdisjoint(fact.changed)


_Foreseen: TypeAlias = tuple[Person, Resembling | None]
"""Who a record will be of when it is changed, and whom it will resemble; None if that cannot be told."""


def _foreseen(
    desk: MatchingDesk,
    practice_id: PracticeId,
    patient_id: PatientId,
    revised_from: Callable[[Patient, datetime], tuple[Patient, Revised]],
) -> _Foreseen | None:
    """What is slow and locks nothing; None if there is nothing to compare.

    Raises:
        NotFoundError, StaleVersionError, InvalidError: what the deed would refuse as well.
    """
    with desk.begin(practice_id) as work:
        patient = work.patients.get(patient_id)
    revised, fact = revised_from(patient, desk.clock.now())
    if not _tells_who(desk, fact):
        return None
    person = Person.of(revised)
    return person, look(desk, practice_id, person, but=patient_id)


def _is_compared(deed: Deed[PatientWork], revised: Patient, foreseen: _Foreseen | None) -> bool:
    """Queue whom a changed record resembles; False if that was not foreseen, or not with everybody."""
    person, resembling = foreseen or (None, None)
    if resembling is None or person != Person.of(revised):
        return False
    resembling = look_again(deed.work, resembling, but=revised.id)
    if resembling.left_out:
        return False
    _queue(deed, revised.id, resembling, Occasion.REVISION)
    return True


def add_numbered(
    patients: PatientStore, new: NewPatient, *, id_: PatientId, practice_id: PracticeId, now: datetime
) -> tuple[Patient, Registered]:
    """Store a new record in a unit of work under way; one without an MRN gets the next number.

    Raises:
        InvalidError: a birth in the future.
        MrnTakenError, ExternalIdTakenError: the value belongs to another record; nothing was stored.
    """
    tries = skip = 0
    while True:
        mrn = new.mrn if new.mrn is not None else Mrn.numbered(patients.next_mrn_number(skip=skip))
        patient, fact = Patient.register(new, id_=id_, practice_id=practice_id, mrn=mrn, now=now)
        try:
            patients.add(patient)
        except MrnTakenError:
            if new.mrn is not None:
                raise
            # Somebody typed the very number that the counter has reached: step over it.
            tries += 1
            skip = 2 * skip + 1 if tries >= SINGLE_STEPS_MAX else 0
        else:
            return patient, fact


def number_many(
    patients: PatientStore,
    new: Sequence[tuple[NewPatient, PatientId]],
    *,
    practice_id: PracticeId,
    now: datetime,
) -> list[tuple[Patient, Registered]]:
    """New records in their order, not stored yet; those without an MRN share one step of the counter.

    Raises:
        InvalidError: a birth in the future.
    """
    unnumbered = sum(one.mrn is None for one, _ in new)
    last = patients.next_mrn_number(skip=unnumbered - 1) if unnumbered else 0
    numbers = iter(range(last - unnumbered + 1, last + 1))
    return [
        Patient.register(
            one,
            id_=id_,
            practice_id=practice_id,
            mrn=Mrn.numbered(next(numbers)) if one.mrn is None else one.mrn,
            now=now,
        )
        for one, id_ in new
    ]


def _taken_in(
    desk: MatchingDesk,
    deed: Deed[PatientWork],
    new: NewPatient,
    resembling: Resembling | None,
    on_duplicate: OnDuplicate,
    *,
    is_told: bool,
) -> tuple[Registered, Admission]:
    """Store a new record, and do what is to be done about those whom it resembles.

    Raises:
        DuplicateSuspectedError: a stop was asked for, and somebody seems to be here already.
    """
    patient, fact, resembling = _added(desk, deed, new, resembling)
    if resembling is None:
        return fact, Admission(patient, is_compared=not desk.candidacy.is_asked)
    if on_duplicate is OnDuplicate.REFUSE:
        _check_nobody(resembling)
    waiting = _queue(deed, patient.id, resembling, Occasion.CREATE)
    told = _announced(waiting, patient.id) if is_told else ()
    disclosed = tuple(sorted({patient.id, *(id_ for id_, _ in told)}))
    return attrs.evolve(fact, disclosed=disclosed), Admission(patient, told)


def _added(
    desk: MatchingDesk, deed: Deed[PatientWork], new: NewPatient, resembling: Resembling | None
) -> tuple[Patient, Registered, Resembling | None]:
    """The new record, and whom it resembles with what others committed meanwhile.

    One that could not be compared, or not with everybody, is noted.
    """
    work = deed.work
    patient, fact = add_numbered(
        work.patients,
        new,
        id_=PatientId(desk.ids.new_id()),
        practice_id=deed.attempt.actor.practice_id,
        now=deed.now,
    )
    if resembling is not None:
        resembling = look_again(work, resembling, but=patient.id)
    if desk.candidacy.is_asked and (resembling is None or resembling.left_out):
        work.uncompared.add([patient.id], at=deed.now)
    return patient, fact, resembling


def _known(desk: MatchingDesk, deed: Deed[PatientWork], known: PatientSearch) -> Patient | None:
    """The only one whom the search finds, or nobody."""
    search = attrs.evolve(known, page=PageRequest(1, 1))
    found = searched(desk, deed, search, opened_max=OPENED_TO_REGISTER_MAX)
    if found.count > 1:
        raise AmbiguousSearchError
    return found.items[0] if found.items else None


def _queue(
    deed: Deed[PatientWork], patient_id: PatientId, resembling: Resembling, occasion: Occasion
) -> Sequence[Suspicion]:
    """Queue the pairs that somebody is asked to look at; those that wait then."""
    found = suspicions_of(patient_id, resembling, occasion, deed.now)
    return deed.work.suspicions.add(found) if found else ()


def _check_nobody(resembling: Resembling) -> None:
    """Refuse to register somebody who seems to be here already."""
    found = on_course(resembling, Occasion.CREATE, lambda course: course.is_refused)
    if found:
        raise DuplicateSuspectedError([one.key.id for one in found[:ANNOUNCED_MAX]])


def _announced(
    waiting: Sequence[Suspicion], patient_id: PatientId
) -> tuple[tuple[PatientId, MatchGrade], ...]:
    course = POLICY[Occasion.CREATE]
    return tuple(
        (other, one.grade)
        for one in waiting
        if course[one.grade].is_announced
        for other in one.leads_to
        if other != patient_id
    )[:ANNOUNCED_MAX]
