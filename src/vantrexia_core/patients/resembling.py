"""Whom somebody resembles: which records of a practice may be of this person.

Candidates are found outside of any transaction, and opened and compared in a short one that locks nothing.
Who stores something holds the practice's lock later, and looks again at what was committed meanwhile: two
people who type one person at the same moment find each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs

from vantrexia_core.audit import Action, Attempt, preparing, undertake
from vantrexia_core.kernel import (
    NON_FIELD,
    Actor,
    InvalidError,
    PatientId,
    Permission,
    PermissionDeniedError,
    PracticeId,
    Reach,
)
from vantrexia_core.patients.facts import Matched
from vantrexia_core.patients.lifecycle import Status
from vantrexia_core.patients.matching.blocking import Blocking, BlockingKey, blocking_keys
from vantrexia_core.patients.matching.grades import MatchGrade
from vantrexia_core.patients.matching.judging import MatchingModel, Ranked, in_order
from vantrexia_core.patients.matching.traits import Person, Traits, traits_of
from vantrexia_core.patients.model import Patient
from vantrexia_core.patients.ports import Candidacy, MatchingDesk

CHANGED_MAX: Final = 200
"""Records changed since the candidates were found that are looked at under the practice's lock."""

MATCHES_MAX: Final = 100
"""Matches that one answer may show."""


@attrs.frozen(repr=False, eq=False)
class Resembling:
    """Whom somebody may be, the likeliest first, and what it takes to look again. Prints nobody."""

    ranked: tuple[Ranked[Patient], ...]
    as_of: int
    """The practice's change number this rests on."""
    crowded: frozenset[Blocking]
    """Kinds of keys that too many share to be followed."""
    left_out: int
    """Candidates that were too many to be compared; or more than so many, if there were changes meanwhile."""
    _probe: Traits
    _model: MatchingModel
    _judged: Mapping[PatientId, Ranked[Patient]]
    """How each record that may be this person was judged, under whoever stands for it today."""
    _candidacy: Candidacy

    @property
    def keys(self) -> frozenset[BlockingKey]:
        """The keys under which the person was looked for."""
        return blocking_keys(self._probe)

    @property
    def is_whole(self) -> bool:
        """Whether everybody who shares a key was compared."""
        return not self.crowded and not self.left_out

    def again(self, changed: Iterable[Patient], *, more: bool = False) -> "Resembling":
        """With records that were added or changed meanwhile, and perhaps ``more`` that are not told here.

        Who is compared must not be among them.
        """
        newer = {one.id: one for one in changed}
        if not newer and not more:
            return self
        judged = {id_: known for id_, known in self._judged.items() if id_ not in newer}
        # Whom one was merged into has changed as well.
        standing = (one for one in newer.values() if one.merged_into is None)
        compared = {one.id: (one, _traits(one, self._candidacy)) for one in standing}
        judged |= _judged(self._probe, compared, self._model, self._candidacy)
        ranked = _ranked(judged, self._model)
        return attrs.evolve(self, ranked=ranked, judged=judged, left_out=self.left_out + more)


class Acquaintances:
    """A few records by their blocking keys: who of a batch may be whom."""

    def __init__(self) -> None:
        self._sharers: dict[BlockingKey, list[Patient]] = {}

    def add(self, patient: Patient, keys: Iterable[BlockingKey]) -> None:
        """Take in a record with its keys."""
        for key in keys:
            self._sharers.setdefault(key, []).append(patient)

    def of(self, patient: Patient, keys: Iterable[BlockingKey]) -> list[Patient]:
        """The others that share one of these keys."""
        sharers = {one.id: one for key in keys for one in self._sharers.get(key, ())}
        sharers.pop(patient.id, None)
        return list(sharers.values())


def keys_of(patient: Patient, candidacy: Candidacy) -> frozenset[BlockingKey]:
    """The keys under which a record is found."""
    return blocking_keys(_traits(patient, candidacy))


@attrs.frozen
class Matches:
    """The answer to `find_matches`, the likeliest first; ``is_whole`` tells whether all were compared."""

    ranked: tuple[Ranked[Patient], ...]
    is_whole: bool


class TooLittleKnownError(InvalidError):
    """Nobody can be found by what is known of a person."""

    def __init__(self) -> None:
        complaint = (
            "Too little is known of this person. Give two of first name, last name and date of birth, or a"
            " phone number, an e-mail address, an SSN or an MRN."
        )
        super().__init__({NON_FIELD: (complaint,)})


