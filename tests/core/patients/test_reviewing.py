"""Looking through pairs that may be one person: what is shown, what is decided, what the trail says."""

from datetime import date

import attrs
import pytest

from tests.builders import a_new_patient, a_patient_id, a_suspicion, an_actor
from tests.desks import a_memory_desk, entries_of, put
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.kernel import (
    BrokenPromiseError,
    NotFoundError,
    PermissionDeniedError,
    Role,
    StaleVersionError,
)
from vantrexia_core.patients import (
    AlreadyDecidedError,
    AlreadyOneError,
    DateOfBirth,
    Decision,
    Field,
    Gender,
    GoneError,
    Likeness,
    LooksDifferentError,
    Patient,
    Reason,
    Revision,
    Ssn,
    Suspicion,
    archive_patient,
    compare_records,
    decide,
    delete_patient,
    find_suspicions,
    revise_patient,
)

JUDGES = {Role.ADMIN, Role.CLINICAL_MANAGER}
CARE = JUDGES | {Role.PROVIDER, Role.NURSE, Role.MA}
ADMIN, MANAGER = an_actor(Role.ADMIN), an_actor(Role.CLINICAL_MANAGER)


@pytest.fixture
def desk() -> MemoryDesk:
    """A practice with two records that may be one person."""
    return a_memory_desk()


def _two(desk: MemoryDesk) -> tuple[Patient, Patient, Suspicion]:
    one = put(desk, a_new_patient(ssn="219-09-1234"))
    other = put(desk, a_new_patient(first="Marysol", email=None, ssn="219-09-1234"))
    found = a_suspicion(one.id, other.id)
    _add(desk, found)
    return one, other, found


def _add(desk: MemoryDesk, *found: Suspicion) -> None:
    with desk.begin(ADMIN.practice_id) as work:
        work.suspicions.add(found)
        work.commit()


@pytest.mark.parametrize("role", Role)
def test_the_list_is_for_those_who_care_for_patients(desk: MemoryDesk, role: Role) -> None:
    """And comparing as well; deciding is for those who run the practice."""
    _, _, found = _two(desk)
    acts = {
        lambda: find_suspicions(desk, an_actor(role)): CARE,
        lambda: compare_records(desk, an_actor(role), found.id): CARE,
        lambda: decide(desk, an_actor(role), found.id, Decision.LATER): JUDGES,
    }
    for act, roles in acts.items():
        if role in roles:
            act()
            continue
        with pytest.raises(PermissionDeniedError):
            act()
        assert entries_of(desk)[-1].outcome is Outcome.REFUSED


def test_the_list_discloses_nobody(desk: MemoryDesk) -> None:
    """It holds ids and scores; the trail says that it was looked at."""
    _, _, found = _two(desk)
    assert find_suspicions(desk, ADMIN).items == (found,)
    entry = entries_of(desk)[-1]
    assert (entry.action, entry.outcome, entry.disclosed) == (Action.DUPLICATE_LIST, Outcome.DONE, ())


def test_comparing_shows_both_records_field_by_field(desk: MemoryDesk) -> None:
    """What is equal now, with the levels and bits of when the model looked; both are disclosed."""
    one, other, found = _two(desk)
    pair = compare_records(desk, ADMIN, found.id)
    assert pair.records == tuple(sorted((one, other), key=lambda patient: patient.id))
    by_field = {field.field: field for field in pair.fields}
    likeness = {name: field.likeness for name, field in by_field.items()}
    assert likeness == {
        "first_name": Likeness.DIFFERS,
        "last_name": Likeness.SAME,
        "date_of_birth": Likeness.SAME,
        "gender": Likeness.SAME,
        "mrn": Likeness.DIFFERS,
        "phone": Likeness.PLACEHOLDER,  # the model took it for missing
        "email": Likeness.MISSING,
        "address": Likeness.MISSING,
        "ssn": Likeness.SAME,
        "external_id": Likeness.MISSING,
    }
    assert (by_field["first_name"].level, by_field["first_name"].bits) == ("resembles", -1.125)
    assert (by_field["ssn"].level, by_field["ssn"].bits) == (None, None)
    entry = entries_of(desk)[-1]
    assert (entry.action, entry.disclosed) == (
        Action.DUPLICATE_READ,
        tuple(sorted([one.id, other.id])),
    )


