"""Registering and revising: what the record becomes and which fields the fact names."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_new_patient, a_patient, a_patient_id, a_practice_id, an_address
from tests.strategies.patients import new_patients, patients, revisions
from vantrexia_core.audit import Action
from vantrexia_core.kernel import InvalidError, NotFoundError, Phi, StaleVersionError
from vantrexia_core.patients import (
    KEEP,
    REVISABLE,
    Address,
    City,
    DateOfBirth,
    ExpectedVersion,
    Gender,
    Mrn,
    NewPatient,
    Patient,
    Registered,
    Revised,
    Revision,
    Status,
)

LATER = NOW + timedelta(days=1)
REVISED_STATUSES = st.sampled_from([Status.ACTIVE, Status.ARCHIVED])


def _fields(patient: Patient | NewPatient) -> dict[str, object]:
    named = {
        field: getattr(patient, field) for field in REVISABLE if field not in {"first_name", "last_name"}
    }
    return {"first_name": patient.name.first, "last_name": patient.name.last, **named}


def _register(new: NewPatient) -> tuple[Patient, Registered]:
    mrn = Mrn("MRN-00007") if new.mrn is None else new.mrn
    return Patient.register(new, id_=a_patient_id(), practice_id=a_practice_id(), mrn=mrn, now=NOW)


@given(new_patients())
def test_a_registered_record_is_active_and_holds_what_was_given(new: NewPatient) -> None:
    """Version 1, both timestamps now, every field as it came, the MRN as it was decided."""
    patient, _ = _register(new)
    assert (patient.id, patient.practice_id) == (a_patient_id(), a_practice_id())
    assert (patient.status, patient.version) == (Status.ACTIVE, 1)
    assert patient.created_at == patient.updated_at == NOW
    mrn = Mrn("MRN-00007") if new.mrn is None else new.mrn
    assert _fields(patient) == {**_fields(new), "mrn": mrn}


@given(new_patients())
def test_the_fact_of_a_registration_names_the_filled_fields(new: NewPatient) -> None:
    """Names only, in the API's order; and the new patient is disclosed to whoever registers them."""
    patient, fact = _register(new)
    assert fact.changed == tuple(field for field in REVISABLE if _fields(patient)[field] is not None)
    assert (fact.patient_id, fact.disclosed) == (patient.id, (patient.id,))
    assert fact.action is Action.CREATE


def test_nobody_is_registered_before_being_born() -> None:
    """Refused on the field it is about."""
    new = a_new_patient(born=(NOW + timedelta(days=2)).date())
    with pytest.raises(InvalidError) as caught:
        _register(new)
    assert set(caught.value.field_errors) == {"date_of_birth"}


@given(patients(REVISED_STATUSES), revisions())
def test_a_revision_replaces_what_it_names_and_nothing_else(patient: Patient, revision: Revision) -> None:
    """Kept fields keep their value, the others have the revision's; status and identity stay."""
    revised, _ = patient.revise(revision, now=LATER)
    before, after = _fields(patient), _fields(revised)
    for field in REVISABLE:
        wanted = getattr(revision, field)
        assert after[field] == (before[field] if wanted is KEEP else wanted)
    unrevised = ("id", "practice_id", "status", "created_at")
    assert [getattr(revised, field) for field in unrevised] == [
        getattr(patient, field) for field in unrevised
    ]


@given(patients(REVISED_STATUSES), revisions())
def test_the_fact_of_a_revision_names_exactly_the_changed_fields(
    patient: Patient, revision: Revision
) -> None:
    """A field given with the value it has is not a change."""
    revised, fact = patient.revise(revision, now=LATER)
    before, after = _fields(patient), _fields(revised)
    assert fact.changed == tuple(field for field in REVISABLE if before[field] != after[field])
    assert (fact.patient_id, fact.disclosed) == (patient.id, (patient.id,))
    assert type(fact) is Revised


@given(patients(REVISED_STATUSES), revisions())
def test_a_version_is_a_change(patient: Patient, revision: Revision) -> None:
    """Something changed: one version up, at that time. Nothing changed: the very same record."""
    revised, fact = patient.revise(revision, now=LATER)
    if fact.changed:
        assert (revised.version, revised.updated_at) == (patient.version + 1, LATER)
    else:
        assert revised is patient


@given(patients(REVISED_STATUSES), revisions())
def test_revising_twice_alike_is_revising_once(patient: Patient, revision: Revision) -> None:
    """Idempotent: a repeated PUT makes no second version."""
    once, _ = patient.revise(revision, now=LATER)
    twice, fact = once.revise(revision, now=LATER + timedelta(days=1))
    assert twice == once
    assert fact.changed == ()


@given(patients(REVISED_STATUSES))
def test_revising_with_the_values_it_has_changes_nothing(patient: Patient) -> None:
    """Every field given, none of them new."""
    same = Revision(**_fields(patient))  # type: ignore[arg-type]
    assert patient.revise(same, now=LATER)[0] is patient


@given(revisions())
def test_a_deleted_record_is_not_revised(revision: Revision) -> None:
    """To all but the administrator's restore it does not exist."""
    with pytest.raises(NotFoundError):
        a_patient(status=Status.DELETED).revise(revision, now=LATER)


def test_a_birth_is_not_revised_into_the_future() -> None:
    """Refused on the field, and the record stays."""
    patient = a_patient()
    with pytest.raises(InvalidError) as caught:
        patient.revise(Revision(date_of_birth=DateOfBirth((NOW + timedelta(days=2)).date())), now=NOW)
    assert set(caught.value.field_errors) == {"date_of_birth"}
    assert patient == a_patient()


def test_an_address_is_replaced_as_a_whole() -> None:
    """Parts that the new one does not have are gone."""
    patient = a_patient(a_new_patient(address=an_address(), mrn="M1"))
    revised, fact = patient.revise(Revision(address=Address(city=City("Peoria"))), now=LATER)
    assert revised.address == Address(city=City("Peoria"))
    assert fact.changed == ("address",)


@pytest.mark.parametrize("expected", [None, 3, frozenset({3}), frozenset({1, 3})])
def test_an_expected_version_or_no_expectation_goes_on(expected: ExpectedVersion) -> None:
    """If-Match lists the version the record is at, or is not there: then the last writer wins."""
    a_patient(version=3).check_version(expected)


@pytest.mark.parametrize("expected", [0, 2, 4, frozenset(), frozenset({2, 4})])
def test_another_version_is_stale(expected: ExpectedVersion) -> None:
    """RFC 9110, If-Match; a list that names no version of this record fails rather than being ignored."""
    with pytest.raises(StaleVersionError):
        a_patient(version=3).check_version(expected)


def test_the_revisable_fields_are_those_of_the_api_and_the_supplement() -> None:
    """Their names go into the trail, so they are part of its format."""
    assert REVISABLE == (
        "first_name", "last_name", "date_of_birth", "gender", "mrn", "phone", "email", "address", "ssn",
        "external_id", "supplement",
    )  # fmt: skip


@given(patients())
def test_a_record_is_frozen(patient: Patient) -> None:
    """Nothing mutates; a changed record is another record."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        patient.gender = Phi(Gender.OTHER)  # type: ignore[misc]
