"""Somebody with the database's password, and the triggers out of the way: whatever they do is found."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import NOW, a_patient_id, a_practice_id
from tests.ledger import OneKey
from vantrexia_adapters.checkpoints import FolderCheckpoints
from vantrexia_adapters.crypto import is_signed
from vantrexia_adapters.sql import SqlTrailSource
from vantrexia_adapters.sql.tables import audit_entry
from vantrexia_core.audit import (
    Action,
    AuditEntry,
    ChangedField,
    Fault,
    FaultKind,
    Inspector,
    Notary,
    Outcome,
    decode_entry,
    entry_hash,
)
from vantrexia_core.kernel import Purpose, RequestId, Role, UserId

SIZE, COVERED = 40, 30
FULL = AuditEntry(
    at=NOW,
    action=Action.READ,
    outcome=Outcome.DONE,
    practice_id=a_practice_id(),
    actor_id=UserId(7),
    role=Role.NURSE,
    code="not_found",
    patient_id=a_patient_id(1),
    changed=(ChangedField.FIRST_NAME, ChangedField.SSN),
    disclosed=(a_patient_id(1), a_patient_id(2)),
    user_id=UserId(8),
    version=3,
    request_id=RequestId("req-0001"),
    address="2001:db8::1",
    purpose=Purpose.EMERGENCY_TREATMENT,
)
BARE = AuditEntry(at=NOW, action=Action.LOGIN_FAILED, outcome=Outcome.REFUSED)

TRIGGERS = ("audit_entry_refuses_update", "audit_entry_refuses_delete", "audit_entry_grows_by_one")
OTHER: dict[str, list[Any]] = {
    "at": ["2031-01-01 00:00:00+00:00"],
    "action": ["list", "peek", "read "],
    "outcome": ["failed", ""],
    "practice_id": [a_practice_id(9), None],
    "actor_id": [8, None],
    "role": ["admin", None, "Jane Doe"],
    "code": ["conflict", None, 'not_found","disclosed":["x'],
    "patient_id": [a_patient_id(9), None],
    "user_id": [9, None],
    "version": [4, None],
    "changed": ["", "first_name", "first_name ssn email"],
    "disclosed": ["", str(a_patient_id(3))],
    "request_id": ["req-0002", None, 'r","role":"nurse'],
    "address": ["192.0.2.1", None],
    "purpose": ["etreat", None, 'etreat","request_id":"r'],
    "leaf": [bytes(32), b"", bytes(31)],
}
"""For each column what somebody might write there instead."""


@attrs.define
class Trail:
    """A trail of which all but the newest part is signed for, and a stranger at its table."""

    site: Site
    store: FolderCheckpoints
    keys: OneKey

    @classmethod
    def of(cls, site: Site) -> "Trail":
        """Thirty entries that are covered, ten that are not."""
        trail = cls(site, FolderCheckpoints(site.folder / "checkpoints"), OneKey())
        trail.grow(COVERED)
        trail.publish()
        trail.grow(SIZE - COVERED)
        return trail

    @property
    def source(self) -> SqlTrailSource:
        """The trail as it lies there."""
        return SqlTrailSource(self.site.engine)

    def grow(self, by: int, **other: Any) -> None:
        """More entries, full ones and bare ones in turn."""
        with self.site.desk.begin(self.site.here) as work:
            for number in range(by):
                work.trail.append(attrs.evolve(BARE if number % 3 == 2 else FULL, **other))
            work.commit()

    def publish(self) -> None:
        """Sign for what there is."""
        Notary(self.source, self.store, self.keys, is_signed).publish(NOW, is_patient=True)

    def fault(self) -> Fault | None:
        """What a verification finds."""
        return Inspector(self.source, self.store, self.keys.verifiers(), is_signed).inspect().fault

    def unguard(self) -> None:
        """Take the triggers away, as somebody can who may alter the schema."""
        if self.site.is_sqlite:
            for trigger in TRIGGERS:
                self.site.execute(f"DROP TRIGGER {trigger}")
        else:
            self.site.execute("ALTER TABLE audit_entry DISABLE TRIGGER ALL")

    def write(self, seq: int, **columns: Any) -> None:
        """Write into a row."""
        self.site.execute(sa.update(audit_entry).where(audit_entry.c.seq == seq).values(columns))

    def renumber(self, above: int, by: int) -> None:
        """Move the numbers of all entries above one, without two being equal on the way."""
        self.site.execute("UPDATE audit_entry SET seq = -seq WHERE seq > :above", above=above)
        self.site.execute("UPDATE audit_entry SET seq = -seq + :by WHERE seq < 0", by=by)


@pytest.fixture
def trail(site: Site) -> Trail:
    """On each database."""
    trail = Trail.of(site)
    assert trail.fault() is None
    trail.unguard()
    return trail


def test_every_stored_entry_reads_as_it_was_written(site: Site):
    """What is verified is what the columns say, in the very bytes that were hashed."""
    trail = Trail.of(site)
    with site.desk.begin(site.here) as work:
        written = [sequenced.entry for sequenced in work.trail.read()]
    stored = list(trail.source.entries(after=0))
    assert [decode_entry(one.canonical or b"") for one in stored] == written
    assert [one.leaf for one in stored] == [entry_hash(entry) for entry in written]
    assert [one.seq for one in trail.source.entries(after=35)] == [36, 37, 38, 39, 40]


def test_every_column_is_tampered_with():
    """A new column gets its line above."""
    assert set(OTHER) == {column.name for column in audit_entry.c} - {"seq"}


@pytest.mark.parametrize("column", OTHER)
def test_a_changed_column_is_found_and_the_entry_named(trail: Trail, column: str):
    """Of a full entry and of a bare one, under the checkpoint and behind it."""
    before = {row.seq: row._mapping[column] for row in trail.site.execute(sa.select(audit_entry))}
    for other in OTHER[column]:
        for seq in (4, 21, COVERED, SIZE - 1, SIZE):
            if before[seq] == other or (other == "" and not before[seq]):
                continue
            if column == "at":
                trail.site.execute(
                    "UPDATE audit_entry SET at = :at WHERE seq = :seq"
                    if trail.site.is_sqlite
                    else "UPDATE audit_entry SET at = CAST(:at AS timestamptz) WHERE seq = :seq",
                    at="2031-01-01T00:00:00.000000+00:00",
                    seq=seq,
                )
            else:
                trail.write(seq, **{column: other})
            assert trail.fault() == Fault(FaultKind.ALTERED, seq), (other, seq)
            trail.write(seq, **{column: before[seq]})
    assert trail.fault() is None


TEXTS = (
    "at", "action", "outcome", "role", "code", "changed", "disclosed", "request_id", "address", "purpose",
)  # fmt: skip


@pytest.mark.parametrize("column", [*TEXTS, "patient_id", "practice_id", "leaf"])
def test_bytes_that_are_no_text_are_found_and_the_entry_named(sqlite_site: Site, column: str):
    """SQLite keeps text that is no UTF-8, and its driver does not read it; PostgreSQL refuses to keep it."""
    trail = Trail.of(sqlite_site)
    trail.unguard()
    for seq in (SIZE, COVERED, 22, 21, 1):
        trail.write(seq, **{column: sa.text("CAST(x'C3' AS TEXT)")})
        assert trail.fault() == Fault(FaultKind.ALTERED, seq)
    stored = list(trail.source.entries(after=20))
    assert [one.seq for one in stored] == list(range(21, SIZE + 1))
    if column == "leaf":
        assert [one.seq for one in stored if one.leaf == b""] == [21, 22, COVERED, SIZE]
    else:
        assert [one.seq for one in stored if one.canonical is None] == [21, 22, COVERED, SIZE]
    assert [seq for seq, _ in trail.source.leaves(after=20)] == list(range(21, SIZE + 1))


def test_what_belongs_to_one_column_does_not_count_in_another(trail: Trail):
    """Two columns that together would spell the same bytes are not the same entry."""
    trail.write(1, request_id='req-0001","role":"nurse', role=None)
    assert trail.fault() == Fault(FaultKind.ALTERED, 1)


@pytest.mark.parametrize("seq", [1, 17, COVERED])
def test_an_entry_that_was_altered_with_its_leaf_is_named(trail: Trail, seq: int):
    """Somebody who knows the format recomputes the hash; the checkpoint's tiles know better."""
    altered = attrs.evolve(FULL if (seq - 1) % 3 != 2 else BARE, actor_id=UserId(99))
    trail.write(seq, actor_id=99, leaf=entry_hash(altered))
    assert trail.fault() == Fault(FaultKind.ALTERED, seq)


