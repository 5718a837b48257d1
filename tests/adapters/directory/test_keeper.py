"""The keeper answers as the rows do, whatever becomes of snapshots, memory, threads and rows."""

import logging
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import attrs
import pytest
import sqlalchemy as sa

from tests.adapters.directory.stores import Later, ListedStore, WatchedStore
from tests.adapters.sql.site import Site
from tests.builders import NOW, a_new_patient, a_patient, a_patient_id, a_practice_id, an_actor
from tests.contracts.stores import at_once
from tests.desks import a_memory_desk
from tests.marks import LAST, MARKS
from vantrexia_adapters.directory import DirectoryFullError, DirectoryKeeper
from vantrexia_adapters.directory.keeping import CAUGHT_UP_MAX
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_adapters.sql import SqlDesk
from vantrexia_adapters.sql.tables import directory_chunk, directory_snapshot, patient, practice_head
from vantrexia_core.kernel import NamePart, PageRequest, PatientId, Phi, PracticeId, UnavailableError
from vantrexia_core.patients import (
    BORN_MIN,
    DirectoryEntry,
    DirectoryStore,
    Gender,
    Listing,
    Ordering,
    Reason,
    Revision,
    Spelling,
    Status,
    archive_patient,
    delete_patient,
    find,
    register_patient,
    revise_patient,
)
from vantrexia_core.patients.directory.packing import CREATED_TAIL_MAX

HERE, ELSEWHERE = a_practice_id(1), a_practice_id(2)
ACTOR = an_actor()
LASTS = ("Smith", "O'Brien", "Núñez", "李", "Smithers", LAST)
STATUSES = (Status.ACTIVE, Status.ACTIVE, Status.ACTIVE, Status.ARCHIVED, Status.ACTIVE, Status.DELETED)
LISTINGS = [
    Listing(status=status, search=search, ordering=ordering, page=page)
    for status in Status
    for search in (None, Phi("smi"), Phi("^brien"), Phi(f"{LAST} m-1"))
    for ordering, page in (
        (Ordering.LAST_NAME, PageRequest(1, 100)),
        (Ordering.CREATED_AT_DESCENDING, PageRequest(2, 3)),
    )
]


def a_store(desk: MemoryDesk | SqlDesk) -> DirectoryStore:
    """The store behind the desk's directory."""
    store: DirectoryStore = desk.directory.store
    return store


def _check(keeper: DirectoryKeeper, store: DirectoryStore, practice_id: PracticeId = HERE) -> None:
    """The keeper's answers are those that the definition gives for the rows."""
    entries = [e for _, e in store.entries(practice_id, after=0) if isinstance(e, DirectoryEntry)]
    for listing in LISTINGS:
        found = keeper.find(practice_id, listing)
        assert (found.count, found.numbers) == find(entries, listing)
    assert found.as_of == store.head(practice_id).seq


def _add(desk: MemoryDesk | SqlDesk, *numbers: int, practice_id: PracticeId = HERE) -> None:
    """Commit people one by one: two of three are active, some have marked names."""
    for n in numbers:
        new = a_new_patient(last=LASTS[n % len(LASTS)], first=f"First {n % 3}", mrn=f"M-{n}")
        # The last byte of a practice's id tells the practices apart.
        id_ = a_patient_id(n + 1_000 * (practice_id.int % 256))
        with desk.begin(practice_id) as work:
            work.patients.add(a_patient(new, id_=id_, practice_id=practice_id, status=STATUSES[n % 6]))
            work.commit()


def _rename(desk: MemoryDesk | SqlDesk, number: int, last: str) -> None:
    """Commit another name of somebody who is active."""
    revise_patient(
        desk, ACTOR, a_patient_id(number + 1_000 * (HERE.int % 256)), Revision(last_name=NamePart(last))
    )


def _add_at_once(desk: MemoryDesk | SqlDesk, *numbers: int) -> None:
    """Commit people together: one change, however many they are."""
    people = [a_patient(a_new_patient(mrn=f"M-{n}"), id_=a_patient_id(n)) for n in numbers]
    with desk.begin(HERE) as work:
        work.patients.add_many(people)
        work.commit()


def _loaded_from(keeper: DirectoryKeeper) -> str:
    (figures,) = keeper.figures()
    return figures.loaded_from


def _keep_a_snapshot(store: DirectoryStore) -> None:
    """A process starts, and packs at once."""
    DirectoryKeeper(store, snapshot_every=1, in_background=lambda job: job()).open(HERE)
    assert store.load_snapshot(HERE, store.head(HERE).epoch) is not None


