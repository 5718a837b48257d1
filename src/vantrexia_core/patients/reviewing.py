"""Looking through pairs that may be one person: the list, two records side by side, and what is decided.

Nothing is merged here and nothing is merged by itself: "same" says what somebody is sure of, and merging is a
deed of its own (`vantrexia_core.patients.merging`).
"""

from enum import Enum
from typing import Final

import attrs

from vantrexia_core.audit import Action, Attempt, repeated_if_undone, undertake
from vantrexia_core.kernel import (
    Actor,
    BrokenPromiseError,
    ConflictError,
    Page,
    Permission,
    SuspicionId,
)
from vantrexia_core.patients.differing import assess_records, check_alike, record_overruled
from vantrexia_core.patients.facts import DuplicateDecided, DuplicatesCompared, DuplicatesListed
from vantrexia_core.patients.lifecycle import Status
from vantrexia_core.patients.matching.levels import Field
from vantrexia_core.patients.matching.opposing import Assessment
from vantrexia_core.patients.merge import is_empty
from vantrexia_core.patients.model import REVISABLE, ExpectedVersion, Patient, check_expected, value_of
from vantrexia_core.patients.ports import MatchingDesk, PatientDesk, SuspicionStore
from vantrexia_core.patients.suspicion import Decision, Ruling, Suspicion, SuspicionListing

_EQUAL: Final = frozenset({"exact", "agrees"})
_MISSING: Final = "missing"
_COMPARED: Final = tuple(field for field in REVISABLE if field != "supplement")
"""What a FHIR client said beyond our own fields is no fact of the person that two records could share."""
_WHAT_WAITS: Final = SuspicionListing()


class AlreadyDecidedError(ConflictError):
    """Somebody said otherwise; whoever has read it and still disagrees says which version they overrule."""

    code = "already_decided"
    sentence = (
        "Somebody decided otherwise about this pair. Read it again; to overrule it, name its version "
        "(If-Match, at the console --version)."
    )


class AlreadyOneError(ConflictError):
    """The two records are one by now."""

    code = "already_merged"
    sentence = "These two records have been merged. Undo the merge first."


class Likeness(Enum):
    """How a field of two records compares, to the letter."""

    SAME = "same"
    DIFFERS = "differs"
    MISSING = "missing"
    """One of them, or both, do not say."""
    PLACEHOLDER = "placeholder"
    """Both say the same, and it stands for nothing (``555-0100``, ``1900-01-01``): the model took it for
    missing."""


@attrs.frozen
class FieldLikeness:
    """One field of a pair: how it compares now, and what the model made of it when it last looked.

    ``level`` and ``bits`` are None for what the model does not weigh.
    """

    field: str
    likeness: Likeness
    level: str | None = None
    bits: float | None = None


@attrs.frozen
class SideBySide:
    """A pair with the records that stand for it today; None for one that is deleted. One, if they merged.

    ``now`` is how the two compare as they are, without the registry: what `decide` and a merge go by. None if
    there are no two.
    """

    suspicion: Suspicion
    records: tuple[Patient | None, ...]
    fields: tuple[FieldLikeness, ...]
    now: Assessment | None = None


@repeated_if_undone
def find_suspicions(
    desk: PatientDesk, actor: Actor, listing: SuspicionListing = _WHAT_WAITS
) -> Page[Suspicion]:
    """A page of pairs that may be one person, the likeliest first. It holds nothing of anybody's record.

    Raises:
        PermissionDeniedError: the role may not see suspected duplicates.
        NotFoundError: the page lies behind the last one.
    """
    with undertake(desk, Attempt(actor, Action.DUPLICATE_LIST, Permission.VIEW_DUPLICATES)) as deed:
        return deed.finish(DuplicatesListed(), deed.work.suspicions.page(listing))


@repeated_if_undone
def compare_records(desk: MatchingDesk, actor: Actor, suspicion_id: SuspicionId) -> SideBySide:
    """Both records of a pair, field by field, with the model's reasons. It discloses both.

    Where one was merged meanwhile, its survivor is shown; a deleted one is not.

    Raises:
        PermissionDeniedError: the role may not see suspected duplicates.
        NotFoundError: no such pair in the practice.
    """
    with undertake(desk, Attempt(actor, Action.DUPLICATE_READ, Permission.VIEW_DUPLICATES)) as deed:
        suspicion = deed.work.suspicions.get(suspicion_id)
        patients = [deed.work.patients.get(id_) for id_ in dict.fromkeys(suspicion.leads_to)]
        shown = [patient for patient in patients if patient.status is not Status.DELETED]
        records = tuple(patient if patient in shown else None for patient in patients)
        are_two = len(shown) == len(suspicion.pair.ids)
        disclosed = tuple(sorted(patient.id for patient in shown))
        return deed.finish(
            DuplicatesCompared(disclosed=disclosed, version=suspicion.version),
            SideBySide(
                suspicion,
                records,
                _compared(suspicion, *shown) if are_two else (),
                assess_records(desk.candidacy, *shown) if are_two else None,
            ),
        )


