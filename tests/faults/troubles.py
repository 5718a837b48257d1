"""What can befall the trail's storage, for as long as a ``with`` lasts."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import NOW
from vantrexia_core.audit import Action, AuditEntry, AuditUnavailableError, Outcome

Trouble: TypeAlias = Callable[[Site], AbstractContextManager[None]]

SMALLEST = AuditEntry(at=NOW, action=Action.READ, outcome=Outcome.DONE)
"""Where not even this one finds room, nothing does."""
SMALLEST_MAX = 400
"""More of them than what is left of a page takes."""
DISK_FULL = "53100"
"""PostgreSQL's SQLSTATE for a disk without room (appendix A)."""


@contextmanager
def raising(site: Site) -> Iterator[None]:
    """A trigger that refuses every entry, as a broken index or a failing disk would."""
    if site.is_sqlite:
        site.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        try:
            yield
        finally:
            site.execute("DROP TRIGGER broken")
        return
    with _postgresql_raises(site, "RAISE 'no'"):
        yield


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """A stranger holds the trail for longer than anybody waits."""
    with site.stranger.connect() as stranger:
        if site.is_sqlite:
            stranger.execute(sa.text("UPDATE practice SET name = name"))
        else:
            stranger.execute(sa.text("LOCK TABLE audit_entry IN EXCLUSIVE MODE"))
        try:
            yield
        finally:
            stranger.rollback()


@contextmanager
def full(site: Site) -> Iterator[None]:
    """SQLite's file may not grow any more; PostgreSQL says what it says when a disk has no room.

    A server's disk cannot be filled from here, so a trigger gives its answer for it.
    """
    if not site.is_sqlite:
        with _postgresql_raises(site, f"RAISE 'no space left on device' USING ERRCODE = '{DISK_FULL}'"):
            yield
        return
    site.engine.dispose()
    with site.stranger.connect() as stranger:
        pages = stranger.scalar(sa.text("PRAGMA page_count"))
        stranger.rollback()

    def limit(connection: object, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    sa.event.listen(site.engine, "connect", limit)
    try:
        _use_up(site)
        yield
    finally:
        sa.event.remove(site.engine, "connect", limit)
        site.engine.dispose()


def _use_up(site: Site) -> None:
    """Fill what room is left in the last pages."""
    for _ in range(SMALLEST_MAX):
        try:
            with site.desk.begin_sign_in() as work:
                work.trail.append(SMALLEST)
                work.commit()
        except AuditUnavailableError:
            return
    message = "the file grew although it may not"
    raise AssertionError(message)


@contextmanager
def _postgresql_raises(site: Site, deed: str) -> Iterator[None]:
    site.execute(f"CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {deed}; END $$")
    site.execute("CREATE TRIGGER broken BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION broken()")
    try:
        yield
    finally:
        site.execute("DROP TRIGGER broken ON audit_entry")
        site.execute("DROP FUNCTION broken")


TROUBLES: dict[str, Trouble] = {"full": full, "locked": locked, "raising": raising}