def _messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged from warnings on; whatever was logged at all has no name in it."""
    assert not any(mark.casefold() in caplog.text.casefold() for mark in (*MARKS, *LASTS))
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


# --- loading ----------------------------------------------------------------------------------------------


def test_without_a_snapshot_the_rows_are_read(site: Site) -> None:
    """And a small practice never gets one."""
    _add(site.desk, *range(1, 12))
    store = WatchedStore(a_store(site.desk))
    keeper = DirectoryKeeper(store, in_background=lambda job: job())
    _check(keeper, store.real)
    assert _loaded_from(keeper) == "rows"
    assert store.made("entries") == ["entries after 0"]


def test_with_a_snapshot_only_later_changes_are_read(site: Site) -> None:
    """A stale one is made good by them."""
    _add(site.desk, *range(1, 12))
    _keep_a_snapshot(a_store(site.desk))
    _add(site.desk, 12, 13)
    _rename(site.desk, 2, "Smith")
    store = WatchedStore(a_store(site.desk))
    keeper = DirectoryKeeper(store)
    _check(keeper, store.real)
    assert _loaded_from(keeper) == "snapshot"
    assert store.made("entries") == ["entries after 11"]


def test_a_question_without_a_change_reads_nothing_but_the_head(site: Site) -> None:
    """That is what makes it cheap."""
    _add(site.desk, 1, 2, 3)
    store = WatchedStore(a_store(site.desk))
    keeper = DirectoryKeeper(store)
    keeper.open(HERE)
    store.calls.clear()
    keeper.find(HERE, Listing())
    assert store.calls == ["head"]


def test_a_change_of_the_head_alone_is_looked_for_once(site: Site) -> None:
    """A number that was taken without a record behind it leaves nothing to take in."""
    _add(site.desk, 1)
    store = WatchedStore(a_store(site.desk))
    keeper = DirectoryKeeper(store)
    keeper.open(HERE)
    with site.desk.begin(HERE) as work:
        work.patients.next_mrn_number()
        work.commit()
    store.calls.clear()
    assert keeper.find(HERE, Listing()).as_of == 2
    keeper.find(HERE, Listing())
    assert store.calls == ["head", "entries after 1", "head"]


def _in_chunks(site: Site, do: Callable[[bytes], bytes]) -> None:
    for id_, place, sealed in site.execute(sa.select(directory_chunk)):
        where = sa.and_(directory_chunk.c.snapshot_id == id_, directory_chunk.c.place == place)
        site.execute(sa.update(directory_chunk).where(where).values(sealed=do(bytes(sealed))))


def _swapped_with_another_practices(site: Site) -> None:
    elsewhere = site.house.found(ELSEWHERE)
    _add(site.desk, *range(1, 12), practice_id=elsewhere)
    keeper = DirectoryKeeper(a_store(site.desk), snapshot_every=1, in_background=lambda job: job())
    keeper.open(elsewhere)
    (theirs,) = site.execute(
        sa.select(directory_chunk.c.sealed)
        .join(directory_snapshot)
        .where(directory_snapshot.c.practice_id == elsewhere)
    )
    ours = sa.select(directory_snapshot.c.id).where(directory_snapshot.c.practice_id == site.here)
    in_ours = directory_chunk.c.snapshot_id.in_(ours)
    site.execute(sa.update(directory_chunk).where(in_ours).values(sealed=theirs[0]))


BAD_SNAPSHOTS: dict[str, Callable[[Site], object]] = {
    "chunks missing": lambda site: site.execute(sa.delete(directory_chunk)),
    "truncated": lambda site: _in_chunks(site, lambda sealed: sealed[:-100]),
    "tampered": lambda site: _in_chunks(site, lambda sealed: sealed[:99] + b"\0" + sealed[100:]),
    "forged": lambda site: _in_chunks(site, lambda sealed: bytes(len(sealed))),
    "swapped": _swapped_with_another_practices,
    "relabelled": lambda site: site.execute(sa.update(directory_snapshot).values(as_of=10)),
    "said to be later": lambda site: site.execute(sa.update(directory_snapshot).values(as_of=99)),
}


@pytest.mark.parametrize("spoil", BAD_SNAPSHOTS.values(), ids=BAD_SNAPSHOTS)
def test_a_bad_snapshot_is_noticed_and_replaced(
    site: Site, spoil: Callable[[Site], object], caplog: pytest.LogCaptureFixture
) -> None:
    """No answer changes; the log says what happened and nobody's name; the next process starts fast again."""
    _add(site.desk, *range(1, 12))
    store = a_store(site.desk)
    _keep_a_snapshot(store)
    spoil(site)
    keeper = DirectoryKeeper(store, snapshot_every=1, in_background=lambda job: job())
    _check(keeper, store)
    assert _loaded_from(keeper) == "rows"
    assert _messages(caplog) == ["a directory snapshot does not open; building from the rows"]
    following = DirectoryKeeper(store)
    _check(following, store)
    assert _loaded_from(following) == "snapshot"


