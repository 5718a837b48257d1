"""The life of a record is one total table, and a refused move changes nothing."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_patient, an_actor
from tests.strategies.patients import patients
from vantrexia_core.kernel import ConflictError, Role, VantrexiaError
from vantrexia_core.patients import (
    TRANSITIONS,
    AlreadyArchivedError,
    GoneError,
    InvalidTransitionError,
    Move,
    NotArchivedError,
    Patient,
    Reason,
    Status,
    status_after,
)

TABLE: dict[Status, dict[Move, Status | type[VantrexiaError]]] = {
    Status.ACTIVE: {
        Move.REVISE: Status.ACTIVE,
        Move.ARCHIVE: Status.ARCHIVED,
        Move.UNARCHIVE: NotArchivedError,
        Move.DELETE: Status.DELETED,
        Move.RESTORE: InvalidTransitionError,
        Move.MERGE: Status.ARCHIVED,
    },
    Status.ARCHIVED: {
        Move.REVISE: Status.ARCHIVED,
        Move.ARCHIVE: AlreadyArchivedError,
        Move.UNARCHIVE: Status.ACTIVE,
        Move.DELETE: Status.DELETED,
        Move.RESTORE: InvalidTransitionError,
        Move.MERGE: Status.ARCHIVED,
    },
    Status.DELETED: {
        Move.REVISE: GoneError,
        Move.ARCHIVE: GoneError,
        Move.UNARCHIVE: GoneError,
        Move.DELETE: GoneError,
        Move.RESTORE: Status.ACTIVE,
        Move.MERGE: GoneError,
    },
}
"""The contract's words on each case, written down a second time."""

MOVES = [move for move in Move if move not in {Move.REVISE, Move.MERGE}]
LATER = NOW + timedelta(days=1)


def test_every_status_meets_every_move_once() -> None:
    """Total: no pair is left to chance."""
    assert set(TRANSITIONS) == {(status, move) for status in Status for move in Move}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("move", Move)
def test_a_move_leads_where_the_contract_says(status: Status, move: Move) -> None:
    """To that status, or to that refusal."""
    outcome = TABLE[status][move]
    if isinstance(outcome, Status):
        assert status_after(status, move) is outcome
    else:
        with pytest.raises(VantrexiaError) as caught:
            status_after(status, move)
        assert type(caught.value) is outcome


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (AlreadyArchivedError, "already_archived"),
        (NotArchivedError, "not_archived"),
        (InvalidTransitionError, "invalid_transition"),
    ],
)
def test_a_refused_move_is_a_conflict_with_the_published_code(
    refusal: type[ConflictError], code: str
) -> None:
    """409, and which one."""
    assert issubclass(refusal, ConflictError)
    assert refusal.code == code


def test_every_status_can_be_left_and_reached() -> None:
    """No dead ends and no islands: from any status there is a way to any other."""
    leads = {(status, after) for (status, _), after in TRANSITIONS.items() if isinstance(after, Status)}
    for _ in Status:
        leads |= {(a, d) for a, b in leads for c, d in leads if b is c}
    assert leads >= {(a, b) for a in Status for b in Status}


@given(patients(), st.sampled_from(MOVES))
def test_a_move_changes_status_version_and_time_and_nothing_else(patient: Patient, move: Move) -> None:
    """Allowed: one version up, at that time. Refused: an error, and the record is what it was."""
    before, outcome = attrs.asdict(patient), TABLE[patient.status][move]
    if not isinstance(outcome, Status):
        with pytest.raises(outcome):
            patient.move(move, by=an_actor(), now=LATER, reason=Reason("because"))
        assert attrs.asdict(patient) == before
        return
    moved, change, fact = patient.move(move, by=an_actor(), now=LATER, reason=Reason("because"))
    assert moved == attrs.evolve(patient, status=outcome, version=patient.version + 1, updated_at=LATER)
    assert attrs.asdict(patient) == before
    assert (change.patient_id, change.version, change.move, change.at) == (
        patient.id,
        moved.version,
        move,
        LATER,
    )
    shown = (patient.id,) if move in {Move.ARCHIVE, Move.RESTORE} else ()
    assert (fact.patient_id, fact.changed, fact.disclosed) == (patient.id, ("status",), shown)
    assert fact.action.value == move.value


def test_a_move_remembers_who_and_why() -> None:
    """The line of the history has the account, its address as it was then, and the reason."""
    actor = an_actor(Role.PROVIDER, email="dr.then@example.org")
    _, change, _ = a_patient().move(Move.ARCHIVE, by=actor, now=LATER, reason=Reason("moved away"))
    assert (change.by, change.by_email, change.reason) == (actor.user_id, actor.email, Reason("moved away"))


@given(patients(st.just(Status.ACTIVE)))
def test_archiving_and_unarchiving_restores_all_but_version_and_time(patient: Patient) -> None:
    """There and back again loses nothing."""
    archived, _, _ = patient.move(Move.ARCHIVE, by=an_actor(), now=LATER)
    back, _, _ = archived.move(Move.UNARCHIVE, by=an_actor(), now=LATER)
    assert back == attrs.evolve(patient, version=patient.version + 2, updated_at=LATER)


@given(patients(st.sampled_from([Status.ACTIVE, Status.ARCHIVED])))
def test_deleting_and_restoring_gives_an_active_record_with_the_same_demographics(patient: Patient) -> None:
    """Nothing is ever removed; what comes back comes back in service."""
    deleted, _, _ = patient.move(Move.DELETE, by=an_actor(), now=LATER)
    back, _, _ = deleted.move(Move.RESTORE, by=an_actor(), now=LATER)
    assert back == attrs.evolve(patient, status=Status.ACTIVE, version=patient.version + 2, updated_at=LATER)


@given(patients(st.just(Status.ACTIVE)), st.lists(st.sampled_from(MOVES), max_size=20))
def test_versions_count_the_moves_that_happened(patient: Patient, moves: list[Move]) -> None:
    """One up per change, none per refusal, along any life."""
    now, happened = patient, 0
    for move in moves:
        try:
            now, change, _ = now.move(move, by=an_actor(), now=LATER)
        except VantrexiaError:
            continue
        happened += 1
        assert change.version == now.version
    assert now.version == patient.version + happened


@pytest.mark.parametrize("status", Status)
def test_active_means_exactly_the_status_active(status: Status) -> None:
    """What the API shows as ``active``."""
    assert a_patient(status=status).is_active is (status is Status.ACTIVE)
