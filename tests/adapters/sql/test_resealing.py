"""Everything that is stored, sealed anew under the newest key while others work on it."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.adapters.sql.everything import ACTOR, another_process, fill, is_full, read
from tests.adapters.sql.site import Site
from tests.builders import an_actor
from tests.desks import entries_of
from vantrexia_adapters.crypto import KeyState
from vantrexia_adapters.custody import RingCustody
from vantrexia_adapters.sql import resealing
from vantrexia_adapters.sql.resealing import SEALED_TABLES, SNAPSHOT_TABLES
from vantrexia_adapters.sql.tables import directory_chunk, metadata, patient, user_account
from vantrexia_adapters.sql.tables.types import Sealed
from vantrexia_core.audit import Action, ChangedField, Outcome
from vantrexia_core.identity import list_users
from vantrexia_core.kernel import NamePart, PermissionDeniedError, Role
from vantrexia_core.patients import Listing, Revision, look_up_patient, revise_patient
from vantrexia_core.protection import (
    SETTLE_TIME,
    KeyNeededError,
    KeyUnsettledError,
    Need,
    Purpose,
    destroy_key,
    retire_key,
    rotate_key,
    start_reencryption,
    state_needs,
)


@pytest.fixture
def custody(site: Site) -> Iterator[RingCustody]:
    """The keys of the site's practice."""
    return site.house.custody(site.here)


def reencrypt(site: Site, custody: RingCustody, purpose: Purpose = Purpose.FIELD) -> int:
    """Seal everything anew; how many rows."""
    return sum(custody.reencrypt(purpose))


def envelopes(site: Site, table: sa.Table) -> list[tuple[object, ...]]:
    """What is stored in a table, byte by byte."""
    return [tuple(row) for row in site.execute(sa.select(table).order_by(*table.primary_key))]


# --- by construction ----------------------------------------------------------------------------------------


def _unknown_tables(schema: sa.MetaData = metadata) -> list[str]:
    """Tables with a sealed column that are neither sealed anew nor thrown away."""
    known = {sealed.table.name for sealed in SEALED_TABLES} | {table.name for table in SNAPSHOT_TABLES}
    return [
        table.name
        for table in schema.sorted_tables
        if table.name not in known and any(column.type is Sealed for column in table.c)
    ]


def test_every_sealed_column_is_known() -> None:
    """A new table with a sealed column is told how its envelopes are bound, or the build says so."""
    assert _unknown_tables() == []
    assert {sealed.table.name for sealed in SEALED_TABLES} <= set(metadata.tables)
    assert all(sealed.sealed for sealed in SEALED_TABLES)


def test_a_table_that_nobody_knows_is_noticed() -> None:
    """The check can fail."""
    other = sa.MetaData()
    sa.Table("letter", other, sa.Column("id", sa.Integer(), primary_key=True), sa.Column("text", Sealed))
    assert _unknown_tables(other) == ["letter"]


# --- the whole life of a key --------------------------------------------------------------------------------


def test_everything_is_read_without_the_old_key(site: Site, custody: RingCustody) -> None:
    """Rotated, sealed anew, retired, destroyed: another process with what is left reads what was written."""
    ids = fill(site)
    assert is_full(site)
    before = read(site.desk, site.here, ids)
    assert rotate_key(site.desk, ACTOR, custody, Purpose.FIELD) == 2
    assert {need.table for need in start_reencryption(site.desk, ACTOR, custody, Purpose.FIELD).needs} == {
        sealed.table.name for sealed in SEALED_TABLES
    }
    assert reencrypt(site, custody) >= len(SEALED_TABLES)
    assert state_needs(site.desk, ACTOR, custody, Purpose.FIELD).is_clear
    retire_key(site.desk, ACTOR, custody, Purpose.FIELD, 1)
    site.clock.advance(SETTLE_TIME)
    destroy_key(site.desk, ACTOR, custody, Purpose.FIELD, 1)
    fresh = another_process(site)
    assert read(fresh, site.here, ids) == before
    states = [entry.state for entry in site.house.ring.entries(site.here, Purpose.FIELD)]
    assert states == [KeyState.DESTROYED, KeyState.ACTIVE]
    assert all(user.is_genuine for user in list_users(fresh, ACTOR))


