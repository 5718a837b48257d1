"""Registering and revising patients as use cases: numbers, conflicts, practices, and what the trail says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_new_patient, a_patient_id, a_practice_id, an_actor
from tests.desks import a_memory_desk, put
from tests.strategies.patients import new_patients, revisions
from vantrexia_core.audit import Outcome
from vantrexia_core.kernel import (
    InvalidError,
    NamePart,
    NotFoundError,
    PermissionDeniedError,
    Role,
    StaleVersionError,
)
from vantrexia_core.patients import (
    ExpectedVersion,
    ExternalIdTakenError,
    Listing,
    Mrn,
    MrnTakenError,
    NewPatient,
    Phone,
    Reason,
    Revision,
    archive_patient,
    delete_patient,
    find_patients,
    look_up_patient,
    register_patient,
    revise_patient,
)

ADMIN = an_actor()
ELSEWHERE = an_actor(practice_id=a_practice_id(2))
RENAMED = Revision(last_name=NamePart("Renamed"))


@given(new_patients())
def test_a_registered_patient_can_be_looked_up(new: NewPatient) -> None:
    """What is shown is what was registered."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, new)
    assert look_up_patient(desk, ADMIN, patient.id) == patient


def test_numbers_are_given_out_in_a_row_per_practice() -> None:
    """Each practice counts for itself, from one."""
    desk = a_memory_desk()
    ours = [register_patient(desk, ADMIN, a_new_patient()).mrn.reveal() for _ in range(3)]
    assert ours == ["MRN-00001", "MRN-00002", "MRN-00003"]
    assert register_patient(desk, ELSEWHERE, a_new_patient()).mrn == Mrn("MRN-00001")


def test_a_number_somebody_typed_is_stepped_over() -> None:
    """The counter never collides with what people chose."""
    desk = a_memory_desk()
    for typed in ("MRN-00001", "MRN-00002", "MRN-00004"):
        register_patient(desk, ADMIN, a_new_patient(mrn=typed))
    given_out = [register_patient(desk, ADMIN, a_new_patient()).mrn.reveal() for _ in range(2)]
    assert given_out == ["MRN-00003", "MRN-00005"]


def test_a_practice_that_brought_its_own_numbers_is_passed_in_strides() -> None:
    """Not one by one, which would take a statement each; from there on numbers are in a row again."""
    desk = a_memory_desk()
    for number in range(1, 501):
        put(desk, a_new_patient(mrn=f"MRN-{number:05d}"))
    first, second = (int(register_patient(desk, ADMIN, a_new_patient()).mrn.reveal()[4:]) for _ in range(2))
    assert 501 < first <= 1_000
    assert second == first + 1


@pytest.mark.parametrize(("field", "error"), [("mrn", MrnTakenError), ("external_id", ExternalIdTakenError)])
@pytest.mark.parametrize("fate", ["active", "archived", "deleted"])
def test_what_is_unique_stays_reserved(field: str, error: type[InvalidError], fate: str) -> None:
    """Also for archived and deleted records; refused on the field, for registering and revising alike."""
    desk = a_memory_desk()
    first = register_patient(desk, ADMIN, a_new_patient(mrn="T-1", external_id="T-1"))
    other = register_patient(desk, ADMIN, a_new_patient())
    if fate == "archived":
        archive_patient(desk, ADMIN, first.id, Reason("moved away"))
    if fate == "deleted":
        delete_patient(desk, ADMIN, first.id)
    taken = a_new_patient(mrn="T-1") if field == "mrn" else a_new_patient(external_id="T-1")
    revision = Revision(mrn=Mrn("T-1")) if field == "mrn" else Revision(external_id=taken.external_id)
    with pytest.raises(error) as caught:
        register_patient(desk, ADMIN, taken)
    assert set(caught.value.field_errors) == {field}
    with pytest.raises(error):
        revise_patient(desk, ADMIN, other.id, revision)
    assert look_up_patient(desk, ADMIN, other.id) == other
    register_patient(desk, ELSEWHERE, taken)


