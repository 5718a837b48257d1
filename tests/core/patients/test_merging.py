"""Merging two records and undoing it: what survives, what is refused, what the trail says."""

from datetime import date, timedelta

import attrs
import pytest

from tests.builders import a_new_patient, a_suspicion, an_actor, an_address, an_email
from tests.desks import a_memory_desk, entries_of, put
from tests.sources import ManualClock
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import Action, AlreadyAnswered, Once, Outcome
from vantrexia_core.kernel import (
    InvalidError,
    MergeId,
    NotFoundError,
    PermissionDeniedError,
    Phi,
    Role,
    StaleVersionError,
)
from vantrexia_core.patients import (
    REVISABLE,
    AlreadyUndoneError,
    Decision,
    EditedSinceError,
    ExternalId,
    Gender,
    Guard,
    Heir,
    IdCondition,
    IdentifierCondition,
    LinkType,
    Listing,
    LooksDifferentError,
    MatchGrade,
    Merge,
    MergedAwayError,
    MergeDoneError,
    NewerMergeError,
    Party,
    Patient,
    PatientLink,
    PatientSearch,
    Phone,
    Reason,
    Revision,
    Status,
    Suspicion,
    ToldApartError,
    archive_patient,
    decide,
    delete_patient,
    find_archived_patients,
    find_merges,
    find_patients,
    find_suspicions,
    links_of,
    look_up_patient,
    merge_patients,
    register_patient,
    revise_patient,
    search_patients,
    unarchive_patient,
    undo_merge,
)
from vantrexia_core.patients.model import value_of

ADMIN, MANAGER = an_actor(Role.ADMIN), an_actor(Role.CLINICAL_MANAGER)
WHY = Reason("Registered twice")


@pytest.fixture
def clock() -> ManualClock:
    """The time."""
    return ManualClock()


@pytest.fixture
def desk(clock: ManualClock) -> MemoryDesk:
    """An empty practice."""
    return a_memory_desk(clock)


def _register(desk: MemoryDesk, **about: object) -> Patient:
    return put(desk, a_new_patient(**about))  # type: ignore[arg-type]


def _two(desk: MemoryDesk) -> tuple[Patient, Patient]:
    survivor = _register(desk, phone=None, gender=Gender.UNKNOWN)
    loser = _register(desk, first="Mari", email=None, address=an_address(), ssn="219-09-1234")
    return survivor, loser


def _merge(desk: MemoryDesk, survivor: Patient, loser: Patient, **more: object) -> Merge:
    return merge_patients(desk, ADMIN, survivor.id, loser.id, WHY, **more).merge  # type: ignore[arg-type]


def _undo(desk: MemoryDesk, merge: Merge, **heirs: Heir) -> None:
    undo_merge(desk, ADMIN, merge.id, WHY, heirs)


def _now(desk: MemoryDesk, patient: Patient) -> Patient:
    with desk.begin(ADMIN.practice_id) as work:
        return work.patients.get(patient.id)


def _said(patient: Patient) -> dict[str, object]:
    """What a record says, where it stands and who stands for it; not its version and times."""
    said = {name: value_of(patient, name) for name in REVISABLE}
    return said | {"status": patient.status, "merged_into": patient.merged_into}


def _phone(text: str) -> Revision:
    return Revision(phone=Phone(text))


def test_a_filled_field_beats_an_empty_one(desk: MemoryDesk) -> None:
    """Whoever survives; an unknown gender is empty; identifiers stay each record's own."""
    survivor, loser = _two(desk)
    merge = _merge(desk, survivor, loser)
    assert set(merge.taken) == {"gender", "phone", "address", "ssn"}
    after = _now(desk, survivor)
    assert (after.phone, after.address, after.ssn) == (loser.phone, loser.address, loser.ssn)
    assert (after.email, after.name, after.mrn) == (survivor.email, survivor.name, survivor.mrn)
    assert after.version == survivor.version + 1


