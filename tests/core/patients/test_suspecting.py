"""What is done when somebody resembles a record: the table, and creating and changing by it."""

from datetime import date
from functools import partial
from itertools import product

import attrs
import pytest

from tests.builders import a_new_patient, a_practice_id, an_actor
from tests.contracts.stores import at_once
from tests.desks import a_memory_desk, entries_of, put
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import Action, AlreadyAnswered, Once, Outcome
from vantrexia_core.identity import Scopes
from vantrexia_core.kernel import (
    InsufficientScopeError,
    Machine,
    NamePart,
    PatientId,
    PermissionDeniedError,
    Phi,
    Phone,
    Role,
    UnavailableError,
)
from vantrexia_core.patients import (
    POLICY,
    SWEPT_AT_ONCE,
    Course,
    DateOfBirth,
    DuplicateSuspectedError,
    Guard,
    MatchGrade,
    NewPatient,
    Occasion,
    OnDuplicate,
    Patient,
    Reason,
    Revision,
    Suspicion,
    SuspicionListing,
    admit_patient,
    archive_patient,
    compare_noted,
    delete_patient,
    register_patient,
    revise_patient,
    start_sweep,
    sweep_on,
)
from vantrexia_core.patients.suspecting import QUEUED_MAX

ACTOR = an_actor()
HERE = a_practice_id()
MARISOL = a_new_patient(ssn="899-12-3456")
RETYPED = attrs.evolve(MARISOL, name=attrs.evolve(MARISOL.name, first=NamePart("Marisoll")))
TWIN = attrs.evolve(
    a_new_patient(first="Marisa", ssn="899-45-1111", email="m.q.2@example.org"),
)
STRANGER = a_new_patient(first="Ian", last="Wu", born=date(1984, 2, 1), phone=None, email=None)


def _waiting(desk: MemoryDesk) -> list[Suspicion]:
    with desk.begin(HERE) as work:
        return list(work.suspicions.page(SuspicionListing()).items)


def _noted(desk: MemoryDesk) -> int:
    with desk.begin(HERE) as work:
        return work.uncompared.count()


def test_a_placeholder_queues_no_more_than_somebody_would_look_at() -> None:
    """Thirty records of one made-up person: the next one is queued with twenty, and still announced."""
    desk = a_memory_desk()
    for _ in range(30):
        put(desk, attrs.evolve(MARISOL, ssn=None))
    admission = admit_patient(desk, ACTOR, attrs.evolve(MARISOL, ssn=None))
    assert len(_waiting(desk)) == QUEUED_MAX
    assert admission.resembled


class OutOfReach:
    """A candidacy that cannot answer now."""

    def __init__(self, desk: MemoryDesk) -> None:
        self.is_asked = True
        self.texts, self.phones = desk.candidacy.texts, desk.candidacy.phones

    def candidates(self, *_: object) -> None:
        """Say so."""
        raise UnavailableError


def _unreachable(desk: MemoryDesk) -> None:
    desk.candidacy = OutOfReach(desk)  # type: ignore[assignment] - its fault is the point


def test_the_table_is_total() -> None:
    """Every occasion, every grade."""
    assert {(occasion, grade) for occasion in POLICY for grade in POLICY[occasion]} == set(
        product(Occasion, MatchGrade)
    )


def test_what_is_certainly_somebody_else_has_no_consequence() -> None:
    """Nor has a match that is merely possible: a household has many."""
    for occasion in Occasion:
        assert POLICY[occasion][MatchGrade.CERTAINLY_NOT] == Course()
        assert POLICY[occasion][MatchGrade.POSSIBLE] == Course()


def test_a_machine_links_where_it_is_certain_and_imports() -> None:
    """Nowhere else."""
    linking = [
        (occasion, grade)
        for occasion, grade in product(Occasion, MatchGrade)
        if POLICY[occasion][grade].is_linked
    ]
    assert linking == [(Occasion.IMPORT, MatchGrade.CERTAIN)]


@pytest.mark.parametrize("again", [MARISOL, RETYPED], ids=["alike", "mistyped"])
def test_somebody_typed_twice_is_registered_told_and_queued(again: NewPatient) -> None:
    """Nobody's care waits: there are two records, and one pair to look at."""
    desk = a_memory_desk()
    first = register_patient(desk, ACTOR, MARISOL)
    admission = admit_patient(desk, ACTOR, again)
    assert [(id_, grade) for id_, grade in admission.resembled] == [(first.id, MatchGrade.CERTAIN)]
    (pair,) = _waiting(desk)
    assert set(pair.pair.ids) == {first.id, admission.patient.id}
    assert (pair.occasion, pair.grade) == (Occasion.CREATE, MatchGrade.CERTAIN)
    assert pair.score > 0