def test_nothing_but_envelopes_changes(site: Site, custody: RingCustody) -> None:
    """Neither version nor time nor change number: nobody's ETag, no page and no snapshot grows old."""
    fill(site)
    own = {"key_version", "tag"}
    tables = [sealed.table for sealed in SEALED_TABLES]

    def plain() -> list[object]:
        return [
            tuple(row)
            for table in tables
            for row in site.execute(
                sa.select(*(c for c in table.c if c.type is not Sealed and c.name not in own)).order_by(
                    *table.primary_key
                )
            )
        ]

    before, sealed_before, entries = plain(), envelopes(site, patient), len(entries_of(site.desk))
    custody.rotate(Purpose.FIELD)
    reencrypt(site, custody)
    assert plain() == before
    assert envelopes(site, patient) != sealed_before
    assert len(entries_of(site.desk)) == entries


def test_a_second_run_has_nothing_to_do(site: Site, custody: RingCustody) -> None:
    """It may be repeated by a timer, and after it was interrupted."""
    fill(site)
    custody.rotate(Purpose.FIELD)
    reencrypt(site, custody)
    rows = [envelopes(site, sealed.table) for sealed in SEALED_TABLES]
    assert reencrypt(site, custody) == 0
    assert rows == [envelopes(site, sealed.table) for sealed in SEALED_TABLES]