def test_of_two_contacts_the_one_written_later_is_kept(desk: MemoryDesk, clock: ManualClock) -> None:
    """Written, not touched: a record that was archived since has its old phone."""
    survivor, loser = _register(desk, phone="555-0101"), _register(desk, phone="555-0102")
    clock.advance(timedelta(days=1))
    revise_patient(desk, ADMIN, survivor.id, _phone("555-0103"))
    clock.advance(timedelta(days=1))
    archive_patient(desk, ADMIN, loser.id, WHY)
    assert _merge(desk, survivor, loser).taken == ()
    assert _now(desk, survivor).phone == Phone("555-0103")


def test_a_later_phone_of_the_loser_is_taken(desk: MemoryDesk, clock: ManualClock) -> None:
    """And its name is not: the survivor was chosen for who it is."""
    survivor = _register(desk, phone="555-0101")
    loser = _register(desk, first="Mari", phone="555-0102")
    clock.advance(timedelta(days=1))
    revise_patient(desk, ADMIN, loser.id, _phone("555-0104"))
    assert _merge(desk, survivor, loser).taken == ("phone",)


def test_what_somebody_chose_is_kept(desk: MemoryDesk) -> None:
    """Even an empty value, and against the rule."""
    survivor, loser = _two(desk)
    choices = {"first_name": Party.LOSER, "phone": Party.SURVIVOR, "email": Party.LOSER}
    merge = _merge(desk, survivor, loser, choices=choices)
    assert set(merge.taken) == {"first_name", "email", "gender", "address", "ssn"}
    after = _now(desk, survivor)
    assert (after.name.first, after.phone, after.email) == (loser.name.first, None, None)


def test_the_loser_is_archived_and_says_who_stands_for_it(desk: MemoryDesk) -> None:
    """It is readable, and in no list; the survivor is found by its record number, too."""
    survivor, loser = _two(desk)
    _merge(desk, survivor, loser)
    away = look_up_patient(desk, ADMIN, loser.id)
    assert (away.status, away.merged_into) == (Status.ARCHIVED, survivor.id)
    assert {**_said(away), "status": loser.status, "merged_into": None} == _said(loser)
    assert [one.id for one in find_patients(desk, ADMIN, Listing()).items] == [survivor.id]
    assert find_archived_patients(desk, ADMIN, Listing()).count == 0
    found = find_patients(desk, ADMIN, Listing(search=loser.mrn))
    assert [one.id for one in found.items] == [survivor.id]


def test_a_merged_record_is_changed_by_nobody(desk: MemoryDesk) -> None:
    """Each refusal names the record to be changed instead."""
    survivor, loser = _two(desk)
    third = _register(desk)
    _merge(desk, survivor, loser)
    for act in (
        lambda: revise_patient(desk, ADMIN, loser.id, _phone("555-0109")),
        lambda: archive_patient(desk, ADMIN, loser.id, WHY),
        lambda: unarchive_patient(desk, ADMIN, loser.id),
        lambda: delete_patient(desk, ADMIN, loser.id),
        lambda: _merge(desk, third, loser),
        lambda: _merge(desk, loser, third),
        lambda: _merge(desk, loser, survivor),
    ):
        with pytest.raises(MergedAwayError) as refused:
            act()
        assert refused.value.survivor_id == survivor.id


def test_a_chain_leads_to_the_last_survivor(desk: MemoryDesk) -> None:
    """Whoever was merged into the loser goes along, and comes back with it."""
    first, second, third = (_register(desk) for _ in range(3))
    _merge(desk, second, first)
    merge = _merge(desk, third, second)
    assert merge.led == (first.id,)
    assert {_now(desk, one).merged_into for one in (first, second)} == {third.id}
    found = find_patients(desk, ADMIN, Listing(search=first.mrn))
    assert [one.id for one in found.items] == [third.id]
    _undo(desk, merge)
    assert (_now(desk, first).merged_into, _now(desk, second).merged_into) == (second.id, None)


def test_merging_takes_two_records_that_are_there(desk: MemoryDesk) -> None:
    """Not one and itself, no deleted one, nobody's."""
    survivor, loser = _two(desk)
    with pytest.raises(InvalidError):
        _merge(desk, survivor, survivor)
    with pytest.raises(InvalidError):
        _merge(desk, survivor, loser, choices={"mrn": Party.LOSER})
    with pytest.raises(StaleVersionError):
        _merge(desk, survivor, loser, expected_version=7)
    delete_patient(desk, ADMIN, loser.id)
    for pair in ((survivor, loser), (loser, survivor)):
        with pytest.raises(NotFoundError):
            _merge(desk, *pair)
    with pytest.raises(NotFoundError):
        find_merges(desk, ADMIN, loser.id)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ADMIN, Role.CLINICAL_MANAGER}])
