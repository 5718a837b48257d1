"""Accounting for disclosures: whatever showed one patient's record, and nothing that did not."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_new_patient, a_patient_id, a_practice_id, an_actor
from tests.desks import a_memory_desk, entries_of
from tests.sources import ManualClock
from vantrexia_core.audit import Action, AlreadyAnswered, Once, Outcome
from vantrexia_core.kernel import NotFoundError, PageRequest, PermissionDeniedError, Phi, Role, VantrexiaError
from vantrexia_core.patients import (
    Listing,
    Period,
    Reason,
    Revision,
    Status,
    account_for_disclosures,
    archive_patient,
    delete_patient,
    find_archived_patients,
    find_deleted_patients,
    find_disclosures,
    find_patients,
    look_up_patient,
    register_patient,
    restore_patient,
    revise_patient,
    unarchive_patient,
)

ADMIN = an_actor()
WHY = Reason("moved away")
PEOPLE = 3
MOVES = {
    "look up": look_up_patient,
    "revise": lambda desk, actor, id_: revise_patient(desk, actor, id_, Revision(phone=None)),
    "archive": lambda desk, actor, id_: archive_patient(desk, actor, id_, WHY),
    "unarchive": unarchive_patient,
    "delete": delete_patient,
    "restore": lambda desk, actor, id_: restore_patient(desk, actor, id_, WHY),
    "list": lambda desk, actor, _: find_patients(desk, actor, Listing()),
    "list archived": lambda desk, actor, _: find_archived_patients(desk, actor, Listing()),
    "list deleted": lambda desk, actor, _: find_deleted_patients(desk, actor, Listing()),
    "account": find_disclosures,
}


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, PEOPLE), st.sampled_from(Role)), max_size=25
    )
)
def test_an_accounting_is_every_entry_that_showed_the_patient(calls):
    """After any run of calls, by anybody, about anybody: the trail's own word, no more and no less."""
    desk = a_memory_desk()
    ids = [register_patient(desk, ADMIN, a_new_patient()).id for _ in range(PEOPLE)]
    for name, number, role in calls:
        id_ = ids[number] if number < PEOPLE else a_patient_id(99)
        with suppress(VantrexiaError):
            MOVES[name](desk, an_actor(role, patient_id=ids[0] if role is Role.PATIENT else None), id_)
    told = entries_of(desk)
    for id_ in ids:
        expected = [seq for seq, entry in enumerate(told, start=1) if id_ in entry.disclosed]
        assert [line.seq for line in account_for_disclosures(desk, ADMIN, id_).lines] == expected
        page = find_disclosures(desk, ADMIN, id_, page=PageRequest(1, 100)).page
        assert [line.seq for line in page.items] == expected[::-1]


def test_lists_that_showed_the_patient_are_disclosures():
    """A page is one entry that names all whom it showed."""
    desk = a_memory_desk()
    one, other = (register_patient(desk, ADMIN, a_new_patient(last=last)).id for last in ("Abel", "Baker"))
    find_patients(desk, ADMIN, Listing(page=PageRequest(1, 1)))
    find_patients(desk, ADMIN, Listing())
    actions = {
        id_: [line.entry.action for line in account_for_disclosures(desk, ADMIN, id_).lines]
        for id_ in (one, other)
    }
    assert actions == {
        one: [Action.CREATE, Action.LIST, Action.LIST],
        other: [Action.CREATE, Action.LIST],
    }


def test_an_answer_that_is_given_again_is_a_disclosure():
    """From its receipt, the record leaves a second time."""
    desk = a_memory_desk()
    once = Once(Phi("key-1"), Phi(b"POST"), lambda patient: str(patient.id).encode())
    patient = register_patient(desk, ADMIN, a_new_patient(), once=once)
    with pytest.raises(AlreadyAnswered):
        register_patient(desk, ADMIN, a_new_patient(), once=once)
    outcomes = [line.entry.outcome for line in account_for_disclosures(desk, ADMIN, patient.id).lines]
    assert outcomes == [Outcome.DONE, Outcome.REPLAYED]


def test_a_refused_attempt_disclosed_nothing():
    """It is in the trail, and not in the accounting."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient())
    with pytest.raises(NotFoundError):
        look_up_patient(desk, an_actor(Role.PATIENT), patient.id)
    assert account_for_disclosures(desk, ADMIN, patient.id).count == 1


@pytest.mark.parametrize("status", Status)
def test_a_record_of_any_status_is_accounted_for(status: Status):
    """The right does not end with the care, nor with the deletion of the record."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient())
    if status is Status.ARCHIVED:
        archive_patient(desk, ADMIN, patient.id, WHY)
    if status is Status.DELETED:
        delete_patient(desk, ADMIN, patient.id)
    assert find_disclosures(desk, ADMIN, patient.id).page.count >= 1


@pytest.mark.parametrize("use_case", [find_disclosures, account_for_disclosures])
def test_a_record_that_is_not_the_practices_is_not_found(use_case):
    """Unknown or another practice's: the same answer."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient())
    for actor, id_ in ((ADMIN, a_patient_id(99)), (an_actor(practice_id=a_practice_id(2)), patient.id)):
        with pytest.raises(NotFoundError):
            use_case(desk, actor, id_)


@pytest.mark.parametrize("use_case", [find_disclosures, account_for_disclosures])
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_administrators_account(use_case, role: Role):
    """The answer names colleagues: the practice decides what a patient gets of it."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient())
    with pytest.raises(PermissionDeniedError):
        use_case(desk, an_actor(role, patient_id=patient.id), patient.id)


@pytest.mark.parametrize("use_case", [find_disclosures, account_for_disclosures])
def test_asking_is_recorded_and_discloses_nothing(use_case):
    """45 CFR 164.528(d): that an accounting was given is itself kept, and it showed no record."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_new_patient())
    use_case(desk, ADMIN, patient.id)
    entry = entries_of(desk)[-1]
    assert (entry.action, entry.outcome, entry.patient_id, entry.disclosed) == (
        Action.ACCOUNTING,
        Outcome.DONE,
        patient.id,
        (),
    )


def test_a_period_narrows_the_accounting():
    """From its first moment on, and up to its last without it."""
    clock = ManualClock()
    desk = a_memory_desk(clock)
    patient = register_patient(desk, ADMIN, a_new_patient())
    times = []
    for _ in range(4):
        clock.advance(timedelta(days=1))
        times.append(clock.now())
        look_up_patient(desk, ADMIN, patient.id)
    period = Period(since=times[1], before=times[3])
    found = account_for_disclosures(desk, ADMIN, patient.id, period)
    assert [line.entry.at for line in found.lines] == times[1:3]
    assert found.count == 2
