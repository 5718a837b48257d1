"""Who is here already under no external id: read once for a long list, and then only what changes."""

from typing import NoReturn

import pytest

from tests.builders import a_new_patient, a_practice_id, an_actor
from tests.desks import a_memory_desk
from tests.ehr import a_told, an_external_id
from vantrexia_adapters.memory import MemoryDesk, MemoryRoster
from vantrexia_core.ehr import import_patients, lookalike
from vantrexia_core.ehr.lookalike import WORTH_READING, Lookout
from vantrexia_core.patients import register_patient

ADMIN, PRACTICE = an_actor(), a_practice_id()


class WithoutDirectory:
    """A desk whose directory must not be asked: what was read has to do."""

    def __init__(self, desk: MemoryDesk) -> None:
        self.begin = desk.begin

    @property
    def directory(self) -> NoReturn:
        """Fails the test."""
        pytest.fail("the directory was asked for a name")


def test_whoever_was_imported_before_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old record without external id does not make each batch read all who came after it."""
    monkeypatch.setattr(lookalike, "READ_AT_ONCE_MAX", 5)
    roster = MemoryRoster(a_told(number) for number in range(1, 41))
    desk = a_memory_desk(rosters={PRACTICE: roster})
    old = register_patient(desk, ADMIN, a_new_patient(last="Okafor", phone=None))
    import_patients(desk, ADMIN, [an_external_id(number) for number in range(1, 41)])
    lookout = Lookout(WithoutDirectory(desk), PRACTICE)  # type: ignore[arg-type]
    lookout.refresh(WORTH_READING)
    lookout.refresh(WORTH_READING)
    later = register_patient(desk, ADMIN, a_new_patient(last="Nakamura"))
    lookout.refresh(WORTH_READING)
    assert lookout.find(a_new_patient(last="Okafor", phone=None)) == old.id
    assert lookout.find(a_new_patient(last="Nakamura")) == later.id
