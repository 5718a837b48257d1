from collections.abc import Sequence
from datetime import date, timedelta
from typing import NoReturn

import attrs
import pytest

from tests.builders import a_name, a_new_patient, a_practice_id, an_actor
from tests.desks import a_memory_desk, entries_of
from tests.ehr import a_told, an_external_id
from tests.sources import ManualClock
from vantrexia_adapters.memory import MemoryDesk, MemoryRoster
from vantrexia_core.audit import Action, AlreadyAnswered, IdempotencyKeyReusedError, Once, Outcome
from vantrexia_core.ehr import (
    IDS_AT_ONCE,
    IDS_AT_ONCE_MAX,
    SENTENCES,
    EhrPatient,
    EhrUnavailableError,
    Fault,
    ImportReport,
    Missed,
    Verdict,
    Why,
    import_patients,
    preview_import,
)
from vantrexia_core.kernel import (
    GRANTS,
    BrokenPromiseError,
    PageRequest,
    PatientId,
    Permission,
    PermissionDeniedError,
    Phi,
    Role,
    UnavailableError,
)
from vantrexia_core.patients import (
    Candidacy,
    ExternalId,
    Listing,
    MatchGrade,
    Occasion,
    Patient,
    PhoneNumbers,
    Reason,
    Status,
    Suspicion,
    SuspicionListing,
    Texts,
    archive_patient,
    delete_patient,
    look_up_patient,
    merge_patients,
    register_patient,
)

ACTOR = an_actor(Role.PROVIDER)
PRACTICE = a_practice_id()


@attrs.frozen
class Unanswering:
    """A candidacy that cannot answer now."""

    _living: Candidacy
    is_asked: bool = True

    @property
    def texts(self) -> Texts:
        """As ever."""
        return self._living.texts

    @property
    def phones(self) -> PhoneNumbers:
        """As ever."""
        return self._living.phones

    def candidates(self, *_: object) -> NoReturn:
        """Say that it cannot."""
        raise UnavailableError


@attrs.define
class House:
    """A practice in memory, and its EHR."""

    roster: MemoryRoster = attrs.field(factory=MemoryRoster)
    clock: ManualClock = attrs.field(factory=ManualClock)
    desk: MemoryDesk = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.desk = a_memory_desk(self.clock, rosters={PRACTICE: self.roster})

    def knows(self, *told: EhrPatient) -> None:
        """Let the EHR know these."""
        for one in told:
            self.roster.put(one)

    def imported(self, *numbers: int, **options: object) -> ImportReport:
        """Import by numbers."""
        return import_patients(self.desk, ACTOR, [an_external_id(n) for n in numbers], **options)  # type: ignore[arg-type]

    def count(self) -> int:
        """How many active patients there are."""
        return self.desk.directory.find(PRACTICE, Listing(page=PageRequest())).count

    def record(self, patient_id: PatientId | None) -> Patient:
        """A record."""
        assert patient_id is not None
        return look_up_patient(self.desk, ACTOR, patient_id)

    def trail(self) -> list[tuple[Outcome, str | None]]:
        """How imports ended, as the trail has it."""
        return [
            (entry.outcome, entry.code)
            for entry in entries_of(self.desk, PRACTICE)
            if entry.action is Action.IMPORT
        ]


@pytest.fixture
def house() -> House:
    """A practice whose EHR knows patients 1 to 3."""
    house = House()
    house.knows(a_told(1), a_told(2), a_told(3))
    return house


def _verdicts(report: ImportReport) -> list[Verdict]:
    return [outcome.verdict for outcome in report.outcomes]


def _whys(report: ImportReport) -> list[Why | Fault | None]:
    return [outcome.why for outcome in report.outcomes]


def test_patients_come_over_with_all_that_is_known_of_them(house: House) -> None:
    """The EHR's values, our number, and the id they were asked for under."""
    (outcome,) = house.imported(1).outcomes
    record, told = house.record(outcome.patient_id), a_told(1)
    assert (record.name.first, record.name.last) == (told.first_name, told.last_name)
    assert (record.date_of_birth, record.gender) == (told.date_of_birth, told.gender)
    assert (record.phone, record.email, record.address) == (told.phone, told.email, told.address)
    assert record.external_id == an_external_id(1)
    assert record.mrn.reveal() == "MRN-00001"


