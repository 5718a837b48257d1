"""Merging two records of one person, and undoing it. Nothing is merged but by somebody, for a reason.

Nothing is moved that can be followed instead: the loser stays where it is with its MRN, its external id and
its history, and says which record stands for it. So undoing has little to move back, and what it restores was
never changed. The survivor's fields are the exception; what they were is in the event.

Locks are taken in one order: the records in order of their ids, the practice, the pairs, the trail. Two
merges that cross cannot wait for each other, and cannot lead two records to each other: the second one finds
its survivor, or its loser, merged away.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import attrs

from vantrexia_core.audit import Action, Attempt, Deed, Once, repeated_if_undone, undertake
from vantrexia_core.kernel import (
    Actor,
    ConflictError,
    InvalidError,
    MergeId,
    NotFoundError,
    PageRequest,
    PatientId,
    Permission,
    Reason,
    UndoneError,
)
from vantrexia_core.patients.differing import check_alike, record_overruled
from vantrexia_core.patients.facts import Merged, MergesShown, Unmerged
from vantrexia_core.patients.lifecycle import GoneError, MergedAwayError, Status
from vantrexia_core.patients.matching.grades import MatchGrade
from vantrexia_core.patients.matching.opposing import MODEL_OF_TWO_NAME
from vantrexia_core.patients.matching.weights import Explanation
from vantrexia_core.patients.merge import (
    KIND_OF_FIELD,
    FieldKind,
    Heir,
    Merge,
    Party,
    Resemblance,
    Undoing,
    is_empty,
)
from vantrexia_core.patients.model import ExpectedVersion, Patient, Revision, value_of
from vantrexia_core.patients.moving import check_shown
from vantrexia_core.patients.ports import MatchingDesk, PatientDesk, PatientStore, PatientWork
from vantrexia_core.patients.sight import seen
from vantrexia_core.patients.suspicion import Decision, Occasion, Pair, Ruling, Suspicion

_NO_CHOICES: Final[Mapping[str, Party]] = MappingProxyType({})
_NO_HEIRS: Final[Mapping[str, Heir]] = MappingProxyType({})
_LOOKED_BACK: Final = PageRequest(1, 100)
"""How many versions are looked through for when a value was written. Beyond, it is old either way."""


class ToldApartError(ConflictError):
    """Somebody decided that these are two people; that holds for whoever was merged into them as well."""

    code = "told_apart"
    sentence = (
        "Somebody decided that these records, or records merged into them, are of different people. Overrule "
        "that decision first, if it was wrong."
    )


class MergeDoneError(ConflictError):
    """The record gave way to this survivor before: a request that was sent again, or that came second."""

    code = "merge_done"
    sentence = "This record was merged into that one before, so nothing was done now. See merge_id."

    def __init__(self, merge_id: MergeId) -> None:
        super().__init__()
        self.merge_id: Final = merge_id


class AlreadyUndoneError(ConflictError):
    """This merge was undone before."""

    code = "merge_undone"
    sentence = "This merge has been undone already."


class NewerMergeError(ConflictError):
    """A later merge filled the same fields of the survivor, and would be left with borrowed values."""

    code = "newer_merge"
    sentence = "A newer merge into this record filled the same fields. Undo that one first: see merge_id."

    def __init__(self, merge_id: MergeId) -> None:
        super().__init__()
        self.merge_id: Final = merge_id


class EditedSinceError(ConflictError):
    """Fields that the merge had filled were edited since: somebody has to say whose the new values are."""

    code = "edited_since_merge"
    sentence = (
        "These fields were filled by the merge and edited since. Say for each in 'fields' who gets the new "
        "value: survivor, loser or neither."
    )

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__()
        self.fields: Final = fields


@attrs.frozen
class MergedPatient:
    """A survivor together with the merge that made it what it is."""

    patient: Patient
    merge: Merge


@attrs.frozen
class SeparatedPatients:
    """Two records after a merge was undone.

    ``written_since`` names fields of the survivor that were edited since the merge and that it had not
    touched: they stay with the survivor, and somebody should look.
    """

    survivor: Patient
    loser: Patient
    merge: Merge
    written_since: tuple[str, ...]


@repeated_if_undone
def merge_patients(
    desk: MatchingDesk,
    actor: Actor,
    survivor_id: PatientId,
    loser_id: PatientId,
    reason: Reason,
    choices: Mapping[str, Party] = _NO_CHOICES,
    *,
    despite_differences: bool = False,
    expected_version: ExpectedVersion = None,
    once: Once | None = None,
) -> MergedPatient:
    """Make one record stand for another of the same person, which is archived and says so.

    Where nobody chose, a filled field beats an empty one; of two that differ the survivor's stands, or, where
    the person is reached, the one that was written later. ``expected_version`` is the survivor's.

    The two are compared as they are now. Who merges them although they look like two people's says
    ``despite_differences``, and the trail has an entry of that for each. Where they do not, it means nothing.

    Raises:
        PermissionDeniedError: the role may not merge patients.
        NotFoundError: no such records in the practice, or one is deleted.
        MergeDoneError: the loser gave way to this survivor before.
        MergedAwayError: one of them has been merged into another record.
        ToldApartError: somebody decided that they are two people.
        LooksDifferentError: they look like two people's, and it is not said that somebody knows.
        StaleVersionError: the survivor is at another version than expected.
        InvalidError: a record and itself; a choice about a field that is none.
    """
    attempt = Attempt(actor, Action.MERGE, Permission.MERGE_PATIENTS, survivor_id)
    with undertake(desk, attempt, once, before_replay=check_shown) as deed:
        if survivor_id == loser_id:
            raise InvalidError.on("loser_id", "A record cannot be merged into itself.")
        if unknown := sorted(set(choices) - set(KIND_OF_FIELD)):
            raise InvalidError({f"fields.{name}": ("This field cannot be chosen.",) for name in unknown})
        patients = deed.work.patients
        locked, led = _locked(deed.work, survivor_id, loser_id)
        survivor, loser = locked[survivor_id], locked[loser_id]
        _check_own(survivor)
        if loser.merged_into == survivor_id:
            raise MergeDoneError(_merge_of(deed.work, survivor_id, loser_id))
        _check_own(loser)
        survivor.check_version(expected_version)
        _agree(deed, Pair.of(survivor_id, loser_id))
        assessed = check_alike(desk.candidacy, survivor, loser, despite_differences=despite_differences)
        taken = _taken(patients, survivor, loser, choices)
        after = _revised(survivor, Revision(**{name: value_of(loser, name) for name in taken}), now=deed.now)
        patients.save(after)
        away = loser.give_way(survivor_id, now=deed.now)
        patients.redirect(away)
        _lead(deed, (locked[id_] for id_ in led), survivor_id, Merged)
        deed.work.suspicions.lead((loser_id, *led), survivor_id)
        merge = Merge(
            MergeId(desk.ids.new_id()), survivor, loser, taken, led, actor.user_id, actor.email, deed.now,
            reason, Resemblance(assessed.grade, assessed.score, MODEL_OF_TWO_NAME),
        )  # fmt: skip
        deed.work.merges.add(merge)
        record_overruled(deed, assessed, (loser_id, survivor_id))
        deed.also(Merged(loser_id, changed=("status", "merged_into"), version=away.version))
        fact = Merged(survivor_id, changed=taken, disclosed=(survivor_id,), version=after.version)
        return deed.finish(fact, MergedPatient(after, merge))


@repeated_if_undone
def undo_merge(
    desk: PatientDesk,
    actor: Actor,
    merge_id: MergeId,
    reason: Reason,
    heirs: Mapping[str, Heir] = _NO_HEIRS,
    *,
    once: Once | None = None,
) -> SeparatedPatients:
    """Give both records of a merge back what they had, and remember that they are two people.

    Edits made since stay with the survivor where the merge had touched nothing. About fields that it had
    filled and that were edited since, ``heirs`` must say who gets the new value.

    Raises:
        PermissionDeniedError: the role may not undo a merge.
        NotFoundError: no such merge in the practice, or the survivor is deleted.
        AlreadyUndoneError: it was undone before.
        MergedAwayError: the survivor has been merged itself; that merge is to be undone first.
        NewerMergeError: a later merge filled the same fields.
        EditedSinceError: it is not said who gets what was written since.
        InvalidError: something is said about a field that was not edited since.
    """
    attempt = Attempt(actor, Action.UNMERGE, Permission.MERGE_PATIENTS)
    with undertake(desk, attempt, once, before_replay=check_shown) as deed:
        work = deed.work
        merge = work.merges.get(merge_id)
        locked = _lock(work, (merge.survivor.id, *merge.moved))
        # Asked again behind the locks: somebody may have undone it meanwhile.
        merge = work.merges.get(merge_id)
        survivor, away = locked[merge.survivor.id], locked[merge.loser.id]
        _check_undoable(work, merge, survivor)
        own, given = merge.restored(survivor, _checked_heirs(merge, survivor, heirs))
        after = _revised(survivor, own, now=deed.now)
        back = attrs.evolve(
            away, status=merge.loser.status, merged_into=None, version=away.version + 1, updated_at=deed.now
        )
        work.patients.save(after)
        work.patients.redirect(back)
        revised, gave = back.revise(given, now=deed.now)
        if revised.version != back.version:
            work.patients.save(revised)
        _lead(deed, (locked[id_] for id_ in merge.led), back.id, Unmerged)
        work.suspicions.lead(merge.moved, back.id)
        _tell_apart(deed, Pair.of(after.id, back.id))
        undone = attrs.evolve(merge, undoing=Undoing(actor.user_id, actor.email, deed.now, reason))
        work.merges.save(undone)
        shown = (back.id,)
        changed = ("status", "merged_into")
        deed.also(Unmerged(back.id, changed=changed, disclosed=shown, version=back.version))
        if revised.version != back.version:
            deed.also(Unmerged(back.id, changed=gave.changed, disclosed=shown, version=revised.version))
        fact = Unmerged(
            after.id,
            changed=tuple(name for name in merge.taken if value_of(after, name) != value_of(survivor, name)),
            # The answer shows both, and so it does when it is given again.
            disclosed=tuple(sorted((after.id, back.id))),
            version=after.version,
        )
        return deed.finish(fact, SeparatedPatients(after, revised, undone, merge.written_since(survivor)))


@repeated_if_undone
def find_merges(desk: PatientDesk, actor: Actor, patient_id: PatientId) -> tuple[Merge, ...]:
    """All merges that a record took part in, newest first, undone ones included.

    Raises:
        PermissionDeniedError: the role may not see duplicates.
        NotFoundError: no such record in the practice, or it is deleted.
    """
    attempt = Attempt(actor, Action.MERGE_READ, Permission.VIEW_DUPLICATES, patient_id)
    with undertake(desk, attempt) as deed:
        seen(deed, patient_id)
        found = tuple(deed.work.merges.of(patient_id))
        # Their reasons may tell about the patient.
        return deed.finish(MergesShown(patient_id, disclosed=(patient_id,)), found)


def _locked(
    work: PatientWork, survivor_id: PatientId, loser_id: PatientId
) -> tuple[dict[PatientId, Patient], tuple[PatientId, ...]]:
    """Both records, and those that the loser stands for, locked; nobody else changes any."""
    led = tuple(work.patients.led_to(loser_id))
    locked = _lock(work, (survivor_id, loser_id, *led))
    if tuple(work.patients.led_to(loser_id)) != led:
        # Somebody merged into the loser, or undid that, before the locks were held.
        raise UndoneError
    return locked, led


def _lock(work: PatientWork, ids: Iterable[PatientId]) -> dict[PatientId, Patient]:
    locked = {id_: work.patients.get_to_change(id_) for id_ in sorted(set(ids))}
    work.patients.be_alone()
    return locked


def _lead(
    deed: Deed[PatientWork], led: Iterable[Patient], to: PatientId, fact: type[Merged] | type[Unmerged]
) -> None:
    """Let another record stand for those that were merged before, each with an entry of its own."""
    for one in led:
        redirected = one.give_way(to, now=deed.now)
        deed.work.patients.redirect(redirected)
        deed.also(fact(one.id, changed=("merged_into",), version=redirected.version))


def _merge_of(work: PatientWork, survivor_id: PatientId, loser_id: PatientId) -> MergeId:
    """The merge by which a record stands for another one today."""
    return next(
        one.id
        for one in work.merges.of(survivor_id)
        if one.survivor.id == survivor_id and loser_id in one.moved and not one.is_undone
    )


def _check_own(patient: Patient) -> None:
    """Refuse a record that does not stand for itself."""
    if patient.status is Status.DELETED:
        raise GoneError
    if patient.merged_into is not None:
        raise MergedAwayError(patient.merged_into)


def _agree(deed: Deed[PatientWork], records: Pair) -> None:
    """Whoever merges says "the same" of all pairs that these records stand for.

    Raises:
        ToldApartError: somebody said that they are different.
    """
    actor, suspicions = deed.attempt.actor, deed.work.suspicions
    about = suspicions.about(records)
    if any(one.decision is Decision.DIFFERENT for one in about):
        raise ToldApartError
    for one in about:
        if one.decision is not Decision.SAME:
            locked = suspicions.get_to_change(one.id)
            suspicions.save(locked.ruled(Decision.SAME, Ruling(actor.user_id, actor.email, deed.now)))


def _taken(
    patients: PatientStore, survivor: Patient, loser: Patient, choices: Mapping[str, Party]
) -> tuple[str, ...]:
    """The fields of which the survivor gets the loser's value."""
    differing = [name for name in KIND_OF_FIELD if value_of(survivor, name) != value_of(loser, name)]
    chosen = {name: choices[name] for name in differing if name in choices}
    written: dict[PatientId, Mapping[str, datetime]] = {}
    for name in differing:
        if name in chosen:
            continue
        if is_empty(loser, name) or is_empty(survivor, name):
            chosen[name] = Party.SURVIVOR if is_empty(loser, name) else Party.LOSER
        elif KIND_OF_FIELD[name] is FieldKind.IDENTITY:
            chosen[name] = Party.SURVIVOR
        else:
            if not written:
                written = {one.id: _written_at(patients, one) for one in (survivor, loser)}
            is_newer = written[loser.id][name] > written[survivor.id][name]
            chosen[name] = Party.LOSER if is_newer else Party.SURVIVOR
    return tuple(name for name in differing if chosen[name] is Party.LOSER)