def _delete(trail: Trail) -> Fault:
    trail.site.execute("DELETE FROM audit_entry WHERE seq = 12")
    return Fault(FaultKind.MISSING, 12)


def _delete_and_close(trail: Trail) -> Fault:
    trail.site.execute("DELETE FROM audit_entry WHERE seq = 12")
    trail.renumber(12, -1)
    return Fault(FaultKind.ALTERED, 12)


def _insert(trail: Trail) -> Fault:
    trail.renumber(11, 1)
    row = trail.site.execute(sa.select(audit_entry).where(audit_entry.c.seq == 1))[0]._asdict()
    forged = attrs.evolve(FULL, actor_id=UserId(99))
    trail.site.execute(
        sa.insert(audit_entry).values({**row, "seq": 12, "actor_id": 99, "leaf": entry_hash(forged)})
    )
    return Fault(FaultKind.ALTERED, 12)


def _swap(trail: Trail) -> Fault:
    for old, new in ((11, -1), (12, 11), (-1, 12)):
        trail.site.execute("UPDATE audit_entry SET seq = :new WHERE seq = :old", new=new, old=old)
    return Fault(FaultKind.ALTERED, 11)


def _duplicate(trail: Trail) -> Fault:
    trail.renumber(11, 1)
    row = trail.site.execute(sa.select(audit_entry).where(audit_entry.c.seq == 11))[0]._asdict()
    trail.site.execute(sa.insert(audit_entry).values({**row, "seq": 12}))
    return Fault(FaultKind.ALTERED, 12)