def test_outcomes_stand_in_the_order_of_the_request(house: House) -> None:
    """Whatever came of them."""
    house.imported(2)
    assert _verdicts(house.imported(3, 2, 99, 1)) == [
        Verdict.IMPORTED,
        Verdict.SKIPPED,
        Verdict.FAILED,
        Verdict.IMPORTED,
    ]


def test_numbers_are_given_in_the_order_of_the_request(house: House) -> None:
    """One after the other, also within a batch."""
    outcomes = house.imported(2, 1, 3).outcomes
    assert [house.record(one.patient_id).mrn.reveal() for one in outcomes] == [
        "MRN-00001",
        "MRN-00002",
        "MRN-00003",
    ]


def test_whoever_is_here_is_skipped_with_their_id_and_not_asked_for(house: House) -> None:
    """The EHR's calls are few; a known id needs none."""
    first = house.imported(1).outcomes[0]
    house.roster.asked = 0
    (again,) = house.imported(1).outcomes
    assert (again.verdict, again.why, again.patient_id) == (Verdict.SKIPPED, Why.EXISTS, first.patient_id)
    assert again.reason == f"Patient already exists (ID: {first.patient_id})"
    assert house.roster.asked == 0


def test_an_archived_patient_is_skipped_like_an_active_one(house: House) -> None:
    """Archived is here."""
    first = house.imported(1).outcomes[0]
    assert first.patient_id is not None
    archive_patient(house.desk, ACTOR, first.patient_id, Reason("Moved away"))
    assert _whys(house.imported(1)) == [Why.EXISTS]


def test_a_deleted_patient_is_skipped_without_showing_the_id(house: House) -> None:
    """To all but an administrator the record does not exist."""
    first = house.imported(1).outcomes[0]
    assert first.patient_id is not None
    delete_patient(house.desk, an_actor(Role.ADMIN), first.patient_id)
    (again,) = house.imported(1).outcomes
    assert (again.verdict, again.why, again.patient_id) == (Verdict.SKIPPED, Why.DELETED, None)
    assert again.reason is not None
    assert "administrator" in again.reason


def test_an_id_that_is_given_twice_is_imported_once(house: House) -> None:
    """The second is somebody who is here."""
    first, other, again = house.imported(1, 2, 1).outcomes
    assert (again.verdict, again.patient_id) == (Verdict.SKIPPED, first.patient_id)
    assert other.verdict is Verdict.IMPORTED
    assert house.count() == 2


def test_a_person_given_under_two_ids_is_imported_once(house: House) -> None:
    """The EHR says that both are one person."""
    house.knows(a_told(4, known_as=("ACC-4",)))
    report = import_patients(house.desk, ACTOR, [an_external_id(4), ExternalId("ACC-4")])
    assert _verdicts(report) == [Verdict.IMPORTED, Verdict.SKIPPED]
    assert report.outcomes[0].patient_id == report.outcomes[1].patient_id


def test_a_person_who_is_here_under_another_id_is_skipped(house: House) -> None:
    """Also in a later call."""
    house.knows(a_told(4, known_as=("ACC-4",)))
    (first,) = import_patients(house.desk, ACTOR, [ExternalId("ACC-4")]).outcomes
    (again,) = house.imported(4).outcomes
    assert (again.why, again.patient_id) == (Why.EXISTS, first.patient_id)


@pytest.mark.parametrize("missing", ["first_name", "last_name", "date_of_birth"])
def test_what_must_not_be_missing_is_an_error_of_that_id_alone(house: House, missing: str) -> None:
    """The others come over."""
    house.knows(a_told(2, **{missing: None}))
    report = house.imported(1, 2, 3)
    assert _whys(report) == [None, Why.INCOMPLETE, None]
    assert house.count() == 2


def test_a_birth_in_the_future_is_an_error_of_that_id_alone(house: House) -> None:
    """The day is known here, not to the roster."""
    house.knows(a_told(2, date_of_birth="2199-01-01"))
    assert _whys(house.imported(1, 2)) == [None, Why.INVALID]


