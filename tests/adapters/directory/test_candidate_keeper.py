"""The keeper of candidates: nobody waits for an index, which is fresh in every process."""

import logging

import attrs
import pytest

from tests.adapters.directory.stores import Later
from tests.adapters.sql.site import Site
from tests.builders import a_new_patient, an_actor
from tests.comparing import PHONES, TEXTS
from tests.desks import a_memory_desk
from vantrexia_adapters.directory import CandidateKeeper
from vantrexia_adapters.directory.candidates import AT_ONCE_CHANGES_MAX
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.kernel import NamePart, UnavailableError
from vantrexia_core.patients import (
    DirectoryHead,
    Patient,
    Person,
    Revision,
    SuspicionListing,
    blocking_keys,
    compare_left_over,
    find_suspicions,
    register_patient,
    revise_patient,
    traits_of,
)

ACTOR = an_actor()
HERE = ACTOR.practice_id


class LargeStore:
    """A practice of very many changes, as far as whoever asks first can see."""

    def __init__(self, real: object) -> None:
        self._real = real
        self.is_down = False

    def __getattr__(self, name: str) -> object:
        if self.is_down and name == "people":
            raise UnavailableError
        return getattr(self._real, name)

    def head(self, practice_id: object) -> DirectoryHead:
        """See `CandidateStore`."""
        head: DirectoryHead = self._real.head(practice_id)  # type: ignore[attr-defined]
        return attrs.evolve(head, seq=AT_ONCE_CHANGES_MAX + 1)


def _keys(patient: Patient):
    return blocking_keys(traits_of(Person.of(patient), TEXTS, PHONES))


@pytest.fixture
def desk() -> MemoryDesk:
    """Three people, two of whom may be one."""
    desk = a_memory_desk()
    for first in ("Marisol", "Ian", "Marisoll"):
        register_patient(desk, ACTOR, a_new_patient(first=first))
    return desk


def _somebody(desk: MemoryDesk) -> Patient:
    with desk.begin(HERE) as work:
        return work.patients.of_numbers([1])[0]


def test_a_small_practice_is_read_by_whoever_asks_first(desk: MemoryDesk) -> None:
    """Without a thread, and without waiting for one."""
    later = Later()
    keeper = CandidateKeeper(desk.candidacy.store, in_background=later, wait_seconds=0)
    assert 1 in keeper.candidates(HERE, _keys(_somebody(desk))).numbers
    assert later.jobs == []


def test_a_large_practice_is_read_behind_the_scenes(desk: MemoryDesk) -> None:
    """By one thread, however many ask; they are told to do without, and answered once it is done."""
    later, keys = Later(), _keys(_somebody(desk))
    keeper = CandidateKeeper(LargeStore(desk.candidacy.store), in_background=later, wait_seconds=0)
    for _ in range(3):
        with pytest.raises(UnavailableError):
            keeper.candidates(HERE, keys)
    assert len(later.jobs) == 1
    later.work()
    assert 1 in keeper.candidates(HERE, keys).numbers


def test_an_index_that_cannot_be_loaded_is_tried_again(
    desk: MemoryDesk, caplog: pytest.LogCaptureFixture
) -> None:
    """By the next one who asks; the log says why, by its code."""
    later, keys, store = Later(), _keys(_somebody(desk)), LargeStore(desk.candidacy.store)
    keeper = CandidateKeeper(store, in_background=later, wait_seconds=0)
    store.is_down = True
    with pytest.raises(UnavailableError), caplog.at_level(logging.WARNING):
        keeper.candidates(HERE, keys)
    later.work()
    assert [record.getMessage() for record in caplog.records] == [
        "an index of candidates could not be loaded: unavailable"
    ]
    store.is_down = False
    with pytest.raises(UnavailableError):
        keeper.candidates(HERE, keys)
    later.work()
    assert 1 in keeper.candidates(HERE, keys).numbers


def test_a_thread_that_is_not_to_be_had_holds_up_nobody_for_good(desk: MemoryDesk) -> None:
    """The next one tries again."""

    def none_left(_: object) -> None:
        raise RuntimeError

    keeper = CandidateKeeper(LargeStore(desk.candidacy.store), in_background=none_left, wait_seconds=0)
    assert 1 in keeper.candidates(HERE, _keys(_somebody(desk))).numbers


def test_what_was_left_over_is_compared_when_the_candidates_are_back(desk: MemoryDesk) -> None:
    """A record that could not be compared when it was stored comes up for review without anybody's doing."""
    listed = find_suspicions(desk, ACTOR, SuspicionListing()).count
    keeper, later = desk.candidacy, Later()

    def unavailable(*_: object) -> None:
        raise UnavailableError

    keeper.candidates = unavailable  # type: ignore[method-assign, assignment]
    noted = register_patient(desk, ACTOR, a_new_patient(first="Marisol"))
    assert find_suspicions(desk, ACTOR, SuspicionListing()).count == listed
    again = CandidateKeeper(keeper.store, in_background=later, wait_seconds=0)
    desk.candidacy = again
    again.when_loaded(lambda _: compare_left_over(desk, HERE))
    again.candidates(HERE, _keys(noted))
    assert later.work() == 1
    assert find_suspicions(desk, ACTOR, SuspicionListing()).count > listed
    with desk.begin(HERE) as work:
        assert work.uncompared.count() == 0
    again.candidates(HERE, _keys(noted))
    assert later.jobs == []


def test_whatever_fails_with_what_was_left_over_is_told_without_its_words(
    desk: MemoryDesk, caplog: pytest.LogCaptureFixture
) -> None:
    """The question is answered all the same."""
    keeper = CandidateKeeper(desk.candidacy.store, in_background=(later := Later()))

    def failing(_: object) -> None:
        message = "Quintero"
        raise ValueError(message)

    keeper.when_loaded(failing)
    with caplog.at_level(logging.WARNING):
        assert keeper.candidates(HERE, _keys(_somebody(desk))).numbers
        later.work()
    assert [record.getMessage() for record in caplog.records] == [
        "records that wait to be compared could not be: ValueError"
    ]


def test_another_process_finds_what_was_committed_before_it_asked(site: Site) -> None:
    """Two keepers over one database: new and changed records, without being told."""
    here, there = site.desk, CandidateKeeper(site.desk.candidacy.store)
    first = register_patient(here, ACTOR, a_new_patient())
    assert there.candidates(HERE, _keys(first)).numbers == (1,)
    second = register_patient(here, ACTOR, a_new_patient())
    assert set(there.candidates(HERE, _keys(first)).numbers) == {1, 2}
    married = revise_patient(here, ACTOR, second.id, Revision(last_name=NamePart("Vela")))
    assert 2 in there.candidates(HERE, _keys(married)).numbers