def test_a_twin_is_a_question_and_no_certainty() -> None:
    """She is registered; somebody looks at the two."""
    desk = a_memory_desk()
    register_patient(desk, ACTOR, MARISOL)
    admission = admit_patient(desk, ACTOR, TWIN)
    assert MatchGrade.CERTAIN not in [grade for _, grade in admission.resembled]


def test_a_stranger_resembles_nobody() -> None:
    """Nothing queued, nothing told."""
    desk = a_memory_desk()
    register_patient(desk, ACTOR, MARISOL)
    assert admit_patient(desk, ACTOR, STRANGER, on_duplicate=OnDuplicate.REFUSE).resembled == ()
    assert _waiting(desk) == []
    assert _noted(desk) == 0


def test_whom_the_answer_names_is_on_the_trail() -> None:
    """Named is disclosed; where nobody is told, nobody is."""
    desk = a_memory_desk()
    first = register_patient(desk, ACTOR, MARISOL)
    told = admit_patient(desk, ACTOR, MARISOL).patient
    assert set(entries_of(desk)[-1].disclosed) == {first.id, told.id}
    untold = register_patient(desk, ACTOR, MARISOL)
    assert entries_of(desk)[-1].disclosed == (untold.id,)
    assert len(_waiting(desk)) == 3


def test_who_asks_for_a_stop_gets_one() -> None:
    """Nothing is stored, and the trail says who was named."""
    desk = a_memory_desk()
    first = register_patient(desk, ACTOR, MARISOL)
    with pytest.raises(DuplicateSuspectedError) as refused:
        admit_patient(desk, ACTOR, RETYPED, on_duplicate=OnDuplicate.REFUSE)
    assert refused.value.candidates == (first.id,)
    entry = entries_of(desk)[-1]
    assert (entry.outcome, entry.code, entry.disclosed) == (
        Outcome.REFUSED, "duplicate_suspected", (first.id,),
    )  # fmt: skip
    assert _waiting(desk) == []
    assert register_patient(desk, ACTOR, STRANGER).mrn.reveal() == "MRN-00002"


def test_the_archived_count_and_the_deleted_do_not() -> None:
    """Whoever was put out of service may come back; whoever was deleted is not spoken of."""
    desk = a_memory_desk()
    first = register_patient(desk, ACTOR, MARISOL)
    archive_patient(desk, ACTOR, first.id, Reason("Moved away"))
    with pytest.raises(DuplicateSuspectedError):
        admit_patient(desk, ACTOR, MARISOL, on_duplicate=OnDuplicate.REFUSE)
    delete_patient(desk, ACTOR, first.id)
    assert admit_patient(desk, ACTOR, MARISOL, on_duplicate=OnDuplicate.REFUSE).resembled == ()


def test_a_repeated_call_is_answered_as_the_first_was() -> None:
    """It registers nobody and queues nothing."""
    desk = a_memory_desk()
    register_patient(desk, ACTOR, MARISOL)
    once = Once(Phi("key-1"), Phi(b"POST"), lambda admission: str(len(admission.resembled)).encode())
    admit_patient(desk, ACTOR, MARISOL, once=once)
    before = _waiting(desk)
    with pytest.raises(AlreadyAnswered) as again:
        admit_patient(desk, ACTOR, MARISOL, once=once)
    assert again.value.answer.reveal() == b"1"
    assert _waiting(desk) == before


def test_an_index_that_cannot_answer_holds_nobody_up() -> None:
    """The record is made and noted, also where a stop was asked for; compared later, the pair is there."""
    desk = a_memory_desk()
    register_patient(desk, ACTOR, MARISOL)
    candidacy = desk.candidacy
    _unreachable(desk)
    admission = admit_patient(desk, ACTOR, MARISOL, on_duplicate=OnDuplicate.REFUSE)
    assert (admission.resembled, admission.is_compared) == ((), False)
    assert (_noted(desk), _waiting(desk)) == (1, [])
    with pytest.raises(UnavailableError):
        compare_noted(desk, HERE, Occasion.SWEEP, limit=10)
    desk.candidacy = candidacy
    assert compare_noted(desk, HERE, Occasion.SWEEP, limit=10) == (1, 1)
    assert compare_noted(desk, HERE, Occasion.SWEEP, limit=10) == (0, 0)
    (pair,) = _waiting(desk)
    assert pair.occasion is Occasion.SWEEP


