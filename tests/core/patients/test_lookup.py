"""Showing patients: who sees whom, one page at a time, and never without a line in the trail."""

from collections.abc import Callable, Sequence

import attrs
import pytest

from tests.builders import a_new_patient, a_patient_id, a_practice_id, an_actor
from tests.desks import a_memory_desk
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.kernel import (
    Actor,
    NotFoundError,
    Page,
    PageRequest,
    PatientId,
    PermissionDeniedError,
    Phi,
    PracticeId,
    Role,
    UnavailableError,
)
from vantrexia_core.patients import (
    Found,
    Listing,
    Move,
    Patient,
    Reason,
    Status,
    archive_patient,
    delete_patient,
    find_archived_patients,
    find_deleted_patients,
    find_patients,
    look_up_patient,
    register_patient,
)

ADMIN = an_actor()
REASON = Reason("moved away")
STAFF = [role for role in Role if role is not Role.PATIENT]


def _practice(desk: MemoryDesk, *lasts: str) -> dict[str, Patient]:
    return {last: register_patient(desk, ADMIN, a_new_patient(last=last)) for last in lasts}


@pytest.mark.parametrize("role", STAFF)
def test_staff_see_every_patient_of_the_practice(role: Role) -> None:
    """One and all."""
    desk = a_memory_desk()
    people = _practice(desk, "Abel", "Baker")
    actor = an_actor(role)
    assert look_up_patient(desk, actor, people["Abel"].id) == people["Abel"]
    assert find_patients(desk, actor, Listing()).items == (people["Abel"], people["Baker"])


def test_a_patient_sees_the_own_record_and_nobody_elses() -> None:
    """Others are not forbidden, they do not exist; the own one may be archived, but not deleted."""
    desk = a_memory_desk()
    people = _practice(desk, "Abel", "Baker")
    actor = an_actor(Role.PATIENT, patient_id=people["Baker"].id)
    assert look_up_patient(desk, actor, people["Baker"].id) == people["Baker"]
    with pytest.raises(NotFoundError):
        look_up_patient(desk, actor, people["Abel"].id)
    page = find_patients(desk, actor, Listing(search=Phi("e")))
    assert (page.count, page.items) == (1, (people["Baker"],))
    archived = archive_patient(desk, ADMIN, people["Baker"].id, REASON)
    assert look_up_patient(desk, actor, people["Baker"].id) == archived.patient
    assert find_archived_patients(desk, actor, Listing()).items == (archived,)
    delete_patient(desk, ADMIN, people["Baker"].id)
    with pytest.raises(NotFoundError):
        look_up_patient(desk, actor, people["Baker"].id)


def test_a_patient_account_searches_itself_only() -> None:
    """What matches somebody else's name only finds nobody."""
    desk = a_memory_desk()
    people = _practice(desk, "Abel", "Baker")
    actor = an_actor(Role.PATIENT, patient_id=people["Baker"].id)
    assert find_patients(desk, actor, Listing(search=Phi("abel"))).items == ()


def test_a_patient_account_without_a_record_sees_nobody() -> None:
    """An empty list with its line in the trail; and no record is looked up for it."""
    desk = a_memory_desk()
    people = _practice(desk, "Abel")
    actor = an_actor(Role.PATIENT)
    assert find_patients(desk, actor, Listing()).items == ()
    assert desk.entries[-1].disclosed == ()
    with pytest.raises(NotFoundError):
        look_up_patient(desk, actor, people["Abel"].id)
    with pytest.raises(NotFoundError):
        find_patients(desk, actor, Listing(page=PageRequest(2)))


@pytest.mark.parametrize("missing", ["never was", "elsewhere", "deleted"])
def test_a_record_that_is_not_there_is_not_found(missing: str) -> None:
    """Unknown, another practice's, deleted: one answer, one line."""
    desk = a_memory_desk()
    patient = _practice(desk, "Abel")["Abel"]
    if missing == "deleted":
        delete_patient(desk, ADMIN, patient.id)
    actor = an_actor(practice_id=a_practice_id(2)) if missing == "elsewhere" else ADMIN
    asked = a_patient_id() if missing == "never was" else patient.id
    with pytest.raises(NotFoundError) as caught:
        look_up_patient(desk, actor, asked)
    assert caught.value.detail == NotFoundError.sentence
    entry = desk.entries[-1]
    assert (entry.action, entry.outcome, entry.code) == (Action.READ, Outcome.REFUSED, "not_found")
    assert (entry.patient_id, entry.disclosed) == (asked, ())


