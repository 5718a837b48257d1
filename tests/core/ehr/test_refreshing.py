from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from tests.builders import a_new_patient, an_actor
from tests.core.ehr.test_importing import ACTOR, PRACTICE, House
from tests.ehr import TOLD_AT, a_told, an_external_id
from vantrexia_core.audit import Outcome
from vantrexia_core.ehr import (
    KIND_OF,
    SURVIVOR,
    Conflict,
    EhrPatient,
    ImportOutcome,
    LostValues,
    Shift,
    Side,
    Verdict,
    Why,
)
from vantrexia_core.kernel import NamePart, PatientId
from vantrexia_core.patients import (
    REVISABLE,
    FieldKind,
    Patient,
    Phone,
    Reason,
    Revision,
    archive_patient,
    delete_patient,
    register_patient,
    revise_patient,
)

LATER = TOLD_AT + timedelta(days=1)


@pytest.fixture
def house() -> House:
    """A practice that imported patient 1."""
    house = House()
    house.knows(a_told(1))
    house.imported(1)
    return house


def _id(house: House) -> PatientId:
    outcome = house.imported(1).outcomes[0]
    assert outcome.patient_id is not None
    return outcome.patient_id


def _refreshed(house: House, told: EhrPatient | None = None) -> tuple[ImportOutcome, Patient]:
    if told is not None:
        house.knows(told)
    (outcome,) = house.imported(1, is_refresh=True).outcomes
    return outcome, house.record(_id(house))


def _edited(house: House, **values: object) -> None:
    revise_patient(house.desk, ACTOR, _id(house), Revision(**values))  # type: ignore[arg-type]


def _lost(house: House) -> list[LostValues]:
    patient_id = _id(house)
    with house.desk.begin(PRACTICE) as work:
        return list(work.ehr_records.lost(patient_id))


def test_the_table_decides_every_kind_and_every_shift() -> None:
    """No case is left to chance."""
    assert set(SURVIVOR) == set(product(FieldKind, Shift))


def test_the_ehr_has_no_say_in_what_is_ours() -> None:
    """Record number, SSN, external id and what FHIR clients said are not among the fields it may touch."""
    assert set(REVISABLE) - set(KIND_OF) == {"mrn", "ssn", "external_id", "supplement"}


def test_nothing_changes_when_nothing_changed(house: House) -> None:
    """No new version, no conflict."""
    before = house.record(_id(house))
    outcome, after = _refreshed(house)
    assert (outcome.verdict, outcome.why, after) == (Verdict.SKIPPED, Why.CURRENT, before)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("phone", {"phone": "555-0188"}),
        ("email", {"email": "new@example.org"}),
        ("address", {"city": "Chicago"}),
        ("last_name", {"last_name": "Quintero-Lee"}),
        ("gender", {"gender": "other"}),
        ("date_of_birth", {"date_of_birth": "1961-09-04"}),
    ],
)
def test_what_only_the_ehr_changed_comes_over(house: House, field: str, change: dict[str, str]) -> None:
    """Without a conflict, the old value in the sealed history."""
    outcome, after = _refreshed(house, a_told(1, **change))
    assert (outcome.verdict, outcome.changed, outcome.conflicts) == (Verdict.UPDATED, (field,), ())
    assert after.version == 2
    (lost,) = _lost(house)
    assert (lost.winners, lost.version) == ({field: Side.EHR}, 2)
    assert lost.values.value(field) is not None


def test_what_only_we_changed_stays(house: House) -> None:
    """The EHR tells what it told before: nobody there has thought about it."""
    _edited(house, phone=Phone("555-0166"))
    outcome, after = _refreshed(house)
    assert (outcome.why, outcome.conflicts) == (Why.CURRENT, ())
    assert after.phone == Phone("555-0166")


def test_where_both_changed_the_ehr_wins_and_ours_is_kept(house: House) -> None:
    """Reported as a conflict, the value that lost only in the sealed history."""
    _edited(house, phone=Phone("555-0166"))
    outcome, after = _refreshed(house, a_told(1, phone="555-0188"))
    assert outcome.conflicts == (Conflict("phone", Side.EHR),)
    assert after.phone == Phone("555-0188")
    (lost,) = _lost(house)
    assert lost.values.phone == Phone("555-0166")