def test_a_practice_may_do_without() -> None:
    """Nothing is compared, noted or told."""
    desk = a_memory_desk()
    desk.candidacy.is_asked = False  # type: ignore[misc] - a setting in use
    register_patient(desk, ACTOR, MARISOL)
    admission = admit_patient(desk, ACTOR, MARISOL, on_duplicate=OnDuplicate.REFUSE)
    revise_patient(desk, ACTOR, admission.patient.id, Revision(last_name=NamePart("Okafor")))
    assert admission.is_compared
    assert (_noted(desk), _waiting(desk)) == (0, [])


def test_two_who_type_one_person_at_once_find_each_other() -> None:
    """Whoever comes second sees whom the first one stored."""
    desk = a_memory_desk()
    made = at_once([lambda: register_patient(desk, ACTOR, MARISOL) for _ in range(4)])
    ids = [one.id for one in made if isinstance(one, Patient)]
    assert len(ids) == 4
    assert {one.pair.ids for one in _waiting(desk)} == {
        (min(one, other), max(one, other)) for one in ids for other in ids if one != other
    }


# --- sweeping -------------------------------------------------------------------------------------------


def _stored(desk: MemoryDesk, count: int) -> list[PatientId]:
    """Records that were there before anybody compared: pairs of one person each."""
    desk.candidacy.is_asked = False
    ids = []
    for number in range(count):
        new = a_new_patient(last=f"Quintero{'abcdefgh'[number % 8]}", ssn=f"899-12-{3456 + number}")
        ids += [register_patient(desk, ACTOR, new).id for _ in range(2)]
    desk.candidacy.is_asked = True
    return ids


def test_a_sweep_finds_who_was_there_before_anybody_compared() -> None:
    """Each pair once, whatever the number of steps."""
    desk = a_memory_desk()
    ids = _stored(desk, 1)
    assert start_sweep(desk, ACTOR) == 2
    assert entries_of(desk)[-1].action is Action.MATCH_SWEEP
    assert sweep_on(desk, ACTOR).records == 2
    assert sweep_on(desk, ACTOR).records == 0
    (pair,) = _waiting(desk)
    assert (set(pair.pair.ids), pair.occasion) == (set(ids), Occasion.SWEEP)


def test_a_sweep_that_was_cut_off_goes_on() -> None:
    """What was compared is not compared again, unless one asks for it."""
    desk = a_memory_desk()
    _stored(desk, 40)
    assert start_sweep(desk, ACTOR) == 80
    assert sweep_on(desk, ACTOR).records == SWEPT_AT_ONCE
    assert start_sweep(desk, ACTOR) == 80 - SWEPT_AT_ONCE
    assert start_sweep(desk, ACTOR, is_anew=True) == 80


def test_who_may_not_decide_does_not_sweep() -> None:
    """A nurse is refused; nothing is noted."""
    desk = a_memory_desk()
    _stored(desk, 1)
    for sweeping in (start_sweep, sweep_on):
        with pytest.raises(PermissionDeniedError):
            sweeping(desk, an_actor(Role.NURSE))  # type: ignore[operator] - two of one shape
    assert _noted(desk) == 0


# --- changing ---------------------------------------------------------------------------------------------


def _two(desk: MemoryDesk) -> tuple[PatientId, PatientId]:
    one = register_patient(desk, ACTOR, attrs.evolve(MARISOL, ssn=None))
    other = attrs.evolve(STRANGER, phone=one.phone)
    return one.id, register_patient(desk, ACTOR, other).id


def test_a_record_that_is_corrected_is_compared_again() -> None:
    """Its name was another one's; now it is this person's."""
    desk = a_memory_desk()
    one, other = _two(desk)
    assert _waiting(desk) == []
    corrected = Revision(
        first_name=MARISOL.name.first,
        last_name=MARISOL.name.last,
        date_of_birth=MARISOL.date_of_birth,
        gender=MARISOL.gender,
        email=MARISOL.email,
    )
    revise_patient(desk, ACTOR, other, corrected)
    (pair,) = _waiting(desk)
    assert (pair.occasion, set(pair.pair.ids)) == (Occasion.REVISION, {one, other})
    assert _noted(desk) == 0


@pytest.mark.parametrize(
    "revision",
    [Revision(), Revision(external_id=None), Revision(first_name=STRANGER.name.first)],
    ids=["nothing", "an id", "the same"],
)
def test_what_tells_nothing_of_a_person_is_not_compared(revision: Revision) -> None:
    """An index that cannot answer notes nothing either."""
    desk = a_memory_desk()
    _, other = _two(desk)
    _unreachable(desk)
    revise_patient(desk, ACTOR, other, revision)
    assert _noted(desk) == 0