def test_those_who_run_the_practice_merge(desk: MemoryDesk, role: Role) -> None:
    """And undo; everybody else is refused, and that is recorded."""
    survivor, loser = _two(desk)
    with pytest.raises(PermissionDeniedError):
        merge_patients(desk, an_actor(role), survivor.id, loser.id, WHY)
    merge = _merge(desk, survivor, loser)
    with pytest.raises(PermissionDeniedError):
        undo_merge(desk, an_actor(role), merge.id, WHY)
    entry = entries_of(desk)[-1]
    assert (entry.action, entry.outcome) == (Action.UNMERGE, Outcome.REFUSED)


def _suspect(desk: MemoryDesk, one: Patient, other: Patient) -> Suspicion:
    found = a_suspicion(one.id, other.id)
    with desk.begin(ADMIN.practice_id) as work:
        work.suspicions.add([found])
        work.commit()
    return found


def test_people_who_were_told_apart_are_not_merged(desk: MemoryDesk) -> None:
    """Nor whoever was merged into one of them."""
    survivor, loser = _two(desk)
    third = _register(desk)
    found = _suspect(desk, survivor, loser)
    decide(desk, ADMIN, found.id, Decision.DIFFERENT)
    for pair in ((survivor, loser), (loser, survivor)):
        with pytest.raises(ToldApartError):
            _merge(desk, *pair)
    _merge(desk, third, loser)
    with pytest.raises(ToldApartError):
        _merge(desk, survivor, third)
    decide(desk, ADMIN, found.id, Decision.SAME, expected_version=2)
    _merge(desk, survivor, third)


def _strangers(desk: MemoryDesk) -> tuple[Patient, Patient]:
    """Two of one name, of another gender, born on another day, with another social security number."""
    one = _register(desk, ssn="219-09-1234", phone="217-394-0142")
    other = _register(
        desk,
        born=date(1984, 11, 30),
        gender=Gender.MALE,
        email="other@example.org",
        phone="309-611-0010",
        ssn="401-17-8993",
    )
    return one, other


def test_strangers_are_not_merged_by_a_slip_of_the_hand(desk: MemoryDesk) -> None:
    """Whatever the queue once said of them. Nothing is done, and the trail has whom the refusal told of."""
    survivor, loser = _strangers(desk)
    found = _suspect(desk, survivor, loser)
    with pytest.raises(LooksDifferentError) as refused:
        _merge(desk, survivor, loser)
    assert refused.value.assessment.grade is MatchGrade.CERTAINLY_NOT
    assert refused.value.assessment.guards == (Guard.BIRTH_DATE, Guard.SSN, Guard.GENERATION)
    assert (_now(desk, survivor), _now(desk, loser)) == (survivor, loser)
    with desk.begin(ADMIN.practice_id) as work:
        assert work.suspicions.get(found.id).decision is Decision.OPEN
    entry = entries_of(desk)[-1]
    assert (entry.action, entry.outcome, entry.code) == (Action.MERGE, Outcome.REFUSED, "looks_different")
    assert entry.disclosed == tuple(sorted((survivor.id, loser.id)))


def test_whoever_knows_that_they_look_different_merges_them_and_the_trail_says_so(desk: MemoryDesk) -> None:
    """An entry for each record beside those of the merge, and the event says how they compared."""
    survivor, loser = _strangers(desk)
    merge = _merge(desk, survivor, loser, despite_differences=True)
    assert merge.resemblance is not None
    assert merge.resemblance.grade is MatchGrade.CERTAINLY_NOT
    said = [entry for entry in entries_of(desk) if entry.action is Action.DIFFERENCES_OVERRULE]
    assert [entry.patient_id for entry in said] == [loser.id, survivor.id]
    assert {entry.outcome for entry in said} == {Outcome.DONE}
    assert _now(desk, loser).merged_into == survivor.id