def test_a_gender_that_is_not_told_is_unknown(house: House) -> None:
    """FHIR's own word for it."""
    house.knows(a_told(2, gender=None))
    (outcome,) = house.imported(2).outcomes
    assert house.record(outcome.patient_id).gender.reveal().value == "unknown"


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_one_row_with_a_sentence_and_an_entry(house: House, fault: Fault) -> None:
    """Nothing else is lost."""
    house.roster.fail(an_external_id(2), fault)
    report = house.imported(1, 2, 3)
    assert _whys(report) == [None, fault, None]
    assert report.outcomes[1].reason == SENTENCES[fault]
    assert sorted(code for _, code in house.trail() if code) == [fault.value]
    assert house.count() == 2


def test_each_id_has_an_entry_of_its_own(house: House) -> None:
    """Done with the record's id and the fields that came; refused and failed with their code."""
    house.imported(1)
    house.roster.fail(an_external_id(3), Fault.TIMED_OUT)
    house.imported(2, 1, 3, 99)
    assert house.trail()[0] == (Outcome.DONE, None)
    assert sorted(house.trail()[1:], key=str) == sorted(
        [
            (Outcome.DONE, None),
            (Outcome.REFUSED, "already_exists"),
            (Outcome.FAILED, "ecw_timed_out"),
            (Outcome.REFUSED, "ecw_not_found"),
        ],
        key=str,
    )


def test_an_entry_names_the_record_and_the_fields(house: House) -> None:
    """Never a value."""
    (outcome,) = house.imported(1).outcomes
    (entry,) = [one for one in entries_of(house.desk, PRACTICE) if one.action is Action.IMPORT]
    assert entry.patient_id == outcome.patient_id
    assert {"first_name", "last_name", "external_id", "address"} <= set(entry.changed)


def test_an_ehr_that_cannot_be_reached_is_one_failure_on_the_trail(house: House) -> None:
    """Nothing was done, and the caller is told so."""
    house.roster.is_reachable = False
    with pytest.raises(EhrUnavailableError):
        house.imported(1, 2)
    assert house.trail() == [(Outcome.REFUSED, "ecw_unavailable")]
    assert house.count() == 0


def test_without_an_ehr_whoever_is_here_is_still_skipped(house: House) -> None:
    """Nothing had to be asked."""
    house.imported(1)
    house.roster.is_reachable = False
    assert _whys(house.imported(1)) == [Why.EXISTS]


def test_an_ehr_that_goes_away_fails_the_rest_and_keeps_what_came(house: House) -> None:
    """The second batch finds nobody there."""

    class Leaving(MemoryRoster):
        def fetch(self, ids: object, *, seconds_max: float) -> object:
            self.is_reachable = self.asked == 0
            return super().fetch(ids, seconds_max=seconds_max)  # type: ignore[arg-type]

    count = IDS_AT_ONCE + 3
    roster = Leaving(a_told(number) for number in range(1, count + 1))
    house = House(roster)
    report = house.imported(*range(1, count + 1))
    assert report.counts == {Verdict.IMPORTED: IDS_AT_ONCE, Verdict.FAILED: 3}
    assert set(_whys(report)[IDS_AT_ONCE:]) == {Why.UNAVAILABLE}


def test_what_is_not_fetched_in_time_is_an_error_row(house: House) -> None:
    """A call ends, whatever the EHR does."""

    class Slow(MemoryRoster):
        def fetch(self, ids: object, *, seconds_max: float) -> object:
            house.clock.advance(timedelta(minutes=2))
            return super().fetch(ids, seconds_max=seconds_max)  # type: ignore[arg-type]

    count = IDS_AT_ONCE + 1
    house = House(Slow(a_told(number) for number in range(1, count + 1)))
    report = house.imported(*range(1, count + 1))
    assert report.counts == {Verdict.IMPORTED: IDS_AT_ONCE, Verdict.FAILED: 1}
    assert _whys(report)[-1] is Fault.TIMED_OUT


def test_a_roster_that_answers_for_another_id_is_not_believed(house: House) -> None:
    """One outcome an id, in order: anything else is a fault of the program."""

    class Confused(MemoryRoster):
        def fetch(self, ids: object, *, seconds_max: float) -> object:
            del ids, seconds_max
            return [Missed(an_external_id(7), Fault.NOT_FOUND)]

    house = House(Confused())
    with pytest.raises(BrokenPromiseError):
        house.imported(1)


