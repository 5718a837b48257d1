"""Reading the trail: of one moment, in one's own practice, and never without a line about the reader."""

import attrs
import pytest

from tests.builders import a_new_patient, a_new_user, a_password, a_practice_id, an_actor
from tests.desks import a_memory_desk, entries_of
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import (
    Action,
    AuditEntry,
    Inquiry,
    Outcome,
    export_trail,
    read_trail,
    reading,
)
from vantrexia_core.identity import create_user, list_users
from vantrexia_core.kernel import NotFoundError, PageRequest, PermissionDeniedError, Role, UserId
from vantrexia_core.patients import look_up_patient, register_patient

ADMIN = an_actor()
LISTED = 7


@pytest.fixture
def desk() -> MemoryDesk:
    """A practice in which the accounts were listed seven times."""
    desk = a_memory_desk()
    for _ in range(LISTED):
        list_users(desk, ADMIN)
    return desk


def _last(desk: MemoryDesk) -> AuditEntry:
    return entries_of(desk)[-1]


def test_the_newest_entry_comes_first_and_the_count_is_exact(desk: MemoryDesk):
    """Page by page, with no entry left out or given twice."""
    first = read_trail(desk, ADMIN, Inquiry(), PageRequest(1, 3))
    second = read_trail(desk, ADMIN, Inquiry(), PageRequest(2, 3), as_of=first.as_of)
    third = read_trail(desk, ADMIN, Inquiry(), PageRequest(3, 3), as_of=first.as_of)
    assert [line.seq for found in (first, second, third) for line in found.page.items] == [*range(7, 0, -1)]
    assert {found.page.count for found in (first, second, third)} == {LISTED}


def test_without_a_moment_the_page_is_as_of_now(desk: MemoryDesk):
    """Each reading is an entry, so the next one finds one more; a moment to come is as good as now."""
    assert [read_trail(desk, ADMIN, Inquiry()).page.count for _ in range(3)] == [7, 8, 9]
    assert read_trail(desk, ADMIN, Inquiry(), as_of=10**9).page.count == 10


def test_reading_is_recorded_with_the_patient_that_was_asked_about(desk: MemoryDesk):
    """Who inspects a patient's trail is found in it."""
    patient = register_patient(desk, ADMIN, a_new_patient())
    read_trail(desk, ADMIN, Inquiry(patient_id=patient.id))
    entry = _last(desk)
    assert (entry.action, entry.outcome, entry.patient_id) == (
        Action.TRAIL_READ,
        Outcome.DONE,
        patient.id,
    )
    assert entry.disclosed == ()


def test_an_export_gives_every_entry_once_and_oldest_first(desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch):
    """However it is cut: in pieces of one, of some, of exactly all, and of more than all."""
    for at_once in (1, 2, 3, 7, 8, 500):
        monkeypatch.setattr(reading, "ENTRIES_AT_ONCE", at_once)
        export = export_trail(desk, ADMIN, Inquiry(action=Action.USER_LIST))
        lines = list(export.lines)
        assert [line.seq for line in lines] == [*range(1, LISTED + 1)]
        assert export.count == LISTED


def test_an_export_is_recorded_before_the_first_line_is_given(desk: MemoryDesk):
    """Whoever takes nothing of it has asked all the same; entries that come later are not in it."""
    export = export_trail(desk, ADMIN, Inquiry())
    assert (_last(desk).action, _last(desk).outcome) == (Action.TRAIL_EXPORT, Outcome.DONE)
    list_users(desk, ADMIN)
    assert [line.seq for line in export.lines] == [*range(1, LISTED + 1)]
    assert export.as_of == LISTED


def test_nothing_is_held_open_between_two_lines(desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch):
    """A slow taker keeps nobody from writing: memory lets one unit of work in at a time."""
    monkeypatch.setattr(reading, "ENTRIES_AT_ONCE", 2)
    for _ in export_trail(desk, ADMIN, Inquiry()).lines:
        list_users(desk, ADMIN)
    assert len(entries_of(desk)) == 2 * LISTED + 1


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
@pytest.mark.parametrize("use_case", [read_trail, export_trail])
def test_only_administrators_read_the_trail(desk: MemoryDesk, role: Role, use_case):
    """Everybody else is refused, and the refusal is recorded."""
    with pytest.raises(PermissionDeniedError):
        use_case(desk, an_actor(role), Inquiry())
    assert (_last(desk).outcome, _last(desk).code) == (Outcome.REFUSED, "permission_denied")


def test_another_practice_reads_nothing_of_it(desk: MemoryDesk):
    """Its administrator finds an empty trail."""
    stranger = an_actor(practice_id=a_practice_id(2))
    assert read_trail(desk, stranger, Inquiry()).page.count == 0
    assert list(export_trail(desk, stranger, Inquiry(action=Action.USER_LIST)).lines) == []


def test_a_page_behind_the_last_one_is_not_found(desk: MemoryDesk):
    """As with every list."""
    with pytest.raises(NotFoundError):
        read_trail(desk, ADMIN, Inquiry(), PageRequest(2, 7))


def test_a_line_names_the_account_that_acted(desk: MemoryDesk):
    """By the address of the practice's account; the console has none."""
    user = create_user(desk, ADMIN, a_new_user(Role.NURSE), a_password())
    patient = register_patient(desk, attrs.evolve(ADMIN, user_id=UserId(0)), a_new_patient())
    look_up_patient(desk, user.as_actor(ADMIN.origin), patient.id)
    shown, made = read_trail(desk, ADMIN, Inquiry(patient_id=patient.id)).page.items
    assert (shown.actor_email, made.actor_email) == (user.email, None)
    assert (shown.entry.actor_id, made.entry.actor_id) == (user.id, 0)