def test_a_reading_is_recorded_with_whom_it_showed() -> None:
    """In the order of ids: the accounting of disclosures (45 CFR 164.528) is written here."""
    desk = a_memory_desk()
    people = _practice(desk, "Abel", "Baker", "Cole")
    find_patients(desk, ADMIN, Listing(page=PageRequest(1, 2)))
    look_up_patient(desk, ADMIN, people["Cole"].id)
    shown = [entry.disclosed for entry in desk.entries[-2:]]
    both = tuple(sorted((people["Abel"].id, people["Baker"].id)))
    assert shown == [both, (people["Cole"].id,)]


def test_only_administrators_see_the_deleted() -> None:
    """With who deleted them and when; everybody else is refused."""
    desk = a_memory_desk()
    patient = _practice(desk, "Abel")["Abel"]
    deleted = delete_patient(desk, ADMIN, patient.id)
    assert find_deleted_patients(desk, ADMIN, Listing()).items == (deleted,)
    assert desk.entries[-1].disclosed == (patient.id,)
    for role in Role:
        if role is not Role.ADMIN:
            with pytest.raises(PermissionDeniedError):
                find_deleted_patients(desk, an_actor(role), Listing())


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.DELETED])
def test_the_archived_list_shows_the_archived_whatever_is_asked(status: Status) -> None:
    """The status of the listing does not open another drawer."""
    desk = a_memory_desk()
    people = _practice(desk, "Abel", "Baker", "Cole")
    archived = archive_patient(desk, ADMIN, people["Baker"].id, REASON)
    delete_patient(desk, ADMIN, people["Cole"].id)
    shown = find_archived_patients(desk, ADMIN, Listing(status=status))
    assert (shown.count, shown.items) == (1, (archived,))


def test_the_deleted_list_shows_how_the_record_came_to_be_deleted() -> None:
    """The newest move, not the archiving before it."""
    desk = a_memory_desk()
    patient = _practice(desk, "Abel")["Abel"]
    archive_patient(desk, ADMIN, patient.id, REASON)
    delete_patient(desk, ADMIN, patient.id)
    [shown] = find_deleted_patients(desk, ADMIN, Listing()).items
    assert (shown.change.move, shown.change.version) == (Move.DELETE, 3)


@pytest.mark.parametrize("find", [find_patients, find_archived_patients, find_deleted_patients])
def test_a_page_behind_the_last_is_not_found(
    find: Callable[[MemoryDesk, Actor, Listing], Page[object]],
) -> None:
    """The first page always exists, empty or not; the refusal is recorded."""
    desk = a_memory_desk()
    assert find(desk, ADMIN, Listing()).items == ()
    with pytest.raises(NotFoundError):
        find(desk, ADMIN, Listing(page=PageRequest(2)))
    assert [entry.outcome for entry in desk.entries] == [Outcome.DONE, Outcome.REFUSED]


# --- records that change between the two readings ------------------------------------------------------


@attrs.define
class _RacingDirectory:
    """A real directory; each answer is overtaken by a change, ``races`` times."""

    desk: MemoryDesk
    races: int

    def find(self, practice_id: PracticeId, listing: Listing) -> Found:
        found = self.desk.directory.find(practice_id, listing)
        if self.races > 0:
            self.races -= 1
            return attrs.evolve(found, as_of=found.as_of - 1)
        return found


@attrs.define
class _RacingDesk:
    desk: MemoryDesk
    directory: _RacingDirectory

    def __getattr__(self, name: str) -> object:
        return getattr(self.desk, name)


def _raced(races: int) -> tuple[MemoryDesk, _RacingDesk, Sequence[PatientId]]:
    desk = a_memory_desk()
    patient = _practice(desk, "Abel")["Abel"]
    return desk, _RacingDesk(desk, _RacingDirectory(desk, races)), [patient.id]


def test_a_page_is_asked_for_again_when_one_of_its_records_changed() -> None:
    """Names and order always belong to one moment."""
    desk, racing, ids = _raced(races=4)
    page = find_patients(racing, ADMIN, Listing())  # type: ignore[arg-type]
    assert [patient.id for patient in page.items] == ids
    assert [entry.outcome for entry in desk.entries[1:]] == [Outcome.DONE]


def test_a_page_that_never_stands_still_is_not_shown() -> None:
    """After five tries the caller is told to come back, rather than shown two moments mixed."""
    _, racing, _ = _raced(races=5)
    with pytest.raises(UnavailableError):
        find_patients(racing, ADMIN, Listing())  # type: ignore[arg-type]