def find_resembling(
    desk: MatchingDesk, practice_id: PracticeId, person: Person, *, but: PatientId | None = None
) -> Resembling:
    """Look for a person among a practice's records, active and archived, ``but`` one.

    Raises:
        UnavailableError: the candidates, or the records, cannot be read now.
    """
    candidacy = desk.candidacy
    probe = traits_of(person, candidacy.texts, candidacy.phones)
    found = candidacy.candidates(practice_id, blocking_keys(probe))
    records: Sequence[Patient] = ()
    if found.numbers:
        with desk.begin(practice_id) as work:
            records = work.patients.of_numbers(found.numbers)
    compared = {
        one.id: (stands, _traits(one, candidacy))
        for one, stands in zip(records, _standing(desk, practice_id, records), strict=True)
        if but not in {one.id, stands.id}
    }
    # Whoever is stored is counted already; somebody who is not counts as one more.
    frequencies = found.frequencies.with_one_more(probe) if but is None else found.frequencies
    model = MatchingModel(frequencies, people=frequencies.people)
    judged = _judged(probe, compared, model, candidacy)
    return Resembling(
        _ranked(judged, model),
        found.as_of,
        found.crowded,
        found.left_out,
        probe,
        model,
        judged,
        candidacy,
    )


def find_matches(
    desk: MatchingDesk, actor: Actor, person: Person, *, limit: int = MATCHES_MAX, only_certain: bool = False
) -> Matches:
    """Show whom of the practice somebody may be, at most ``limit`` of them. Recorded as a disclosure of each.

    Asking who somebody is, and being told of those who are like them, is a part of registering: whoever may
    only read records does not get it. With ``only_certain`` one is shown who is certain, and nobody where
    there are several or none.

    Raises:
        PermissionDeniedError: the role may not create patients.
        TooLittleKnownError: nobody can be found by what is known.
        UnavailableError: the candidates, or the records, cannot be read now.
    """
    attempt = Attempt(actor, Action.MATCH, Permission.WRITE_PATIENTS)
    with preparing(desk, attempt):
        _check_reach(actor)
        candidacy = desk.candidacy
        if not blocking_keys(traits_of(person, candidacy.texts, candidacy.phones)):
            raise TooLittleKnownError
        found = find_resembling(desk, actor.practice_id, person)
    ranked = found.ranked
    if only_certain:
        certain = tuple(one for one in ranked if one.match.grade is MatchGrade.CERTAIN)
        ranked = certain if len(certain) == 1 else ()
    shown = ranked[: min(limit, MATCHES_MAX)]
    with undertake(desk, attempt) as deed:
        disclosed = tuple(sorted(one.key.id for one in shown))
        return deed.finish(Matched(disclosed=disclosed), Matches(shown, found.is_whole))


def may_be_told(actor: Actor) -> bool:
    """Whether an actor sees all of the practice's patients, and so may be told whom somebody resembles."""
    try:
        check_may_be_told(actor)
    except PermissionDeniedError:
        return False
    return True


def check_may_be_told(actor: Actor) -> None:
    """Like `may_be_told`.

    Raises:
        PermissionDeniedError: not so; for a machine client an `InsufficientScopeError`.
    """
    if actor.require(Permission.VIEW_PATIENTS, Action.LIST) is not Reach.PRACTICE:
        raise PermissionDeniedError


def _check_reach(actor: Actor) -> None:
    """Whoever sees only a record of their own does not ask who else is here."""
    if actor.require(Permission.WRITE_PATIENTS, Action.MATCH) is not Reach.PRACTICE:
        raise PermissionDeniedError


def _traits(patient: Patient, candidacy: Candidacy) -> Traits:
    return traits_of(Person.of(patient), candidacy.texts, candidacy.phones)


def _judged(
    probe: Traits,
    compared: Mapping[PatientId, tuple[Patient, Traits]],
    model: MatchingModel,
    candidacy: Candidacy,
) -> dict[PatientId, Ranked[Patient]]:
    """Those who may be this person. Who is certainly somebody else is left out, as from `in_order`."""
    judged: dict[PatientId, Ranked[Patient]] = {}
    for id_, (patient, traits) in compared.items():
        if patient.status is not Status.DELETED:
            match = model.judge_unless_not(probe, traits, candidacy.texts)
            if match is not None:
                judged[id_] = Ranked(patient, match)
    return judged


def _ranked(judged: Mapping[PatientId, Ranked[Patient]], model: MatchingModel) -> tuple[Ranked[Patient], ...]:
    """The likeliest first. A candidate is a person: of merged records, the likest speaks for all."""
    people: dict[PatientId, Ranked[Patient]] = {}
    for one in judged.values():
        other = people.get(one.key.id)
        if other is None or one.match.score > other.match.score:
            people[one.key.id] = one
    return in_order(people.values(), model)


def _standing(desk: MatchingDesk, practice_id: PracticeId, records: Sequence[Patient]) -> list[Patient]:
    """The records that stand for these today."""
    ids = {one.merged_into for one in records if one.merged_into is not None}
    survivors: dict[PatientId, Patient] = {}
    if ids:
        with desk.begin(practice_id) as work:
            survivors = {id_: work.patients.get(id_) for id_ in sorted(ids)}
    return [one if one.merged_into is None else survivors[one.merged_into] for one in records]