def test_a_record_without_an_external_id_that_is_alike_is_linked(house: House) -> None:
    """Same name, birth date and gender, and only one such."""
    told = a_told(1)
    new = attrs.evolve(a_new_patient(), name=attrs.evolve(a_new_patient().name, last=told.last_name))
    here = register_patient(house.desk, ACTOR, new)
    (outcome,) = house.imported(1).outcomes
    assert (outcome.verdict, outcome.why, outcome.patient_id) == (Verdict.SKIPPED, Why.LINKED, here.id)
    assert house.record(here.id).external_id == an_external_id(1)
    assert house.record(here.id).email == here.email
    assert house.trail() == [(Outcome.DONE, "linked")]


def test_of_two_that_are_alike_none_is_linked(house: House) -> None:
    """Nobody may guess; a new record is made."""
    told = a_told(1)
    new = attrs.evolve(a_new_patient(), name=attrs.evolve(a_new_patient().name, last=told.last_name))
    register_patient(house.desk, ACTOR, new)
    register_patient(house.desk, ACTOR, new)
    assert _verdicts(house.imported(1)) == [Verdict.IMPORTED]


def _like_told(house: House, **other: object) -> Patient:
    """Somebody here whom the EHR knows as number 1, under no external id unless told so."""
    new = attrs.evolve(a_new_patient(**other), name=a_name(last="Quintero b"))  # type: ignore[arg-type]
    return register_patient(house.desk, ACTOR, new)


def _queued(house: House) -> list[Suspicion]:
    with house.desk.begin(PRACTICE) as work:
        return list(work.suspicions.page(SuspicionListing()).items)


@pytest.mark.parametrize(
    "other", [{"gender": "male"}, {"last_name": "Quinteros b"}, {"email": "other@example.org"}]
)
def test_whoever_is_certainly_the_same_person_is_linked(house: House, other: dict[str, str]) -> None:
    """A slip of the pen, an address that is out of date: what agrees outweighs it, and no guard objects."""
    house.knows(a_told(1, **other))
    here = _like_told(house)
    (outcome,) = house.imported(1).outcomes
    assert (outcome.verdict, outcome.why, outcome.patient_id) == (Verdict.SKIPPED, Why.LINKED, here.id)
    assert house.record(here.id).external_id == an_external_id(1)
    assert house.record(here.id).name == here.name
    assert _queued(house) == []


@pytest.mark.parametrize("other", [{}, {"gender": "male"}])
def test_a_survivor_whose_merged_record_has_an_id_is_left_to_people(
    house: House, other: dict[str, str]
) -> None:
    """Equal to the letter or nearly so: the person has another id there already. Imported, and looked at."""
    house.knows(a_told(1, **other))
    survivor, loser = _like_told(house), _like_told(house, external_id="ECW-90001")
    merge_patients(house.desk, an_actor(Role.ADMIN), survivor.id, loser.id, Reason("Registered twice"))
    (outcome,) = house.imported(1).outcomes
    assert outcome.verdict is Verdict.IMPORTED
    assert house.record(survivor.id).external_id is None


@pytest.mark.parametrize(
    "other", [{"date_of_birth": "1984-04-10"}, {"first_name": "Marisela", "email": None}]
)
def test_whoever_may_be_somebody_else_is_imported_and_looked_at(house: House, other: dict[str, str]) -> None:
    """A twin, a relative: nobody's chart is shown to another's carers."""
    house.knows(a_told(1, **other))
    here = _like_told(house)
    (outcome,) = house.imported(1).outcomes
    assert outcome.verdict is Verdict.IMPORTED
    assert house.record(here.id).external_id is None
    for one in _queued(house):
        assert one.occasion is Occasion.IMPORT
        assert set(one.pair.ids) == {here.id, outcome.patient_id}


def test_whoever_has_another_id_there_is_left_to_people(house: House) -> None:
    """Certainly the same person, and the EHR knows them twice: nobody's second id is guessed away."""
    house.knows(a_told(1))
    here = _like_told(house, external_id="ECW-99999")
    (outcome,) = house.imported(1).outcomes
    assert outcome.verdict is Verdict.IMPORTED
    (pair,) = _queued(house)
    assert (pair.grade, set(pair.pair.ids)) == (MatchGrade.CERTAIN, {here.id, outcome.patient_id})