def test_an_unknown_gender_is_no_likeness(desk: MemoryDesk) -> None:
    """Two who do not say are not alike."""
    first, second = (put(desk, a_new_patient(gender=Gender.UNKNOWN)) for _ in range(2))
    found = a_suspicion(first.id, second.id)
    _add(desk, found)
    fields = {field.field: field.likeness for field in compare_records(desk, ADMIN, found.id).fields}
    assert fields["gender"] is Likeness.MISSING


def test_a_deleted_record_is_not_shown(desk: MemoryDesk) -> None:
    """The other one is, and nothing is compared; an archived one is shown like any."""
    one, other, found = _two(desk)
    archive_patient(desk, ADMIN, one.id, Reason("Moved away"))
    assert None not in compare_records(desk, ADMIN, found.id).records
    delete_patient(desk, ADMIN, other.id)
    pair = compare_records(desk, ADMIN, found.id)
    assert sorted(record.id if record else None for record in pair.records if record) == [one.id]
    assert pair.fields == ()
    assert entries_of(desk)[-1].disclosed == (one.id,)
    assert find_suspicions(desk, ADMIN).count == 0


def test_a_decision_is_remembered_with_who_and_when(desk: MemoryDesk) -> None:
    """And recorded once for each of the two records, disclosing neither."""
    one, other, found = _two(desk)
    decided = decide(desk, MANAGER, found.id, Decision.DIFFERENT)
    assert decided.ruling is not None
    assert (decided.decision, decided.ruling.by, decided.ruling.by_email, decided.version) == (
        Decision.DIFFERENT,
        MANAGER.user_id,
        MANAGER.email,
        2,
    )
    entries = entries_of(desk)[-2:]
    assert [entry.action for entry in entries] == [Action.DUPLICATE_DECIDE] * 2
    assert {entry.patient_id for entry in entries} == {one.id, other.id}
    assert [entry.disclosed for entry in entries] == [(), ()]
    assert find_suspicions(desk, ADMIN).count == 0


@pytest.mark.parametrize("decision", [Decision.LATER, Decision.SAME, Decision.DIFFERENT])
def test_deciding_twice_changes_nothing(desk: MemoryDesk, decision: Decision) -> None:
    """Whoever repeats it, with or without the version that was read before."""
    _, _, found = _two(desk)
    decided = decide(desk, ADMIN, found.id, decision)
    assert decide(desk, ADMIN, found.id, decision, expected_version=1) == decided
    assert decide(desk, MANAGER, found.id, decision) == decided


def test_two_who_look_different_by_now_are_said_to_be_one_only_knowingly(desk: MemoryDesk) -> None:
    """The pair was suspected before one of them was corrected; what they say now counts, and is shown."""
    one, other, found = _two(desk)
    now = compare_records(desk, ADMIN, found.id).now
    assert now is not None
    assert not now.is_against
    born = Revision(date_of_birth=DateOfBirth(date(1984, 11, 30)), ssn=Ssn("401-17-8993"))
    revise_patient(desk, ADMIN, other.id, born)
    now = compare_records(desk, ADMIN, found.id).now
    assert now is not None
    assert now.is_against
    with pytest.raises(LooksDifferentError):
        decide(desk, ADMIN, found.id, Decision.SAME)
    refused = entries_of(desk)[-1]
    assert (refused.code, refused.disclosed) == ("looks_different", found.pair.ids)
    assert decide(desk, ADMIN, found.id, Decision.LATER).decision is Decision.LATER
    decided = decide(desk, ADMIN, found.id, Decision.SAME, despite_differences=True)
    assert decided.decision is Decision.SAME
    said = [entry for entry in entries_of(desk) if entry.action is Action.DIFFERENCES_OVERRULE]
    assert {entry.patient_id for entry in said} == {one.id, other.id}
    assert decide(desk, ADMIN, found.id, Decision.SAME) == decided


@pytest.mark.parametrize("despite_differences", [False, True])
def test_a_deleted_record_is_not_compared(desk: MemoryDesk, *, despite_differences: bool) -> None:
    """Whoever may not see what it held must not learn it by asking whether it differs from this or that."""
    _, other, found = _two(desk)
    revise_patient(desk, ADMIN, other.id, Revision(date_of_birth=DateOfBirth(date(1984, 11, 30))))
    delete_patient(desk, ADMIN, other.id)
    with pytest.raises(GoneError):
        decide(desk, MANAGER, found.id, Decision.SAME, despite_differences=despite_differences)
    assert decide(desk, MANAGER, found.id, Decision.DIFFERENT).decision is Decision.DIFFERENT


