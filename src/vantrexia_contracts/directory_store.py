"""What every store promises of the rows behind the directory, and of its snapshots."""

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count, pairwise
from random import Random
from typing import Protocol
from uuid import UUID

import attrs
import pytest

from vantrexia_contracts.given.builders import a_name, a_new_user, a_practice_id, an_actor
from vantrexia_contracts.stores import Stores, StoresContract, a_record, at_once
from vantrexia_core.kernel import NamePart, PracticeId
from vantrexia_core.patients import (
    DirectoryEntry,
    DirectoryHead,
    Listing,
    Patient,
    Reason,
    Revision,
    Unlisted,
    Unreadable,
    archive_patient,
    delete_patient,
    find_patients,
    look_up_patient,
    restore_patient,
    revise_patient,
)

WRITERS, EACH = 4, 5
MANY = 2_100
"""More than any store fetches at once."""

ACTOR = an_actor()


def an_entry(number: int, patient: Patient) -> DirectoryEntry:
    """What a directory is told of a record."""
    name = patient.name
    return DirectoryEntry.of(
        number,
        patient.id,
        patient.status,
        patient.created_at,
        last=name.last.reveal(),
        first=name.first.reveal(),
        mrn=patient.mrn.reveal(),
        born=patient.date_of_birth.reveal(),
        gender=patient.gender.reveal(),
        updated_at=patient.updated_at,
    )


def _entries(stores: Stores, *, after: int = 0) -> list[DirectoryEntry | Unreadable | Unlisted]:
    rows = list(stores.directory_store.entries(stores.here, after=after))
    return [entry for _, entry in sorted(rows, key=lambda row: row[1].number)]


# --- order of numbers is order of commits -----------------------------------------------------------------
class Feed(Protocol):
    """A head and the rows after a number."""

    def head(self) -> int:
        """The newest number."""
        ...

    def rows(self, after: int) -> Iterable[tuple[int, int]]:
        """Numbers of changes, and of the records that they changed."""
        ...

    def write(self, who: int, pause: Callable[[], None]) -> None:
        """Take a number, pause, commit."""
        ...


@attrs.define
class StoreFeed:
    """The store under test."""

    stores: Stores

    def head(self) -> int:
        """See `Feed`."""
        return self.stores.directory_store.head(self.stores.here).seq

    def rows(self, after: int) -> Iterable[tuple[int, int]]:
        """See `Feed`."""
        rows = self.stores.directory_store.entries(self.stores.here, after=after)
        return [(seq, self._who(entry)) for seq, entry in rows]

    def write(self, who: int, pause: Callable[[], None]) -> None:
        """See `Feed`."""
        with self.stores.desk.begin(self.stores.here) as work:
            work.patients.add(a_record(who))
            pause()
            work.commit()

    @staticmethod
    def _who(entry: DirectoryEntry | Unreadable | Unlisted) -> int:
        assert isinstance(entry, DirectoryEntry)
        return int(entry.mrn.folded.removeprefix(b"mrn "))


@attrs.define
class PlainFeed:
    """What a sequence gives: a number is taken at once, and its row is there after the commit."""

    numbers: Iterator[int] = attrs.field(factory=lambda: count(1))
    committed: list[tuple[int, int]] = attrs.field(factory=list)

    def head(self) -> int:
        """See `Feed`."""
        return max(self.committed, default=(0, 0))[0]

    def rows(self, after: int) -> Iterable[tuple[int, int]]:
        """See `Feed`."""
        return [row for row in list(self.committed) if row[0] > after]

    def write(self, who: int, pause: Callable[[], None]) -> None:
        """See `Feed`."""
        seq = next(self.numbers)
        pause()
        self.committed.append((seq, who))