def test_one_person_twice_in_a_list_is_found(house: House) -> None:
    """Both are imported, each under its id, and somebody looks at them."""
    house.knows(a_told(1), a_told(2, last_name="Quintero b", email="m1@example.org"))
    ids = {one.patient_id for one in house.imported(1, 2).outcomes}
    assert len(ids) == 2
    (pair,) = _queued(house)
    assert set(pair.pair.ids) == ids


def test_an_index_that_cannot_answer_does_not_stop_an_import(house: House) -> None:
    """Who could not be compared is noted."""
    _like_told(house, external_id="ECW-99999")
    house.desk.candidacy = Unanswering(house.desk.candidacy)  # type: ignore[assignment] - its fault is the point
    house.knows(a_told(1))
    (outcome,) = house.imported(1).outcomes
    assert outcome.verdict is Verdict.IMPORTED
    with house.desk.begin(PRACTICE) as work:
        assert [one.patient_id for one in work.uncompared.first(9)] == [outcome.patient_id]
    assert _queued(house) == []


def test_what_a_preview_foresees_happens(house: House) -> None:
    """Also where a record is linked that is not equal to the letter; the preview itself queues nothing."""
    house.knows(a_told(1, gender="male"), a_told(2, first_name="Ian", phone=None))
    _like_told(house)
    foreseen = preview_import(house.desk, ACTOR, [an_external_id(1), an_external_id(2)])
    assert _verdicts(foreseen) == _verdicts(house.imported(1, 2)) == [Verdict.SKIPPED, Verdict.IMPORTED]


def test_a_record_number_that_somebody_has_gives_way_to_one_of_ours(house: House) -> None:
    """The person comes over all the same."""
    register_patient(house.desk, ACTOR, a_new_patient(mrn="CHART-7", phone=None, born=date(1990, 2, 3)))
    house.knows(a_told(1, mrn="CHART-7"), a_told(2, mrn="CHART-8"))
    outcomes = house.imported(1, 2, 3).outcomes
    numbers = [house.record(one.patient_id).mrn.reveal() for one in outcomes]
    assert numbers[1] == "CHART-8"
    assert "CHART-7" not in numbers
    assert len(set(numbers)) == 3


def test_a_generated_number_that_somebody_typed_is_stepped_over(house: House) -> None:
    """As with every registration."""
    register_patient(house.desk, ACTOR, a_new_patient(mrn="MRN-00002"))
    outcomes = house.imported(1, 2, 3).outcomes
    assert len({house.record(one.patient_id).mrn.reveal() for one in outcomes}) == 3


def test_a_long_list_comes_over_in_batches(house: House) -> None:
    """None is lost at the seams."""
    numbers = range(1, 2 * IDS_AT_ONCE + 8)
    house.knows(*map(a_told, numbers))
    assert house.imported(*numbers).counts == {Verdict.IMPORTED: len(numbers)}
    assert house.count() == len(numbers)


@pytest.mark.parametrize(
    ("seconds", "sizes"),
    [
        (0.0, [IDS_AT_ONCE, 2 * IDS_AT_ONCE, IDS_AT_ONCE_MAX, IDS_AT_ONCE_MAX, 1]),
        (1.0, [IDS_AT_ONCE] * 11 + [1]),
    ],
    ids=["at once", "slowly"],
)
def test_batches_grow_while_the_ehr_answers_at_once(seconds: float, sizes: list[int]) -> None:
    """One that takes its time is asked for few, so that little is lost if it goes away."""
    asked: list[int] = []

    class Timed(MemoryRoster):
        def fetch(self, ids: Sequence[ExternalId], *, seconds_max: float) -> Sequence[EhrPatient | Missed]:
            asked.append(len(ids))
            house.clock.advance(timedelta(seconds=seconds))
            return super().fetch(ids, seconds_max=seconds_max)

    numbers = range(1, sum(sizes) + 1)
    house = House(Timed(map(_a_stranger, numbers)))
    assert house.imported(*numbers).counts == {Verdict.IMPORTED: len(numbers)}
    assert asked == sizes