def test_somebody_elses_decision_is_overruled_knowingly(desk: MemoryDesk) -> None:
    """Not without its version, and not with an older one."""
    _, _, found = _two(desk)
    decide(desk, ADMIN, found.id, Decision.LATER)
    settled = decide(desk, ADMIN, found.id, Decision.SAME)
    with pytest.raises(AlreadyDecidedError):
        decide(desk, MANAGER, found.id, Decision.DIFFERENT)
    with pytest.raises(StaleVersionError):
        decide(desk, MANAGER, found.id, Decision.DIFFERENT, expected_version=settled.version - 1)
    overruled = decide(desk, MANAGER, found.id, Decision.DIFFERENT, expected_version=settled.version)
    assert (overruled.decision, overruled.version) == (Decision.DIFFERENT, settled.version + 1)


def test_a_decision_holds_for_all_that_ask_the_same(desk: MemoryDesk) -> None:
    """A pair of a merged record, and that of its survivor, are one question."""
    one, other, found = _two(desk)
    third = put(desk, a_new_patient())
    asked_again = a_suspicion(one.id, third.id)
    _add(desk, asked_again)
    _lead(desk, other, third)
    decide(desk, ADMIN, found.id, Decision.DIFFERENT)
    with desk.begin(ADMIN.practice_id) as work:
        assert work.suspicions.get(asked_again.id).decision is Decision.DIFFERENT


def test_there_is_nothing_to_decide_about_what_is_one(desk: MemoryDesk) -> None:
    """And comparing shows the one record."""
    one, other, found = _two(desk)
    _lead(desk, other, one)
    with pytest.raises(AlreadyOneError):
        decide(desk, ADMIN, found.id, Decision.DIFFERENT)
    pair = compare_records(desk, ADMIN, found.id)
    assert (pair.records, pair.fields) == ((one,), ())


def _lead(desk: MemoryDesk, one: Patient, to: Patient) -> None:
    with desk.begin(ADMIN.practice_id) as work:
        work.suspicions.lead([one.id], to.id)
        work.commit()


def test_an_unknown_pair_is_not_found(desk: MemoryDesk) -> None:
    """To look at, and to decide about."""
    unknown = a_suspicion(a_patient_id(8), a_patient_id(9)).id
    with pytest.raises(NotFoundError):
        compare_records(desk, ADMIN, unknown)
    with pytest.raises(NotFoundError):
        decide(desk, ADMIN, unknown, Decision.SAME)


def test_nobody_decides_that_a_pair_is_open(desk: MemoryDesk) -> None:
    """That is what it is before."""
    _, _, found = _two(desk)
    with pytest.raises(BrokenPromiseError):
        decide(desk, ADMIN, found.id, Decision.OPEN)


def test_the_weighed_parts_of_a_name_are_compared_as_the_model_saw_them(desk: MemoryDesk) -> None:
    """A suffix is no field of a record."""
    _, _, found = _two(desk)
    weighed = attrs.evolve(
        found,
        bits={Field.SUFFIX: -12.0, Field.MIDDLE_NAME: 0.0},
        levels={Field.SUFFIX: "conflict", Field.MIDDLE_NAME: "missing"},
        scored_at=found.scored_at.replace(year=2027),
    )
    _add(desk, weighed)
    by_field = {field.field: field for field in compare_records(desk, ADMIN, found.id).fields}
    assert (by_field["suffix"].likeness, by_field["suffix"].bits) == (Likeness.DIFFERS, -12.0)
    assert by_field["middle_name"].likeness is Likeness.MISSING


def test_what_stands_for_nothing_is_no_likeness(desk: MemoryDesk) -> None:
    """Both have it, and the model took it for missing."""
    one, other = (put(desk, a_new_patient(phone="217-555-0142")) for _ in range(2))
    found = a_suspicion(one.id, other.id)
    weighed = {"levels": {**found.levels, Field.PHONE: "missing"}, "bits": {**found.bits, Field.PHONE: 0.0}}
    _add(desk, attrs.evolve(found, **weighed))
    fields = {field.field: field.likeness for field in compare_records(desk, ADMIN, found.id).fields}
    assert fields["phone"] is Likeness.PLACEHOLDER