def test_a_run_that_was_left_goes_on_where_it_stood(
    site: Site, custody: RingCustody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a batch has done is kept."""
    monkeypatch.setattr(resealing, "ROWS_AT_ONCE", 2)
    ids = fill(site, patients=7)
    before = read(site.desk, site.here, ids)
    custody.rotate(Purpose.FIELD)
    total = sum(need.rows for need in custody.needs(Purpose.FIELD))
    run = custody.reencrypt(Purpose.FIELD)
    done = next(run) + next(run)
    run.close()
    assert done == 4
    assert sum(need.rows for need in custody.needs(Purpose.FIELD)) == total - done
    assert reencrypt(site, custody) == total - done
    assert read(another_process(site), site.here, ids) == before


def test_another_practice_is_left_alone(site: Site, custody: RingCustody) -> None:
    """Each has a key of its own."""
    elsewhere = site.house.found(type(site.here)(int=site.here.int + 1))
    fill(site)
    other = site.house.custody(elsewhere)
    other.rotate(Purpose.FIELD)
    assert reencrypt(site, other) == 0
    assert custody.needs(Purpose.FIELD) == other.needs(Purpose.FIELD) == []


# --- what still needs a key ---------------------------------------------------------------------------------


def test_a_key_that_is_needed_is_neither_retired_nor_destroyed(site: Site, custody: RingCustody) -> None:
    """Looked at anew each time, and on the trail."""
    fill(site)
    custody.rotate(Purpose.FIELD)
    with pytest.raises(KeyNeededError):
        retire_key(site.desk, ACTOR, custody, Purpose.FIELD, 1)
    refused = entries_of(site.desk)[-1]
    assert (refused.action, refused.outcome, refused.code) == (
        Action.KEY_RETIRE,
        Outcome.REFUSED,
        "key_needed",
    )


def test_a_key_that_was_retired_a_moment_ago_is_kept(site: Site, custody: RingCustody) -> None:
    """Somebody may still be writing what it sealed; if they did, it is not destroyed at all."""
    ids = fill(site)
    stale = site.house.desk(site.clock)
    old = envelopes(site, patient)
    custody.rotate(Purpose.FIELD)
    reencrypt(site, custody)
    retire_key(site.desk, ACTOR, custody, Purpose.FIELD, 1)
    with pytest.raises(KeyUnsettledError):
        destroy_key(site.desk, ACTOR, custody, Purpose.FIELD, 1)
    site.clock.advance(SETTLE_TIME)
    columns = dict(zip(patient.c.keys(), old[0], strict=True))
    site.execute(sa.update(patient).where(patient.c.id == columns["id"]).values(columns))
    with pytest.raises(KeyNeededError):
        destroy_key(site.desk, ACTOR, custody, Purpose.FIELD, 1)
    assert look_up_patient(stale, ACTOR, ids[0])


def test_the_statement_is_on_the_trail(site: Site, custody: RingCustody) -> None:
    """With the version that is needed and a mark, or without one."""
    fill(site)
    custody.rotate(Purpose.FIELD)
    state_needs(site.desk, ACTOR, custody, Purpose.FIELD)
    entry = entries_of(site.desk)[-1]
    assert (entry.action, entry.outcome, entry.version) == (Action.KEY_REENCRYPT, Outcome.FAILED, 1)
    assert (entry.changed, entry.code) == ((ChangedField.FIELD_KEY,), "key_needed")
    reencrypt(site, custody)
    state_needs(site.desk, ACTOR, custody, Purpose.FIELD)
    entry = entries_of(site.desk)[-1]
    assert (entry.action, entry.outcome, entry.version) == (Action.KEY_REENCRYPT, Outcome.DONE, 2)


def test_a_row_that_does_not_open_is_told_of_and_left_alone(site: Site, custody: RingCustody) -> None:
    """The others are sealed anew; the key stays, for the row may be mended from a backup."""
    ids = fill(site)
    broken = sa.update(patient).where(patient.c.id == ids[0])
    site.execute(broken.values(phone=b"\x01\x00\x01" + bytes(60)))
    before = envelopes(site, patient)
    custody.rotate(Purpose.FIELD)
    reencrypt(site, custody)
    (need,) = custody.needs(Purpose.FIELD)
    assert (need.table, need.version, need.rows) == ("patient", 1, 1)
    after = envelopes(site, patient)
    assert sum(row in before for row in after) == 1


def test_rows_under_a_destroyed_key_are_told_of(sqlite_site: Site) -> None:
    """As a backup from before leaves them beside the ring of today: counted, and nothing is called done."""
    site, custody = sqlite_site, sqlite_site.house.custody(sqlite_site.here)
    ids = fill(site)
    custody.rotate(Purpose.FIELD)
    custody.retire(Purpose.FIELD, 1)
    custody.destroy(Purpose.FIELD, 1)
    assert reencrypt(site, custody) == 0
    statement = state_needs(site.desk, ACTOR, custody, Purpose.FIELD)
    assert Need("patient", 1, len(ids)) in statement.needs
    entry = entries_of(site.desk)[-1]
    assert (entry.action, entry.outcome, entry.version) == (Action.KEY_REENCRYPT, Outcome.FAILED, 1)


def test_a_forged_account_does_not_become_genuine(site: Site, custody: RingCustody) -> None:
    """Its envelopes are sealed anew, its tag is not."""
    fill(site)
    site.execute(sa.update(user_account).values(role=Role.ADMIN.value))
    custody.rotate(Purpose.FIELD)
    reencrypt(site, custody)
    assert custody.needs(Purpose.FIELD) == []
    assert [user.is_genuine for user in list_users(site.desk, ACTOR)] == [False]


def test_only_an_administrator_does_anything_with_keys(site: Site, custody: RingCustody) -> None:
    """Decided in the core, for whoever embeds the library."""
    with pytest.raises(PermissionDeniedError):
        rotate_key(site.desk, an_actor(Role.CLINICAL_MANAGER), custody, Purpose.FIELD)
    assert custody.active(Purpose.FIELD) == 1


# --- while others work --------------------------------------------------------------------------------------


def test_a_process_that_was_there_before_seals_under_the_new_key(site: Site, custody: RingCustody) -> None:
    """Within a second of its clock, without a restart."""
    ids = fill(site)
    other = another_process(site)
    assert look_up_patient(other, ACTOR, ids[0])
    custody.rotate(Purpose.FIELD)
    other._protection.cipher._ring._look_at = 0.0
    revise_patient(other, ACTOR, ids[0], Revision(first_name=NamePart("Ines")))
    assert site.execute(sa.select(patient.c.key_version).where(patient.c.id == ids[0])) == [(2,)]
    assert look_up_patient(site.desk, ACTOR, ids[0]).name.first.reveal() == "Ines"


def test_a_row_that_somebody_is_changing_is_passed_by(postgresql_site: Site) -> None:
    """Nobody waits for it; it comes in the next round."""
    site, custody = postgresql_site, postgresql_site.house.custody(postgresql_site.here)
    ids = fill(site)
    custody.rotate(Purpose.FIELD)
    run = custody.reencrypt(Purpose.FIELD)
    with site.stranger.begin() as somebody:
        somebody.execute(sa.select(patient.c.id).where(patient.c.id == ids[0]).with_for_update())
        first = next(run)
        assert first == len(ids) - 1
    assert 1 + first + sum(run) > len(ids)
    assert custody.needs(Purpose.FIELD) == []


def test_a_change_between_look_and_write_wins(sqlite_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite locks no rows, so what was read is compared when it is written."""
    site, custody = sqlite_site, sqlite_site.house.custody(sqlite_site.here)
    ids = fill(site)
    custody.rotate(Purpose.FIELD)
    resealed = resealing.Resealing._change
    seen: list[str] = []

    def change_meanwhile(self: object, sealed: object, row: dict[str, object], active: int) -> object:
        if not seen:
            seen.append("once")
            revise_patient(site.desk, ACTOR, ids[0], Revision(first_name=NamePart("Ines")))
            site.execute(sa.update(user_account).values(is_active=False))
        return resealed(self, sealed, row, active)  # type: ignore[arg-type]

    monkeypatch.setattr(resealing.Resealing, "_change", change_meanwhile)
    reencrypt(site, custody)
    assert look_up_patient(site.desk, ACTOR, ids[0]).name.first.reveal() == "Ines"
    assert custody.needs(Purpose.FIELD) == []


# --- directories --------------------------------------------------------------------------------------------


def test_snapshots_are_sealed_anew_and_open_without_the_old_key(site: Site, custody: RingCustody) -> None:
    """A start stays fast."""
    ids = fill(site)
    store = site.desk.directory.store
    head = store.head(site.here)
    store.keep_snapshot(site.here, head.epoch, head.seq, b"a snapshot" * 200_000)
    custody.rotate(Purpose.DIRECTORY)
    assert [need.rows for need in custody.needs(Purpose.DIRECTORY)] == [2]
    assert reencrypt(site, custody, Purpose.DIRECTORY) == 2
    retire_key(site.desk, ACTOR, custody, Purpose.DIRECTORY, 1)
    site.clock.advance(SETTLE_TIME)
    destroy_key(site.desk, ACTOR, custody, Purpose.DIRECTORY, 1)
    fresh = another_process(site).directory.store
    assert fresh.load_snapshot(site.here, head.epoch) == b"a snapshot" * 200_000
    assert ids


def test_a_snapshot_that_does_not_open_is_dropped(site: Site, custody: RingCustody) -> None:
    """It is a cache."""
    fill(site)
    store = site.desk.directory.store
    head = store.head(site.here)
    store.keep_snapshot(site.here, head.epoch, head.seq, b"a snapshot")
    site.execute(sa.update(directory_chunk).values(sealed=b"\x01\x00\x01" + bytes(40)))
    custody.rotate(Purpose.DIRECTORY)
    reencrypt(site, custody, Purpose.DIRECTORY)
    assert custody.needs(Purpose.DIRECTORY) == []
    assert store.load_snapshot(site.here, head.epoch) is None
    assert site.desk.directory.find(site.here, Listing()).count == 3
