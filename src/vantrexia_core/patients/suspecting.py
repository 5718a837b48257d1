"""What is done when a record resembles another one: a table, and those who follow it.

Care is never held up. Who registers somebody gets the record, and is told whom it resembles; only who asks
for a stop gets one. A machine never merges, and links an outside id only where the match is certain and
nothing speaks against it. Where the index cannot be asked now, the record is noted and compared later.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Final

import attrs

from vantrexia_core.kernel import ConflictError, PatientId, PracticeId, UnavailableError
from vantrexia_core.patients.lifecycle import Status
from vantrexia_core.patients.matching.grades import MatchGrade
from vantrexia_core.patients.matching.judging import MODEL_NAME, Ranked
from vantrexia_core.patients.matching.traits import Person
from vantrexia_core.patients.model import Patient
from vantrexia_core.patients.ports import MatchingDesk, Noted, PatientWork
from vantrexia_core.patients.resembling import CHANGED_MAX, Resembling, find_resembling
from vantrexia_core.patients.suspicion import Occasion, Pair, Suspicion


@attrs.frozen
class Course:
    """What is done about a match of one grade on one occasion."""

    is_queued: bool = False
    """Somebody is asked to look at the pair."""
    is_announced: bool = False
    """Who is at work is told whom the record resembles."""
    is_refused: bool = False
    """Who asked for a stop is stopped."""
    is_linked: bool = False
    """The outside id is attached to the record that is here, unless that record has another one."""


_ADVICE: Final = Course(is_queued=True, is_announced=True, is_refused=True)
_QUEUE: Final = Course(is_queued=True)
_NOTHING: Final = Course()

POLICY: Final[Mapping[Occasion, Mapping[MatchGrade, Course]]] = MappingProxyType(
    {
        occasion: MappingProxyType(
            {
                MatchGrade.CERTAIN: certain,
                MatchGrade.PROBABLE: probable,
                MatchGrade.POSSIBLE: possible,
                MatchGrade.CERTAINLY_NOT: _NOTHING,
            }
        )
        for occasion, certain, probable, possible in (
            (Occasion.CREATE, _ADVICE, _ADVICE, _NOTHING),
            (Occasion.REVISION, _QUEUE, _QUEUE, _NOTHING),
            (Occasion.IMPORT, Course(is_queued=True, is_linked=True), _QUEUE, _NOTHING),
            (Occasion.SWEEP, _QUEUE, _QUEUE, _NOTHING),
            # Somebody has just said that they are two.
            (Occasion.UNMERGE, _NOTHING, _NOTHING, _NOTHING),
        )
    }
)
"""Total over occasions and grades. A possible match is shown to whoever asks (`find_matches`) and queued for
nobody: among a household's records there are many, and few of them are one person."""

IDENTITY: Final = frozenset(
    {"first_name", "last_name", "date_of_birth", "gender", "ssn", "phone", "email", "address"}
)
"""The fields that tell who somebody is: when one changes, the record is compared again."""

QUEUED_MAX: Final = 20
"""Pairs of one record that are queued at most: the likeliest. A placeholder (a test patient, an unknown
newborn) may resemble hundreds of its kind, and whoever looks at twenty such pairs has seen what it is."""

ANNOUNCED_MAX: Final = 5
"""Whom an answer names at most: the likeliest."""


LEFT_OVER_MAX: Final = 500
LEFT_OVER_AT_ONCE: Final = 50
"""Records that are compared by themselves when the candidates were loaded, and how many in one transaction:
a second or two of one thread, and no turn of the practice's other writers takes long."""


class OnDuplicate(Enum):
    """What a caller wants done when somebody to be registered seems to be here already."""

    QUEUE = "queue"
    """Register, tell, and let somebody look: nobody's care waits."""
    REFUSE = "refuse"
    """Register nobody, and tell."""


class DuplicateSuspectedError(ConflictError):
    """Somebody who seems to be this person is here already, and the caller asked for a stop in that case."""

    code = "duplicate_suspected"
    sentence = (
        "This person seems to be registered already: see candidates. If it is somebody else, send the "
        "request again without on_duplicate=refuse."
    )

    def __init__(self, candidates: Sequence[PatientId]) -> None:
        super().__init__()
        self.candidates: Final = tuple(candidates)

    @property
    def disclosed(self) -> tuple[PatientId, ...]:
        """Whose records it tells of, for the trail."""
        return tuple(sorted(self.candidates))