def test_what_does_not_differ_is_not_overruled(desk: MemoryDesk) -> None:
    """Saying so beforehand means nothing, and leaves no entry."""
    _merge(desk, *_two(desk), despite_differences=True)
    assert Action.DIFFERENCES_OVERRULE not in {entry.action for entry in entries_of(desk)}


def test_knowing_better_than_the_comparison_is_not_knowing_better_than_people(desk: MemoryDesk) -> None:
    """Who was told apart stays apart."""
    survivor, loser = _strangers(desk)
    decide(desk, ADMIN, _suspect(desk, survivor, loser).id, Decision.DIFFERENT)
    with pytest.raises(ToldApartError):
        _merge(desk, survivor, loser, despite_differences=True)


def test_whoever_merges_says_that_they_are_one(desk: MemoryDesk) -> None:
    """The pair is settled; how alike the two are now is kept with the merge, not what the queue said."""
    survivor, loser = _two(desk)
    found = _suspect(desk, survivor, loser)
    merge = _merge(desk, survivor, loser)
    assert merge.resemblance is not None
    assert (merge.resemblance.grade, merge.resemblance.model) == (MatchGrade.PROBABLE, "default-1-of-two")
    assert merge.resemblance.score != found.score
    assert find_suspicions(desk, ADMIN).count == 0
    with desk.begin(ADMIN.practice_id) as work:
        assert work.suspicions.get(found.id).decision is Decision.SAME


def test_a_pair_of_the_loser_is_asked_of_the_survivor(desk: MemoryDesk) -> None:
    """And of the loser again once the merge is undone."""
    survivor, loser = _two(desk)
    third = _register(desk)
    _suspect(desk, loser, third)
    merge = _merge(desk, survivor, loser)
    (waiting,) = find_suspicions(desk, ADMIN).items
    assert set(waiting.leads_to) == {survivor.id, third.id}
    _undo(desk, merge)
    (waiting,) = find_suspicions(desk, ADMIN).items
    assert set(waiting.leads_to) == {loser.id, third.id}


def test_undoing_gives_both_back_what_they_had(desk: MemoryDesk) -> None:
    """The loser its status, the survivor its values; and they are remembered as two."""
    survivor, loser = _two(desk)
    archive_patient(desk, ADMIN, loser.id, WHY)
    before = [_said(_now(desk, one)) for one in (survivor, loser)]
    merge = _merge(desk, survivor, loser)
    separated = undo_merge(desk, MANAGER, merge.id, Reason("Mother and daughter"))
    assert [_said(separated.survivor), _said(separated.loser)] == before
    assert separated.written_since == ()
    undoing = separated.merge.undoing
    assert undoing is not None
    assert (undoing.by, undoing.reason) == (MANAGER.user_id, Reason("Mother and daughter"))
    with pytest.raises(ToldApartError):
        _merge(desk, survivor, loser)
    with pytest.raises(AlreadyUndoneError):
        _undo(desk, merge)


def test_edits_since_stay_with_the_survivor(desk: MemoryDesk) -> None:
    """Where the merge had touched nothing; they are named, for somebody to look at."""
    survivor, loser = _two(desk)
    merge = _merge(desk, survivor, loser)
    revise_patient(desk, ADMIN, survivor.id, Revision(email=an_email("new"), external_id=ExternalId("E-9")))
    separated = undo_merge(desk, ADMIN, merge.id, WHY)
    assert set(separated.written_since) == {"email", "external_id"}
    assert separated.survivor.email == an_email("new")
    assert separated.survivor.phone == survivor.phone


@pytest.mark.parametrize(
    ("heir", "theirs", "others"),
    [
        (Heir.SURVIVOR, "555-0177", "555-0142"),
        (Heir.LOSER, None, "555-0177"),
        (Heir.NEITHER, None, "555-0142"),
    ],
)
def test_somebody_says_who_gets_what_was_merged_and_edited_since(
    desk: MemoryDesk, heir: Heir, theirs: str | None, others: str
) -> None:
    """Asked for by name, and about nothing else."""
    survivor, loser = _two(desk)
    merge = _merge(desk, survivor, loser)
    revise_patient(desk, ADMIN, survivor.id, _phone("555-0177"))
    with pytest.raises(EditedSinceError) as asked:
        _undo(desk, merge)
    assert asked.value.fields == ("phone",)
    with pytest.raises(InvalidError):
        _undo(desk, merge, phone=heir, email=heir)
    separated = undo_merge(desk, ADMIN, merge.id, WHY, {"phone": heir})
    assert separated.survivor.phone == (None if theirs is None else Phone(theirs))
    assert separated.loser.phone == Phone(others)


