"""Archiving, unarchiving, deleting and restoring as use cases."""

from collections.abc import Callable

import pytest

from tests.builders import a_new_patient, a_patient_id, a_practice_id, an_actor
from tests.desks import a_memory_desk
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.kernel import (
    Actor,
    NotFoundError,
    PatientId,
    PermissionDeniedError,
    Role,
    StaleVersionError,
)
from vantrexia_core.patients import (
    AlreadyArchivedError,
    ExpectedVersion,
    InvalidTransitionError,
    Listing,
    MovedPatient,
    NotArchivedError,
    Patient,
    Reason,
    Status,
    archive_patient,
    delete_patient,
    find_archived_patients,
    find_patients,
    look_up_patient,
    register_patient,
    restore_patient,
    unarchive_patient,
)

ADMIN = an_actor()
REASON = Reason("moved away")
Doing = Callable[[MemoryDesk, Actor, PatientId, ExpectedVersion], MovedPatient]
DOINGS: dict[str, Doing] = {
    "archive": lambda desk, actor, id_, version: archive_patient(
        desk, actor, id_, REASON, expected_version=version
    ),
    "unarchive": lambda desk, actor, id_, version: unarchive_patient(
        desk, actor, id_, expected_version=version
    ),
    "delete": lambda desk, actor, id_, version: delete_patient(desk, actor, id_, expected_version=version),
    "restore": lambda desk, actor, id_, _: restore_patient(desk, actor, id_, REASON),
}
BEFORE = {"archive": [], "unarchive": ["archive"], "delete": [], "restore": ["delete"]}
AFTER = {
    "archive": Status.ARCHIVED,
    "unarchive": Status.ACTIVE,
    "delete": Status.DELETED,
    "restore": Status.ACTIVE,
}


def _ready(desk: MemoryDesk, doing: str) -> Patient:
    patient = register_patient(desk, ADMIN, a_new_patient())
    for step in BEFORE[doing]:
        patient = DOINGS[step](desk, ADMIN, patient.id, None).patient
    return patient


@pytest.mark.parametrize("doing", DOINGS)
def test_a_move_is_stored_with_its_history_and_recorded(doing: str) -> None:
    """The record, the line of its history and the line of the trail agree."""
    desk = a_memory_desk()
    patient = _ready(desk, doing)
    moved = DOINGS[doing](desk, ADMIN, patient.id, None)
    assert (moved.patient.status, moved.patient.version) == (AFTER[doing], patient.version + 1)
    assert moved.change.reason == (REASON if doing in {"archive", "restore"} else None)
    with desk.begin(a_practice_id()) as work:
        assert work.patients.get(patient.id) == moved.patient
        assert work.patients.history(patient.id)[-1] == moved.change
        assert len(work.patients.history(patient.id)) == len(BEFORE[doing]) + 1
    entry = desk.entries[-1]
    assert (entry.action, entry.outcome, entry.changed) == (Action(doing), Outcome.DONE, ("status",))
    assert entry.patient_id == patient.id


@pytest.mark.parametrize("doing", DOINGS)
def test_a_record_that_is_not_there_does_not_move(doing: str) -> None:
    """Unknown and another practice's: one answer."""
    desk = a_memory_desk()
    patient = _ready(desk, doing)
    for actor, id_ in ((ADMIN, a_patient_id()), (an_actor(practice_id=a_practice_id(2)), patient.id)):
        with pytest.raises(NotFoundError):
            DOINGS[doing](desk, actor, id_, None)


@pytest.mark.parametrize("doing", ["archive", "unarchive", "delete"])
@pytest.mark.parametrize("expected", [7, frozenset(), frozenset({5, 6})])
def test_a_stale_move_is_refused(doing: str, expected: ExpectedVersion) -> None:
    """If-Match holds for moves too; the record stays."""
    desk = a_memory_desk()
    patient = _ready(desk, doing)
    with pytest.raises(StaleVersionError):
        DOINGS[doing](desk, ADMIN, patient.id, expected)
    assert look_up_patient(desk, ADMIN, patient.id) == patient
    assert DOINGS[doing](desk, ADMIN, patient.id, patient.version).patient.status is AFTER[doing]


@pytest.mark.parametrize(
    ("steps", "refused", "error"),
    [
        (["archive"], "archive", AlreadyArchivedError),
        ([], "unarchive", NotArchivedError),
        ([], "restore", InvalidTransitionError),
        (["archive"], "restore", InvalidTransitionError),
        (["delete"], "archive", NotFoundError),
        (["delete"], "unarchive", NotFoundError),
        (["delete"], "delete", NotFoundError),
    ],
)
def test_a_refused_move_is_recorded_and_changes_nothing(
    steps: list[str], refused: str, error: type[Exception]
) -> None:
    """The published refusals, through the use cases."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient())
    for step in steps:
        DOINGS[step](desk, ADMIN, patient.id, None)
    before = desk.committed
    with pytest.raises(error):
        DOINGS[refused](desk, ADMIN, patient.id, None)
    assert desk.committed.shelf(a_practice_id()).patients == before.shelf(a_practice_id()).patients
    assert desk.entries[-1].outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("doing", "roles"),
    [
        ("archive", {Role.ADMIN, Role.CLINICAL_MANAGER, Role.PROVIDER, Role.NURSE}),
        ("unarchive", {Role.ADMIN, Role.CLINICAL_MANAGER, Role.PROVIDER, Role.NURSE}),
        ("delete", {Role.ADMIN, Role.CLINICAL_MANAGER}),
        ("restore", {Role.ADMIN}),
    ],
)
def test_a_move_is_for_the_published_roles(doing: str, roles: set[Role]) -> None:
    """Each role that may, does; each that may not, is refused."""
    allowed = set()
    for role in Role:
        desk = a_memory_desk()
        patient = _ready(desk, doing)
        try:
            DOINGS[doing](desk, an_actor(role, patient_id=patient.id), patient.id, None)
        except PermissionDeniedError:
            continue
        allowed.add(role)
    assert allowed == roles


def test_an_archived_patient_leaves_the_list_and_comes_back() -> None:
    """Out of service, still readable; back in service by unarchiving."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient())
    archived = archive_patient(desk, ADMIN, patient.id, REASON)
    assert find_patients(desk, ADMIN, Listing()).items == ()
    assert find_patients(desk, ADMIN, Listing(status=Status.ARCHIVED)).items == (archived.patient,)
    assert find_archived_patients(desk, ADMIN, Listing()).items == (archived,)
    assert look_up_patient(desk, ADMIN, patient.id) == archived.patient
    back = unarchive_patient(desk, ADMIN, patient.id)
    assert find_patients(desk, ADMIN, Listing()).items == (back.patient,)
    assert find_archived_patients(desk, ADMIN, Listing()).items == ()