def look(
    desk: MatchingDesk, practice_id: PracticeId, person: Person, *, but: PatientId | None = None
) -> Resembling | None:
    """Whom a person resembles; None if that cannot be told now, or is not asked here."""
    if not desk.candidacy.is_asked:
        return None
    try:
        return find_resembling(desk, practice_id, person, but=but)
    except UnavailableError:
        return None


def look_again(work: PatientWork, resembling: Resembling, *, but: PatientId | None = None) -> Resembling:
    """The same with what others committed meanwhile. The work has changed a record, or is alone otherwise.

    Two people who type one person at the same moment come here one after the other.
    """
    changed = work.patients.changed_since(resembling.as_of, limit=CHANGED_MAX, but=but)
    return resembling.again(changed, more=len(changed) == CHANGED_MAX)


def on_course(
    resembling: Resembling, occasion: Occasion, wanted: Callable[[Course], bool]
) -> tuple[Ranked[Patient], ...]:
    """The matches about which something is to be done."""
    return tuple(one for one in resembling.ranked if wanted(POLICY[occasion][one.match.grade]))


def linkable(resembling: Resembling) -> PatientId | None:
    """The one record to which a machine may attach an outside id.

    Nothing speaks against it, nobody else is certain as well, and it has no outside id of its own: whoever
    has another one there is left to people.
    """
    certain = on_course(resembling, Occasion.IMPORT, lambda course: course.is_linked)
    if len(certain) != 1 or resembling.left_out:
        return None
    patient = certain[0].key
    return None if patient.external_id is not None else patient.id


def suspicions_of(
    patient_id: PatientId, resembling: Resembling, occasion: Occasion, at: datetime
) -> list[Suspicion]:
    """The pairs that somebody is asked to look at: the likeliest, at most `QUEUED_MAX`."""
    queued = on_course(resembling, occasion, lambda course: course.is_queued)
    others = [one for one in queued if one.key.id != patient_id]
    return [
        Suspicion.found(
            Pair.of(patient_id, one.key.id), one.match, model=MODEL_NAME, occasion=occasion, at=at
        )
        for one in others[:QUEUED_MAX]
    ]


def compare_now(
    desk: MatchingDesk, practice_id: PracticeId, patient_id: PatientId, occasion: Occasion
) -> None:
    """Compare one noted record. If that cannot be done now, the note stays.

    What was just stored is stored, and no error of what comes after may say otherwise, whatever it is. Who
    compares the noted ones meets it.
    """
    with suppress(Exception):
        with desk.begin(practice_id) as work:
            noted = work.uncompared.of(patient_id)
        if noted is not None:
            _compare(desk, practice_id, [noted], occasion)


def compare_left_over(desk: MatchingDesk, practice_id: PracticeId) -> int:
    """Compare records that could not be compared when they were stored, now that it can be done; how many.

    For whoever has just loaded the candidates. It is bounded: a whole registry is left to a sweep. What
    cannot be compared now either stays noted.
    """
    done = 0
    with suppress(UnavailableError):
        while done < LEFT_OVER_MAX:
            records, _ = compare_noted(desk, practice_id, Occasion.SWEEP, limit=LEFT_OVER_AT_ONCE)
            if not records:
                break
            done += records
    return done


def compare_noted(
    desk: MatchingDesk, practice_id: PracticeId, occasion: Occasion, *, limit: int
) -> tuple[int, int]:
    """Compare records that were noted, and queue the pairs; how many there were of each. 0 at the end.

    Raises:
        UnavailableError: the candidates, the records or the store cannot be asked now.
    """
    with desk.begin(practice_id) as work:
        noted = work.uncompared.first(limit)
    return len(noted), _compare(desk, practice_id, noted, occasion) if noted else 0


def _compare(desk: MatchingDesk, practice_id: PracticeId, noted: Sequence[Noted], occasion: Occasion) -> int:
    """Queue the pairs of noted records, and forget the notes in the same transaction; how many wait.

    Whoever is stopped goes on where it was. What changes meanwhile is noted anew, and stays noted.
    """
    with desk.begin(practice_id) as work:
        records = work.patients.of_numbers([one.number for one in noted])
    at = desk.clock.now()
    found: list[Suspicion] = []
    for record in records:
        if record.status is not Status.DELETED:
            resembling = find_resembling(desk, practice_id, Person.of(record), but=record.id)
            found += suspicions_of(record.id, resembling, occasion, at)
    with desk.begin(practice_id) as work:
        work.patients.be_alone()
        waiting = work.suspicions.add(found)
        work.uncompared.remove(noted)
        work.commit()
    return len({one.pair for one in waiting})