def test_a_refused_registration_stores_nothing_and_is_recorded() -> None:
    """The list stays as it was; the trail has the refusal and no fields."""
    desk = a_memory_desk()
    register_patient(desk, ADMIN, a_new_patient(mrn="T-1"))
    with pytest.raises(MrnTakenError):
        register_patient(desk, ADMIN, a_new_patient(first="Second", mrn="T-1"))
    assert find_patients(desk, ADMIN, Listing()).count == 1
    refused = desk.entries[1]
    assert (refused.outcome, refused.code, refused.changed) == (Outcome.REFUSED, "validation_error", ())


@given(new_patients(), revisions())
def test_a_revised_patient_is_shown_revised(new: NewPatient, revision: Revision) -> None:
    """Through the use case as on the record itself."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, new)
    revised = revise_patient(desk, ADMIN, patient.id, revision)
    assert revised == patient.revise(revision, now=desk.clock.now())[0]
    assert look_up_patient(desk, ADMIN, patient.id) == revised


def test_a_revision_that_changes_nothing_is_recorded_but_not_stored() -> None:
    """PHI was shown, so there is a line; nothing changed, so there is no version."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient())
    before = desk.committed.shelf(a_practice_id()).patients
    assert revise_patient(desk, ADMIN, patient.id, Revision(phone=patient.phone)) == patient
    assert desk.committed.shelf(a_practice_id()).patients is before
    assert (desk.entries[-1].changed, desk.entries[-1].disclosed) == ((), (patient.id,))


@pytest.mark.parametrize("expected", [2, 0, frozenset(), frozenset({2, 3})])
def test_a_stale_revision_is_refused(expected: ExpectedVersion) -> None:
    """Somebody was faster: read again. Nothing is changed."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient())
    with pytest.raises(StaleVersionError):
        revise_patient(desk, ADMIN, patient.id, RENAMED, expected_version=expected)
    assert look_up_patient(desk, ADMIN, patient.id) == patient


def test_a_version_that_is_still_current_is_enough() -> None:
    """If-Match with the version that was read."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient())
    revised = revise_patient(desk, ADMIN, patient.id, RENAMED, expected_version=1)
    assert (revised.version, revised.name.last) == (2, NamePart("Renamed"))


def test_a_taken_number_can_be_kept_by_whoever_has_it() -> None:
    """A PUT that repeats the record's own MRN and id is no conflict."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient(mrn="T-1", external_id="T-1"))
    same = Revision(mrn=patient.mrn, external_id=patient.external_id, phone=Phone("555-0199"))
    assert revise_patient(desk, ADMIN, patient.id, same).version == 2


def test_a_changed_number_is_free_for_others() -> None:
    """Only numbers that a record has are reserved."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient(mrn="OLD", external_id="OLD"))
    revise_patient(desk, ADMIN, patient.id, Revision(mrn=Mrn("NEW"), external_id=None))
    assert register_patient(desk, ADMIN, a_new_patient(mrn="OLD", external_id="OLD")).mrn == Mrn("OLD")


@pytest.mark.parametrize("unknown", ["never was", "elsewhere", "deleted"])
def test_a_record_that_is_not_there_is_not_revised(unknown: str) -> None:
    """Unknown, another practice's, deleted: one answer."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient())
    if unknown == "deleted":
        delete_patient(desk, ADMIN, patient.id)
    actor = ELSEWHERE if unknown == "elsewhere" else ADMIN
    with pytest.raises(NotFoundError):
        revise_patient(desk, actor, a_patient_id() if unknown == "never was" else patient.id, RENAMED)
    assert (desk.entries[-1].outcome, desk.entries[-1].code) == (Outcome.REFUSED, "not_found")


@given(st.sampled_from([Role.DATA_MONITOR, Role.BILLING_MANAGER, Role.PATIENT]))
def test_readers_do_not_write(role: Role) -> None:
    """Refused before anything is looked up."""
    desk = a_memory_desk()
    with pytest.raises(PermissionDeniedError):
        register_patient(desk, an_actor(role), a_new_patient())
    with pytest.raises(PermissionDeniedError):
        revise_patient(desk, an_actor(role), a_patient_id(), RENAMED)
    assert [entry.code for entry in desk.entries] == ["permission_denied"] * 2