def test_a_newer_merge_of_the_same_fields_is_undone_first(desk: MemoryDesk) -> None:
    """Or values of the first loser would stay behind in the survivor."""
    survivor = _register(desk, phone=None)
    first, second = _register(desk, phone="555-0101"), _register(desk, phone="555-0102")
    older = _merge(desk, survivor, first)
    newer = _merge(desk, survivor, second, choices={"phone": Party.LOSER})
    with pytest.raises(NewerMergeError) as refused:
        _undo(desk, older, phone=Heir.SURVIVOR)
    assert refused.value.merge_id == newer.id
    _undo(desk, newer)
    _undo(desk, older)
    assert _said(_now(desk, survivor)) == _said(survivor)


def test_a_merge_of_a_merged_survivor_is_undone_later(desk: MemoryDesk) -> None:
    """First the one that took it away; nor can a deleted one's be."""
    first, second, third = (_register(desk) for _ in range(3))
    older = _merge(desk, second, first)
    newer = _merge(desk, third, second)
    with pytest.raises(MergedAwayError):
        _undo(desk, older)
    delete_patient(desk, ADMIN, third.id)
    with pytest.raises(NotFoundError):
        _undo(desk, newer)
    with pytest.raises(NotFoundError):
        undo_merge(desk, ADMIN, MergeId(first.id), WHY)


def test_deleting_the_survivor_hides_the_person(desk: MemoryDesk) -> None:
    """Under every id."""
    survivor, loser = _two(desk)
    _merge(desk, survivor, loser)
    delete_patient(desk, ADMIN, survivor.id)
    with pytest.raises(NotFoundError):
        look_up_patient(desk, ADMIN, loser.id)


@pytest.mark.parametrize("deleted", [None, "survivor", "loser"])
def test_an_undoing_told_again_shows_both_records_or_neither(desk: MemoryDesk, deleted: str | None) -> None:
    """The trail names both, and what was deleted since, whichever of the two, is not shown again."""
    survivor, loser = _two(desk)
    merge = _merge(desk, survivor, loser)
    once = Once(Phi("key-1"), Phi(b"POST"), lambda _: b"both")
    undo_merge(desk, ADMIN, merge.id, WHY, once=once)
    both = tuple(sorted((survivor.id, loser.id)))
    assert entries_of(desk)[-1].disclosed == both
    if deleted is None:
        with pytest.raises(AlreadyAnswered):
            undo_merge(desk, ADMIN, merge.id, WHY, once=once)
        assert (entries_of(desk)[-1].outcome, entries_of(desk)[-1].disclosed) == (Outcome.REPLAYED, both)
        return
    delete_patient(desk, ADMIN, (survivor if deleted == "survivor" else loser).id)
    with pytest.raises(NotFoundError):
        undo_merge(desk, ADMIN, merge.id, WHY, once=once)
    assert (entries_of(desk)[-1].outcome, entries_of(desk)[-1].disclosed) == (Outcome.REFUSED, ())


def test_a_deleted_survivor_is_not_found_by_what_the_merged_record_is_known_under(desk: MemoryDesk) -> None:
    """Neither by its id nor by its number."""
    survivor, loser = _two(desk)
    _merge(desk, survivor, loser)
    conditions = (IdCondition(frozenset({loser.id})), IdentifierCondition((loser.mrn,)))
    every = frozenset({Status.ACTIVE, Status.ARCHIVED})
    searches = [PatientSearch(where=(one,), statuses=every) for one in conditions]
    for search, found in zip(searches, (loser, survivor), strict=True):
        assert [one.id for one in search_patients(desk, ADMIN, search).items] == [found.id]
    delete_patient(desk, ADMIN, survivor.id)
    for search in searches:
        assert search_patients(desk, ADMIN, search).count == 0