@repeated_if_undone
def decide(
    desk: MatchingDesk,
    actor: Actor,
    suspicion_id: SuspicionId,
    decision: Decision,
    *,
    despite_differences: bool = False,
    expected_version: ExpectedVersion = None,
) -> Suspicion:
    """Say whether two records are one person, or that it cannot be told yet. Repeating it changes nothing.

    It is said of all pairs for which these two records stand today. A decision that somebody else made is
    overruled only with its version in ``expected_version``. Who says that two records are of one person
    although they look like two people's says ``despite_differences`` as well.

    Raises:
        PermissionDeniedError: the role may not decide about duplicates.
        NotFoundError: no such pair in the practice, or they are said to be one person and one is deleted.
        AlreadyDecidedError: it was decided otherwise.
        AlreadyOneError: the records have been merged.
        LooksDifferentError: they are said to be one person, look like two, and nobody said that they know.
        StaleVersionError: the pair is at another version than expected.
    """
    if decision is Decision.OPEN:
        message = "nobody decides that a pair is open"
        raise BrokenPromiseError(message)
    attempt = Attempt(actor, Action.DUPLICATE_DECIDE, Permission.DECIDE_DUPLICATES)
    with undertake(desk, attempt) as deed:
        suspicions = deed.work.suspicions
        known, others = lock_question(suspicions, suspicion_id)
        ruling = Ruling(actor.user_id, actor.email, deed.now)
        decided = ruled(known, decision, ruling, expected_version)
        assessed: Assessment | None = None
        if decided != known:
            if decision is Decision.SAME:
                records = [deed.work.patients.get(id_) for id_ in known.leads_to]
                assessed = check_alike(desk.candidacy, *records, despite_differences=despite_differences)
            suspicions.save(decided)
            for other in others:
                if not other.decision.is_settled:
                    suspicions.save(ruled(other, decision, ruling))
            if assessed is not None:
                record_overruled(deed, assessed, known.leads_to)
        low, high = known.pair.ids
        deed.also(DuplicateDecided(low, version=decided.version))
        return deed.finish(DuplicateDecided(high, version=decided.version), decided)


def ruled(
    known: Suspicion, decision: Decision, ruling: Ruling, expected_version: ExpectedVersion = None
) -> Suspicion:
    """A pair after a decision; itself, if that is what was decided before.

    Raises:
        AlreadyDecidedError, AlreadyOneError, StaleVersionError: as `decide` says.
    """
    if known.decision is decision:
        return known
    if known.records is None:
        raise AlreadyOneError
    check_expected(known.version, expected_version)
    if known.decision.is_settled and expected_version is None:
        raise AlreadyDecidedError
    return known.ruled(decision, ruling)


def lock_question(suspicions: SuspicionStore, suspicion_id: SuspicionId) -> tuple[Suspicion, list[Suspicion]]:
    """A pair and all others that ask about the same two records today, locked in order of their ids.

    Raises:
        NotFoundError: no such pair in the practice.
    """
    records = suspicions.get(suspicion_id).records
    asked = {suspicion_id}
    if records is not None:
        asked |= {one.id for one in suspicions.about(records)}
    locked = {id_: suspicions.get_to_change(id_) for id_ in sorted(asked)}
    return locked.pop(suspicion_id), [one for one in locked.values() if one.records == records]


def _compared(suspicion: Suspicion, one: Patient, other: Patient) -> tuple[FieldLikeness, ...]:
    weighed = _weighed(suspicion)
    derived = [name for name in weighed if name not in _COMPARED]
    return tuple(
        FieldLikeness(
            name,
            _likeness_of(suspicion, one, other, name)
            if name in _COMPARED
            else _likeness_at(suspicion, weighed[name]),
            suspicion.levels[weighed[name]] if name in weighed else None,
            suspicion.bits[weighed[name]] if name in weighed else None,
        )
        for name in (*_COMPARED, *derived)
    )


def _weighed(suspicion: Suspicion) -> dict[str, Field]:
    return {field.value: field for field in suspicion.levels}


def _likeness_of(suspicion: Suspicion, one: Patient, other: Patient, field: str) -> Likeness:
    """How a field of the records compares; the model's word counts if they have not changed since."""
    found, weighed = _likeness(one, other, field), _weighed(suspicion)
    is_missing = field in weighed and suspicion.levels[weighed[field]] == _MISSING
    is_as_judged = max(one.updated_at, other.updated_at) <= suspicion.scored_at
    return Likeness.PLACEHOLDER if found is Likeness.SAME and is_missing and is_as_judged else found


def _likeness(one: Patient, other: Patient, field: str) -> Likeness:
    if is_empty(one, field) or is_empty(other, field):
        return Likeness.MISSING
    return Likeness.SAME if value_of(one, field) == value_of(other, field) else Likeness.DIFFERS


def _likeness_at(suspicion: Suspicion, field: Field) -> Likeness:
    """Of what is no field of a record, such as a suffix within a name."""
    level = suspicion.levels[field]
    if level == _MISSING:
        return Likeness.MISSING
    return Likeness.SAME if level in _EQUAL else Likeness.DIFFERS