class Reader:
    """Follows a feed as a directory does, and never looks back."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._looked = threading.Condition()
        self._looks = 0
        self._last = 0
        self._visible: set[int] = set()
        self.seen: set[int] = set()
        self.is_in_order = True
        """Whether nothing ever became visible behind something with a higher number."""

    def look(self) -> None:
        """Take in what is after the newest number that was seen."""
        head = self._feed.head()
        rows = list(self._feed.rows(self._last))
        self.seen.update(who for _, who in rows)
        self._last = max([head, *(seq for seq, _ in rows)])
        visible = {seq for seq, _ in self._feed.rows(0)}
        appeared = visible - self._visible
        self.is_in_order &= not appeared or min(appeared) > max(self._visible, default=0)
        self._visible = visible
        with self._looked:
            self._looks += 1
            self._looked.notify_all()

    def wait_for_a_look(self) -> None:
        """Until a look that began later than now has ended."""
        with self._looked:
            enough = self._looks + 2
            assert self._looked.wait_for(lambda: self._looks >= enough, timeout=60)


def _read_while_written(feed: Feed) -> Reader:
    """Four writers at once; half the time they wait between number and commit until the reader has looked."""
    reader, done = Reader(feed), threading.Event()

    def follow() -> None:
        while not done.is_set():
            reader.look()
        reader.look()

    def write(writer: int) -> None:
        for turn in range(EACH):
            is_slow = (writer + turn) % 2 == 1
            feed.write(writer * EACH + turn, reader.wait_for_a_look if is_slow else lambda: None)

    following = threading.Thread(target=follow)
    following.start()
    results = at_once([partial(write, writer) for writer in range(WRITERS)])
    done.set()
    following.join()
    assert results == [None] * WRITERS
    return reader


# --- snapshots --------------------------------------------------------------------------------------------
def _at(stores: Stores, seq: int) -> DirectoryHead:
    """The head of an empty practice after so many changes."""
    for number in range(1, seq + 1):
        stores.store(a_record(number))
    head = stores.directory_store.head(stores.here)
    assert head.seq == seq
    return head


class DirectoryStoreContract(StoresContract):
    """What a directory is told of records, and the snapshots it leaves."""

    # --- the head -------------------------------------------------------------------------------------
    @pytest.mark.parametrize("practice_id", [a_practice_id(1), a_practice_id(99)], ids=["empty", "unknown"])
    def test_a_practice_without_records_stands_at_nothing(
        self, stores: Stores, practice_id: PracticeId
    ) -> None:
        """No change, no row, no snapshot; whether it exists makes no difference."""
        store = stores.directory_store
        head = store.head(practice_id)
        assert head.seq == 0
        assert list(store.entries(practice_id, after=0)) == []
        assert store.load_snapshot(practice_id, head.epoch) is None

    def test_the_head_moves_with_every_commit_that_changes_a_record(self, stores: Stores) -> None:
        """Registered, revised, archived, deleted, restored: each is a change of its own."""
        store, record = stores.directory_store, a_record(1)
        steps: list[Callable[[], object]] = [
            lambda: stores.store(record),
            lambda: revise_patient(stores.desk, ACTOR, record.id, Revision(last_name=NamePart("Jones"))),
            lambda: archive_patient(stores.desk, ACTOR, record.id, Reason("Moved away")),
            lambda: delete_patient(stores.desk, ACTOR, record.id),
            lambda: restore_patient(stores.desk, ACTOR, record.id, Reason("By mistake")),
        ]
        heads = [store.head(stores.here)]
        for step in steps:
            step()
            heads.append(store.head(stores.here))
        assert all(before.seq < after.seq for before, after in pairwise(heads))
        assert len({head.epoch for head in heads}) == 1

    def test_the_head_stands_still_until_the_commit(self, stores: Stores) -> None:
        """An open unit of work shows nothing to others, and one that is left without commit never does."""
        store, head = stores.directory_store, stores.directory_store.head(stores.here)
        with stores.desk.begin(stores.here) as work:
            work.patients.add(a_record(1))
            assert (store.head(stores.here), _entries(stores)) == (head, [])
        assert (store.head(stores.here), _entries(stores)) == (head, [])
        with stores.desk.begin(stores.here) as work:
            work.patients.add(a_record(2))
            work.commit()
        assert store.head(stores.here) != head

    def test_the_head_does_not_move_for_anything_else(self, stores: Stores) -> None:
        """Reading, listing, an account, another practice's change."""
        stores.store(a_record(1))
        head = stores.directory_store.head(stores.here)
        look_up_patient(stores.desk, ACTOR, a_record(1).id)
        find_patients(stores.desk, ACTOR, Listing())
        stores.store(a_record(2, practice_id=stores.elsewhere))
        with stores.desk.begin(stores.here) as work:
            work.users.add(a_new_user(), "hash")
            work.commit()
        assert stores.directory_store.head(stores.here) == head

    # --- the rows -------------------------------------------------------------------------------------
    def test_rows_say_what_the_directory_needs(self, stores: Stores) -> None:
        """Number, id, status, time, and the fields folded as everywhere; of this practice only."""
        records = [a_record(1, last="O'Brien"), a_record(2, last="Núñez"), a_record(3, mrn="李-1")]
        stores.store(*records, a_record(4, practice_id=stores.elsewhere))
        assert _entries(stores) == [an_entry(number, record) for number, record in enumerate(records, 1)]

    def test_rows_after_a_change_are_exactly_the_changed_ones(self, stores: Stores) -> None:
        """Each once and as it is now, however often it changed since; the others not at all."""
        records = [a_record(number) for number in range(1, 6)]
        stores.store(*records)
        seen = stores.directory_store.head(stores.here).seq
        assert _entries(stores, after=seen) == []
        revise_patient(stores.desk, ACTOR, records[3].id, Revision(last_name=NamePart("Jones")))
        archive_patient(stores.desk, ACTOR, records[3].id, Reason("Moved away"))
        delete_patient(stores.desk, ACTOR, records[1].id)
        stores.store(a_record(6))
        now = {number: stores.read(a_record(number).id) for number in (2, 4, 6)}
        assert _entries(stores, after=seen) == [an_entry(number, record) for number, record in now.items()]
        assert len(_entries(stores)) == 6

    def test_rows_carry_the_number_of_their_change(self, stores: Stores) -> None:
        """Those of one unit of work the same, later ones a higher one, none above the head."""
        with stores.desk.begin(stores.here) as work:
            work.patients.add_many([a_record(1), a_record(2)])
            work.commit()
        stores.store(a_record(3))
        store = stores.directory_store
        seqs = {entry.number: seq for seq, entry in store.entries(stores.here, after=0)}
        assert 0 < seqs[1] == seqs[2] < seqs[3] == store.head(stores.here).seq
        assert [entry.number for _, entry in store.entries(stores.here, after=seqs[1])] == [3]

    def test_rows_are_of_one_moment(self, stores: Stores) -> None:
        """What is committed while they are read is in none of them, be it the first one or the last."""
        records = [a_record(number) for number in range(1, MANY + 1)]
        with stores.desk.begin(stores.here) as work:
            work.patients.add_many(records)
            work.commit()
        before = stores.directory_store.head(stores.here)
        rows = iter(stores.directory_store.entries(stores.here, after=0))
        first = next(rows)
        with stores.desk.begin(stores.here) as work:
            for record in (records[0], records[-1]):
                changed = attrs.evolve(record, version=2, name=a_name(last="Changed"))
                work.patients.save(changed)
            work.commit()
        read = [first, *rows]
        assert sorted(entry.number for _, entry in read) == list(range(1, MANY + 1))
        assert {seq for seq, _ in read} == {before.seq}
        after = stores.directory_store.entries(stores.here, after=before.seq)
        assert sorted(entry.number for _, entry in after) == [1, MANY]

    def test_whoever_follows_the_numbers_misses_nobody(self, stores: Stores) -> None:
        """Numbers are given in the order of commits, so that what has a lower one has been seen."""
        reader = _read_while_written(StoreFeed(stores))
        assert reader.seen == set(range(WRITERS * EACH))
        assert reader.is_in_order

    @pytest.mark.parametrize("size", [1, 1 << 20, (1 << 21) + 5])
    def test_a_kept_snapshot_is_given_back(self, stores: Stores, size: int) -> None:
        """Byte for byte, in one chunk or several."""
        head, snapshot = _at(stores, 1), Random(size).randbytes(size)  # noqa: S311 - any bytes do
        stores.directory_store.keep_snapshot(stores.here, head.epoch, head.seq, snapshot)
        assert stores.directory_store.load_snapshot(stores.here, head.epoch) == snapshot

    def test_the_newest_snapshot_wins(self, stores: Stores) -> None:
        """In the order of changes, not of writing; one of the same change does not replace it either."""
        store, head = stores.directory_store, _at(stores, 3)
        for as_of in (1, 3, 2, 3):
            store.keep_snapshot(stores.here, head.epoch, as_of, f"as of {as_of}".encode() + bytes([as_of]))
            given = store.load_snapshot(stores.here, head.epoch)
            assert given == (b"as of 1\x01" if as_of == 1 else b"as of 3\x03")

    def test_a_snapshot_belongs_to_its_practice(self, stores: Stores) -> None:
        """The other one has none, and throwing its own away leaves this one's."""
        store, head = stores.directory_store, _at(stores, 1)
        stores.store(a_record(9, practice_id=stores.elsewhere))
        elsewhere = store.head(stores.elsewhere)
        store.keep_snapshot(stores.here, head.epoch, 1, b"here")
        assert store.load_snapshot(stores.elsewhere, elsewhere.epoch) is None
        store.drop_snapshots(stores.elsewhere)
        assert store.load_snapshot(stores.here, head.epoch) == b"here"

    def test_a_snapshot_of_another_epoch_is_neither_kept_nor_given(self, stores: Stores) -> None:
        """It knows of changes that a restore has undone."""
        store, head = stores.directory_store, _at(stores, 1)
        other = UUID(int=77)
        store.keep_snapshot(stores.here, other, 1, b"of another time")
        assert store.load_snapshot(stores.here, other) is None
        assert store.load_snapshot(stores.here, head.epoch) is None
        store.keep_snapshot(stores.here, head.epoch, 1, b"of this one")
        assert store.load_snapshot(stores.here, other) is None
        assert store.load_snapshot(stores.here, head.epoch) == b"of this one"

    def test_a_snapshot_that_is_ahead_of_the_rows_is_not_kept(self, stores: Stores) -> None:
        """Changes that never happened here are in it."""
        store, head = stores.directory_store, _at(stores, 2)
        store.keep_snapshot(stores.here, head.epoch, head.seq + 1, b"ahead")
        assert store.load_snapshot(stores.here, head.epoch) is None

    def test_snapshots_that_were_thrown_away_give_way_to_a_new_one(self, stores: Stores) -> None:
        """Even to one of the same change; throwing away what is not there is no error."""
        store, head = stores.directory_store, _at(stores, 2)
        store.drop_snapshots(stores.here)
        for as_of in (1, 2):
            store.keep_snapshot(stores.here, head.epoch, as_of, b"first")
        store.drop_snapshots(stores.here)
        assert store.load_snapshot(stores.here, head.epoch) is None
        store.keep_snapshot(stores.here, head.epoch, 2, b"second")
        assert store.load_snapshot(stores.here, head.epoch) == b"second"

    def test_keepers_of_one_snapshot_do_not_hinder_each_other(self, stores: Stores) -> None:
        """Several processes pack at the same moment: one of the newest stays."""
        store, head = stores.directory_store, _at(stores, 3)
        keep = [
            lambda as_of=as_of: store.keep_snapshot(stores.here, head.epoch, as_of, bytes([as_of]) * 100)
            for as_of in (1, 2, 3, 3, 2)
        ]
        assert at_once(keep) == [None] * 5
        assert store.load_snapshot(stores.here, head.epoch) == b"\x03" * 100
