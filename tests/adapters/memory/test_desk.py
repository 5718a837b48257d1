"""What is special to memory: one writer at a time, and nothing that prints."""

import pytest

from tests.builders import a_new_patient, a_practice_id, an_actor
from tests.credentials import QuickPasswords, QuickTokens
from tests.desks import a_memory_desk
from tests.marks import a_marked_new_patient, marks_in
from tests.sources import CountedIds, CountedSecrets, ManualClock
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.kernel import UnavailableError
from vantrexia_core.patients import Listing, register_patient


def test_a_second_writer_waits_in_vain_for_one_that_stays():
    """Like a locked database: unavailable after the wait, and well again afterwards."""
    desk = MemoryDesk(
        ManualClock(), CountedIds(), CountedSecrets(), QuickPasswords(), QuickTokens(), wait_seconds=0.01
    )
    with desk.begin(a_practice_id()):
        with pytest.raises(UnavailableError):
            register_patient(desk, an_actor(), a_new_patient())
        with pytest.raises(UnavailableError), desk.begin_sign_in():
            pass
    register_patient(desk, an_actor(), a_new_patient())
    assert desk.directory.find(a_practice_id(), Listing()).count == 1


def test_readers_wait_for_nobody():
    """The directory reads what is committed while somebody writes."""
    desk = a_memory_desk()
    register_patient(desk, an_actor(), a_new_patient())
    with desk.begin(a_practice_id()) as work:
        work.patients.next_mrn_number()
        assert desk.directory.find(a_practice_id(), Listing()).count == 1


def test_a_desk_full_of_people_prints_none():
    """Keys of its mappings are plain text, so none of its parts may print itself."""
    desk = a_memory_desk()
    patient = register_patient(desk, an_actor(), a_marked_new_patient())
    shelf = desk.committed.shelf(a_practice_id())
    printed = f"{desk!r} {desk.committed!r} {shelf!r} {shelf.patients[patient.id]!r} {desk.entries!r}"
    assert not marks_in(printed)
