"""Sealed snapshots in SQL: whoever can write to the database, but has no key, can pass nothing for one."""

from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import a_new_patient, a_patient, a_patient_id, a_practice_id
from vantrexia_adapters.sql.tables import directory_chunk, directory_snapshot, patient, practice_head
from vantrexia_core.kernel import PracticeId
from vantrexia_core.patients import DirectoryEntry, DirectoryStore, Unreadable
from vantrexia_core.protection import UnreadableError

CHUNK = 1 << 20
SNAPSHOT = Random(1).randbytes(2 * CHUNK + 9)  # noqa: S311 - any bytes do
OTHER = Random(2).randbytes(2 * CHUNK + 9)  # noqa: S311 - any bytes do


def a_store(site: Site) -> DirectoryStore:
    """The store behind the desk's directory."""
    store: DirectoryStore = site.desk.directory.store
    return store


def _change(site: Site, practice_id: PracticeId, times: int) -> None:
    """Commit so many changes."""
    for n in range(1, times + 1):
        new = a_new_patient(mrn=f"M-{n}")
        with site.desk.begin(practice_id) as work:
            work.patients.add(
                a_patient(new, id_=a_patient_id(n + practice_id.int % 1000 * 100), practice_id=practice_id)
            )
            work.commit()


def _keep(site: Site, as_of: int = 3, data: bytes = SNAPSHOT, practice_id: PracticeId | None = None) -> UUID:
    """Store a snapshot of the practice; its id."""
    practice_id = practice_id or site.here
    store = a_store(site)
    store.keep_snapshot(practice_id, store.head(practice_id).epoch, as_of, data)
    ((id_,),) = site.execute(
        sa.select(directory_snapshot.c.id).where(
            directory_snapshot.c.practice_id == practice_id, directory_snapshot.c.as_of == as_of
        )
    )
    return UUID(str(id_))


def _load(site: Site) -> bytes | None:
    store = a_store(site)
    return store.load_snapshot(site.here, store.head(site.here).epoch)


def _is(id_: UUID, place: int) -> sa.ColumnElement[bool]:
    return sa.and_(directory_chunk.c.snapshot_id == id_, directory_chunk.c.place == place)


def _chunk(site: Site, id_: UUID, place: int) -> bytes:
    ((sealed,),) = site.execute(sa.select(directory_chunk.c.sealed).where(_is(id_, place)))
    return bytes(sealed)


def _put(site: Site, id_: UUID, place: int, sealed: bytes) -> None:
    site.execute(sa.update(directory_chunk).where(_is(id_, place)).values(sealed=sealed))


def _label(site: Site, id_: UUID, **values: Any) -> None:
    site.execute(sa.update(directory_snapshot).where(directory_snapshot.c.id == id_).values(values))


def _flip(site: Site, id_: UUID, place: int, at: int) -> None:
    changed = bytearray(_chunk(site, id_, place))
    changed[at] ^= 0x10
    _put(site, id_, place, bytes(changed))


def _drop(site: Site, id_: UUID, place: int) -> None:
    site.execute(sa.delete(directory_chunk).where(_is(id_, place)))


def _swap(site: Site, id_: UUID) -> None:
    one, other = _chunk(site, id_, 0), _chunk(site, id_, 1)
    _put(site, id_, 0, other)
    _put(site, id_, 1, one)


def _repeat_the_last(site: Site, id_: UUID) -> None:
    row = {"snapshot_id": id_, "place": 3, "sealed": _chunk(site, id_, 2)}
    site.execute(sa.insert(directory_chunk).values(row))
    _label(site, id_, chunks=4)


def _move_up(site: Site, id_: UUID) -> None:
    _drop(site, id_, 0)
    for place in (1, 2):
        site.execute(sa.update(directory_chunk).where(_is(id_, place)).values(place=place - 1))
    _label(site, id_, chunks=2)


def _leave_out_the_last(site: Site, id_: UUID) -> None:
    _drop(site, id_, 2)
    _label(site, id_, chunks=2)


DAMAGES: dict[str, Callable[[Site, UUID], object]] = {
    "the first chunk missing": lambda site, id_: _drop(site, id_, 0),
    "a chunk in the middle missing": lambda site, id_: _drop(site, id_, 1),
    "the last chunk missing": lambda site, id_: _drop(site, id_, 2),
    "all chunks missing": lambda site, id_: [_drop(site, id_, place) for place in range(3)],
    "the last chunk left out and not counted": _leave_out_the_last,
    "the first chunk left out and the others moved up": _move_up,
    "the last chunk twice, and counted": _repeat_the_last,
    "two chunks exchanged": _swap,
    "a chunk cut": lambda site, id_: _put(site, id_, 1, _chunk(site, id_, 1)[:-1]),
    "a chunk longer": lambda site, id_: _put(site, id_, 1, _chunk(site, id_, 1) + b"\0"),
    "a chunk empty": lambda site, id_: _put(site, id_, 1, b""),
    "a chunk in clear": lambda site, id_: _put(site, id_, 0, SNAPSHOT[:CHUNK]),
    "a bit of the format byte": lambda site, id_: _flip(site, id_, 0, 0),
    "a bit of the key version": lambda site, id_: _flip(site, id_, 0, 2),
    "a bit of the nonce": lambda site, id_: _flip(site, id_, 0, 5),
    "a bit inside": lambda site, id_: _flip(site, id_, 2, 20),
    "a bit of the tag": lambda site, id_: _flip(site, id_, 2, -1),
    "fewer chunks counted": lambda site, id_: _label(site, id_, chunks=2),
    "more chunks counted": lambda site, id_: _label(site, id_, chunks=4),
    "billions of chunks counted": lambda site, id_: _label(site, id_, chunks=2**31 - 1),
    "less than none counted": lambda site, id_: _label(site, id_, chunks=-3),
    "a later change number": lambda site, id_: _label(site, id_, as_of=4),
    "an earlier change number": lambda site, id_: _label(site, id_, as_of=2),
    "a negative change number": lambda site, id_: _label(site, id_, as_of=-1),
    "the last change number there is": lambda site, id_: _label(site, id_, as_of=2**63 - 1),
}