def _cut(trail: Trail) -> Fault:
    trail.site.execute("DELETE FROM audit_entry WHERE seq > 21")
    return Fault(FaultKind.MISSING, 22)


def _empty(trail: Trail) -> Fault:
    trail.site.execute("DELETE FROM audit_entry")
    return Fault(FaultKind.MISSING, 1)


DEEDS: dict[str, Callable[[Trail], Fault]] = {
    "delete": _delete,
    "delete and close the gap": _delete_and_close,
    "insert": _insert,
    "swap": _swap,
    "duplicate": _duplicate,
    "cut the tail": _cut,
    "empty the table": _empty,
}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_deed_against_the_order_is_found_and_the_entry_named(trail: Trail, deed: str):
    """Removing, adding, moving; the head is set to what would fit."""
    expected = DEEDS[deed](trail)
    if not trail.site.is_sqlite:
        trail.site.execute("ALTER TABLE audit_head DISABLE TRIGGER ALL")
        trail.site.execute("UPDATE audit_head SET size = (SELECT count(*) FROM audit_entry)")
    assert trail.fault() == expected


def test_a_head_that_counts_more_than_there_is_is_found(postgresql_site: Site):
    """On PostgreSQL a tail is missed even before a checkpoint covers it."""
    trail = Trail.of(postgresql_site)
    trail.unguard()
    trail.site.execute("DELETE FROM audit_entry WHERE seq > :last", last=SIZE - 2)
    assert trail.fault() == Fault(FaultKind.MISSING, SIZE - 1)


def test_a_tail_that_was_signed_for_is_missed_by_everybody(trail: Trail):
    """Seconds later the same deed is found on both databases."""
    trail.publish()
    trail.site.execute("DELETE FROM audit_entry WHERE seq > :last", last=SIZE - 2)
    assert trail.fault() == Fault(FaultKind.MISSING, SIZE - 1)


def _let_go(site: Site) -> None:
    """Close every connection: the last one folds the write-ahead log into the file."""
    site.engine.dispose()
    site.stranger.dispose()


def test_an_older_copy_of_the_database_is_found(sqlite_site: Site):
    """Put back as a file, with everything that was consistent then; also after it has grown again."""
    trail = Trail.of(sqlite_site)
    file = Path(str(sqlite_site.engine.url.database))
    _let_go(sqlite_site)
    older = shutil.copy(file, sqlite_site.folder / "older.sqlite3")
    trail.grow(20)
    trail.publish()
    _let_go(sqlite_site)
    shutil.copy(older, file)
    assert trail.fault() == Fault(FaultKind.MISSING, SIZE + 1)
    trail.grow(30, address="192.0.2.99")
    assert trail.fault() == Fault(FaultKind.ALTERED, SIZE + 1)


def test_an_older_copy_of_the_table_is_found(postgresql_site: Site):
    """The same on PostgreSQL, where a dump is put back."""
    trail = Trail.of(postgresql_site)
    trail.site.execute("CREATE TABLE older AS SELECT * FROM audit_entry")
    trail.grow(20)
    trail.publish()
    trail.unguard()
    for deed in (
        "ALTER TABLE audit_head DISABLE TRIGGER ALL",
        "TRUNCATE audit_entry",
        "INSERT INTO audit_entry SELECT * FROM older",
        "UPDATE audit_head SET size = (SELECT count(*) FROM audit_entry)",
    ):
        trail.site.execute(deed)
    assert trail.fault() == Fault(FaultKind.MISSING, SIZE + 1)
    trail.grow(30, address="192.0.2.99")
    assert trail.fault() == Fault(FaultKind.ALTERED, SIZE + 1)


def test_a_forged_trail_signed_with_another_key_is_not_believed(trail: Trail):
    """Entries, tiles and checkpoints, all of a piece; only the key is not ours."""
    trail.write(5, actor_id=99, leaf=entry_hash(attrs.evolve(FULL, actor_id=UserId(99))))
    shutil.rmtree(trail.store.path)
    ours, trail.keys = trail.keys, OneKey(2)
    trail.publish()
    assert trail.fault() is None
    trail.keys = ours
    assert trail.fault() == Fault(FaultKind.UNTRUSTED)