def test_an_answer_about_a_merged_record_is_not_given_again_once_its_survivor_is_deleted(
    desk: MemoryDesk,
) -> None:
    """From its receipt neither."""
    once = Once(Phi("key-1"), Phi(b"POST"), lambda _: b"")
    loser = register_patient(desk, ADMIN, a_new_patient(), once=once)
    survivor = _register(desk)
    _merge(desk, survivor, loser)
    delete_patient(desk, ADMIN, survivor.id)
    with pytest.raises(NotFoundError):
        register_patient(desk, ADMIN, a_new_patient(), once=once)


def test_a_patients_account_follows_its_record(desk: MemoryDesk) -> None:
    """It sees the survivor, and still its own; and nobody else."""
    survivor, loser = _two(desk)
    third = _register(desk)
    account = an_actor(Role.PATIENT, patient_id=loser.id)
    _merge(desk, survivor, loser)
    assert look_up_patient(desk, account, survivor.id).id == survivor.id
    assert look_up_patient(desk, account, loser.id).id == loser.id
    assert [one.id for one in find_patients(desk, account, Listing()).items] == [survivor.id]
    with pytest.raises(NotFoundError):
        look_up_patient(desk, account, third.id)


def test_the_trail_has_an_entry_for_each_record(desk: MemoryDesk) -> None:
    """What the survivor took over, that the other gave way; whom the answer showed."""
    survivor, loser = _two(desk)
    merge = _merge(desk, survivor, loser)
    away, kept = entries_of(desk)[-2:]
    assert (away.action, away.patient_id, away.disclosed) == (Action.MERGE, loser.id, ())
    assert set(away.changed) == {"status", "merged_into"}
    assert (kept.patient_id, kept.disclosed, kept.version) == (survivor.id, (survivor.id,), 2)
    assert set(kept.changed) == set(merge.taken)
    _undo(desk, merge)
    back, after = entries_of(desk)[-2:]
    assert (back.action, back.patient_id, back.disclosed) == (Action.UNMERGE, loser.id, (loser.id,))
    assert (after.patient_id, set(after.changed)) == (survivor.id, set(merge.taken))


def test_the_merges_of_a_record_are_shown(desk: MemoryDesk) -> None:
    """Newest first, undone ones included, for both records."""
    survivor, loser = _two(desk)
    merge = _merge(desk, survivor, loser)
    assert find_merges(desk, an_actor(Role.NURSE), loser.id) == (merge,)
    _undo(desk, merge)
    (shown,) = find_merges(desk, ADMIN, survivor.id)
    assert shown.is_undone
    assert attrs.evolve(shown, undoing=None) == merge


def test_links_say_what_records_have_to_do_with_each_other(desk: MemoryDesk) -> None:
    """In FHIR's words: replaced, replacing, and of one person without being merged."""
    survivor, loser = _two(desk)
    third = _register(desk)
    _merge(desk, survivor, loser)
    decide(desk, ADMIN, _suspect(desk, survivor, third).id, Decision.SAME)
    with desk.begin(ADMIN.practice_id) as work:
        shown = [work.patients.get(one.id) for one in (survivor, loser, third)]
        links = dict(zip((one.id for one in shown), links_of(work, shown), strict=True))
    assert links == {
        survivor.id: (
            PatientLink(LinkType.REPLACES, loser.id),
            PatientLink(LinkType.SEE_ALSO, third.id),
        ),
        loser.id: (PatientLink(LinkType.REPLACED_BY, survivor.id),),
        third.id: (PatientLink(LinkType.SEE_ALSO, survivor.id),),
    }


def test_a_merge_that_was_done_is_told_so(desk: MemoryDesk) -> None:
    """Not as a record that went elsewhere; the merge is named, for whoever was led along as well."""
    survivor, loser = _two(desk)
    first = _register(desk)
    _merge(desk, loser, first)
    merge = _merge(desk, survivor, loser)
    for one in (loser, first):
        with pytest.raises(MergeDoneError) as refusal:
            _merge(desk, survivor, one)
        assert refusal.value.merge_id == merge.id
    with pytest.raises(MergedAwayError):
        _merge(desk, loser, survivor)