def _written_at(patients: PatientStore, patient: Patient) -> Mapping[str, datetime]:
    """When a record got the values that it has where the person is reached."""
    written: dict[str, datetime] = {}
    unsure = {name for name, kind in KIND_OF_FIELD.items() if kind is FieldKind.CONTACT}
    for version in patients.versions(patient.id, _LOOKED_BACK).items:
        unsure = {name for name in unsure if value_of(version, name) == value_of(patient, name)}
        written |= dict.fromkeys(unsure, version.updated_at)
    return written


def _revised(patient: Patient, revision: Revision, *, now: datetime) -> Patient:
    """The record revised, as a new version even if it says the same: what it stands for has changed."""
    revised, _ = patient.revise(revision, now=now)
    return attrs.evolve(revised, version=patient.version + 1, updated_at=now)


def _check_undoable(work: PatientWork, merge: Merge, survivor: Patient) -> None:
    if merge.is_undone:
        raise AlreadyUndoneError
    _check_own(survivor)
    for other in work.merges.of(survivor.id):
        is_newer = other.survivor.id == survivor.id and other.survivor.version > merge.survivor.version
        if is_newer and not other.is_undone and set(other.taken) & set(merge.taken):
            raise NewerMergeError(other.id)


def _checked_heirs(merge: Merge, survivor: Patient, heirs: Mapping[str, Heir]) -> Mapping[str, Heir]:
    edited = merge.edited(survivor)
    if beside := sorted(set(heirs) - set(edited)):
        complaint = "This field was not filled by the merge and edited since: there is nothing to decide."
        raise InvalidError({f"fields.{name}": (complaint,) for name in beside})
    if missing := tuple(name for name in edited if name not in heirs):
        raise EditedSinceError(missing)
    return heirs


def _tell_apart(deed: Deed[PatientWork], records: Pair) -> None:
    """Remember that two records are two people, whatever the machine thinks of them."""
    actor, suspicions = deed.attempt.actor, deed.work.suspicions
    ruling = Ruling(actor.user_id, actor.email, deed.now)
    try:
        suspicions.get(records.id)
    except NotFoundError:
        suspicions.add([_by_hand(records, deed.now)])
    for one in suspicions.about(records):
        if one.decision is not Decision.DIFFERENT:
            suspicions.save(suspicions.get_to_change(one.id).ruled(Decision.DIFFERENT, ruling))


def _by_hand(records: Pair, at: datetime) -> Suspicion:
    """A pair that nobody suspected and somebody separated."""
    return Suspicion(
        pair=records,
        grade=MatchGrade.CERTAINLY_NOT,
        score=0.0,
        bits=MappingProxyType({}),
        levels=MappingProxyType({}),
        rival=Explanation.STRANGER,
        guards=(),
        model="nobody",
        occasion=Occasion.UNMERGE,
        found_at=at,
    )