def test_a_correction_is_stored_whatever_becomes_of_the_comparison() -> None:
    """It is noted, and looked at later."""
    desk = a_memory_desk()
    _, other = _two(desk)
    _unreachable(desk)
    revised = revise_patient(desk, ACTOR, other, Revision(phone=Phone("+1-309-611-0010")))
    assert revised.version == 2
    assert _noted(desk) == 1


def test_a_record_that_somebody_else_corrected_first_is_compared_as_it_came_out() -> None:
    """What was foreseen is of nobody then."""
    desk = a_memory_desk()
    one, other = _two(desk)
    names: list[Patient] = []

    def corrected(patient: Patient) -> Revision:
        if not names:
            revise_patient(desk, ACTOR, other, Revision(last_name=MARISOL.name.last, email=MARISOL.email))
        names.append(patient)
        return Revision(
            first_name=MARISOL.name.first, date_of_birth=MARISOL.date_of_birth, gender=MARISOL.gender
        )

    revise_patient(desk, ACTOR, other, corrected)
    assert [seen.version for seen in names] == [1, 2]
    (pair,) = _waiting(desk)
    assert (pair.occasion, set(pair.pair.ids)) == (Occasion.REVISION, {one, other})
    assert _noted(desk) == 0


def test_two_who_are_corrected_to_one_person_at_once_find_each_other() -> None:
    """Whoever comes second sees what the first one's record says now."""
    desk = a_memory_desk()
    strangers = [
        register_patient(
            desk, ACTOR, a_new_patient(first=first, last=last, born=born, phone=None, email=None)
        )
        for first, last, born in (
            ("Ian", "Wu", date(1984, 2, 1)),
            ("Olga", "Brandt", date(1951, 7, 30)),
            ("Kwame", "Osei", date(2002, 11, 13)),
        )
    ]
    assert _waiting(desk) == []
    corrected = Revision(
        first_name=MARISOL.name.first,
        last_name=MARISOL.name.last,
        date_of_birth=MARISOL.date_of_birth,
        phone=MARISOL.phone,
        email=MARISOL.email,
    )
    made = at_once([partial(revise_patient, desk, ACTOR, one.id, corrected) for one in strangers])
    assert [one.version for one in made if isinstance(one, Patient)] == [2, 2, 2]
    ids = sorted(one.id for one in strangers)
    assert {one.pair.ids for one in _waiting(desk)} == {
        (one, other) for one in ids for other in ids if one < other
    }


def test_a_guard_is_told_with_the_pair() -> None:
    """Who reviews sees why no machine would link the two."""
    desk = a_memory_desk()
    register_patient(desk, ACTOR, attrs.evolve(MARISOL, email=None, phone=None, ssn=None))
    again = attrs.evolve(
        MARISOL, email=None, phone=None, ssn=None, date_of_birth=DateOfBirth(date(1961, 9, 4))
    )
    admit_patient(desk, ACTOR, again)
    told = _waiting(desk)
    assert all(isinstance(guard, Guard) for one in told for guard in one.guards)
    assert [one.grade for one in told] in ([MatchGrade.PROBABLE], [])


@pytest.mark.parametrize("role", [Role.MA, Role.NURSE, Role.PROVIDER, Role.CLINICAL_MANAGER, Role.ADMIN])
def test_every_role_that_registers_is_told(role: Role) -> None:
    """They see all patients of the practice anyway."""
    desk = a_memory_desk()
    register_patient(desk, ACTOR, MARISOL)
    assert len(admit_patient(desk, an_actor(role), MARISOL).resembled) == 1


@pytest.mark.parametrize("new", [MARISOL, STRANGER])
def test_who_may_only_create_gets_no_stop(new: NewPatient) -> None:
    """The stop itself says who is here. It is refused before anything is looked up, whoever is meant."""
    desk = a_memory_desk()
    register_patient(desk, ACTOR, MARISOL)
    client = attrs.evolve(ACTOR, role=Machine.CLIENT, mandate=Scopes.known("system/Patient.c").mandate)
    with pytest.raises(InsufficientScopeError):
        admit_patient(desk, client, new, on_duplicate=OnDuplicate.REFUSE)
    entry = desk.entries[-1]
    assert (entry.outcome, entry.code, entry.disclosed) == (Outcome.REFUSED, "insufficient_scope", ())
    assert admit_patient(desk, client, new).resembled == ()