def test_where_both_made_the_same_change_there_is_no_conflict(house: House) -> None:
    """They agree."""
    _edited(house, phone=Phone("555-0188"))
    outcome, _ = _refreshed(house, a_told(1, phone="555-0188"))
    assert (outcome.why, outcome.conflicts, _lost(house)) == (Why.CURRENT, (), [])


@pytest.mark.parametrize("missing", ["phone", "email", "gender", "first_name", "date_of_birth"])
def test_what_the_ehr_does_not_tell_stays(house: House, missing: str) -> None:
    """Absence is not a value."""
    before = house.record(_id(house))
    outcome, after = _refreshed(house, a_told(1, **{missing: None}))
    assert (outcome.why, after) == (Why.CURRENT, before)


def test_what_was_empty_here_is_filled(house: House) -> None:
    """Nobody loses anything."""
    _edited(house, phone=None)
    outcome, after = _refreshed(house, a_told(1, phone="555-0188"))
    assert (outcome.conflicts, after.phone, _lost(house)) == ((), Phone("555-0188"), [])


def test_somebody_else_under_the_same_id_changes_nothing(house: House) -> None:
    """Name and birth date both disagree: the id was mistyped or given out again."""
    before = house.record(_id(house))
    outcome, after = _refreshed(house, a_told(1, last_name="Nakamura", date_of_birth="1990-01-02"))
    assert (outcome.verdict, outcome.why, after) == (Verdict.FAILED, Why.SOMEBODY_ELSE, before)
    assert house.trail()[-2] == (Outcome.REFUSED, "identity_conflict")


def test_a_name_in_capitals_is_no_other_name(house: House) -> None:
    """Spelling alone makes nobody somebody else."""
    told = a_told(1, first_name="MARISOL", last_name="QUINTERO B", date_of_birth="1961-04-10")
    outcome, _ = _refreshed(house, told)
    assert outcome.verdict is Verdict.UPDATED


def test_an_older_answer_changes_nothing(house: House) -> None:
    """A replica that lags behind is not a correction."""
    _refreshed(house, a_told(1, phone="555-0188", updated_at=LATER))
    outcome, after = _refreshed(house, a_told(1, phone="555-0142", updated_at=TOLD_AT))
    assert (outcome.why, after.phone) == (Why.CURRENT, Phone("555-0188"))


def test_a_birth_in_the_future_is_refused(house: House) -> None:
    """Nothing of it comes over."""
    outcome, _ = _refreshed(house, a_told(1, date_of_birth="2199-01-01"))
    assert outcome.why is Why.INVALID


def test_an_archived_patient_is_corrected_and_stays_archived(house: House) -> None:
    """The right to amendment does not end with care; whether to monitor is ours."""
    archive_patient(house.desk, ACTOR, _id(house), Reason("Moved away"))
    outcome, after = _refreshed(house, a_told(1, phone="555-0188"))
    assert outcome.verdict is Verdict.UPDATED
    assert not after.is_active


def test_a_deleted_patient_is_left_alone(house: House) -> None:
    """And not asked for."""
    delete_patient(house.desk, an_actor(), _id(house))
    house.roster.asked = 0
    (outcome,) = house.imported(1, is_refresh=True).outcomes
    assert (outcome.why, house.roster.asked) == (Why.DELETED, 0)


def test_a_record_that_was_never_read_keeps_who_it_is(house: House) -> None:
    """Somebody typed the external id into it; contact data of a newer date come over, a name does not."""
    _edited(house, external_id=None)
    typed = register_patient(
        house.desk,
        ACTOR,
        a_new_patient(first="Mari", last="Quintero b", external_id=an_external_id(1).reveal(), email=None),
    )
    told = a_told(1, phone="555-0188", updated_at=datetime(2027, 1, 1, tzinfo=UTC))
    house.knows(told)
    (outcome,) = house.imported(1, is_refresh=True).outcomes
    after = house.record(typed.id)
    assert outcome.patient_id == typed.id
    assert set(outcome.conflicts) == {Conflict("first_name", Side.HERE), Conflict("phone", Side.EHR)}
    assert after.name.first == NamePart("Mari")
    assert after.phone == Phone("555-0188")
    assert after.email == told.email


def test_a_refresh_of_somebody_new_imports_them(house: House) -> None:
    """Both in one list."""
    house.knows(a_told(1, phone="555-0188"), a_told(2))
    report = house.imported(1, 2, is_refresh=True)
    assert [one.verdict for one in report.outcomes] == [Verdict.UPDATED, Verdict.IMPORTED]
