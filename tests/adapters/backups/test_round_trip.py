"""What was backed up comes back, on both databases and from one to the other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from tests.adapters.backups.deployment import KEY, Backup, EmptyPlace
from tests.adapters.sql.everything import another_process, read
from tests.builders import a_new_patient, an_actor
from vantrexia_adapters.backups import read_backup
from vantrexia_adapters.sql import migrate, outline
from vantrexia_adapters.sql.tables import metadata
from vantrexia_adapters.sql.tables.metadata import NOT_BACKED_UP
from vantrexia_core.audit import Action
from vantrexia_core.kernel import Phi
from vantrexia_core.patients import Listing, find_patients, register_patient


def test_everything_comes_back(backup: Backup, place: EmptyPlace) -> None:
    """Row by row, and through use cases; only the epoch is another one, and the trail tells of it."""
    restored = place.restore(backup.path)
    before, after = dict(backup.rows), place.rows()
    assert all(before.values()), "a new table has to be filled here too"
    (head,), (new_head,) = before.pop("practice_head"), after.pop("practice_head")
    trail, longer = before.pop("audit_entry"), after.pop("audit_entry")
    assert after == before
    assert new_head[1] != head[1]
    assert (new_head[0], *new_head[2:]) == (head[0], *head[2:])
    assert sorted(row for row in longer if row[0] <= len(trail)) == sorted(trail)
    assert (len(longer) - len(trail), restored.lost, restored.inspection.fault) == (1, None, None)
    desk = place.desk()
    assert read(desk, backup.here.site.here, backup.here.patients) == backup.told
    found = register_patient(desk, an_actor(), a_new_patient(last="Afterwards"))
    page = find_patients(desk, an_actor(), Listing(search=Phi("afterw")))
    assert [one.id for one in page.items] == [found.id]
    assert place.inspect().fault is None


def test_nobody_is_signed_in_afterwards(sqlite_backup: Backup, sqlite_place: EmptyPlace) -> None:
    """A session that was ended since the backup must not come back, so none does; nor do caches."""
    names = ("user_session", "reset_token", "reset_request", "directory_snapshot", "directory_chunk")
    counts = [sa.select(sa.func.count()).select_from(metadata.tables[name]) for name in names]
    with sqlite_backup.here.site.engine.connect() as connection:
        assert all(connection.scalar(count) for count in counts)
    sqlite_place.restore(sqlite_backup.path)
    with sqlite_place.engine.connect() as connection:
        assert not any(connection.scalar(count) for count in counts)


def test_every_table_is_copied_or_says_why_not() -> None:
    """By construction: there is no list to forget a new one in."""
    copied = {table.name for table in outline().tables}
    left_out = {name for name, table in metadata.tables.items() if NOT_BACKED_UP in table.info}
    assert (copied | left_out, copied & left_out) == (set(metadata.tables), set())
    assert copied >= {"patient", "audit_entry", "user_account", "receipt", "used_assertion", "key_check"}
    assert all(metadata.tables[name].info[NOT_BACKED_UP] for name in left_out)


def test_what_is_written_meanwhile_is_not_in_it(backup: Backup, tmp_path: Path) -> None:
    """The backup is of one moment: a record that is registered after it began is in none of its tables."""
    here = backup.here
    before = here.rows()
    written = 0

    @contextmanager
    def write_at_the_first_step(_label: str, _total: int) -> Iterator[Callable[[int], None]]:
        def step(_: int) -> None:
            nonlocal written
            if not written:
                written += 1
                desk = another_process(here.site, tmp_path.name)
                register_patient(desk, an_actor(), a_new_patient(last="Meanwhile"))

        yield step

    path, contents = here.back_up(f"{tmp_path.name}.backup", progress=write_at_the_first_step)
    assert written == 1
    assert {name: one.rows for name, one in contents.end.tables.items()} == {
        name: len(rows) for name, rows in before.items()
    }
    assert len(here.rows()["patient"]) == len(before["patient"]) + 1
    assert read_backup(path, KEY).end == contents.end


def test_numbers_go_on_behind_those_that_were_given(backup: Backup, place: EmptyPlace) -> None:
    """Into a database that was migrated, too; keys that it counts up by itself do not collide."""
    migrate(place.engine)
    place.restore(backup.path)
    account = metadata.tables["former_password"]
    with place.engine.begin() as connection:
        newest = connection.scalar(sa.select(sa.func.max(account.c.id))) or 0
        user = connection.scalar(sa.select(account.c.user_id).limit(1))
        fresh = connection.scalar(
            sa.insert(account).values(user_id=user, password_hash="hash").returning(account.c.id)
        )
    assert fresh is not None
    assert fresh > newest


def test_each_practice_reads_of_the_restore(sqlite_backup: Backup, sqlite_place: EmptyPlace) -> None:
    """The entry stands in its own part of the trail, and names the state that was restored."""
    trail = sqlite_backup.contents.trail
    sqlite_place.restore(sqlite_backup.path)
    with sqlite_place.desk().begin(sqlite_backup.here.site.here) as work:
        (entry,) = [one.entry for one in work.trail.read(after=trail.size)]
    assert (entry.action, entry.version, entry.practice_id, entry.request_id, entry.address) == (
        Action.BACKUP_RESTORE,
        trail.size,
        sqlite_backup.here.site.here,
        trail.root.hex(),
        "console:test",
    )