def test_a_bad_snapshot_that_cannot_be_thrown_away_does_no_harm(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer does not wait for a database that cannot be written to."""
    _add(site.desk, *range(1, 12))
    _keep_a_snapshot(a_store(site.desk))
    site.execute(sa.delete(directory_chunk))
    store = WatchedStore(a_store(site.desk), down={"drop_snapshots", "keep_snapshot"})
    keeper = DirectoryKeeper(store, snapshot_every=1, in_background=lambda job: job())
    _check(keeper, store.real)
    assert _messages(caplog) == [
        "a directory snapshot does not open; building from the rows",
        "a directory snapshot could not be written; it is tried again after more changes",
    ]


# --- restored from a backup -------------------------------------------------------------------------------


@attrs.frozen
class Backup:
    """The database file as it was."""

    site: Site
    kept: Path

    @classmethod
    def of(cls, site: Site) -> "Backup":
        """Copied while it is in use, as an administrator does."""
        kept = site.folder / "backup.sqlite3"
        with (
            closing(sqlite3.connect(str(site.engine.url.database))) as source,
            closing(sqlite3.connect(kept)) as target,
        ):
            source.backup(target)
        return cls(site, kept)

    def restore(self, epoch: UUID | None) -> None:
        """Put it in the place of the present one; the practice gets a new epoch unless that is forgotten."""
        self.site.engine.dispose()
        self.site.stranger.dispose()
        file = Path(str(self.site.engine.url.database))
        for leftover in (file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            leftover.unlink(missing_ok=True)
        shutil.copy(self.kept, file)
        if epoch is not None:
            self.site.execute(sa.update(practice_head).values(epoch=epoch))


@pytest.mark.parametrize("epoch", [UUID(int=5), None], ids=["new epoch", "only fewer changes"])
def test_a_practice_that_was_restored_is_loaded_again(site: Site, epoch: UUID | None) -> None:
    """An open directory forgets what the restore has undone, and goes on from there."""
    _add(site.desk, *range(1, 8))
    backup = Backup.of(site)
    _add(site.desk, *range(8, 12))
    _rename(site.desk, 2, "Undone")
    store = a_store(site.desk)
    keeper = DirectoryKeeper(store)
    _check(keeper, store)
    backup.restore(epoch)
    _check(keeper, store)
    assert keeper.find(HERE, Listing(search=Phi("undone"))).count == 0
    _add(site.desk, *range(20, 30))
    _check(keeper, store)


def test_a_restored_practice_may_have_changed_more_often_than_before(site: Site) -> None:
    """Nobody asked between the restore and many new changes: the new epoch tells."""
    _add(site.desk, *range(1, 4))
    backup = Backup.of(site)
    _add(site.desk, *range(4, 8))
    store = a_store(site.desk)
    keeper = DirectoryKeeper(store)
    _check(keeper, store)
    backup.restore(UUID(int=5))
    _add(site.desk, *range(20, 40))
    _check(keeper, store)


def test_a_snapshot_from_the_future_is_noticed(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """The rows went back, and somebody kept the snapshot of later ones."""
    _add(site.desk, *range(1, 6))
    backup = Backup.of(site)
    _add(site.desk, *range(6, 12))
    store = a_store(site.desk)
    _keep_a_snapshot(store)
    tables = (directory_snapshot, directory_chunk)
    rows = {table: [dict(row._mapping) for row in site.execute(sa.select(table))] for table in tables}
    backup.restore(None)
    for table in tables:
        site.execute(sa.insert(table).values(rows[table]))
    keeper = DirectoryKeeper(store, snapshot_every=1, in_background=lambda job: job())
    _check(keeper, store)
    assert _messages(caplog) == ["a directory snapshot is ahead of the rows; building from them"]
    _add(site.desk, *range(20, 30))
    following = DirectoryKeeper(store)
    _check(following, store)
    assert _loaded_from(following) == "snapshot"


@pytest.mark.parametrize("epoch", [UUID(int=5), None], ids=["new epoch", "only fewer changes"])
def test_what_was_packed_of_undone_rows_is_dropped(site: Site, epoch: UUID | None) -> None:
    """The restore came while the packing was under way: neither the directory nor a snapshot comes of it."""
    _add(site.desk, *range(1, 6))
    backup = Backup.of(site)
    _add(site.desk, *range(6, 12))
    store = a_store(site.desk)
    held: list[Callable[[], None]] = []
    keeper = DirectoryKeeper(_Interrupted(store, held), snapshot_every=1, in_background=lambda job: job())
    held.append(lambda: (backup.restore(epoch), _check(keeper, store)))
    keeper.open(HERE)
    assert held == []
    assert store.load_snapshot(HERE, store.head(HERE).epoch) is None
    _add(site.desk, *range(20, 40))
    _check(keeper, store)
    _check(DirectoryKeeper(store), store)


class _Interrupted(WatchedStore):
    """Lets something happen just before a snapshot is stored."""

    def __init__(self, real: DirectoryStore, held: list[Callable[[], None]]) -> None:
        super().__init__(real)
        self._held = held

    def keep_snapshot(self, practice_id: PracticeId, epoch: UUID, as_of: int, snapshot: bytes) -> None:
        """See `DirectoryStore`."""
        if self._held:
            self._held.pop()()
        super().keep_snapshot(practice_id, epoch, as_of, snapshot)


# --- packing behind the scenes ----------------------------------------------------------------------------


def _wait_for_packing() -> None:
    """Until no keeper of this process packs any more."""
    for thread in threading.enumerate():
        if thread.name == "vantrexia-directory":
            thread.join(timeout=60)


def _live(desk: MemoryDesk | SqlDesk, chance: Random, known: list[PatientId]) -> None:
    """One thing happens to the practice."""
    what = chance.choice(("register", "register", "revise", "archive", "delete", "many"))
    if what == "many":
        people = range(len(known), len(known) + 4)
        _add_at_once(desk, *(50_000 + n + chance.randrange(10**6) for n in people))
        return
    if what == "register" or not known:
        new = a_new_patient(last=chance.choice(LASTS), first=chance.choice(("Ann", "Bo", "D'Ana")))
        known.append(register_patient(desk, ACTOR, new).id)
        return
    id_ = chance.choice(known)
    with desk.begin(HERE) as work:
        before = work.patients.get(id_)
    if what == "revise" and before.status is Status.ACTIVE:
        revise_patient(desk, ACTOR, id_, Revision(last_name=NamePart(chance.choice(LASTS))))
    elif what == "archive" and before.status is Status.ACTIVE:
        archive_patient(desk, ACTOR, id_, Reason("Moved away"))
    elif what == "delete" and before.status is not Status.DELETED:
        delete_patient(desk, ACTOR, id_)


@pytest.fixture(params=["memory", "sqlite"])
def desk(request: pytest.FixtureRequest) -> MemoryDesk | SqlDesk:
    """A desk over an empty practice."""
    return a_memory_desk() if request.param == "memory" else request.getfixturevalue("site").desk


@pytest.mark.parametrize("seed", [1, 2])
def test_packing_in_line_changes_no_answer(desk: MemoryDesk | SqlDesk, seed: int) -> None:
    """After every few changes the directory is packed, and often a snapshot written."""
    chance, known, store = Random(seed), list[PatientId](), a_store(desk)  # noqa: S311 - replayed
    keeper = DirectoryKeeper(store, overlay_max=3, snapshot_every=8, in_background=lambda job: job())
    for _ in range(40):
        _live(desk, chance, known)
        _check(keeper, store)
    (figures,) = keeper.figures()
    assert figures.waiting <= 3
    _check(DirectoryKeeper(store), store)


@pytest.mark.parametrize("seed", [3, 4])
def test_packing_that_ends_late_changes_no_answer(desk: MemoryDesk | SqlDesk, seed: int) -> None:
    """It begins after some change and ends after others: what happened meanwhile is not lost."""
    chance, known, later, store = Random(seed), list[PatientId](), Later(), a_store(desk)  # noqa: S311 - replayed
    keeper = DirectoryKeeper(store, overlay_max=2, snapshot_every=8, in_background=later)
    worked = 0
    for _ in range(40):
        _live(desk, chance, known)
        _check(keeper, store)
        assert len(later.jobs) <= 1
        if chance.random() < 0.3:
            worked += later.work()
            _check(keeper, store)
    assert worked > 3


def test_packing_takes_what_is_there_when_it_begins(site: Site) -> None:
    """And the change that came between packing and sharing is taken in afterwards."""
    _add(site.desk, *range(1, 10))
    store = a_store(site.desk)
    held: list[Callable[[], None]] = []
    keeper = DirectoryKeeper(_Interrupted(store, held), snapshot_every=9, in_background=lambda job: job())
    held.append(lambda: (_add(site.desk, 10), _check(keeper, store)))
    keeper.open(HERE)
    assert held == []
    _check(keeper, store)
    following = DirectoryKeeper(WatchedStore(store))
    _check(following, store)
    assert _loaded_from(following) == "snapshot"


def test_packing_in_a_real_thread_changes_no_answer(desk: MemoryDesk | SqlDesk) -> None:
    """While this thread changes and asks, others pack."""
    chance, known, store = Random(5), list[PatientId](), a_store(desk)  # noqa: S311 - replayed
    keeper = DirectoryKeeper(store, overlay_max=1, snapshot_every=8)
    for _ in range(40):
        _live(desk, chance, known)
        _check(keeper, store)
    _wait_for_packing()
    _check(keeper, store)
    _wait_for_packing()
    assert store.load_snapshot(HERE, store.head(HERE).epoch) is not None


def test_a_large_import_gets_its_snapshot(site: Site) -> None:
    """Patients count, not units of work: many of them may have come in one change."""
    _add_at_once(site.desk, *range(1, 31))
    store = a_store(site.desk)
    assert store.head(HERE).seq == 1
    DirectoryKeeper(store, snapshot_every=30, in_background=lambda job: job()).open(HERE)
    following = DirectoryKeeper(store)
    _check(following, store)
    assert _loaded_from(following) == "snapshot"


def test_a_snapshot_is_written_when_enough_has_changed(site: Site) -> None:
    """Not with every question, not by whoever just opened one, and again after as many changes."""
    _add(site.desk, *range(1, 6))
    store = WatchedStore(a_store(site.desk))
    keeper = DirectoryKeeper(store, snapshot_every=5, in_background=lambda job: job())
    for number in range(6, 17):
        _check(keeper, store.real)
        _add(site.desk, number)
    assert store.made("keep_snapshot") == [f"keep_snapshot as of {as_of}" for as_of in (5, 10, 15)]
    following = DirectoryKeeper(store, snapshot_every=5, in_background=lambda job: job())
    _check(following, store.real)
    assert store.made("keep_snapshot") == []


def test_a_snapshot_that_cannot_be_written_is_tried_again(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """After as many changes; the packing itself was not in vain."""
    _add(site.desk, *range(1, 6))
    store = WatchedStore(a_store(site.desk), down={"keep_snapshot"})
    keeper = DirectoryKeeper(store, overlay_max=4, snapshot_every=5, in_background=lambda job: job())
    _check(keeper, store.real)
    assert len(_messages(caplog)) == 1
    store.down.clear()
    _add(site.desk, *range(6, 11))
    _check(keeper, store.real)
    assert store.made("keep_snapshot") == ["keep_snapshot as of 5", "keep_snapshot as of 10"]
    assert keeper.figures()[0].waiting == 0


def test_an_answer_does_not_need_a_thread(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """When none can be started the question is answered all the same, and packing is tried again."""
    _add(site.desk, *range(1, 6))
    threads: list[Callable[[], None]] = []

    def start(job: Callable[[], None]) -> None:
        if not threads:
            threads.append(job)
            message = "can't start new thread"
            raise RuntimeError(message)
        job()

    store = a_store(site.desk)
    keeper = DirectoryKeeper(store, snapshot_every=5, in_background=start)
    keeper.open(HERE)
    assert store.load_snapshot(HERE, store.head(HERE).epoch) is None
    assert _messages(caplog) == ["packing a directory could not begin"]
    _check(keeper, store)
    assert store.load_snapshot(HERE, store.head(HERE).epoch) is not None


# --- limits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("directories", "asked", "held"),
    [
        (3.5, "123", [1, 2, 3]),
        (2.5, "123", [2, 3]),
        (2.5, "1213", [1, 3]),
        (2.5, "12311", [3, 1]),
        (1.0, "123", [3]),
        (0.1, "123", [3]),
    ],
)
def test_memory_is_taken_from_the_practice_that_was_not_asked_longest(
    site: Site, directories: float, asked: str, held: list[int]
) -> None:
    """Never from the one that is asked now, even if it alone is larger than all that is allowed."""
    practices = [site.house.found(a_practice_id(n)) for n in (1, 2, 3)]
    for practice_id in practices:
        _add(site.desk, *range(1, 8), practice_id=practice_id)
    probe = DirectoryKeeper(a_store(site.desk))
    probe.open(practices[0])
    memory_bytes_max = int(directories * probe.figures()[0].memory_bytes)
    keeper = DirectoryKeeper(a_store(site.desk), memory_bytes_max=memory_bytes_max)
    for number in asked:
        keeper.open(practices[int(number) - 1])
    assert [practices.index(one.practice_id) + 1 for one in keeper.figures()] == held
    for practice_id in practices:
        _check(keeper, a_store(site.desk), practice_id)  # whoever was let go answers as before


FULL = "This practice has more patients than the directory may hold. Raise its limit."


def test_a_practice_with_too_many_patients_gets_no_lists(site: Site) -> None:
    """With every question, in a sentence that says what to do, and without reading the rows each time."""
    _add(site.desk, *range(1, 8))
    store = WatchedStore(a_store(site.desk))
    keeper = DirectoryKeeper(store, patients_max=6)
    for _ in range(3):
        with pytest.raises(DirectoryFullError) as refused:
            keeper.find(HERE, Listing())
        assert (refused.value.code, refused.value.sentence) == ("directory_full", FULL)
    assert len(store.made("entries")) == 1
    assert keeper.figures() == ()


def test_a_practice_that_grows_too_large_gets_no_lists_from_then_on(site: Site) -> None:
    """The last allowed patient is listed, the next one is one too many; a change of theirs does not help."""
    _add(site.desk, *range(1, 7))
    keeper = DirectoryKeeper(a_store(site.desk), patients_max=6)
    _check(keeper, a_store(site.desk))
    _add(site.desk, 7)
    for _ in range(2):
        with pytest.raises(DirectoryFullError):
            keeper.find(HERE, Listing())
    _rename(site.desk, 1, "Jones")
    with pytest.raises(DirectoryFullError):
        keeper.find(HERE, Listing())


def test_a_snapshot_with_too_many_patients_is_not_held(site: Site) -> None:
    """The limit was lowered since it was written."""
    _add(site.desk, *range(1, 8))
    _keep_a_snapshot(a_store(site.desk))
    store = WatchedStore(a_store(site.desk))
    keeper = DirectoryKeeper(store, patients_max=6)
    for _ in range(2):
        with pytest.raises(DirectoryFullError):
            keeper.find(HERE, Listing())
    assert store.made("load_snapshot") == ["load_snapshot"]
    assert keeper.figures() == ()


def test_a_full_practice_hinders_no_other(site: Site) -> None:
    """Its neighbour's lists are answered."""
    elsewhere = site.house.found(ELSEWHERE)
    _add(site.desk, *range(1, 8))
    _add(site.desk, *range(1, 4), practice_id=elsewhere)
    keeper = DirectoryKeeper(a_store(site.desk), patients_max=6)
    with pytest.raises(DirectoryFullError):
        keeper.find(HERE, Listing())
    _check(keeper, a_store(site.desk), elsewhere)


@pytest.mark.parametrize("epoch", [UUID(int=5), None], ids=["new epoch", "only fewer changes"])
def test_a_full_practice_that_was_restored_is_tried_again(site: Site, epoch: UUID | None) -> None:
    """A backup of fewer patients may fit."""
    _add(site.desk, *range(1, 6))
    backup = Backup.of(site)
    _add(site.desk, *range(6, 9))
    keeper = DirectoryKeeper(a_store(site.desk), patients_max=6)
    with pytest.raises(DirectoryFullError):
        keeper.find(HERE, Listing())
    backup.restore(epoch)
    _check(keeper, a_store(site.desk))


# --- rows that do not open --------------------------------------------------------------------------------


def _damaged(site: Site, number: int) -> Callable[[], object]:
    """Damage a row behind everybody's back; calling the result mends it."""
    where = patient.c.n == number
    ((before,),) = site.execute(sa.select(patient.c.last_name).where(where))
    site.execute(sa.update(patient).where(where).values(last_name=b"damaged"))
    return lambda: site.execute(sa.update(patient).where(where).values(last_name=before))


def test_a_row_that_does_not_open_is_left_out(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Everybody else is listed; the log counts the missing, and so do the figures."""
    _add(site.desk, *range(1, 8))
    _damaged(site, 3)
    _damaged(site, 5)
    keeper = DirectoryKeeper(a_store(site.desk))
    keeper.open(HERE)
    assert _messages(caplog) == ["records that do not open are missing from a directory: 2"]
    _check(keeper, a_store(site.desk))
    (figures,) = keeper.figures()
    assert (figures.patients, figures.unreadable) == (5, 2)


def test_a_row_that_stops_opening_leaves_an_open_directory_with_its_next_change(site: Site) -> None:
    """It blocks nothing, and comes back as it is when it opens again."""
    _add(site.desk, *range(1, 8))
    keeper = DirectoryKeeper(a_store(site.desk), overlay_max=1, in_background=lambda job: job())
    _check(keeper, a_store(site.desk))
    mend = _damaged(site, 5)
    site.execute(sa.update(patient).where(patient.c.n == 5).values(seq=8))
    site.execute(sa.update(practice_head).values(seq=8))
    _add(site.desk, 8, 9)
    _check(keeper, a_store(site.desk))
    assert (keeper.figures()[0].patients, keeper.figures()[0].unreadable) == (8, 1)
    mend()
    site.execute(sa.update(patient).where(patient.c.n == 5).values(seq=11))
    site.execute(sa.update(practice_head).values(seq=11))
    _check(keeper, a_store(site.desk))
    assert (keeper.figures()[0].patients, keeper.figures()[0].unreadable) == (9, 0)


def test_a_row_that_was_mended_is_not_missing_for_good(site: Site) -> None:
    """No snapshot is written while somebody is missing: the next process would not know whom to look for."""
    _add(site.desk, *range(1, 8))
    mend = _damaged(site, 3)
    store = WatchedStore(a_store(site.desk))
    keeper = DirectoryKeeper(store, overlay_max=1, snapshot_every=3, in_background=lambda job: job())
    keeper.open(HERE)
    _add(site.desk, *range(8, 14))
    keeper.open(HERE)
    assert store.made("keep_snapshot") == []
    mend()
    following = DirectoryKeeper(store, snapshot_every=3, in_background=lambda job: job())
    _check(following, store.real)
    assert following.find(HERE, Listing(status=Status.ARCHIVED, search=Phi("m-3"))).count == 1
    assert len(store.made("keep_snapshot")) == 1


# --- when things go wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize("down", ["head", "entries", "load_snapshot"])
def test_a_store_that_cannot_be_reached_is_asked_again(site: Site, down: str) -> None:
    """The question fails, nothing else does: the next one is answered."""
    _add(site.desk, *range(1, 8))
    store = WatchedStore(a_store(site.desk), down={down})
    keeper = DirectoryKeeper(store)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            keeper.find(HERE, Listing())
    store.down.clear()
    _check(keeper, store.real)
    _add(site.desk, 8)
    store.down.add("entries")
    with pytest.raises(UnavailableError):
        keeper.find(HERE, Listing())
    store.down.clear()
    _check(keeper, store.real)


def test_figures_and_repr_show_nobody(site: Site) -> None:
    """They go into metrics and logs."""
    _add(site.desk, *range(1, 8))
    keeper = DirectoryKeeper(a_store(site.desk))
    keeper.open(HERE)
    shown = f"{keeper.figures()} {keeper!r}".casefold()
    assert not any(name.casefold() in shown for name in (*LASTS, "First", "M-1"))


SPELLINGS = [Spelling.of(last) for last in LASTS]


def _entry(number: int, seconds: int) -> DirectoryEntry:
    at = NOW + timedelta(seconds=seconds)
    last, first, mrn = SPELLINGS[number % 6], SPELLINGS[0], Spelling(b"%d" % number)
    id_, born = UUID(int=number), BORN_MIN
    return DirectoryEntry(number, id_, Status.ACTIVE, at, last, first, mrn, born, Gender.OTHER, at)


def _check_listed(keeper: DirectoryKeeper, store: ListedStore) -> None:
    entries = [entry for _, entry in store.entries(HERE, after=0) if isinstance(entry, DirectoryEntry)]
    for ordering in (Ordering.LAST_NAME, Ordering.CREATED_AT):
        listing = Listing(ordering=ordering, page=PageRequest(150, 100))
        found = keeper.find(HERE, listing)
        assert (found.count, found.numbers) == find(entries, listing)


def test_somebody_from_before_the_known_times_has_the_directory_built_anew() -> None:
    """A host whose clock was far behind: the answer is right and the next one is cheap again."""
    listed = ListedStore()
    size = CREATED_TAIL_MAX + 10
    listed.change(_entry(number, number) for number in range(1, size + 1))
    store = WatchedStore(listed)
    keeper = DirectoryKeeper(store)
    _check_listed(keeper, listed)
    listed.change([_entry(size + 1, size), _entry(size + 2, 5), _entry(size + 3, size)])
    _check_listed(keeper, listed)
    assert store.made("entries") == ["entries after 0", "entries after 1", "entries after 0"]
    _check_listed(keeper, listed)
    assert store.made("entries") == []


def test_very_many_changes_are_not_taken_in_one_by_one() -> None:
    """After a large import the directory is built anew: sooner done, and in less memory."""
    listed = ListedStore()
    listed.change([_entry(1, 1)])
    store = WatchedStore(listed)
    keeper = DirectoryKeeper(store, in_background=Later())
    _check_listed(keeper, listed)
    listed.change(_entry(number, number) for number in range(2, CAUGHT_UP_MAX + 2))
    _check_listed(keeper, listed)
    assert keeper.figures()[0].waiting == CAUGHT_UP_MAX
    listed.change(_entry(number, number) for number in range(2, 2 * CAUGHT_UP_MAX))
    _check_listed(keeper, listed)
    assert (keeper.figures()[0].waiting, keeper.figures()[0].patients) == (0, 2 * CAUGHT_UP_MAX - 1)
    assert store.made("entries") == [
        "entries after 0",
        "entries after 1",
        "entries after 2",
        "entries after 0",
    ]


# --- many at once -----------------------------------------------------------------------------------------


def test_many_who_ask_and_write_at_once_see_every_commit(desk: MemoryDesk | SqlDesk) -> None:
    """Whoever has committed finds it in the next answer; no answer goes back; packing goes on meanwhile."""
    store = a_store(desk)
    keeper = DirectoryKeeper(store, overlay_max=2, snapshot_every=10)
    everybody = Listing(page=PageRequest(1, 100))
    each = 12

    def write(writer: int) -> list[str]:
        wrong = []
        for turn in range(each):
            name = f"W{writer}T{turn}"
            register_patient(desk, ACTOR, a_new_patient(last=name))
            if keeper.find(HERE, Listing(search=Phi(f"^{name}"))).count < 1:
                wrong.append(f"{name} is missing")
        return wrong

    def ask(_: int) -> list[str]:
        wrong, count, as_of = [], 0, 0
        while as_of < 3 * each:
            found = keeper.find(HERE, everybody)
            if found.count < count or found.as_of < as_of or found.count != found.as_of:
                wrong.append(f"{found.count} as of {found.as_of} after {count} as of {as_of}")
            count, as_of = found.count, found.as_of
        return wrong

    calls = [lambda n=n: write(n) for n in range(3)] + [lambda n=n: ask(n) for n in range(3)]
    assert at_once(calls) == [[]] * 6
    _wait_for_packing()
    _check(keeper, store)
    _wait_for_packing()


def test_many_who_ask_first_load_once(site: Site) -> None:
    """A process that has just started is asked by everybody at the same moment."""
    _add(site.desk, *range(1, 8))
    store = WatchedStore(a_store(site.desk))
    keeper = DirectoryKeeper(store)
    counts = at_once([lambda: keeper.find(HERE, Listing()).count] * 8)
    assert set(map(str, counts)) == {str(keeper.find(HERE, Listing()).count)}
    assert store.made("entries") == ["entries after 0"]


def test_practices_do_not_wait_for_each_other(site: Site) -> None:
    """While one is being loaded, and takes long, another one is answered."""
    elsewhere = site.house.found(ELSEWHERE)
    _add(site.desk, *range(1, 4))
    _add(site.desk, *range(1, 4), practice_id=elsewhere)
    is_loading, may_end = threading.Event(), threading.Event()

    class Slow(WatchedStore):
        def load_snapshot(self, practice_id: PracticeId, epoch: UUID) -> bytes | None:
            if practice_id == HERE:
                is_loading.set()
                assert may_end.wait(timeout=60)
            return super().load_snapshot(practice_id, epoch)

    keeper = DirectoryKeeper(Slow(a_store(site.desk)))
    loading = threading.Thread(target=keeper.open, args=(HERE,))
    loading.start()
    assert is_loading.wait(timeout=60)
    _check(keeper, a_store(site.desk), elsewhere)
    assert len(keeper.figures()) == 1
    may_end.set()
    loading.join()
    _check(keeper, a_store(site.desk))
