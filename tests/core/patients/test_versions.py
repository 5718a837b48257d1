"""Showing former versions: to whoever sees the record, and never without a line in the trail."""

from datetime import timedelta

import attrs
import pytest

from tests.builders import a_new_patient, a_patient_id, a_practice_id, an_actor, an_email
from tests.desks import a_memory_desk
from tests.sources import ManualClock
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import ID_MAX, Action, Outcome
from vantrexia_core.identity import Scopes
from vantrexia_core.kernel import Actor, Machine, NotFoundError, PageRequest, Role
from vantrexia_core.patients import (
    Patient,
    Phone,
    Reason,
    Revision,
    Status,
    delete_patient,
    list_versions,
    merge_patients,
    read_version,
    register_patient,
    restore_patient,
    revise_patient,
    undo_merge,
)

ADMIN = an_actor()
STAFF = [role for role in Role if role is not Role.PATIENT]


def _revised(desk: MemoryDesk) -> tuple[Patient, Patient]:
    before = register_patient(desk, ADMIN, a_new_patient())
    return before, revise_patient(desk, ADMIN, before.id, Revision(phone=Phone("555-0199")))


@pytest.mark.parametrize("role", STAFF)
def test_whoever_sees_a_record_sees_what_it_said(role: Role) -> None:
    """All staff see all versions; each reading is a disclosure on the trail."""
    desk = a_memory_desk()
    before, after = _revised(desk)
    actor = an_actor(role)
    assert read_version(desk, actor, before.id, 1).patient == before
    assert [one.patient for one in list_versions(desk, actor, before.id).items] == [after, before]
    read, listed = desk.entries[-2:]
    assert (read.action, read.version, read.disclosed) == (Action.READ_VERSION, 1, (before.id,))
    assert (listed.action, listed.disclosed) == (Action.LIST_VERSIONS, (before.id,))
    assert (read.actor_id, read.patient_id) == (actor.user_id, before.id)


def test_a_patient_sees_the_own_versions_and_nobody_elses() -> None:
    """Others do not exist."""
    desk = a_memory_desk()
    own, _ = _revised(desk)
    other, _ = _revised(desk)
    actor = an_actor(Role.PATIENT, patient_id=own.id)
    assert read_version(desk, actor, own.id, 1).patient == own
    for ask in (lambda: read_version(desk, actor, other.id, 1), lambda: list_versions(desk, actor, other.id)):
        with pytest.raises(NotFoundError):
            ask()
        assert desk.entries[-1].disclosed == ()


def _machine(scopes: str) -> Actor:
    return attrs.evolve(an_actor(), role=Machine.CLIENT, mandate=Scopes.known(scopes).mandate)


@pytest.mark.parametrize("who", ["staff", "patient", "machine"])
def test_who_made_a_version_is_told_to_staff_alone(who: str) -> None:
    """It names a member of staff and says what they did: no patient's account and no program reads that."""
    desk = a_memory_desk()
    patient, _ = _revised(desk)
    actor = {
        "staff": an_actor(Role.MA),
        "patient": an_actor(Role.PATIENT, patient_id=patient.id),
        "machine": _machine("system/Patient.rs"),
    }[who]
    shown = [*list_versions(desk, actor, patient.id).items, read_version(desk, actor, patient.id, 1)]
    assert [one.patient.version for one in shown] == [2, 1, 1]
    assert [one.made_by is not None for one in shown] == [who == "staff"] * 3


@pytest.mark.parametrize("missing", ["never was", "elsewhere", "deleted"])
def test_versions_of_a_record_that_is_not_there_are_not_found(missing: str) -> None:
    """Unknown, another practice's, deleted: what hides the record hides all it ever said."""
    desk = a_memory_desk()
    patient, _ = _revised(desk)
    if missing == "deleted":
        delete_patient(desk, ADMIN, patient.id)
    actor = an_actor(practice_id=a_practice_id(2)) if missing == "elsewhere" else ADMIN
    asked = a_patient_id() if missing == "never was" else patient.id
    for ask in (lambda: read_version(desk, actor, asked, 1), lambda: list_versions(desk, actor, asked)):
        with pytest.raises(NotFoundError):
            ask()
        assert (desk.entries[-1].outcome, desk.entries[-1].code) == (Outcome.REFUSED, "not_found")


def test_a_restored_record_shows_when_it_was_deleted() -> None:
    """Its history is whole again: registered, deleted, restored."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient())
    delete_patient(desk, ADMIN, patient.id)
    restore_patient(desk, ADMIN, patient.id, Reason("By mistake"))
    shown = list_versions(desk, ADMIN, patient.id).items
    assert [one.patient.status for one in shown] == [Status.ACTIVE, Status.DELETED, Status.ACTIVE]


@pytest.mark.parametrize("version", [0, 3, ID_MAX, ID_MAX + 1, 2**70])
def test_a_version_that_never_was_is_not_found(version: int) -> None:
    """However large its number is."""
    desk = a_memory_desk()
    patient, _ = _revised(desk)
    with pytest.raises(NotFoundError):
        read_version(desk, ADMIN, patient.id, version)


def test_a_patients_account_sees_nothing_of_a_person_merged_by_mistake() -> None:
    """What the record said until the merge was undone is shown to staff alone."""
    clock = ManualClock()
    desk = a_memory_desk(clock)
    own = register_patient(desk, ADMIN, a_new_patient(phone=None))
    other = register_patient(desk, ADMIN, a_new_patient())
    account = an_actor(Role.PATIENT, patient_id=own.id)
    clock.advance(timedelta(minutes=1))
    merge = merge_patients(desk, ADMIN, own.id, other.id, Reason("Twice")).merge
    clock.advance(timedelta(minutes=1))
    revise_patient(desk, ADMIN, own.id, Revision(email=an_email("new")))
    assert [one.patient.version for one in list_versions(desk, account, own.id).items] == [3, 2, 1]
    clock.advance(timedelta(minutes=1))
    undo_merge(desk, ADMIN, merge.id, Reason("Not one"))
    clock.advance(timedelta(minutes=1))
    revise_patient(desk, ADMIN, own.id, Revision(phone=Phone("555-0177")))
    shown = list_versions(desk, account, own.id)
    assert (shown.count, [one.patient.version for one in shown.items]) == (3, [5, 4, 1])
    assert other.phone not in [one.patient.phone for one in shown.items]
    last = list_versions(desk, account, own.id, PageRequest(2, 2))
    assert [one.patient.version for one in last.items] == [1]
    assert [read_version(desk, account, own.id, version).patient.version for version in (1, 4, 5)] == [
        1,
        4,
        5,
    ]
    for version in (2, 3):
        with pytest.raises(NotFoundError):
            read_version(desk, account, own.id, version)
        assert read_version(desk, ADMIN, own.id, version).patient.version == version
    assert list_versions(desk, ADMIN, own.id).count == 5