@pytest.mark.parametrize("role", Role)
def test_only_those_with_the_permission_import(house: House, role: Role) -> None:
    """As the table says; the refusal is recorded and the EHR is not asked."""
    actor = an_actor(role)
    if role in GRANTS[Permission.IMPORT_PATIENTS]:
        assert import_patients(house.desk, actor, [an_external_id(1)]).counts == {Verdict.IMPORTED: 1}
        return
    with pytest.raises(PermissionDeniedError):
        import_patients(house.desk, actor, [an_external_id(1)])
    assert house.trail() == [(Outcome.REFUSED, "permission_denied")]
    assert house.roster.asked == 0


def test_another_practice_has_no_part_in_this_ones_ehr(house: House) -> None:
    """Its roster is unavailable, not this one's."""
    elsewhere = an_actor(Role.ADMIN, practice_id=a_practice_id(2))
    with pytest.raises(EhrUnavailableError):
        import_patients(house.desk, elsewhere, [an_external_id(1)])
    assert house.roster.asked == 0


def _a_stranger(number: int) -> EhrPatient:
    """Somebody who resembles no other number, so that none of many is compared with all."""
    born = date(1930, 1, 1) + timedelta(days=17 * number)
    first = "".join("aeioubdfgl"[int(digit)] for digit in f"{number:04}")
    return a_told(number, first_name=first, date_of_birth=str(born), phone=None, line1=None)


def _once(key: str = "key-1", request: bytes = b"request") -> Once:
    return Once(Phi(key), Phi(request), lambda report: str(report.counts[Verdict.IMPORTED]).encode())


def test_a_repeated_call_is_answered_and_not_done_again(house: House) -> None:
    """Under an Idempotency-Key."""
    house.imported(1, once=_once())
    house.knows(a_told(4))
    with pytest.raises(AlreadyAnswered) as again:
        house.imported(1, once=_once())
    assert again.value.answer.reveal() == b"1"
    assert house.trail()[-1][0] is Outcome.REPLAYED


def test_a_key_for_another_list_is_refused(house: House) -> None:
    """And recorded."""
    house.imported(1, once=_once())
    with pytest.raises(IdempotencyKeyReusedError):
        house.imported(2, once=_once(request=b"another"))
    assert house.trail()[-1] == (Outcome.REFUSED, "idempotency_key_reused")
    assert house.count() == 1


def test_a_preview_says_what_would_happen_and_does_nothing(house: House) -> None:
    """Verdict by verdict."""
    house.imported(1)
    ids = [an_external_id(number) for number in (1, 2, 99)]
    report = preview_import(house.desk, ACTOR, ids)
    assert _verdicts(report) == [Verdict.SKIPPED, Verdict.IMPORTED, Verdict.FAILED]
    assert house.count() == 1
    assert house.imported(1, 2, 99).counts == report.counts


def test_a_preview_of_an_id_that_is_given_twice_names_no_record(house: House) -> None:
    """There is none yet: the second place is told as what it is."""
    report = preview_import(house.desk, ACTOR, [an_external_id(1), an_external_id(1)])
    assert _verdicts(report) == [Verdict.IMPORTED, Verdict.SKIPPED]
    assert report.outcomes[1].reason == "The same ID stands earlier in this list"


def test_a_preview_is_recorded_as_one(house: House) -> None:
    """The EHR was read."""
    preview_import(house.desk, ACTOR, [an_external_id(1)])
    assert [one.action for one in entries_of(house.desk, PRACTICE)] == [Action.IMPORT_PREVIEW]


def test_nothing_of_a_person_is_in_the_trail(house: House) -> None:
    """Ids of ours, names of fields, codes."""
    house.imported(1, 2, 99)
    assert "ECW-0" not in repr(entries_of(house.desk, PRACTICE))
    assert "Quintero" not in repr(entries_of(house.desk, PRACTICE))


def test_a_report_does_not_print(house: House) -> None:
    """An id at the EHR is PHI."""
    assert "ECW-0" not in repr(house.imported(1, 99))


def test_an_active_patient_is_what_comes_over(house: House) -> None:
    """Whatever became of namesakes."""
    (outcome,) = house.imported(1).outcomes
    assert house.record(outcome.patient_id).status is Status.ACTIVE