def test_a_damaged_snapshot_is_not_given(site: Site) -> None:
    """Whatever was done to chunks or to what stands beside them: unreadable, and not merely different."""
    _change(site, site.here, 3)
    given = []
    for name, damage in DAMAGES.items():
        id_ = _keep(site)
        assert _load(site) == SNAPSHOT
        damage(site, id_)
        with suppress(UnreadableError):
            _load(site)
            given.append(name)
        a_store(site).drop_snapshots(site.here)
    assert given == []


@pytest.mark.parametrize("place", range(3))
def test_a_chunk_of_another_snapshot_is_not_given(site: Site, place: int) -> None:
    """An older one of the same practice, at the same place among as many."""
    _change(site, site.here, 3)
    old, new = _keep(site, 2, OTHER), _keep(site, 3)
    _put(site, new, place, _chunk(site, old, place))
    with pytest.raises(UnreadableError):
        _load(site)


def test_chunks_of_another_practice_are_not_given(site: Site) -> None:
    """All of them, with the same id, epoch, change number and count beside them."""
    elsewhere = site.house.found(a_practice_id(2))
    for practice_id in (site.here, elsewhere):
        _change(site, practice_id, 3)
    theirs, ours = _keep(site, 3, OTHER, elsewhere), _keep(site)
    for place in range(3):
        _put(site, ours, place, _chunk(site, theirs, place))
    with pytest.raises(UnreadableError):
        _load(site)


def test_another_practices_snapshot_is_not_given(site: Site) -> None:
    """Carried over whole, by changing whose it is."""
    elsewhere = site.house.found(a_practice_id(2))
    _change(site, elsewhere, 3)
    theirs = _keep(site, 3, OTHER, elsewhere)
    _label(site, theirs, practice_id=site.here, epoch=a_store(site).head(site.here).epoch)
    with pytest.raises(UnreadableError):
        _load(site)


def test_a_snapshot_of_an_undone_time_is_not_given(site: Site) -> None:
    """The practice was restored and has a new epoch: the old snapshot does not open under its name."""
    _change(site, site.here, 3)
    id_ = _keep(site)
    epoch = UUID(int=99)
    site.execute(sa.update(practice_head).values(epoch=epoch))
    assert _load(site) is None
    _label(site, id_, epoch=epoch)
    with pytest.raises(UnreadableError):
        _load(site)


def test_the_newest_two_snapshots_stay(site: Site) -> None:
    """With their chunks and no others; whoever is reading the one before is not cut off."""
    _change(site, site.here, 5)
    kept = [_keep(site, as_of) for as_of in range(1, 6)]
    snapshots = {UUID(str(id_)) for (id_,) in site.execute(sa.select(directory_snapshot.c.id))}
    chunks = {UUID(str(id_)) for (id_,) in site.execute(sa.select(directory_chunk.c.snapshot_id))}
    assert snapshots == chunks == set(kept[-2:])


def test_a_new_epoch_clears_away_what_is_left_of_the_old_one(site: Site) -> None:
    """Nobody will ever ask for it."""
    _change(site, site.here, 3)
    _keep(site)
    site.execute(sa.update(practice_head).values(epoch=UUID(int=99)))
    new = _keep(site, 2)
    assert [UUID(str(id_)) for (id_,) in site.execute(sa.select(directory_snapshot.c.id))] == [new]


def test_snapshots_are_sealed_anew_each_time(site: Site) -> None:
    """Two of the same content have not one chunk in common, and none holds a piece of the content."""
    _change(site, site.here, 2)
    chunks = [_chunk(site, _keep(site, as_of), place) for as_of in (1, 2) for place in range(3)]
    assert len(set(chunks)) == 6
    pieces = (SNAPSHOT[at : at + 8] for at in range(0, len(SNAPSHOT) - 8, CHUNK // 4))
    assert not any(piece in chunk for piece in pieces for chunk in chunks)


@pytest.mark.parametrize("column", [patient.c.last_name, patient.c.first_name, patient.c.mrn], ids=str)
def test_a_row_that_does_not_open_is_told_by_its_number(
    site: Site, column: sa.Column[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """The others are read, and the log counts it without a name."""
    _change(site, site.here, 3)
    site.execute(sa.update(patient).where(patient.c.n == 2).values({column: b"damaged"}))
    rows = sorted((entry.number, type(entry)) for _, entry in a_store(site).entries(site.here, after=0))
    assert rows == [(1, DirectoryEntry), (2, Unreadable), (3, DirectoryEntry)]
    assert [record.getMessage() for record in caplog.records] == [
        "records that do not open are missing from a directory: 1"
    ]
